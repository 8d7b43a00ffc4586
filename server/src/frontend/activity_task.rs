//! An activity task on its way to a worker.

use std::sync::Arc;

use mainspring_proto::{
    common::v1::WorkflowType, prost::Message as _,
    workflowservice::v1::PollActivityTaskQueueResponse,
};

use crate::{
    history::ids::EventId,
    shard::{RunSelector, Shard, chain::Run},
};

use super::token::TaskToken;

/// The message for an activity that was just started.
pub(crate) fn outgoing(
    run: &Run,
    id: EventId,
    namespace: &str,
) -> Option<PollActivityTaskQueueResponse> {
    let state = &run.state;
    let activity = state.activities.get(&id)?;
    let start = activity.start.as_ref()?;
    let it = activity.attributes();
    let options = activity.options();
    let token = TaskToken::activity(&state.run, id, start.attempt);
    Some(PollActivityTaskQueueResponse {
        task_token: token.encode_to_vec().into(),
        workflow_namespace: namespace.to_owned(),
        workflow_type: Some(WorkflowType {
            name: state.workflow_type().to_owned(),
        }),
        workflow_execution: Some(state.run.execution()),
        activity_type: it.activity_type.clone(),
        activity_id: it.activity_id.clone(),
        header: it.header.clone(),
        input: it.input.clone(),
        heartbeat_details: activity
            .heartbeat
            .as_ref()
            .and_then(|it| it.details.clone()),
        scheduled_time: Some(activity.scheduled.time().to_proto()),
        current_attempt_scheduled_time: Some(activity.attempt_scheduled_time.to_proto()),
        started_time: Some(start.time.to_proto()),
        attempt: start.attempt,
        schedule_to_close_timeout: options.schedule_to_close_timeout,
        start_to_close_timeout: options.start_to_close_timeout,
        heartbeat_timeout: options.heartbeat_timeout,
        retry_policy: options.retry_policy,
        priority: state.priority_of(activity),
        ..PollActivityTaskQueueResponse::default()
    })
}

/// Whether an activity still waits for its outcome: it was started for a worker that went away.
pub(crate) async fn is_current(task: &PollActivityTaskQueueResponse, shard: &Arc<Shard>) -> bool {
    let Ok(token) = TaskToken::read(&task.task_token) else {
        return false;
    };
    let (run, activity) = (token.run(), token.activity_selector());
    let started = |run: &mut Run| {
        let found = activity.find(&run.state).ok();
        let activity = found.and_then(|id| run.state.activities.get(&id));
        let start = activity.and_then(|it| it.start.as_ref());
        // After a reset an attempt may have had the same number before.
        start.is_some_and(|it| Some(it.time.to_proto()) == task.started_time)
    };
    let selector = RunSelector::run(&run.run_id);
    let current = shard.read(&run.workflow, selector, started).await;
    current.unwrap_or(false)
}
