//! `mainspring operator namespace delete`

use clap::Args;
use mainspring_proto::operatorservice::v1::DeleteNamespaceRequest;

use crate::cli::{Failure, GlobalArgs, client::ClientArgs, confirm, output::say};

#[derive(Debug, Args)]
pub(super) struct Delete {
    /// The namespace's name, instead of --namespace
    name: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(super) async fn run(
    command: Delete,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let namespace = command.name.unwrap_or_else(|| client.namespace.clone());
    confirm(
        command.yes,
        &format!("Delete namespace {namespace} and everything in it?"),
    )?;
    let request = DeleteNamespaceRequest {
        namespace: namespace.clone(),
        ..Default::default()
    };
    client
        .operators(global)
        .await?
        .delete_namespace(request)
        .await?;
    say(global, &format!("Namespace {namespace} has been deleted."));
    Ok(())
}
