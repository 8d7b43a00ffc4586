//! The commands that code has asked for and that no event has answered yet, in the order of the code.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;

use mainspring_proto::command::v1::Command;
pub(crate) use mainspring_proto::command::v1::command::Attributes;
use mainspring_proto::enums::v1::CommandType;
use mainspring_proto::sdk::v1::UserMetadata;

use super::machines::Seq;
use crate::registry;

/// What a command is about; an event of the history answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommandId {
    ScheduleActivity(Seq),
    CancelActivity(Seq),
    StartTimer(Seq),
    CancelTimer(Seq),
    StartChild(Seq),
    CancelChild(Seq),
    SignalExternal(Seq),
    CancelExternal(Seq),
    /// A marker of a name; what it records is checked by the machine that owns the name.
    Marker(MarkerId),
    UpsertSearchAttributes,
    ModifyProperties,
    /// A protocol message, which answers an update.
    UpdateMessage(UpdateMessage),
    Complete,
    Fail,
    Cancel,
    ContinueAsNew,
}

/// What a marker records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MarkerId {
    Patch(String),
    LocalActivity(Seq),
    SideEffect(Seq),
}

/// Which answer to an update a protocol message carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UpdateMessage {
    Accepted(String),
    Completed(String),
}

/// One command.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) id: CommandId,
    /// Taken when the command is sent; what remains waits for its event.
    pub(crate) command: Option<Command>,
    /// Where the code asked for it.
    pub(crate) at: At,
}

/// Where code asked for a command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    /// By this call.
    Call(&'static Location<'static>),
    /// By its end, or as a handler: what is known is where the workflow is defined.
    Definition(registry::Location),
}

impl From<&'static Location<'static>> for At {
    fn from(call: &'static Location<'static>) -> Self {
        Self::Call(call)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(at) => write!(f, "at {at}"),
            Self::Definition(at) => write!(f, "of the workflow defined at {at}"),
        }
    }
}

/// The queue of commands.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    slots: VecDeque<Slot>,
}

impl Commands {
    pub(crate) fn push(
        &mut self,
        id: CommandId,
        attributes: Attributes,
        metadata: Option<UserMetadata>,
        at: At,
    ) {
        let command = Command {
            command_type: type_of(&attributes) as i32,
            user_metadata: metadata,
            attributes: Some(attributes),
            ..Command::default()
        };
        self.slots.push_back(Slot {
            id,
            command: Some(command),
            at,
        });
    }

    /// Takes back a command that was not sent yet.
    pub(crate) fn retract(&mut self, id: &CommandId) {
        self.slots
            .retain(|slot| slot.id != *id || slot.command.is_none());
    }

    /// Takes the commands to send; each still waits for its event.
    pub(crate) fn take_unsent(&mut self) -> Vec<Command> {
        let slots = self.slots.iter_mut();
        slots.filter_map(|slot| slot.command.take()).collect()
    }

    /// The command that the next event must answer.
    pub(crate) fn front(&self) -> Option<&Slot> {
        self.slots.front()
    }

    /// Takes the command that an event answers.
    pub(crate) fn pop(&mut self) -> Option<Slot> {
        self.slots.pop_front()
    }
}

fn type_of(attributes: &Attributes) -> CommandType {
    match attributes {
        Attributes::ScheduleActivityTaskCommandAttributes(_) => CommandType::ScheduleActivityTask,
        Attributes::StartTimerCommandAttributes(_) => CommandType::StartTimer,
        Attributes::CompleteWorkflowExecutionCommandAttributes(_) => {
            CommandType::CompleteWorkflowExecution
        }
        Attributes::FailWorkflowExecutionCommandAttributes(_) => CommandType::FailWorkflowExecution,
        Attributes::RequestCancelActivityTaskCommandAttributes(_) => {
            CommandType::RequestCancelActivityTask
        }
        Attributes::CancelTimerCommandAttributes(_) => CommandType::CancelTimer,
        Attributes::CancelWorkflowExecutionCommandAttributes(_) => {
            CommandType::CancelWorkflowExecution
        }
        Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(_) => {
            CommandType::RequestCancelExternalWorkflowExecution
        }
        Attributes::RecordMarkerCommandAttributes(_) => CommandType::RecordMarker,
        Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(_) => {
            CommandType::ContinueAsNewWorkflowExecution
        }
        Attributes::StartChildWorkflowExecutionCommandAttributes(_) => {
            CommandType::StartChildWorkflowExecution
        }
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(_) => {
            CommandType::SignalExternalWorkflowExecution
        }
        Attributes::UpsertWorkflowSearchAttributesCommandAttributes(_) => {
            CommandType::UpsertWorkflowSearchAttributes
        }
        Attributes::ProtocolMessageCommandAttributes(_) => CommandType::ProtocolMessage,
        Attributes::ModifyWorkflowPropertiesCommandAttributes(_) => {
            CommandType::ModifyWorkflowProperties
        }
        Attributes::ScheduleNexusOperationCommandAttributes(_) => {
            CommandType::ScheduleNexusOperation
        }
        Attributes::RequestCancelNexusOperationCommandAttributes(_) => {
            CommandType::RequestCancelNexusOperation
        }
    }
}

impl Slot {
    /// For messages: what the code asks for.
    pub(crate) fn describe(&self) -> String {
        let what = match &self.id {
            CommandId::ScheduleActivity(seq) => format!("an activity (number {seq})"),
            CommandId::CancelActivity(seq) => format!("the cancellation of activity {seq}"),
            CommandId::StartTimer(seq) => format!("a timer (number {seq})"),
            CommandId::CancelTimer(seq) => format!("the cancellation of timer {seq}"),
            CommandId::StartChild(seq) => format!("a child workflow (number {seq})"),
            CommandId::CancelChild(seq) => format!("the cancellation of child workflow {seq}"),
            CommandId::SignalExternal(seq) => {
                format!("a signal to another workflow (number {seq})")
            }
            CommandId::CancelExternal(seq) => {
                format!("the cancellation of another workflow (number {seq})")
            }
            CommandId::Marker(MarkerId::Patch(id)) => format!("the patch {id:?}"),
            CommandId::Marker(MarkerId::LocalActivity(seq)) => {
                format!("a local activity (number {seq})")
            }
            CommandId::Marker(MarkerId::SideEffect(seq)) => {
                format!("a side effect (number {seq})")
            }
            CommandId::UpsertSearchAttributes => "an upsert of search attributes".to_owned(),
            CommandId::ModifyProperties => "an upsert of the memo".to_owned(),
            CommandId::UpdateMessage(UpdateMessage::Accepted(id)) => {
                format!("the acceptance of update {id:?}")
            }
            CommandId::UpdateMessage(UpdateMessage::Completed(id)) => {
                format!("the result of update {id:?}")
            }
            CommandId::Complete => "the completion".to_owned(),
            CommandId::Fail => "the failure".to_owned(),
            CommandId::Cancel => "the end as cancelled".to_owned(),
            CommandId::ContinueAsNew => "the continuation as new".to_owned(),
        };
        format!("{what} {}", self.at)
    }
}
