//! Somebody ends the run without asking the workflow.

use mainspring_proto::common::v1::{Link, Payloads};

use crate::history::{
    rejection::Rejection,
    transition::{Draft, Request},
};

use super::close::Ending;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Terminate {
    /// Why.
    pub reason: String,
    /// More about why.
    pub details: Option<Payloads>,
    /// Who.
    pub identity: String,
    /// What it has to do with.
    pub links: Vec<Link>,
}

impl Request for Terminate {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        if !draft.state().is_open() {
            return Err(Rejection::WorkflowClosed);
        }
        draft.end(
            Ending::terminated(&self.reason, &self.identity, self.details).with_links(self.links),
        );
        Ok(())
    }
}
