//! `mainspring workflow terminate`

use clap::Args;
use mainspring_proto::workflowservice::v1::TerminateWorkflowExecutionRequest;

use super::Target;
use crate::cli::{Failure, GlobalArgs, client::ClientArgs, output::say};

#[derive(Debug, Args)]
pub(super) struct Terminate {
    #[command(flatten)]
    target: Target,
    /// Why; it is kept in the history
    #[arg(long)]
    reason: Option<String>,
}

pub(super) async fn run(
    command: Terminate,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let identity = client.identity();
    let reason = command.reason;
    let request = TerminateWorkflowExecutionRequest {
        namespace: client.namespace.clone(),
        workflow_execution: Some(command.target.execution()),
        reason: reason.unwrap_or_else(|| format!("Requested from CLI by {identity}")),
        identity,
        ..Default::default()
    };
    client
        .workflows(global)
        .await?
        .terminate_workflow_execution(request)
        .await?;
    say(global, "Workflow terminated");
    Ok(())
}
