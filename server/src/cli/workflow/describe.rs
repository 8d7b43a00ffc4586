//! `mainspring workflow describe`

use clap::Args;
use mainspring_proto::{
    workflow::v1::ResetPointInfo,
    workflowservice::v1::{DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse},
};

use super::Target;
use crate::cli::{
    Failure, GlobalArgs,
    client::ClientArgs,
    output::{card, print_message, print_messages, short_enum, table, time},
};

#[derive(Debug, Args)]
pub(super) struct Describe {
    #[command(flatten)]
    target: Target,
    /// Taken for compatibility: JSON is always the whole answer
    #[arg(long)]
    raw: bool,
    /// Show the points that a reset by build can go back to
    #[arg(long)]
    reset_points: bool,
}

pub(super) async fn run(
    command: Describe,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let request = DescribeWorkflowExecutionRequest {
        namespace: client.namespace.clone(),
        execution: Some(command.target.execution()),
    };
    let mut workflows = client.workflows(global).await?;
    let response = workflows
        .describe_workflow_execution(request)
        .await?
        .into_inner();
    if !command.reset_points {
        return print_message(global, &response, |response| show(global, response));
    }
    let info = response.workflow_execution_info.unwrap_or_default();
    let points = info.auto_reset_points.unwrap_or_default().points;
    print_messages(global, &points, |points| show_points(global, points))
}

fn show_points(global: &GlobalArgs, points: &[ResetPointInfo]) {
    println!("Auto Reset Points: {}", points.len());
    let rows: Vec<_> = points
        .iter()
        .map(|point| {
            [
                point.first_workflow_task_completed_id.to_string(),
                point.build_id.clone(),
                point.run_id.clone(),
                time(global, point.create_time.as_ref()),
            ]
        })
        .collect();
    if !rows.is_empty() {
        table(["EventId", "BuildId", "RunId", "CreateTime"], &rows);
    }
}

fn show(global: &GlobalArgs, response: &DescribeWorkflowExecutionResponse) {
    let info = response.workflow_execution_info.clone().unwrap_or_default();
    let execution = info.execution.clone().unwrap_or_default();
    println!("Execution Info:");
    card(&[
        ("WorkflowId", execution.workflow_id),
        ("RunId", execution.run_id),
        ("Type", info.r#type.clone().unwrap_or_default().name),
        (
            "Status",
            short_enum(info.status().as_str_name(), "WORKFLOW_EXECUTION_STATUS_"),
        ),
        ("TaskQueue", info.task_queue.clone()),
        ("StartTime", time(global, info.start_time.as_ref())),
        ("CloseTime", time(global, info.close_time.as_ref())),
        ("ExecutionTime", time(global, info.execution_time.as_ref())),
        ("HistoryLength", info.history_length.to_string()),
        ("HistorySize", info.history_size_bytes.to_string()),
        (
            "StateTransitionCount",
            info.state_transition_count.to_string(),
        ),
    ]);
    if !response.pending_activities.is_empty() {
        println!(
            "\nPending Activities: {}",
            response.pending_activities.len()
        );
        let rows: Vec<_> = response
            .pending_activities
            .iter()
            .map(|activity| {
                [
                    activity.activity_id.clone(),
                    activity.activity_type.clone().unwrap_or_default().name,
                    short_enum(activity.state().as_str_name(), "PENDING_ACTIVITY_STATE_"),
                    activity.attempt.to_string(),
                    activity.last_failure.clone().unwrap_or_default().message,
                ]
            })
            .collect();
        table(
            ["ActivityId", "Type", "State", "Attempt", "LastFailure"],
            &rows,
        );
    }
    if !response.pending_children.is_empty() {
        println!(
            "\nPending Child Workflows: {}",
            response.pending_children.len()
        );
        let children = response.pending_children.iter();
        let rows: Vec<_> = children
            .map(|child| {
                [
                    child.workflow_id.clone(),
                    child.run_id.clone(),
                    child.workflow_type_name.clone(),
                ]
            })
            .collect();
        table(["WorkflowId", "RunId", "Type"], &rows);
    }
}
