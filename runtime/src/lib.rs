//! Durable workflows for Rust.

mod durable;
mod state;

pub use durable::{BoxDurable, Durable, Task, assume_durable, boxed};
pub use state::{Ref, RefMut, State};

#[doc(hidden)]
pub mod __private;
