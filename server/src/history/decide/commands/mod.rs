//! What a workflow asks for when it completes a task: one file per command.

mod activity;
mod cancel_external;
mod close_workflow;
mod continue_as_new;
mod properties;
mod record_marker;
mod signal_external;
mod start_child;
mod timer;

use std::collections::{BTreeMap, BTreeSet};

use mainspring_proto::{
    command::v1::{Command, command::Attributes},
    common::v1::{Memo, Payload, Payloads, SearchAttributes},
    enums::v1::{CommandType, WorkflowTaskFailedCause},
    history::v1::history_event,
    prost::Message as _,
    protocol::v1::Message,
    sdk::v1::UserMetadata,
    taskqueue::v1::TaskQueue,
};

use crate::history::{
    ids::EventId,
    transition::{Draft, Extras, Inadmissible},
};

use super::complete_workflow_task::{Completion, answer};

/// Why a command, and with it the whole workflow task, is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandFailure {
    /// The kind of failure.
    pub cause: WorkflowTaskFailedCause,
    /// What is wrong.
    pub message: String,
    /// Whether it ends the run instead of the task.
    pub terminate: bool,
}

impl CommandFailure {
    pub(super) fn new(cause: WorkflowTaskFailedCause, message: impl Into<String>) -> Self {
        Self {
            cause,
            message: message.into(),
            terminate: false,
        }
    }

    /// The cause and the message, as the worker reads them.
    pub fn describe(&self) -> String {
        let cause = cause_name(self.cause);
        match self.message.as_str() {
            "" => cause,
            message => format!("{cause}: {message}"),
        }
    }

    pub(super) fn into_reply(self) -> Completion {
        Completion::Refused {
            cause: self.cause,
            message: self.describe(),
        }
    }
}

/// The name of a cause as Temporal's server writes it: `BadStartTimerAttributes`.
fn cause_name(cause: WorkflowTaskFailedCause) -> String {
    format!("{cause:?}")
}

/// What handling one command may use.
pub(super) struct CommandCx<'d, 'a> {
    pub(super) draft: &'d mut Draft<'a>,
    pub(super) completed_event_id: EventId,
    /// Whether something happened that the worker has not seen.
    pub(super) has_waiting: bool,
    /// Messages that a command will call up.
    pub(super) messages: BTreeMap<String, Message>,
    /// Messages that were handled before all commands.
    pub(super) rejections: BTreeSet<String>,
    pub(super) takes_eager_activities: bool,
    pub(super) eager_activities: Vec<EventId>,
    pub(super) identity: &'d str,
    /// Whether a command's effect must be told to the worker.
    pub(super) needs_task: bool,
    /// What goes with the command into its event, until it is there.
    pub(super) metadata: Option<UserMetadata>,
}

/// Handles one command.
pub(super) fn handle(cx: &mut CommandCx<'_, '_>, command: Command) -> Result<(), CommandFailure> {
    use Attributes::*;
    let kind = command.command_type();
    cx.metadata = command.user_metadata;
    let attributes = command.attributes.filter(|it| kind_of(it) == kind);
    let Some(attributes) = attributes else {
        return Err(without_attributes(kind));
    };
    match attributes {
        ScheduleActivityTaskCommandAttributes(it) => activity::schedule(cx, *it),
        RequestCancelActivityTaskCommandAttributes(it) => activity::request_cancel(cx, *it),
        StartTimerCommandAttributes(it) => timer::start(cx, *it),
        CancelTimerCommandAttributes(it) => timer::cancel(cx, *it),
        RecordMarkerCommandAttributes(it) => record_marker::record(cx, *it),
        CompleteWorkflowExecutionCommandAttributes(it) => close_workflow::complete(cx, *it),
        FailWorkflowExecutionCommandAttributes(it) => close_workflow::fail(cx, *it),
        CancelWorkflowExecutionCommandAttributes(it) => close_workflow::cancel(cx, *it),
        ContinueAsNewWorkflowExecutionCommandAttributes(it) => {
            continue_as_new::continue_as_new(cx, *it)
        }
        StartChildWorkflowExecutionCommandAttributes(it) => start_child::start(cx, *it),
        SignalExternalWorkflowExecutionCommandAttributes(it) => signal_external::signal(cx, *it),
        RequestCancelExternalWorkflowExecutionCommandAttributes(it) => {
            cancel_external::request_cancel(cx, *it)
        }
        UpsertWorkflowSearchAttributesCommandAttributes(it) => {
            properties::upsert_search_attributes(cx, *it)
        }
        ModifyWorkflowPropertiesCommandAttributes(it) => properties::modify(cx, *it),
        ProtocolMessageCommandAttributes(it) => {
            let bad = |message: String| {
                let cause = WorkflowTaskFailedCause::BadUpdateWorkflowExecutionMessage;
                CommandFailure::new(cause, message)
            };
            let id = &it.message_id;
            if id.is_empty() {
                let message = "MessageID is not set on ProtocolMessageCommand.";
                return Err(bad(message.to_owned()));
            }
            if cx.rejections.contains(id) {
                return Ok(());
            }
            let message = cx.messages.remove(id).ok_or_else(|| {
                bad(format!(
                    "ProtocolMessageCommand referenced absent message ID {id}"
                ))
            })?;
            answer(cx.draft, &message)
        }
        ScheduleNexusOperationCommandAttributes(_)
        | RequestCancelNexusOperationCommandAttributes(_) => Err(CommandFailure::new(
            WorkflowTaskFailedCause::FeatureDisabled,
            "Nexus operations are not supported by this server",
        )),
    }
}

