//! The bundled server in this process, for tests and for examples that need no other.

mod activity_env;
mod env;
mod history_json;
mod replayer;

pub use activity_env::ActivityEnv;
pub use env::{TestEnv, TestEnvError};
pub use history_json::{HistoryJsonError, parse as parse_history};
pub use replayer::{ReplayError, ReplayReport, Replayer};
