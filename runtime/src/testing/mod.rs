//! The bundled server in this process, for tests and for examples that need no other.

mod env;

pub use env::{TestEnv, TestEnvError};
