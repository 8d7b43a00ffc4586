//! Where the chain of inherited stubs ends.

use crate::client::ClientStub;
use crate::workflow::{ActivityOptions, ChildStub, ExternalStub};

/// The stub of no further interface: it has no methods.
#[derive(Clone, Copy, Debug)]
pub struct End;

impl From<ClientStub> for End {
    fn from(_: ClientStub) -> Self {
        Self
    }
}

impl From<ChildStub> for End {
    fn from(_: ChildStub) -> Self {
        Self
    }
}

impl From<ExternalStub> for End {
    fn from(_: ExternalStub) -> Self {
        Self
    }
}

impl<T> From<ActivityOptions<T>> for End {
    fn from(_: ActivityOptions<T>) -> Self {
        Self
    }
}
