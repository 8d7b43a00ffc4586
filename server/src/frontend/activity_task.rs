//! An activity task on its way to a worker.

use mainspring_proto::{
    common::v1::WorkflowType, prost::Message as _,
    workflowservice::v1::PollActivityTaskQueueResponse,
};

use crate::{history::ids::EventId, shard::chain::Run};

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
