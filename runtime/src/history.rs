//! The recorded history of a run, as clients, tests and the replayer read it.

use std::fmt;

use mainspring_proto::common::v1::{ActivityType, WorkflowType};
use mainspring_proto::enums::v1::EventType;
use mainspring_proto::failure::v1::Failure;
use mainspring_proto::history::v1::history_event::Attributes;
use mainspring_proto::history::v1::{self as proto, HistoryEvent};

/// The events of one run, oldest first: an [Event History](https://docs.temporal.io/workflow-execution/event).
///
/// Its `Display` is a list for people: a line for each event, with its number, its name and what it is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    events: Vec<HistoryEvent>,
}

impl History {
    pub(crate) fn new(events: Vec<HistoryEvent>) -> Self {
        Self { events }
    }

    /// The events, as the protocol has them.
    #[must_use]
    pub fn events(&self) -> &[HistoryEvent] {
        &self.events
    }

    /// The names of the events, such as `WorkflowExecutionStarted`, in order.
    #[must_use]
    pub fn event_names(&self) -> Vec<String> {
        self.events.iter().map(name_of).collect()
    }

    /// The protocol's message.
    #[must_use]
    pub fn into_proto(self) -> proto::History {
        self.events.into()
    }
}

impl From<proto::History> for History {
    fn from(history: proto::History) -> Self {
        Self::new(history.events)
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.event_names();
        let number = self.events.last().map_or(0, |event| event.event_id);
        let number = number.to_string().len();
        let name = names.iter().map(String::len).max().unwrap_or(0);
        for (event, its_name) in self.events.iter().zip(&names) {
            let line = format!(
                "{:>number$}  {its_name:name$}  {}",
                event.event_id,
                about(event)
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// `EVENT_TYPE_TIMER_FIRED` is `TimerFired`.
fn name_of(event: &HistoryEvent) -> String {
    let Ok(kind) = EventType::try_from(event.event_type) else {
        return format!("Event{}", event.event_type);
    };
    let words = kind
        .as_str_name()
        .trim_start_matches("EVENT_TYPE_")
        .split('_');
    words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_owned() + &rest.to_lowercase()
        })
        .collect()
}

/// What an event is about, in a few words; empty where its name says it all.
fn about(event: &HistoryEvent) -> String {
    use Attributes::*;
    let Some(attributes) = &event.attributes else {
        return String::new();
    };
    match attributes {
        WorkflowExecutionStartedEventAttributes(it) => workflow(&it.workflow_type),
        WorkflowExecutionFailedEventAttributes(it) => failure(&it.failure),
        WorkflowExecutionTerminatedEventAttributes(it) => it.reason.clone(),
        WorkflowExecutionContinuedAsNewEventAttributes(it) => it.new_execution_run_id.clone(),
        WorkflowExecutionSignaledEventAttributes(it) => it.signal_name.clone(),
        WorkflowExecutionCancelRequestedEventAttributes(it) => it.cause.clone(),
        WorkflowTaskFailedEventAttributes(it) => failure(&it.failure),
        ActivityTaskScheduledEventAttributes(it) => activity(&it.activity_type),
        ActivityTaskStartedEventAttributes(it) if it.attempt > 1 => {
            format!("attempt {}", it.attempt)
        }
        ActivityTaskFailedEventAttributes(it) => failure(&it.failure),
        ActivityTaskTimedOutEventAttributes(it) => failure(&it.failure),
        TimerStartedEventAttributes(it) => it
            .start_to_fire_timeout
            .map_or_else(String::new, |after| after.to_string()),
        StartChildWorkflowExecutionInitiatedEventAttributes(it) => workflow(&it.workflow_type),
        ChildWorkflowExecutionStartedEventAttributes(it) => workflow(&it.workflow_type),
        ChildWorkflowExecutionCompletedEventAttributes(it) => workflow(&it.workflow_type),
        ChildWorkflowExecutionFailedEventAttributes(it) => failure(&it.failure),
        SignalExternalWorkflowExecutionInitiatedEventAttributes(it) => it.signal_name.clone(),
        MarkerRecordedEventAttributes(it) => it.marker_name.clone(),
        WorkflowExecutionUpdateAcceptedEventAttributes(it) => it
            .accepted_request
            .as_ref()
            .and_then(|request| request.input.as_ref())
            .map_or_else(String::new, |input| input.name.clone()),
        _ => String::new(),
    }
}

fn workflow(kind: &Option<WorkflowType>) -> String {
    kind.as_ref().map_or_else(String::new, |it| it.name.clone())
}

fn activity(kind: &Option<ActivityType>) -> String {
    kind.as_ref().map_or_else(String::new, |it| it.name.clone())
}

fn failure(failure: &Option<Failure>) -> String {
    failure
        .as_ref()
        .map_or_else(String::new, |it| it.message.clone())
}

#[cfg(test)]
mod tests {
    use mainspring_proto::history::v1 as event;
    use mainspring_proto::prost_types::Duration;

    use super::*;

    #[test]
    fn a_history_reads_as_a_list() {
        let event = |event_id, kind: EventType, attributes| HistoryEvent {
            event_id,
            event_type: kind.into(),
            attributes: Some(attributes),
            ..HistoryEvent::default()
        };
        let history = History::new(vec![
            event(
                9,
                EventType::TimerStarted,
                Attributes::TimerStartedEventAttributes(Box::new(
                    event::TimerStartedEventAttributes {
                        start_to_fire_timeout: Some(Duration {
                            seconds: 90,
                            nanos: 0,
                        }),
                        ..Default::default()
                    },
                )),
            ),
            event(
                10,
                EventType::ActivityTaskStarted,
                Attributes::ActivityTaskStartedEventAttributes(Box::new(
                    event::ActivityTaskStartedEventAttributes {
                        attempt: 3,
                        ..Default::default()
                    },
                )),
            ),
        ]);
        assert_eq!(
            history.to_string(),
            " 9  TimerStarted         90s\n10  ActivityTaskStarted  attempt 3\n"
        );
    }
}
