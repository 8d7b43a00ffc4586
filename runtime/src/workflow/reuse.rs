//! What may happen to a workflow id that is in use, or was.

use mainspring_proto::enums::v1 as enums;

/// Whether the id of a closed workflow may be used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdReusePolicy {
    /// Yes.
    #[default]
    AllowDuplicate,
    /// Only if it did not complete.
    AllowDuplicateFailedOnly,
    /// No.
    RejectDuplicate,
    /// Yes; and one that runs is terminated first. For children, of which the protocol knows no [`IdConflictPolicy`]; a start
    /// says [`IdConflictPolicy::TerminateExisting`].
    TerminateIfRunning,
}

/// What to do if a workflow of the id runs already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdConflictPolicy {
    /// Fail.
    #[default]
    Fail,
    /// Use the one that runs.
    UseExisting,
    /// Terminate the one that runs, and start another.
    TerminateExisting,
}

impl IdReusePolicy {
    // The protocol deprecates it in favour of conflict policies, which children do not have.
    #[allow(deprecated)]
    pub(crate) fn into_proto(self) -> i32 {
        (match self {
            Self::AllowDuplicate => enums::WorkflowIdReusePolicy::AllowDuplicate,
            Self::AllowDuplicateFailedOnly => {
                enums::WorkflowIdReusePolicy::AllowDuplicateFailedOnly
            }
            Self::RejectDuplicate => enums::WorkflowIdReusePolicy::RejectDuplicate,
            Self::TerminateIfRunning => enums::WorkflowIdReusePolicy::TerminateIfRunning,
        }) as i32
    }
}

impl IdConflictPolicy {
    pub(crate) fn into_proto(self) -> i32 {
        (match self {
            Self::Fail => enums::WorkflowIdConflictPolicy::Fail,
            Self::UseExisting => enums::WorkflowIdConflictPolicy::UseExisting,
            Self::TerminateExisting => enums::WorkflowIdConflictPolicy::TerminateExisting,
        }) as i32
    }
}
