//! `mainspring operator search-attribute remove`

use clap::Args;
use mainspring_proto::operatorservice::v1::RemoveSearchAttributesRequest;

use crate::cli::{Failure, GlobalArgs, client::ClientArgs, confirm, output::say};

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// A name; repeatable
    #[arg(long, required = true)]
    name: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(super) async fn run(
    command: Remove,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    confirm(command.yes, &format!("Remove {}?", command.name.join(", ")))?;
    let request = RemoveSearchAttributesRequest {
        namespace: client.namespace.clone(),
        search_attributes: command.name,
    };
    client
        .operators(global)
        .await?
        .remove_search_attributes(request)
        .await?;
    say(global, "Search attributes have been removed.");
    Ok(())
}