/// Commands of no known type make no sense, and neither does one that ends the run and is not the last, whatever
/// the state of the run is.
pub(super) fn check_sequence(commands: &[Command]) -> Result<(), String> {
    let mut end = None;
    for command in commands {
        if let Some(end) = end {
            let names: Vec<_> = commands.iter().map(type_name).collect();
            return Err(format!(
                "invalid command sequence: [{}], command {end:?} must be the last command.",
                names.join(", "),
            ));
        }
        // A number that is not known is read as that, too.
        if command.command_type() == CommandType::Unspecified {
            return Err(format!("unknown command type: {}", type_name(command)));
        }
        end = Some(command.command_type()).filter(|kind| ends_run(*kind));
    }
    Ok(())
}

fn type_name(command: &Command) -> String {
    match CommandType::try_from(command.command_type) {
        Ok(kind) => format!("{kind:?}"),
        Err(_) => command.command_type.to_string(),
    }
}

fn ends_run(kind: CommandType) -> bool {
    matches!(
        kind,
        CommandType::CompleteWorkflowExecution
            | CommandType::FailWorkflowExecution
            | CommandType::CancelWorkflowExecution
            | CommandType::ContinueAsNewWorkflowExecution
    )
}

/// A command that carries these attributes, and says so.
pub fn command(attributes: Attributes) -> Command {
    Command {
        command_type: kind_of(&attributes).into(),
        attributes: Some(attributes),
        ..Command::default()
    }
}

/// Of which kind of command these are the attributes.
fn kind_of(attributes: &Attributes) -> CommandType {
    use Attributes::*;
    match attributes {
        ScheduleActivityTaskCommandAttributes(_) => CommandType::ScheduleActivityTask,
        RequestCancelActivityTaskCommandAttributes(_) => CommandType::RequestCancelActivityTask,
        StartTimerCommandAttributes(_) => CommandType::StartTimer,
        CancelTimerCommandAttributes(_) => CommandType::CancelTimer,
        RecordMarkerCommandAttributes(_) => CommandType::RecordMarker,
        CompleteWorkflowExecutionCommandAttributes(_) => CommandType::CompleteWorkflowExecution,
        FailWorkflowExecutionCommandAttributes(_) => CommandType::FailWorkflowExecution,
        CancelWorkflowExecutionCommandAttributes(_) => CommandType::CancelWorkflowExecution,
        ContinueAsNewWorkflowExecutionCommandAttributes(_) => {
            CommandType::ContinueAsNewWorkflowExecution
        }
        StartChildWorkflowExecutionCommandAttributes(_) => CommandType::StartChildWorkflowExecution,
        SignalExternalWorkflowExecutionCommandAttributes(_) => {
            CommandType::SignalExternalWorkflowExecution
        }
        RequestCancelExternalWorkflowExecutionCommandAttributes(_) => {
            CommandType::RequestCancelExternalWorkflowExecution
        }
        UpsertWorkflowSearchAttributesCommandAttributes(_) => {
            CommandType::UpsertWorkflowSearchAttributes
        }
        ModifyWorkflowPropertiesCommandAttributes(_) => CommandType::ModifyWorkflowProperties,
        ProtocolMessageCommandAttributes(_) => CommandType::ProtocolMessage,
        ScheduleNexusOperationCommandAttributes(_) => CommandType::ScheduleNexusOperation,
        RequestCancelNexusOperationCommandAttributes(_) => CommandType::RequestCancelNexusOperation,
    }
}

