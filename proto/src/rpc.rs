//! The RPCs by their requests, for who sends messages in another way than the generated clients.

use prost::Message;

/// A request of the workflow service. No two of its RPCs have the same, so that a request tells which it is.
pub trait Rpc: Message {
    /// What the server answers.
    type Answer: Message + Default;
    /// The path of the RPC: `/temporal.api.workflowservice.v1.WorkflowService/` and its name.
    const PATH: &'static str;
}
