//! `mainspring workflow count`

use clap::Args;
use mainspring_proto::workflowservice::v1::CountWorkflowExecutionsRequest;

use crate::cli::{Failure, GlobalArgs, client::ClientArgs, output::print_message};

#[derive(Debug, Args)]
pub(super) struct Count {
    /// Which executions; "GROUP BY ExecutionStatus" counts each status
    #[arg(short, long, default_value = "")]
    query: String,
}

pub(super) async fn run(
    command: Count,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let request = CountWorkflowExecutionsRequest {
        namespace: client.namespace.clone(),
        query: command.query,
    };
    let mut workflows = client.workflows(global).await?;
    let response = workflows
        .count_workflow_executions(request)
        .await?
        .into_inner();
    print_message(global, &response, |response| {
        println!("Total: {}", response.count);
        for group in &response.groups {
            let values = group.group_values.iter();
            let values: Vec<_> = values
                .map(|value| String::from_utf8_lossy(&value.data))
                .collect();
            println!(
                "Group total: {}, values: {}",
                group.count,
                values.join(", ")
            );
        }
    })
}
