//! `mainspring workflow …`

mod count;
mod describe;
mod list;
mod show;
mod terminate;

use clap::{Args, Subcommand};
use mainspring_proto::common::v1::WorkflowExecution;

use super::{Failure, GlobalArgs, client::ClientArgs};

#[derive(Debug, Args)]
pub(super) struct Workflow {
    #[command(flatten)]
    client: ClientArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the executions that a query asks for
    List(list::List),
    /// Count the executions that a query asks for
    Count(count::Count),
    /// Show the state of an execution
    Describe(describe::Describe),
    /// Show the history of an execution
    Show(show::Show),
    /// End an execution at once
    Terminate(terminate::Terminate),
}

/// The execution a command is about.
#[derive(Debug, Args)]
struct Target {
    /// The workflow id
    #[arg(short, long)]
    workflow_id: String,
    /// The run id [default: the latest run]
    #[arg(short, long, default_value = "")]
    run_id: String,
}

impl Target {
    fn execution(&self) -> WorkflowExecution {
        WorkflowExecution {
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id.clone(),
        }
    }
}

pub(super) async fn run(workflow: Workflow, global: &GlobalArgs) -> Result<(), Failure> {
    let client = &workflow.client;
    match workflow.command {
        Command::List(command) => list::run(command, client, global).await,
        Command::Count(command) => count::run(command, client, global).await,
        Command::Describe(command) => describe::run(command, client, global).await,
        Command::Show(command) => show::run(command, client, global).await,
        Command::Terminate(command) => terminate::run(command, client, global).await,
    }
}
