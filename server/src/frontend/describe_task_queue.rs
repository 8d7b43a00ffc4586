//! DescribeTaskQueue: who polls a queue, and what waits in it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use mainspring_proto::{
    enums::v1::{
        DescribeTaskQueueMode, RateLimitSource, TaskQueueKind, TaskQueueType as ProtoTaskQueueType,
    },
    prost_types,
    taskqueue::v1::{
        PollerInfo as ProtoPollerInfo, TaskQueueStats, TaskQueueStatus, TaskQueueTypeInfo,
        TaskQueueVersionInfo, TaskQueueVersioningInfo,
    },
    workflowservice::v1::{
        DescribeTaskQueueRequest, DescribeTaskQueueResponse,
        describe_task_queue_response::EffectiveRateLimit,
    },
};
use tonic::{Request, Status};

use super::{Frontend, status::invalid_argument, validate};
use crate::{
    history::time::Time,
    matching::{PollerInfo, Stats, TaskQueueKey, TaskQueueType},
};

// The older forms of the request are what today's CLI and Web UI send.
pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<DescribeTaskQueueRequest>,
) -> Result<DescribeTaskQueueResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let queue = validate::task_queue(request.task_queue.as_ref(), &frontend.config.limits)?;
    let key = |queue_type| TaskQueueKey {
        namespace_id: Arc::clone(&namespace.id),
        name: queue.name.as_str().into(),
        queue_type,
    };
    if request.api_mode() == DescribeTaskQueueMode::Enhanced {
        let types = request.task_queue_types.iter().copied();
        let mut types_info = BTreeMap::new();
        for number in types {
            let queue_type = queue_type(number)?;
            let info = enhanced(frontend, &key(queue_type), &request);
            types_info.insert(number, info);
        }
        return Ok(DescribeTaskQueueResponse {
            versions_info: BTreeMap::from([(
                // No build id: queues are not split by version.
                String::new(),
                TaskQueueVersionInfo {
                    types_info,
                    ..Default::default()
                },
            )]),
            ..Default::default()
        });
    }
    let key = key(match request.task_queue_type {
        0 => TaskQueueType::Workflow,
        number => queue_type(number)?,
    });
    let matching = &frontend.shard.matching;
    let stats = matching.stats(&key);
    let rate = matching.rate(&key);
    let now = frontend.shard.clocks.of(&key.namespace_id).now();
    let shown = matching
        .pollers(&key)
        .into_iter()
        .map(|info| poller(info, now));
    Ok(DescribeTaskQueueResponse {
        pollers: shown.collect(),
        stats: request.report_stats.then(|| stats_message(&stats)),
        effective_rate_limit: rate.map(|rate| EffectiveRateLimit {
            requests_per_second: rate as f32,
            rate_limit_source: RateLimitSource::Worker as i32,
        }),
        task_queue_status: request.include_task_queue_status.then(|| TaskQueueStatus {
            backlog_count_hint: stats.backlog as i64,
            rate_per_second: rate.unwrap_or_default(),
            ..Default::default()
        }),
        versioning_info: (queue.kind() != TaskQueueKind::Sticky).then(unversioned),
        ..Default::default()
    })
}

/// Tasks go to workers of any version.
fn unversioned() -> TaskQueueVersioningInfo {
    TaskQueueVersioningInfo {
        current_version: "__unversioned__".to_owned(),
        ..Default::default()
    }
}

fn queue_type(number: i32) -> Result<TaskQueueType, Status> {
    match ProtoTaskQueueType::try_from(number) {
        Ok(ProtoTaskQueueType::Workflow) => Ok(TaskQueueType::Workflow),
        Ok(ProtoTaskQueueType::Activity) => Ok(TaskQueueType::Activity),
        Ok(ProtoTaskQueueType::Nexus) => Err(Status::unimplemented(
            "this server has no Nexus task queues yet",
        )),
        Ok(ProtoTaskQueueType::Unspecified) | Err(_) => Err(invalid_argument(format!(
            "unknown task queue type {number}"
        ))),
    }
}

fn enhanced(
    frontend: &Frontend,
    key: &TaskQueueKey,
    request: &DescribeTaskQueueRequest,
) -> TaskQueueTypeInfo {
    let matching = &frontend.shard.matching;
    let now = frontend.shard.clocks.of(&key.namespace_id).now();
    let pollers = match request.report_pollers {
        true => matching.pollers(key),
        false => Vec::new(),
    };
    TaskQueueTypeInfo {
        pollers: pollers.into_iter().map(|info| poller(info, now)).collect(),
        stats: request
            .report_stats
            .then(|| stats_message(&matching.stats(key))),
    }
}

fn poller(info: PollerInfo, now: Time) -> ProtoPollerInfo {
    let age = i64::try_from(info.last_access.as_nanos()).unwrap_or(i64::MAX);
    ProtoPollerInfo {
        last_access_time: Some(Time::from_nanos(now.nanos().saturating_sub(age)).to_proto()),
        identity: info.identity,
        rate_per_second: info.max_tasks_per_second.unwrap_or(UNLIMITED),
        deployment_options: info.deployment_options,
        worker_version_capabilities: info.version,
    }
}

/// What Temporal's server shows for a queue without a limit.
const UNLIMITED: f64 = 100_000.0;

fn stats_message(stats: &Stats) -> TaskQueueStats {
    let age = |age: Duration| prost_types::Duration::try_from(age).unwrap_or_default();
    TaskQueueStats {
        approximate_backlog_count: stats.backlog as i64,
        approximate_backlog_age: Some(age(stats.oldest_age)),
        tasks_add_rate: stats.adds_per_second,
        tasks_dispatch_rate: stats.dispatches_per_second,
        ..Default::default()
    }
}
