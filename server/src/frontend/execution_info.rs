//! What can be said of a run: for DescribeWorkflowExecution and for visibility.

use mainspring_proto::{
    common::v1::{Memo, SearchAttributes, WorkflowType},
    enums::v1::{PendingActivityState, PendingWorkflowTaskState},
    workflow::v1::{
        PendingActivityInfo, PendingChildExecutionInfo, PendingWorkflowTaskInfo, ResetPoints,
        WorkflowExecutionConfig, WorkflowExecutionExtendedInfo, WorkflowExecutionInfo,
        WorkflowExecutionVersioningInfo,
        pending_activity_info::{
            PauseInfo,
            pause_info::{Manual, PausedBy},
        },
    },
    workflowservice::v1::DescribeWorkflowExecutionResponse,
};

use crate::{
    history::{
        activity::{Activity, ActivityPause},
        payload::{keyword, keyword_list},
        state::{FirstTask, MutableState},
        time::{Time, proto_duration},
        workflow_task::WorkflowTaskKind,
    },
    shard::chain::Run,
    visibility::search_attributes::BUILD_IDS,
};

/// The run as lists show it.
pub(crate) fn shown(run: &Run) -> WorkflowExecutionInfo {
    let mut info = info(run);
    info.auto_reset_points = None;
    info.first_run_id = String::new();
    if run.state.is_open() {
        // Lists are written when a run begins and ends, so of one that is open these would be out of date.
        info.history_length = 0;
        info.history_size_bytes = 0;
        info.state_transition_count = 0;
    }
    info
}

/// The run in short.
pub(crate) fn info(run: &Run) -> WorkflowExecutionInfo {
    let state = &run.state;
    let started = &state.started;
    let parent = started.parent_workflow_execution.clone();
    let execution_time = state.execution_time();
    let close_time = state.close_time();
    let version = &state.worker_version;
    WorkflowExecutionInfo {
        execution: Some(state.run.execution()),
        r#type: Some(WorkflowType {
            name: state.workflow_type().to_owned(),
        }),
        start_time: Some(state.start_time.to_proto()),
        close_time: close_time.map(Time::to_proto),
        status: state.status.into(),
        history_length: state.next_event_id - 1,
        parent_namespace_id: started.parent_workflow_namespace_id.clone(),
        parent_execution: parent,
        execution_time: Some(execution_time.to_proto()),
        memo: Some(Memo {
            fields: (*state.memo).clone(),
        }),
        search_attributes: Some(search_attributes(state)),
        auto_reset_points: Some(ResetPoints {
            points: (*state.reset_points).clone(),
        }),
        task_queue: state.task_queue().to_owned(),
        state_transition_count: run.seq as i64,
        history_size_bytes: state.history_size,
        most_recent_worker_version_stamp: version.stamp.clone(),
        worker_deployment_name: version.deployment_name.clone(),
        execution_duration: close_time.map(|close| proto_duration(close.since(execution_time))),
        root_execution: Some(
            started
                .root_workflow_execution
                .clone()
                .unwrap_or_else(|| state.run.execution()),
        ),
        first_run_id: state.first_execution_run_id().to_owned(),
        versioning_info: versioning(state),
        priority: started.priority.clone(),
        ..WorkflowExecutionInfo::default()
    }
}

/// Those that were set, and those that follow from the run's workers.
fn search_attributes(state: &MutableState) -> SearchAttributes {
    let mut indexed_fields = (*state.search_attributes).clone();
    let unversioned = state.worker_version.behavior == 0;
    if unversioned && state.has_completed_workflow_task() {
        let builds = state.builds().filter(|build| !build.is_empty());
        let known = builds.map(|build| format!("unversioned:{build}"));
        let listed = std::iter::once("unversioned".to_owned()).chain(known);
        let value = keyword_list(&listed.collect::<Vec<_>>());
        indexed_fields.entry(BUILD_IDS.to_owned()).or_insert(value);
    }
    let checksums = state.reset_points.iter().map(|it| &it.binary_checksum);
    let checksums: Vec<_> = checksums.filter(|it| !it.is_empty()).cloned().collect();
    if !checksums.is_empty() {
        let value = keyword_list(&checksums);
        indexed_fields.insert("BinaryChecksums".to_owned(), value);
    }
    let deployment = &state.worker_version.deployment_name;
    if !deployment.is_empty() {
        indexed_fields.insert("TemporalWorkerDeployment".to_owned(), keyword(deployment));
    }
    SearchAttributes { indexed_fields }
}

fn versioning(state: &MutableState) -> Option<WorkflowExecutionVersioningInfo> {
    let version = &state.worker_version;
    let known = version.behavior != 0 || state.started.versioning_override.is_some();
    known.then(|| WorkflowExecutionVersioningInfo {
        behavior: version.behavior,
        deployment_version: version.deployment.clone(),
        versioning_override: state.started.versioning_override.clone(),
        ..WorkflowExecutionVersioningInfo::default()
    })
}

