//! `mainspring workflow list`

use clap::Args;
use mainspring_proto::{
    workflow::v1::WorkflowExecutionInfo, workflowservice::v1::ListWorkflowExecutionsRequest,
};

use crate::cli::{
    Failure, GlobalArgs,
    client::{ClientArgs, Workflows},
    output::{print_messages, short_enum, table, time},
};

#[derive(Debug, Args)]
pub(super) struct List {
    /// Which executions, such as "WorkflowType = 'Order' AND ExecutionStatus = 'Running'"
    #[arg(short, long, default_value = "")]
    query: String,
    /// The most executions to show; 0 shows all
    #[arg(long, default_value_t = 0)]
    limit: usize,
    /// How many executions are asked for at a time
    #[arg(long, default_value_t = 0)]
    page_size: i32,
}

pub(super) async fn run(
    command: List,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let limit = match command.limit {
        0 => usize::MAX,
        limit => limit,
    };
    let request = ListWorkflowExecutionsRequest {
        namespace: client.namespace.clone(),
        query: command.query,
        page_size: command.page_size,
        ..Default::default()
    };
    let executions = fetch(&mut client.workflows(global).await?, request, limit).await?;
    print_messages(global, &executions, |executions| {
        let rows: Vec<_> = executions
            .iter()
            .map(|info| {
                let execution = info.execution.clone().unwrap_or_default();
                [
                    short_enum(info.status().as_str_name(), "WORKFLOW_EXECUTION_STATUS_"),
                    execution.workflow_id,
                    info.r#type.clone().unwrap_or_default().name,
                    time(global, info.start_time.as_ref()),
                ]
            })
            .collect();
        table(["Status", "WorkflowId", "Type", "StartTime"], &rows);
    })
}

/// The first executions that a request asks for, from all pages.
pub(super) async fn fetch(
    workflows: &mut Workflows,
    mut request: ListWorkflowExecutionsRequest,
    limit: usize,
) -> Result<Vec<WorkflowExecutionInfo>, Failure> {
    let mut executions = Vec::new();
    while executions.len() < limit {
        let page = workflows.list_workflow_executions(request.clone()).await?;
        let page = page.into_inner();
        executions.extend(page.executions);
        request.next_page_token = page.next_page_token;
        if request.next_page_token.is_empty() {
            break;
        }
    }
    executions.truncate(limit);
    Ok(executions)
}
