//! Time has passed: whatever is due happens, in the order of its instants.

use mainspring_proto::{
    enums::v1::{RetryState, TimeoutType},
    history::v1::{TimerFiredEventAttributes, history_event::Attributes},
};

use crate::history::{
    deadline::Due,
    failure,
    rejection::Rejection,
    transition::{Draft, Request},
};

use super::{
    close::Ending,
    next_run::{self, After},
};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct FireDue;

impl Request for FireDue {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        while let Some(deadline) = draft.state().deadlines.first().cloned() {
            if deadline.at > draft.now() {
                break;
            }
            match deadline.what {
                Due::Timer(id) => fire_timer(draft, &id),
                Due::Activity(id) => draft.activity_due(id),
                Due::FirstWorkflowTask => draft.schedule_first_workflow_task(),
                Due::WorkflowTask => {
                    let started = draft.state().has_started_workflow_task();
                    draft.time_out_workflow_task(match started {
                        true => TimeoutType::StartToClose,
                        false => TimeoutType::ScheduleToStart,
                    });
                }
                Due::RunTimeout => time_out_run(draft),
                Due::ExecutionTimeout => draft.end(Ending::timed_out(RetryState::Timeout, None)),
            }
        }
        Ok(())
    }
}

fn fire_timer(draft: &mut Draft<'_>, id: &str) {
    let started_event_id = draft
        .state()
        .timers
        .get(id)
        .map_or(0, |timer| timer.started_event_id);
    draft.event(Attributes::TimerFiredEventAttributes(Box::new(
        TimerFiredEventAttributes {
            timer_id: id.to_owned(),
            started_event_id,
        },
    )));
    draft.schedule_workflow_task();
    draft.check_buffer_limit();
}

fn time_out_run(draft: &mut Draft<'_>) {
    let now = draft.now();
    if draft
        .state()
        .execution_expiration()
        .is_some_and(|at| at <= now)
    {
        draft.end(Ending::timed_out(RetryState::Timeout, None));
        return;
    }
    let failure = failure::timeout("workflow timeout", TimeoutType::StartToClose);
    let (retry_state, mut next) =
        next_run::by_retry(draft.state(), draft.cx(), After::Failed(&failure));
    if next.is_none() {
        next = next_run::by_cron(draft.state(), draft.cx(), After::Failed(&failure));
    }
    draft.end(Ending::timed_out(retry_state, next));
}
