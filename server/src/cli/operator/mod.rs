//! `mainspring operator …`

mod namespace_create;
mod namespace_delete;
mod namespace_describe;
mod namespace_list;
mod search_attribute_create;
mod search_attribute_list;
mod search_attribute_remove;

use clap::{Args, Subcommand};

use super::{Failure, GlobalArgs, client::ClientArgs};

#[derive(Debug, Args)]
pub(super) struct Operator {
    #[command(flatten)]
    client: ClientArgs,
    #[command(subcommand)]
    command: Group,
}

#[derive(Debug, Subcommand)]
enum Group {
    /// Manage namespaces
    Namespace {
        #[command(subcommand)]
        command: NamespaceCommand,
    },
    /// Manage search attributes
    SearchAttribute {
        #[command(subcommand)]
        command: SearchAttributeCommand,
    },
}

#[derive(Debug, Subcommand)]
enum NamespaceCommand {
    /// Register a namespace
    Create(Box<namespace_create::Create>),
    /// Show a namespace
    Describe(namespace_describe::Describe),
    /// Show all namespaces
    List,
    /// Delete a namespace and everything in it
    Delete(namespace_delete::Delete),
}

#[derive(Debug, Subcommand)]
enum SearchAttributeCommand {
    /// Register custom search attributes
    Create(search_attribute_create::Create),
    /// Show all search attributes
    List,
    /// Remove custom search attributes
    Remove(search_attribute_remove::Remove),
}

pub(super) async fn run(operator: Operator, global: &GlobalArgs) -> Result<(), Failure> {
    let client = &operator.client;
    match operator.command {
        Group::Namespace { command } => match command {
            NamespaceCommand::Create(command) => {
                namespace_create::run(*command, client, global).await
            }
            NamespaceCommand::Describe(command) => {
                namespace_describe::run(command, client, global).await
            }
            NamespaceCommand::List => namespace_list::run(client, global).await,
            NamespaceCommand::Delete(command) => {
                namespace_delete::run(command, client, global).await
            }
        },
        Group::SearchAttribute { command } => match command {
            SearchAttributeCommand::Create(command) => {
                search_attribute_create::run(command, client, global).await
            }
            SearchAttributeCommand::List => search_attribute_list::run(client, global).await,
            SearchAttributeCommand::Remove(command) => {
                search_attribute_remove::run(command, client, global).await
            }
        },
    }
}
