//! StartTimer and CancelTimer.

use mainspring_proto::{
    command::v1::{CancelTimerCommandAttributes, StartTimerCommandAttributes},
    enums::v1::WorkflowTaskFailedCause,
    history::v1::{
        TimerCanceledEventAttributes, TimerStartedEventAttributes, history_event::Attributes,
    },
};

use crate::history::change::{BufferedRemoved, Change};

use super::{CommandCx, CommandFailure, activity::is_negative};

pub(super) fn start(
    cx: &mut CommandCx<'_, '_>,
    it: StartTimerCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadStartTimerAttributes;
    if it.timer_id.is_empty() {
        return Err(CommandFailure::new(
            CAUSE,
            "TimerId is not set on StartTimerCommand.",
        ));
    }
    if let Some(excess) = cx.excess(&it.timer_id) {
        return Err(CommandFailure::new(
            CAUSE,
            format!(
                "TimerId on StartTimerCommand exceeds length limit. TimerId={} {excess}",
                it.timer_id
            ),
        ));
    }
    if is_negative(&it.start_to_fire_timeout) {
        return Err(CommandFailure::new(
            CAUSE,
            format!(
                "An invalid StartToFireTimeout is set on StartTimerCommand: negative duration. TimerId={}",
                it.timer_id
            ),
        ));
    }
    if cx.draft.state().timers.contains_key(it.timer_id.as_str()) {
        return Err(CommandFailure::new(
            WorkflowTaskFailedCause::StartTimerDuplicateId,
            format!("timer {:?} is already running", it.timer_id),
        ));
    }
    cx.event(Attributes::TimerStartedEventAttributes(Box::new(
        TimerStartedEventAttributes {
            timer_id: it.timer_id,
            start_to_fire_timeout: it.start_to_fire_timeout,
            workflow_task_completed_event_id: cx.completed_event_id,
        },
    )));
    Ok(())
}

pub(super) fn cancel(
    cx: &mut CommandCx<'_, '_>,
    it: CancelTimerCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadCancelTimerAttributes;
    if it.timer_id.is_empty() {
        return Err(CommandFailure::new(
            CAUSE,
            "TimerId is not set on CancelTimerCommand.",
        ));
    }
    if let Some(excess) = cx.excess(&it.timer_id) {
        return Err(CommandFailure::new(
            CAUSE,
            format!(
                "TimerId on CancelTimerCommand exceeds length limit. TimerId={} {excess}",
                it.timer_id
            ),
        ));
    }
    let state = cx.draft.state();
    let started_event_id = match state.timers.get(it.timer_id.as_str()) {
        Some(timer) => timer.started_event_id,
        None => {
            // The timer may have fired while the worker was busy cancelling it.
            let Some(index) = state.buffered_timer_fired(&it.timer_id) else {
                return Err(CommandFailure::new(
                    CAUSE,
                    format!("timer {:?} is not running", it.timer_id),
                ));
            };
            let started = match state.buffered[index].attributes() {
                Some(Attributes::TimerFiredEventAttributes(fired)) => fired.started_event_id,
                _ => 0,
            };
            cx.draft.change(Change::BufferedRemoved(BufferedRemoved {
                index: index as u32,
            }));
            cx.has_waiting = !cx.draft.state().buffered.is_empty();
            started
        }
    };
    cx.event(Attributes::TimerCanceledEventAttributes(Box::new(
        TimerCanceledEventAttributes {
            timer_id: it.timer_id,
            started_event_id,
            workflow_task_completed_event_id: cx.completed_event_id,
            identity: cx.identity.to_owned(),
        },
    )));
    Ok(())
}
