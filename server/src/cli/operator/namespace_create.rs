//! `mainspring operator namespace create`

use clap::Args;
use mainspring_proto::{
    prost_types::Duration, replication::v1::ClusterReplicationConfig,
    workflowservice::v1::RegisterNamespaceRequest,
};

use crate::{
    cli::{Failure, GlobalArgs, client::ClientArgs, go_duration, output::say},
    config,
};

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The namespace's name, instead of --namespace
    name: Option<String>,
    /// What it is for
    #[arg(long, default_value = "")]
    description: String,
    /// Whom to ask about it
    #[arg(long, default_value = "")]
    email: String,
    /// How long closed workflows are kept, such as 72h or 30d
    #[arg(long, default_value = "72h", value_parser = go_duration)]
    retention: std::time::Duration,
    /// Kept with it; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = config::key_value)]
    data: Vec<(String, String)>,
    /// The cluster that serves it: there is one, "active"
    #[arg(long, value_name = "NAME", default_value = "")]
    active_cluster: String,
    /// A cluster that has it; repeatable
    #[arg(long, value_name = "NAME")]
    cluster: Vec<String>,
    /// Let several clusters have it, which a single one refuses
    #[arg(long)]
    global: bool,
    #[command(flatten)]
    archival: Archival,
}

/// There is no archive, as in Temporal's dev server, which takes these, too.
#[derive(Debug, Args)]
struct Archival {
    /// Taken for compatibility: this server has no archive
    #[arg(long, value_name = "STATE")]
    history_archival_state: Option<String>,
    /// Taken for compatibility: this server has no archive
    #[arg(long, value_name = "URI")]
    history_uri: Option<String>,
    /// Taken for compatibility: this server has no archive
    #[arg(long, value_name = "STATE")]
    visibility_archival_state: Option<String>,
    /// Taken for compatibility: this server has no archive
    #[arg(long, value_name = "URI")]
    visibility_uri: Option<String>,
}

pub(super) async fn run(
    command: Create,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let namespace = command.name.unwrap_or_else(|| client.namespace.clone());
    let clusters = command.cluster.into_iter();
    let clusters = clusters.map(|cluster_name| ClusterReplicationConfig {
        cluster_name,
        ..Default::default()
    });
    let request = RegisterNamespaceRequest {
        namespace: namespace.clone(),
        description: command.description,
        owner_email: command.email,
        workflow_execution_retention_period: Some(Duration::try_from(command.retention)?),
        data: command.data.into_iter().collect(),
        active_cluster_name: command.active_cluster,
        clusters: clusters.collect(),
        is_global_namespace: command.global,
        ..Default::default()
    };
    client
        .workflows(global)
        .await?
        .register_namespace(request)
        .await?;
    say(
        global,
        &format!("Namespace {namespace} successfully registered."),
    );
    Ok(())
}
