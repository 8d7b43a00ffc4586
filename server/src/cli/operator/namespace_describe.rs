//! `mainspring operator namespace describe`

use clap::Args;
use mainspring_proto::workflowservice::v1::{DescribeNamespaceRequest, DescribeNamespaceResponse};

use crate::cli::{
    Failure, GlobalArgs,
    client::ClientArgs,
    output::{card, print_message, short_enum},
};

#[derive(Debug, Args)]
pub(super) struct Describe {
    /// The namespace's name, instead of --namespace
    name: Option<String>,
    /// The namespace's id, instead of its name
    #[arg(long)]
    namespace_id: Option<String>,
}

pub(super) async fn run(
    command: Describe,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let request = match command.namespace_id {
        Some(id) => DescribeNamespaceRequest {
            id,
            ..Default::default()
        },
        None => DescribeNamespaceRequest {
            namespace: command.name.unwrap_or_else(|| client.namespace.clone()),
            ..Default::default()
        },
    };
    let response = client
        .workflows(global)
        .await?
        .describe_namespace(request)
        .await?;
    print_message(global, &response.into_inner(), show)
}

pub(super) fn show(namespace: &DescribeNamespaceResponse) {
    let info = namespace.namespace_info.clone().unwrap_or_default();
    let config = namespace.config.clone().unwrap_or_default();
    let retention = config.workflow_execution_retention_ttl.unwrap_or_default();
    let data: Vec<_> = info
        .data
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    card(&[
        ("Name", info.name.clone()),
        ("Id", info.id.clone()),
        (
            "State",
            short_enum(info.state().as_str_name(), "NAMESPACE_STATE_"),
        ),
        ("Description", info.description.clone()),
        ("OwnerEmail", info.owner_email.clone()),
        ("Data", data.join(", ")),
        (
            "Retention",
            format!("{}h", retention.seconds as f64 / 3600.0),
        ),
    ]);
}
