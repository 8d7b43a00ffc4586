//! What the targets share: a server that is called and watched, calls of those who know the protocol, and
//! messages made of noise.

mod caller;
mod plan;
mod seen;
mod shape;

pub use caller::{Caller, Method, method, methods, run, settle};
pub use plan::plausible;
pub use seen::{Given, Seen};
pub use shape::{message, spoil};
