//! Which event answers which command, and which event tells which machine.

use std::time::SystemTime;

use mainspring_proto::history::v1 as history;
use mainspring_proto::history::v1::HistoryEvent;
use mainspring_proto::history::v1::history_event::Attributes;

use super::commands::{CommandId, MarkerId, Slot, UpdateMessage};
use super::machines::{ChildClosed, local_activity, patch, side_effect};
use super::nondeterminism::{Mismatch, describe};
use super::{Nondeterminism, Run};
use crate::converter::{DataConverter, EncodedValues, Payload};
use crate::error::Failure;

/// Whether an event is the server's record of a command.
pub(super) fn answers_a_command(event: &HistoryEvent) -> bool {
    use Attributes as A;
    matches!(
        event.attributes,
        Some(
            A::ActivityTaskScheduledEventAttributes(_)
                | A::ActivityTaskCancelRequestedEventAttributes(_)
                | A::TimerStartedEventAttributes(_)
                | A::TimerCanceledEventAttributes(_)
                | A::MarkerRecordedEventAttributes(_)
                | A::StartChildWorkflowExecutionInitiatedEventAttributes(_)
                | A::SignalExternalWorkflowExecutionInitiatedEventAttributes(_)
                | A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_)
                | A::UpsertWorkflowSearchAttributesEventAttributes(_)
                | A::WorkflowPropertiesModifiedEventAttributes(_)
                | A::WorkflowExecutionUpdateAcceptedEventAttributes(_)
                | A::WorkflowExecutionUpdateCompletedEventAttributes(_)
                | A::WorkflowExecutionCompletedEventAttributes(_)
                | A::WorkflowExecutionFailedEventAttributes(_)
                | A::WorkflowExecutionCanceledEventAttributes(_)
                | A::WorkflowExecutionContinuedAsNewEventAttributes(_)
        )
    )
}

impl Run {
    pub(super) fn on_task_started(
        &mut self,
        event_id: i64,
        time: Option<SystemTime>,
        event: &history::WorkflowTaskStartedEventAttributes,
        replaying: bool,
    ) {
        // Clocks of servers may disagree; the workflow's never goes back.
        self.now = time.map_or(self.now, |time| time.max(self.now));
        self.history_length = event_id;
        self.history_size = event.history_size_bytes;
        self.continue_as_new_suggested = event.suggest_continue_as_new;
        self.replaying = replaying;
    }

    /// Matches an event to the next command.
    pub(super) fn answer_command(&mut self, event: &HistoryEvent) -> Result<(), Nondeterminism> {
        if self.may_skip(event) {
            return Ok(());
        }
        let Some(slot) = self.commands.pop() else {
            return Err(Nondeterminism {
                event_id: event.event_id,
                found: describe(event),
                expected: "nothing more".to_owned(),
            });
        };
        match self.bind(&slot, event) {
            Some(Ok(())) => Ok(()),
            Some(Err(mismatch)) => Err(mismatch.into_error(event, &slot)),
            None => Err(Nondeterminism {
                event_id: event.event_id,
                found: describe(event),
                expected: slot.describe(),
            }),
        }
    }

    /// Checks that the next command is what the event has to the byte, if it is of its kind.
    #[cfg(feature = "testing")]
    pub(super) fn check_input(&self, event: &HistoryEvent) -> Result<(), Nondeterminism> {
        use super::operation::Operation;
        let slot = self.commands.front().filter(|_| !self.may_skip(event));
        let asked = slot.and_then(|slot| Operation::of_command(slot.command.as_ref()?));
        let (Some(slot), Some(asked), Some(recorded)) = (slot, asked, Operation::of_event(event))
        else {
            return Ok(());
        };
        let same_kind = std::mem::discriminant(&asked) == std::mem::discriminant(&recorded);
        if !same_kind || asked == recorded {
            return Ok(());
        }
        Err(Nondeterminism {
            event_id: event.event_id,
            found: format!("event {} {recorded}", event.event_id),
            expected: format!("{asked} {}", slot.at),
        })
    }

    /// Events that code need not ask for (any more): patches that were deprecated, and what other SDKs write with them.
    fn may_skip(&self, event: &HistoryEvent) -> bool {
        match &event.attributes {
            Some(Attributes::MarkerRecordedEventAttributes(marker)) => {
                let next = self.commands.front().map(|slot| &slot.id);
                match (patch::patch_of(marker), next) {
                    (Some((id, _)), Some(CommandId::Marker(MarkerId::Patch(expected)))) => {
                        id != *expected && patch::patch_of(marker).is_some_and(|it| it.1)
                    }
                    (Some((_, deprecated)), _) => deprecated,
                    _ => !is_ours(marker),
                }
            }
            Some(Attributes::UpsertWorkflowSearchAttributesEventAttributes(upsert)) => {
                patch::is_change_version(upsert)
                    && self.commands.front().map(|slot| &slot.id)
                        != Some(&CommandId::UpsertSearchAttributes)
            }
            _ => false,
        }
    }

