//! `mainspring workflow terminate`

use clap::{ArgGroup, Args};
use mainspring_proto::{
    common::v1::WorkflowExecution,
    workflowservice::v1::{ListWorkflowExecutionsRequest, TerminateWorkflowExecutionRequest},
};
use tonic::Code;

use super::list;
use crate::cli::{Failure, GlobalArgs, client::ClientArgs, confirm, output::say};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).args(["workflow_id", "query"])))]
pub(super) struct Terminate {
    /// The workflow id
    #[arg(short, long)]
    workflow_id: Option<String>,
    /// The run id [default: the latest run]
    #[arg(short, long, default_value = "", conflicts_with = "query")]
    run_id: String,
    /// Which executions, in place of a workflow id: those that are open
    #[arg(short, long)]
    query: Option<String>,
    /// Why; it is kept in the history
    #[arg(long)]
    reason: Option<String>,
    /// Do not ask
    #[arg(short, long, conflicts_with = "workflow_id")]
    yes: bool,
    /// Taken for compatibility: executions are ended one after the other
    #[arg(long, conflicts_with = "workflow_id")]
    rps: Option<f32>,
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
        reason: reason.unwrap_or_else(|| format!("Requested from CLI by {identity}")),
        identity,
        ..Default::default()
    };
    if let Some(query) = command.query {
        return terminate_all(&query, command.yes, request, client, global).await;
    }
    let request = TerminateWorkflowExecutionRequest {
        workflow_execution: Some(WorkflowExecution {
            workflow_id: command.workflow_id.unwrap_or_default(),
            run_id: command.run_id,
        }),
        ..request
    };
    client
        .workflows(global)
        .await?
        .terminate_workflow_execution(request)
        .await?;
    say(global, "Workflow terminated");
    Ok(())
}

/// Ends what a query asks for and is still open.
async fn terminate_all(
    query: &str,
    yes: bool,
    request: TerminateWorkflowExecutionRequest,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let mut workflows = client.workflows(global).await?;
    let query = match query.trim() {
        "" => "ExecutionStatus = 'Running'".to_owned(),
        query => format!("({query}) AND ExecutionStatus = 'Running'"),
    };
    let list = ListWorkflowExecutionsRequest {
        namespace: client.namespace.clone(),
        query,
        ..Default::default()
    };
    let found = list::fetch(&mut workflows, list, usize::MAX).await?;
    confirm(yes, &format!("Terminate {} workflows?", found.len()))?;
    let mut terminated = 0;
    for it in found {
        let request = TerminateWorkflowExecutionRequest {
            workflow_execution: it.execution,
            ..request.clone()
        };
        match workflows.terminate_workflow_execution(request).await {
            Ok(_) => terminated += 1,
            // It ended by itself meanwhile.
            Err(status) if status.code() == Code::NotFound => {}
            Err(status) => return Err(status.into()),
        }
    }
    say(global, &format!("Terminated {terminated} workflows"));
    Ok(())
}
