//! Tests of workflows: a server in this process whose time can be skipped, mocks, replay.
//!
//! [`#[mainspring::test]`](macro@crate::test) gives a test a [`TestEnv`] of its own. `docs/testing.md` shows how the
//! parts go together.

mod activity_env;
mod bench;
mod by_hand;
mod calls;
mod connection;
mod env;
mod history;
mod history_json;
mod mock;
mod replayer;
mod run;
mod scrutiny;
mod steps;
pub(crate) mod trap;
mod workflow_mock;

pub use crate::engine::operation::Operation;
pub use activity_env::ActivityEnv;
pub use by_hand::{Attempt, ByHand};
pub use env::{TestEnv, TestEnvError};
pub use history::{Received, TestHistory};
pub use history_json::{HistoryJsonError, parse as parse_history};
pub use mock::ActivityMock;
pub use replayer::{ReplayError, ReplayReport, Replayer};
#[doc(hidden)]
pub use run::{Faults, Setup, run};
pub(crate) use scrutiny::{Scrutiny, Suspicions};
pub use workflow_mock::{StandIn, WorkflowMock};
