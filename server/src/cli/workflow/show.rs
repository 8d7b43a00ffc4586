//! `mainspring workflow show`

use clap::Args;
use mainspring_proto::{
    history::v1::{History, HistoryEvent},
    workflowservice::v1::{
        GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryReverseRequest,
    },
};

use super::Target;
use crate::cli::{
    Failure, GlobalArgs, Output,
    client::{ClientArgs, Workflows},
    output::{print_message, print_messages, short_enum, table, time},
};

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    target: Target,
    /// Wait for new events until the execution closes
    #[arg(short, long)]
    follow: bool,
    /// Show everything about each event
    #[arg(long)]
    detailed: bool,
    /// Latest first
    #[arg(long, conflicts_with = "follow")]
    reverse: bool,
}

pub(super) async fn run(
    command: Show,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let mut workflows = client.workflows(global).await?;
    let events = match command.reverse {
        true => backwards(&command, client, &mut workflows).await?,
        false => forwards(&command, client, &mut workflows, global).await?,
    };
    match (global.output, command.detailed, command.follow) {
        // They were shown as they came.
        (Output::Text | Output::Jsonl, _, true) => Ok(()),
        (Output::Text, true, _) | (Output::Jsonl, ..) => show(global, &events, command.detailed),
        _ => print_message(global, &History::from(events), |history| {
            lines(global, &history.events);
        }),
    }
}

async fn forwards(
    command: &Show,
    client: &ClientArgs,
    workflows: &mut Workflows,
    global: &GlobalArgs,
) -> Result<Vec<HistoryEvent>, Failure> {
    let mut request = GetWorkflowExecutionHistoryRequest {
        namespace: client.namespace.clone(),
        execution: Some(command.target.execution()),
        wait_new_event: command.follow,
        ..Default::default()
    };
    let mut events = Vec::new();
    loop {
        let page = workflows
            .get_workflow_execution_history(request.clone())
            .await?
            .into_inner();
        let page_events = page.history.unwrap_or_default().events;
        if command.follow {
            show(global, &page_events, command.detailed)?;
        }
        events.extend(page_events);
        request.next_page_token = page.next_page_token;
        if request.next_page_token.is_empty() {
            return Ok(events);
        }
    }
}

async fn backwards(
    command: &Show,
    client: &ClientArgs,
    workflows: &mut Workflows,
) -> Result<Vec<HistoryEvent>, Failure> {
    let mut request = GetWorkflowExecutionHistoryReverseRequest {
        namespace: client.namespace.clone(),
        execution: Some(command.target.execution()),
        ..Default::default()
    };
    let mut events = Vec::new();
    loop {
        let page = workflows
            .get_workflow_execution_history_reverse(request.clone())
            .await?;
        let page = page.into_inner();
        events.extend(page.history.unwrap_or_default().events);
        request.next_page_token = page.next_page_token;
        if request.next_page_token.is_empty() {
            return Ok(events);
        }
    }
}

fn show(global: &GlobalArgs, events: &[HistoryEvent], detailed: bool) -> Result<(), Failure> {
    if global.output == Output::Text && detailed {
        let json = GlobalArgs {
            output: Output::Json,
            ..global.clone()
        };
        return events
            .iter()
            .try_for_each(|event| print_message(&json, event, |_| ()));
    }
    if global.output == Output::Json {
        // The whole history is one document; it is printed at the end.
        return Ok(());
    }
    print_messages(global, events, |events| lines(global, events))
}

fn lines(global: &GlobalArgs, events: &[HistoryEvent]) {
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            [
                event.event_id.to_string(),
                time(global, event.event_time.as_ref()),
                short_enum(event.event_type().as_str_name(), "EVENT_TYPE_"),
            ]
        })
        .collect();
    table(["ID", "Time", "Type"], &rows);
}
