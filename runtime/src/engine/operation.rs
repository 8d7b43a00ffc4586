//! What workflow code has asked for, in words of its author rather than of the protocol.

use std::fmt;
use std::time::Duration;

use mainspring_proto::command::v1::{Command, command};
use mainspring_proto::common::v1 as common;
use mainspring_proto::history::v1::{HistoryEvent, history_event};
use serde_json::Value as Json;

use super::machines::{local_activity, patch, side_effect};
use crate::converter::payload::{JSON, NULL, encoding_of};
use crate::converter::{EncodedValues, Payload};
use crate::time::duration_from_proto;

/// One thing that workflow code has asked for. Its `Display` reads like a call: `activity send("Ada")`,
/// `timer 30 days`, `child Greeting("Ada")`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// An activity.
    Activity {
        /// Its type.
        name: String,
        /// Its parameters.
        input: EncodedValues,
    },
    /// A local activity, once it has ended. History does not have its parameters.
    LocalActivity {
        /// Its type.
        name: String,
    },
    /// A timer: `workflow::sleep`, a timeout.
    Timer {
        /// When it fires, from when it was started.
        after: Duration,
    },
    /// A child workflow.
    Child {
        /// Its type.
        name: String,
        /// Its id.
        workflow_id: String,
        /// Its parameters.
        input: EncodedValues,
    },
    /// A signal to another workflow.
    Signal {
        /// Its name.
        name: String,
        /// The other workflow.
        workflow_id: String,
        /// Its parameters.
        input: EncodedValues,
    },
    /// The cancellation of another workflow, or of a child.
    CancelWorkflow {
        /// The other workflow.
        workflow_id: String,
    },
    /// The cancellation of an activity.
    CancelActivity,
    /// The cancellation of a timer.
    CancelTimer,
    /// A value that is computed once.
    SideEffect {
        /// The value.
        value: EncodedValues,
    },
    /// A version of the code.
    Patch {
        /// Its id.
        id: String,
    },
    /// New search attributes.
    UpsertSearchAttributes,
    /// New values in the memo.
    UpsertMemo,
    /// A new run in place of this one.
    ContinueAsNew {
        /// Its type.
        name: String,
        /// Its parameters.
        input: EncodedValues,
    },
    /// The end, with a result.
    Complete {
        /// The result.
        result: EncodedValues,
    },
    /// The end, with a failure.
    Fail {
        /// What it says.
        message: String,
    },
    /// The end, as cancelled.
    Cancelled,
}

impl Operation {
    /// What a command asks for; `None` if it answers an update.
    pub(crate) fn of_command(command: &Command) -> Option<Self> {
        use command::Attributes as A;
        Some(match command.attributes.clone()? {
            A::ScheduleActivityTaskCommandAttributes(it) => {
                Self::activity(it.activity_type, it.input)
            }
            A::StartTimerCommandAttributes(it) => Self::timer(it.start_to_fire_timeout),
            A::StartChildWorkflowExecutionCommandAttributes(it) => {
                Self::child(it.workflow_type, it.workflow_id, it.input)
            }
            A::SignalExternalWorkflowExecutionCommandAttributes(it) => {
                Self::signal(it.signal_name, it.execution, it.input)
            }
            A::RequestCancelExternalWorkflowExecutionCommandAttributes(it) => {
                Self::CancelWorkflow {
                    workflow_id: it.workflow_id,
                }
            }
            A::RequestCancelActivityTaskCommandAttributes(_) => Self::CancelActivity,
            A::CancelTimerCommandAttributes(_) => Self::CancelTimer,
            A::RecordMarkerCommandAttributes(it) => Self::marker(history_of(*it))?,
            A::UpsertWorkflowSearchAttributesCommandAttributes(_) => Self::UpsertSearchAttributes,
            A::ModifyWorkflowPropertiesCommandAttributes(_) => Self::UpsertMemo,
            A::ContinueAsNewWorkflowExecutionCommandAttributes(it) => {
                Self::continue_as_new(it.workflow_type, it.input)
            }
            A::CompleteWorkflowExecutionCommandAttributes(it) => Self::Complete {
                result: it.result.into(),
            },
            A::FailWorkflowExecutionCommandAttributes(it) => Self::Fail {
                message: it.failure.unwrap_or_default().message,
            },
            A::CancelWorkflowExecutionCommandAttributes(_) => Self::Cancelled,
            _ => return None,
        })
    }

    /// What an event says that code had asked for; `None` if it says something else.
    pub(crate) fn of_event(event: &HistoryEvent) -> Option<Self> {
        use history_event::Attributes as A;
        Some(match event.attributes.clone()? {
            A::ActivityTaskScheduledEventAttributes(it) => {
                Self::activity(it.activity_type, it.input)
            }
            A::TimerStartedEventAttributes(it) => Self::timer(it.start_to_fire_timeout),
            A::StartChildWorkflowExecutionInitiatedEventAttributes(it) => {
                Self::child(it.workflow_type, it.workflow_id, it.input)
            }
            A::SignalExternalWorkflowExecutionInitiatedEventAttributes(it) => {
                Self::signal(it.signal_name, it.workflow_execution, it.input)
            }
            A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(it) => {
                Self::CancelWorkflow {
                    workflow_id: it.workflow_execution.unwrap_or_default().workflow_id,
                }
            }
            A::ActivityTaskCancelRequestedEventAttributes(_) => Self::CancelActivity,
            A::TimerCanceledEventAttributes(_) => Self::CancelTimer,
            A::MarkerRecordedEventAttributes(it) => Self::marker(*it)?,
            A::UpsertWorkflowSearchAttributesEventAttributes(_) => Self::UpsertSearchAttributes,
            A::WorkflowPropertiesModifiedEventAttributes(_) => Self::UpsertMemo,
            A::WorkflowExecutionContinuedAsNewEventAttributes(it) => {
                Self::continue_as_new(it.workflow_type, it.input)
            }
            A::WorkflowExecutionCompletedEventAttributes(it) => Self::Complete {
                result: it.result.into(),
            },
            A::WorkflowExecutionFailedEventAttributes(it) => Self::Fail {
                message: it.failure.unwrap_or_default().message,
            },
            A::WorkflowExecutionCanceledEventAttributes(_) => Self::Cancelled,
            _ => return None,
        })
    }

