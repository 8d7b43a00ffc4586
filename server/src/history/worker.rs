//! Who does a run's work, as it says itself.

use mainspring_proto::common::v1::WorkerVersionStamp;

/// A worker, where it polls or answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worker {
    /// Its identity.
    pub identity: String,
    /// Its build.
    pub version: Option<WorkerVersionStamp>,
}

impl From<String> for Worker {
    /// One that says nothing of its build.
    fn from(identity: String) -> Self {
        Self {
            identity,
            version: None,
        }
    }
}