/// The run in full.
pub(crate) fn describe(run: &Run) -> DescribeWorkflowExecutionResponse {
    let state = &run.state;
    DescribeWorkflowExecutionResponse {
        execution_config: Some(config(state)),
        workflow_execution_info: Some(info(run)),
        pending_activities: state
            .activities
            .values()
            .map(|activity| pending_activity(activity))
            .collect(),
        pending_children: pending_children(state),
        pending_workflow_task: pending_workflow_task(state),
        workflow_extended_info: Some(WorkflowExecutionExtendedInfo {
            execution_expiration_time: state.execution_expiration().map(Time::to_proto),
            run_expiration_time: state.run_expiration().map(Time::to_proto),
            cancel_requested: state.cancel_requested,
            last_reset_time: state.timeouts_renewed.map(Time::to_proto),
            original_start_time: Some(state.start_time.to_proto()),
            reset_run_id: state.reset_run_id.as_deref().unwrap_or_default().to_owned(),
            request_id_infos: state
                .request_ids
                .iter()
                .map(|(id, info)| (id.to_string(), *info))
                .collect(),
            ..WorkflowExecutionExtendedInfo::default()
        }),
        ..DescribeWorkflowExecutionResponse::default()
    }
}

fn config(state: &MutableState) -> WorkflowExecutionConfig {
    let started = &state.started;
    WorkflowExecutionConfig {
        task_queue: started.task_queue.clone(),
        workflow_execution_timeout: started.workflow_execution_timeout,
        workflow_run_timeout: started.workflow_run_timeout,
        default_workflow_task_timeout: started.workflow_task_timeout,
        user_metadata: (state.extras.as_ref()).and_then(|it| it.user_metadata.clone()),
    }
}

fn pending_activity(activity: &Activity) -> PendingActivityInfo {
    let it = activity.attributes();
    let state = match (&activity.start, &activity.pause) {
        (Some(_), _) if activity.is_cancel_requested() => PendingActivityState::CancelRequested,
        (Some(_), Some(_)) => PendingActivityState::PauseRequested,
        (Some(_), None) => PendingActivityState::Started,
        (None, Some(_)) => PendingActivityState::Paused,
        (None, None) => PendingActivityState::Scheduled,
    };
    let waits = activity.backing_off && !activity.is_paused();
    let next_interval = waits.then(|| {
        let since = activity.last_attempt_complete_time;
        proto_duration(activity.attempt_scheduled_time.since(since))
    });
    let heartbeat = activity.heartbeat.as_ref();
    PendingActivityInfo {
        activity_id: it.activity_id.clone(),
        activity_type: it.activity_type.clone(),
        state: state.into(),
        heartbeat_details: heartbeat.and_then(|it| it.details.clone()),
        last_heartbeat_time: heartbeat.map(|it| it.time.to_proto()),
        last_started_time: activity.start.as_ref().map(|start| start.time.to_proto()),
        attempt: activity.attempt,
        maximum_attempts: activity
            .retry_policy()
            .map_or(0, |policy| policy.maximum_attempts),
        scheduled_time: Some(activity.attempt_scheduled_time.to_proto()),
        expiration_time: activity.expiration().map(Time::to_proto),
        last_failure: activity.last_failure.clone(),
        last_worker_identity: activity.last_worker_identity.clone(),
        current_retry_interval: next_interval,
        last_attempt_complete_time: activity.last_attempt_complete_time.to_proto_if_set(),
        next_attempt_schedule_time: waits.then(|| activity.attempt_scheduled_time.to_proto()),
        paused: activity.is_paused(),
        pause_info: activity.pause.as_ref().map(pause_info),
        priority: activity.priority().clone(),
        activity_options: Some(activity.options()),
        ..PendingActivityInfo::default()
    }
}

fn pause_info(pause: &ActivityPause) -> PauseInfo {
    PauseInfo {
        pause_time: Some(pause.time.to_proto()),
        paused_by: Some(PausedBy::Manual(Manual {
            identity: pause.identity.clone(),
            reason: pause.reason.clone(),
        })),
    }
}

fn pending_children(state: &MutableState) -> Vec<PendingChildExecutionInfo> {
    let children = state.children.iter().map(|(id, child)| {
        let it = child.attributes();
        PendingChildExecutionInfo {
            workflow_id: it.workflow_id.clone(),
            run_id: child.run_id.to_string(),
            workflow_type_name: it
                .workflow_type
                .as_ref()
                .map_or("", |it| &it.name)
                .to_owned(),
            initiated_id: *id,
            parent_close_policy: it.parent_close_policy,
        }
    });
    children.collect()
}

fn pending_workflow_task(state: &MutableState) -> Option<PendingWorkflowTaskInfo> {
    let task = state.workflow_task.as_ref()?;
    if task.kind == WorkflowTaskKind::Speculative || state.first_task != FirstTask::Scheduled {
        return None;
    }
    let phase = if task.is_started() {
        PendingWorkflowTaskState::Started
    } else {
        PendingWorkflowTaskState::Scheduled
    };
    Some(PendingWorkflowTaskInfo {
        state: phase.into(),
        scheduled_time: Some(task.scheduled_time.to_proto()),
        original_scheduled_time: Some(task.original_scheduled_time.to_proto()),
        started_time: task.started_time.to_proto_if_set(),
        attempt: task.attempt,
    })
}