    fn activity(name: Option<common::ActivityType>, input: Option<common::Payloads>) -> Self {
        Self::Activity {
            name: name.unwrap_or_default().name,
            input: input.into(),
        }
    }

    fn timer(after: Option<prost_types::Duration>) -> Self {
        Self::Timer {
            after: duration_from_proto(after.unwrap_or_default()),
        }
    }

    fn child(
        name: Option<common::WorkflowType>,
        workflow_id: String,
        input: Option<common::Payloads>,
    ) -> Self {
        Self::Child {
            name: name.unwrap_or_default().name,
            workflow_id,
            input: input.into(),
        }
    }

    fn signal(
        name: String,
        to: Option<common::WorkflowExecution>,
        input: Option<common::Payloads>,
    ) -> Self {
        Self::Signal {
            name,
            workflow_id: to.unwrap_or_default().workflow_id,
            input: input.into(),
        }
    }

    fn continue_as_new(
        name: Option<common::WorkflowType>,
        input: Option<common::Payloads>,
    ) -> Self {
        Self::ContinueAsNew {
            name: name.unwrap_or_default().name,
            input: input.into(),
        }
    }

    fn marker(marker: Marker) -> Option<Self> {
        Some(match marker.marker_name.as_str() {
            local_activity::MARKER => Self::LocalActivity {
                name: local_activity::activity_type_of(&marker)?,
            },
            patch::MARKER => Self::Patch {
                id: patch::patch_of(&marker)?.0,
            },
            side_effect::MARKER => Self::SideEffect {
                value: EncodedValues::new(vec![side_effect::value_of(&marker)]),
            },
            _ => return None,
        })
    }
}

type Marker = mainspring_proto::history::v1::MarkerRecordedEventAttributes;

pub(super) fn history_of(
    marker: mainspring_proto::command::v1::RecordMarkerCommandAttributes,
) -> Marker {
    Marker {
        marker_name: marker.marker_name,
        details: marker.details,
        failure: marker.failure,
        ..Marker::default()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity { name, input } => write!(f, "activity {name}({})", texts(input)),
            Self::LocalActivity { name } => write!(f, "local activity {name}"),
            Self::Timer { after } => write!(f, "timer {}", length(*after)),
            Self::Child { name, input, .. } => write!(f, "child {name}({})", texts(input)),
            Self::Signal {
                name,
                workflow_id,
                input,
            } => write!(f, "signal {name}({}) to {workflow_id}", texts(input)),
            Self::CancelWorkflow { workflow_id } => write!(f, "cancel workflow {workflow_id}"),
            Self::CancelActivity => f.write_str("cancel activity"),
            Self::CancelTimer => f.write_str("cancel timer"),
            Self::SideEffect { value } => write!(f, "side effect {}", texts(value)),
            Self::Patch { id } => write!(f, "patch {id}"),
            Self::UpsertSearchAttributes => f.write_str("upsert search attributes"),
            Self::UpsertMemo => f.write_str("upsert memo"),
            Self::ContinueAsNew { name, input } => {
                write!(f, "continue as new {name}({})", texts(input))
            }
            Self::Complete { result } => write!(f, "complete {}", texts(result)),
            Self::Fail { message } => write!(f, "fail {message:?}"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// Values as one would write them in a call.
fn texts(values: &EncodedValues) -> String {
    let texts = values.payloads().iter().map(text);
    texts.collect::<Vec<_>>().join(", ")
}

fn text(payload: &Payload) -> String {
    match encoding_of(payload).as_str() {
        NULL => "null".to_owned(),
        JSON => match serde_json::from_slice::<Json>(&payload.data) {
            Ok(_) => String::from_utf8_lossy(&payload.data).into_owned(),
            Err(_) => "damaged JSON".to_owned(),
        },
        encoding => format!("{} bytes of {encoding}", payload.data.len()),
    }
}

/// A duration as [`IntoDuration`](crate::time::IntoDuration) reads it: `30 days`, `1h 30m`, `10s`.
fn length(duration: Duration) -> String {
    const UNITS: [(u128, &str); 4] = [(3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    const DAY: u128 = 24 * 3_600_000;
    let mut millis = duration.as_millis();
    let mut parts = Vec::new();
    match millis / DAY {
        0 => {}
        1 => parts.push("1 day".to_owned()),
        days => parts.push(format!("{days} days")),
    }
    millis %= DAY;
    for (unit, name) in UNITS {
        if millis >= unit {
            parts.push(format!("{}{name}", millis / unit));
            millis %= unit;
        }
    }
    match parts.is_empty() {
        true => "0s".to_owned(),
        false => parts.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_duration;

    #[track_caller]
    fn check(millis: u64, expected: &str) {
        let duration = Duration::from_millis(millis);
        assert_eq!(length(duration), expected);
        assert_eq!(parse_duration(expected), Ok(duration));
    }

    #[test]
    fn durations_read_as_they_are_written() {
        check(0, "0s");
        check(1_500, "1s 500ms");
        check(90 * 60_000, "1h 30m");
        check(24 * 3_600_000, "1 day");
        check(30 * 24 * 3_600_000 + 1_000, "30 days 1s");
    }
}
