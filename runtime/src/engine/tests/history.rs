//! Histories for tests.

use std::time::Duration;

use mainspring_proto::common::v1 as common;
use mainspring_proto::enums::v1::EventType;
use mainspring_proto::failure::v1::Failure;
use mainspring_proto::history::v1::history_event::Attributes;
use mainspring_proto::history::v1::{self as proto, HistoryEvent};

use crate::converter::{DataConverter, Value};
use crate::time::time_to_proto;

/// Builds a history event by event; each gets the next id, and the time of its task.
pub(super) struct History {
    events: Vec<HistoryEvent>,
    next_id: i64,
    /// The *scheduled* or *initiated* event of each kind of operation, by its number.
    pub(super) activities: Vec<i64>,
    pub(super) timers: Vec<i64>,
}

impl History {
    /// Up to the first task, which is running.
    pub(super) fn started() -> Self {
        let mut history = Self {
            events: Vec::new(),
            next_id: 1,
            activities: Vec::new(),
            timers: Vec::new(),
        };
        history.push(Attributes::WorkflowExecutionStartedEventAttributes(
            Box::new(proto::WorkflowExecutionStartedEventAttributes {
                workflow_type: Some(common::WorkflowType {
                    name: "test".to_owned(),
                }),
                original_execution_run_id: "run".to_owned(),
                ..Default::default()
            }),
        ));
        history.task()
    }

    /// Another task, which is running.
    pub(super) fn task(mut self) -> Self {
        self.push(Attributes::WorkflowTaskScheduledEventAttributes(
            Box::default(),
        ));
        self.push(Attributes::WorkflowTaskStartedEventAttributes(
            Box::default(),
        ));
        self
    }

    /// Another task, with which the server suggests to continue as new.
    pub(super) fn suggesting_task(mut self) -> Self {
        self.push(Attributes::WorkflowTaskScheduledEventAttributes(
            Box::default(),
        ));
        self.push(Attributes::WorkflowTaskStartedEventAttributes(Box::new(
            proto::WorkflowTaskStartedEventAttributes {
                suggest_continue_as_new: true,
                ..Default::default()
            },
        )));
        self
    }

    /// The running task was answered.
    pub(super) fn completed(mut self) -> Self {
        self.push(Attributes::WorkflowTaskCompletedEventAttributes(
            Box::default(),
        ));
        self
    }

    /// The running task has failed.
    pub(super) fn failed(mut self) -> Self {
        self.push(Attributes::WorkflowTaskFailedEventAttributes(Box::default()));
        self
    }

    pub(super) fn activity(mut self, id: &str, name: &str) -> Self {
        let at = self.push(Attributes::ActivityTaskScheduledEventAttributes(Box::new(
            proto::ActivityTaskScheduledEventAttributes {
                activity_id: id.to_owned(),
                activity_type: Some(common::ActivityType {
                    name: name.to_owned(),
                }),
                ..Default::default()
            },
        )));
        self.activities.push(at);
        self
    }

    pub(super) fn activity_completed<T: Value>(mut self, number: usize, value: T) -> Self {
        let scheduled = self.activities[number - 1];
        self.push(Attributes::ActivityTaskCompletedEventAttributes(Box::new(
            proto::ActivityTaskCompletedEventAttributes {
                result: Some(payloads(value)),
                scheduled_event_id: scheduled,
                ..Default::default()
            },
        )));
        self
    }

    pub(super) fn activity_failed(mut self, number: usize, failure: Failure) -> Self {
        let scheduled = self.activities[number - 1];
        self.push(Attributes::ActivityTaskFailedEventAttributes(Box::new(
            proto::ActivityTaskFailedEventAttributes {
                failure: Some(failure),
                scheduled_event_id: scheduled,
                ..Default::default()
            },
        )));
        self
    }

    pub(super) fn timer(mut self, id: &str) -> Self {
        let at = self.push(Attributes::TimerStartedEventAttributes(Box::new(
            proto::TimerStartedEventAttributes {
                timer_id: id.to_owned(),
                ..Default::default()
            },
        )));
        self.timers.push(at);
        self
    }

    pub(super) fn timer_fired(mut self, number: usize) -> Self {
        let started = self.timers[number - 1];
        self.push(Attributes::TimerFiredEventAttributes(Box::new(
            proto::TimerFiredEventAttributes {
                timer_id: number.to_string(),
                started_event_id: started,
            },
        )));
        self
    }

    pub(super) fn signal<T: Value>(mut self, name: &str, value: T) -> Self {
        self.push(Attributes::WorkflowExecutionSignaledEventAttributes(
            Box::new(proto::WorkflowExecutionSignaledEventAttributes {
                signal_name: name.to_owned(),
                input: Some(payloads(value)),
                ..Default::default()
            }),
        ));
        self
    }

    pub(super) fn cancel_requested(mut self) -> Self {
        self.push(Attributes::WorkflowExecutionCancelRequestedEventAttributes(
            Box::default(),
        ));
        self
    }

    /// Any other event.
    pub(super) fn event(mut self, attributes: Attributes) -> Self {
        self.push(attributes);
        self
    }

    pub(super) fn events(&self) -> Vec<HistoryEvent> {
        self.events.clone()
    }

    /// The events after those that an engine knows.
    pub(super) fn after(&self, event_id: i64) -> Vec<HistoryEvent> {
        let events = self.events.iter();
        events
            .filter(|it| it.event_id > event_id)
            .cloned()
            .collect()
    }

    fn push(&mut self, attributes: Attributes) -> i64 {
        let event_id = self.next_id;
        self.next_id += 1;
        let time = std::time::UNIX_EPOCH + Duration::from_secs(event_id.unsigned_abs());
        self.events.push(HistoryEvent {
            event_id,
            event_type: type_of(&attributes) as i32,
            event_time: Some(time_to_proto(time)),
            attributes: Some(attributes),
            ..Default::default()
        });
        event_id
    }
}

pub(super) fn payloads<T: Value>(value: T) -> common::Payloads {
    let payload = DataConverter::default().to_payload(&value);
    common::Payloads {
        payloads: vec![payload.expect("the value encodes")],
    }
}

/// The types that tests expect to read in messages.
fn type_of(attributes: &Attributes) -> EventType {
    match attributes {
        Attributes::ActivityTaskScheduledEventAttributes(_) => EventType::ActivityTaskScheduled,
        Attributes::TimerStartedEventAttributes(_) => EventType::TimerStarted,
        Attributes::WorkflowExecutionSignaledEventAttributes(_) => {
            EventType::WorkflowExecutionSignaled
        }
        _ => EventType::Unspecified,
    }
}