fn without_attributes(kind: CommandType) -> CommandFailure {
    use WorkflowTaskFailedCause::*;
    let cause = match kind {
        CommandType::ScheduleActivityTask => BadScheduleActivityAttributes,
        CommandType::RequestCancelActivityTask => BadRequestCancelActivityAttributes,
        CommandType::StartTimer => BadStartTimerAttributes,
        CommandType::CancelTimer => BadCancelTimerAttributes,
        CommandType::RecordMarker => BadRecordMarkerAttributes,
        CommandType::CompleteWorkflowExecution => BadCompleteWorkflowExecutionAttributes,
        CommandType::FailWorkflowExecution => BadFailWorkflowExecutionAttributes,
        CommandType::CancelWorkflowExecution => BadCancelWorkflowExecutionAttributes,
        CommandType::ContinueAsNewWorkflowExecution => BadContinueAsNewAttributes,
        CommandType::StartChildWorkflowExecution => BadStartChildExecutionAttributes,
        CommandType::SignalExternalWorkflowExecution => BadSignalWorkflowExecutionAttributes,
        CommandType::RequestCancelExternalWorkflowExecution => {
            BadRequestCancelExternalWorkflowExecutionAttributes
        }
        CommandType::UpsertWorkflowSearchAttributes => BadSearchAttributes,
        CommandType::ModifyWorkflowProperties => BadModifyWorkflowPropertiesAttributes,
        CommandType::ProtocolMessage => BadUpdateWorkflowExecutionMessage,
        CommandType::ScheduleNexusOperation | CommandType::RequestCancelNexusOperation => {
            FeatureDisabled
        }
        // The sequence was refused before.
        CommandType::Unspecified => Unspecified,
    };
    CommandFailure::new(
        cause,
        format!("{kind:?}CommandAttributes is not set on {kind:?}Command."),
    )
}

impl CommandCx<'_, '_> {
    /// A run cannot end while something happened that it has not seen.
    fn nothing_unseen(&self) -> Result<(), CommandFailure> {
        if self.has_waiting {
            return Err(CommandFailure::new(
                WorkflowTaskFailedCause::UnhandledCommand,
                "",
            ));
        }
        Ok(())
    }

    /// By how much an id is too long, if it is.
    fn excess(&self, id: &str) -> Option<String> {
        let (length, limit) = (id.len(), self.draft.cx().limits.id_length);
        (length > limit).then(|| format!("Length={length} Limit={limit}"))
    }

    /// What is wrong with the name of a queue, if anything is; no name is that of the run's queue.
    fn queue_problem(&self, queue: &Option<TaskQueue>) -> Option<&'static str> {
        let name = queue.as_ref().map_or("", |queue| &queue.name);
        if name.len() > self.draft.cx().limits.id_length {
            return Some("taskQueue length exceeds limit");
        }
        name.starts_with("/_sys/")
            .then_some("task queue name cannot start with reserved prefix /_sys/")
    }

    /// Records the event of the command.
    fn event(&mut self, attributes: history_event::Attributes) -> EventId {
        let extras = self.extras();
        self.draft.event_with(attributes, extras)
    }

    /// What the event of the command carries besides its attributes.
    fn extras(&mut self) -> Extras {
        Extras {
            user_metadata: self.metadata.take(),
            ..Extras::default()
        }
    }

    fn fits(
        &self,
        what: &str,
        size: usize,
        cause: WorkflowTaskFailedCause,
    ) -> Result<(), CommandFailure> {
        within(what, size, self.draft.cx().limits.blob_size, cause)
    }

    /// Checks search attributes, beside those that are present, and writes their types into them.
    fn admit(
        &self,
        attributes: &mut SearchAttributes,
        present: &BTreeMap<String, Payload>,
    ) -> Result<(), CommandFailure> {
        const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadSearchAttributes;
        let admitted = (self.draft.cx().admit_search_attributes)(attributes, present);
        admitted.map_err(|refused| match refused {
            Inadmissible::Wrong(message) => CommandFailure::new(CAUSE, message),
            Inadmissible::TooLarge(message) => CommandFailure {
                terminate: true,
                ..CommandFailure::new(CAUSE, message)
            },
        })
    }

    fn memo_fits(
        &self,
        what: &str,
        memo: &Option<Memo>,
        cause: WorkflowTaskFailedCause,
    ) -> Result<(), CommandFailure> {
        let size = memo.as_ref().map_or(0, Memo::encoded_len);
        within(what, size, self.draft.cx().limits.memo_size, cause)
    }
}

/// What no history can hold ends the run: its worker would only ask for the same again.
pub(super) fn within(
    what: &str,
    size: usize,
    limit: usize,
    cause: WorkflowTaskFailedCause,
) -> Result<(), CommandFailure> {
    match size > limit {
        true => Err(CommandFailure {
            terminate: true,
            ..CommandFailure::new(cause, format!("{what} exceeds size limit."))
        }),
        false => Ok(()),
    }
}

/// Whether one more may be pending beside those that are.
fn one_more(
    what: &str,
    pending: usize,
    limit: usize,
    cause: WorkflowTaskFailedCause,
) -> Result<(), CommandFailure> {
    match pending < limit {
        true => Ok(()),
        false => Err(CommandFailure::new(
            cause,
            format!(
                "the number of pending {what}, {pending}, has reached the per-workflow limit of {limit}"
            ),
        )),
    }
}

fn payloads_size(payloads: &Option<Payloads>) -> usize {
    payloads
        .as_ref()
        .map_or(0, |payloads| payloads.encoded_len())
}
