//! What the targets share: a server that is called and watched, and messages made of noise.

mod caller;
mod shape;

pub use caller::{Caller, Method, method, methods, run};
pub use shape::{Seen, message};