    /// Tells the machine of a command of its event; `None` if the event is of another kind.
    fn bind(&mut self, slot: &Slot, event: &HistoryEvent) -> Option<Result<(), Mismatch>> {
        use Attributes as A;
        let id = event.event_id;
        let attributes = event.attributes.as_ref()?;
        Some(match (&slot.id, attributes) {
            (CommandId::ScheduleActivity(seq), A::ActivityTaskScheduledEventAttributes(it)) => {
                self.on_activity_scheduled(*seq, id, it)
            }
            (CommandId::StartTimer(seq), A::TimerStartedEventAttributes(it)) => {
                self.on_timer_started(*seq, id, it)
            }
            (CommandId::CancelTimer(seq), A::TimerCanceledEventAttributes(it)) => {
                Mismatch::check("timer id", &seq.to_string(), &it.timer_id)
            }
            (
                CommandId::StartChild(seq),
                A::StartChildWorkflowExecutionInitiatedEventAttributes(it),
            ) => self.on_child_initiated(*seq, id, it),
            (
                CommandId::SignalExternal(seq),
                A::SignalExternalWorkflowExecutionInitiatedEventAttributes(it),
            ) => self.on_signal_external_initiated(*seq, id, it),
            (
                CommandId::CancelExternal(seq),
                A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(it),
            ) => self.on_cancel_external_initiated(*seq, id, it),
            (
                CommandId::CancelChild(seq),
                A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_),
            ) => {
                self.on_child_cancel_initiated(*seq, id);
                Ok(())
            }
            (CommandId::Marker(marker), A::MarkerRecordedEventAttributes(it)) => {
                return self.bind_marker(marker, it);
            }
            (
                CommandId::UpdateMessage(UpdateMessage::Accepted(update)),
                A::WorkflowExecutionUpdateAcceptedEventAttributes(it),
            ) => Mismatch::check("update id", update, &it.protocol_instance_id),
            (
                CommandId::UpdateMessage(UpdateMessage::Completed(update)),
                A::WorkflowExecutionUpdateCompletedEventAttributes(it),
            ) => {
                let found = it.meta.as_ref().map_or("", |meta| &meta.update_id);
                Mismatch::check("update id", update, found)
            }
            (CommandId::CancelActivity(_), A::ActivityTaskCancelRequestedEventAttributes(_))
            | (
                CommandId::UpsertSearchAttributes,
                A::UpsertWorkflowSearchAttributesEventAttributes(_),
            )
            | (CommandId::ModifyProperties, A::WorkflowPropertiesModifiedEventAttributes(_))
            | (CommandId::Complete, A::WorkflowExecutionCompletedEventAttributes(_))
            | (CommandId::Fail, A::WorkflowExecutionFailedEventAttributes(_))
            | (CommandId::Cancel, A::WorkflowExecutionCanceledEventAttributes(_))
            | (CommandId::ContinueAsNew, A::WorkflowExecutionContinuedAsNewEventAttributes(_)) => {
                Ok(())
            }
            _ => return None,
        })
    }

    fn bind_marker(
        &mut self,
        id: &MarkerId,
        event: &history::MarkerRecordedEventAttributes,
    ) -> Option<Result<(), Mismatch>> {
        match (id, event.marker_name.as_str()) {
            (MarkerId::Patch(id), patch::MARKER) => {
                let found = patch::patch_of(event).map_or_else(String::new, |(id, _)| id);
                Some(Mismatch::check("patch id", id, &found))
            }
            (MarkerId::LocalActivity(seq), local_activity::MARKER) => {
                Some(self.on_local_activity_recorded(*seq, event))
            }
            (MarkerId::SideEffect(_), side_effect::MARKER) => Some(Ok(())),
            _ => None,
        }
    }

    /// Tells the machine that waits for an event which is no answer to a command.
    pub(super) fn on_event(&mut self, event_id: i64, event: Attributes) {
        use Attributes as A;
        match event {
            A::TimerFiredEventAttributes(it) => self.on_timer_fired(it.started_event_id),
            A::ActivityTaskCompletedEventAttributes(it) => {
                self.on_activity_closed(it.scheduled_event_id, Ok(one(it.result)));
            }
            A::ActivityTaskFailedEventAttributes(it) => {
                let failure = self.activity_failure(
                    it.scheduled_event_id,
                    it.started_event_id,
                    &it.identity,
                    it.retry_state,
                    it.failure,
                    "activity failed",
                );
                self.on_activity_closed(it.scheduled_event_id, Err(failure));
            }
            A::ActivityTaskTimedOutEventAttributes(it) => {
                let failure = self.activity_failure(
                    it.scheduled_event_id,
                    it.started_event_id,
                    "",
                    it.retry_state,
                    it.failure,
                    "activity timed out",
                );
                self.on_activity_closed(it.scheduled_event_id, Err(failure));
            }
            A::ActivityTaskCanceledEventAttributes(it) => {
                let mut cause = Failure::canceled("activity cancelled");
                if let crate::error::FailureKind::Canceled { details, .. } = &mut cause.kind {
                    *details = EncodedValues::from(it.details);
                }
                let failure = self.activity_failure(
                    it.scheduled_event_id,
                    it.started_event_id,
                    &it.identity,
                    mainspring_proto::enums::v1::RetryState::CancelRequested as i32,
                    Some(cause.into_proto()),
                    "activity cancelled",
                );
                self.on_activity_closed(it.scheduled_event_id, Err(failure));
            }
            A::WorkflowExecutionCancelRequestedEventAttributes(it) => self.cancel_run(&it.cause),
            A::SignalExternalWorkflowExecutionFailedEventAttributes(it) => {
                self.on_signal_external_closed(it.initiated_event_id, Some(it.cause));
            }
            A::ExternalWorkflowExecutionSignaledEventAttributes(it) => {
                self.on_signal_external_closed(it.initiated_event_id, None);
            }
            A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(it) => {
                self.on_cancel_external_closed(it.initiated_event_id, Some(it.cause));
            }
            A::ExternalWorkflowExecutionCancelRequestedEventAttributes(it) => {
                self.on_child_cancel_delivered(it.initiated_event_id);
                self.on_cancel_external_closed(it.initiated_event_id, None);
            }
            A::WorkflowTaskFailedEventAttributes(it) => {
                // A reset makes another run out of this one, which is to draw other random numbers.
                if !it.new_run_id.is_empty() {
                    self.random = super::Random::from_seed_text(&it.new_run_id);
                }
            }
            other => self.on_child_event(event_id, other),
        }
    }

    fn on_child_event(&mut self, event_id: i64, event: Attributes) {
        use Attributes as A;
        match event {
            A::StartChildWorkflowExecutionFailedEventAttributes(it) => {
                self.on_child_start_failed(it.initiated_event_id, it.cause);
            }
            A::ChildWorkflowExecutionStartedEventAttributes(it) => {
                let run_id = it.workflow_execution.unwrap_or_default().run_id;
                self.on_child_started(it.initiated_event_id, event_id, &run_id);
            }
            A::ChildWorkflowExecutionCompletedEventAttributes(it) => {
                let closed = ChildClosed::Completed(one(it.result));
                self.on_child_closed(it.initiated_event_id, closed);
            }
            A::ChildWorkflowExecutionFailedEventAttributes(it) => {
                let closed =
                    ChildClosed::Failed(Box::new(it.failure.unwrap_or_default()), it.retry_state);
                self.on_child_closed(it.initiated_event_id, closed);
            }
            A::ChildWorkflowExecutionCanceledEventAttributes(it) => {
                let mut cause = Failure::canceled("child workflow cancelled");
                if let crate::error::FailureKind::Canceled { details, .. } = &mut cause.kind {
                    *details = EncodedValues::from(it.details);
                }
                let closed = ChildClosed::Failed(Box::new(cause.into_proto()), 0);
                self.on_child_closed(it.initiated_event_id, closed);
            }
            A::ChildWorkflowExecutionTimedOutEventAttributes(it) => {
                let cause = Failure {
                    message: "child workflow timed out".to_owned(),
                    kind: crate::error::FailureKind::Timeout {
                        kind: crate::error::TimeoutKind::StartToClose,
                        last_heartbeat: EncodedValues::default(),
                    },
                    ..Failure::default()
                };
                let closed = ChildClosed::Failed(Box::new(cause.into_proto()), it.retry_state);
                self.on_child_closed(it.initiated_event_id, closed);
            }
            A::ChildWorkflowExecutionTerminatedEventAttributes(it) => {
                let cause = Failure {
                    message: "child workflow terminated".to_owned(),
                    kind: crate::error::FailureKind::Terminated {
                        identity: String::new(),
                    },
                    ..Failure::default()
                };
                let closed = ChildClosed::Failed(Box::new(cause.into_proto()), 0);
                self.on_child_closed(it.initiated_event_id, closed);
            }
            _ => {}
        }
    }
}

/// The first value, or null: what a result without a value stands for.
fn one(payloads: Option<mainspring_proto::common::v1::Payloads>) -> Payload {
    let first = payloads.unwrap_or_default().payloads.into_iter().next();
    first.unwrap_or_else(|| {
        DataConverter::default()
            .to_payload(&())
            .expect("null is always encodable")
    })
}

/// Markers of other names were not asked for by this SDK's code.
fn is_ours(marker: &history::MarkerRecordedEventAttributes) -> bool {
    matches!(
        marker.marker_name.as_str(),
        patch::MARKER | local_activity::MARKER | side_effect::MARKER
    )
}
