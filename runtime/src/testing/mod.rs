//! The bundled server in this process, for tests and for examples that need no other.

mod env;
mod history_json;
mod replayer;

pub use env::{TestEnv, TestEnvError};
pub use history_json::{HistoryJsonError, parse as parse_history};
pub use replayer::{ReplayError, ReplayReport, Replayer};
