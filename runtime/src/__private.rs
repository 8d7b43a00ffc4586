//! All that expansions of the macros may name. No part of the public interface: it changes with any release.

pub use crate::durable::{Gate, Task, durable};
pub use inventory;
