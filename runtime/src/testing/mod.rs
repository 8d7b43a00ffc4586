//! Tests of workflows: a server in this process whose time can be skipped, mocks, replay.
//!
//! [`#[mainspring::test]`](macro@crate::test) gives a test a [`TestEnv`] of its own. `docs/testing.md` shows how the
//! parts go together.

mod activity_env;
mod env;
mod history_json;
mod mock;
mod replayer;
mod run;
mod suspicion;

pub use activity_env::ActivityEnv;
pub use env::{TestEnv, TestEnvError};
pub use history_json::{HistoryJsonError, parse as parse_history};
pub use mock::ActivityMock;
pub use replayer::{ReplayError, ReplayReport, Replayer};
#[doc(hidden)]
pub use run::{Setup, run};
pub(crate) use suspicion::Suspicions;
