//! ShutdownWorker: a worker stops, and what waits for it goes elsewhere.

use std::sync::Arc;

use mainspring_proto::workflowservice::v1::{ShutdownWorkerRequest, ShutdownWorkerResponse};
use tonic::{Request, Status};

use crate::matching::{PriorityKey, TaskQueueKey, TaskQueueType};
use crate::shard::{RunSelector, TaskRef};

use super::{Frontend, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ShutdownWorkerRequest>,
) -> Result<ShutdownWorkerResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let limits = &frontend.config.limits;
    validate::optional_id("StickyTaskQueue", &request.sticky_task_queue, limits)?;
    validate::optional_id("WorkerInstanceKey", &request.worker_instance_key, limits)?;
    let shard = &frontend.shard;
    shard
        .matching
        .stop_worker(&namespace.id, &request.worker_instance_key);
    match request.worker_heartbeat {
        // Its last word; it is forgotten when it has been silent for long.
        Some(heartbeat) => frontend.workers.record(&namespace.id, heartbeat),
        None => frontend
            .workers
            .remove(&namespace.id, &request.worker_instance_key),
    }
    if request.sticky_task_queue.is_empty() {
        return Ok(ShutdownWorkerResponse {});
    }
    let key = TaskQueueKey {
        namespace_id: Arc::clone(&namespace.id),
        name: request.sticky_task_queue.as_str().into(),
        queue_type: TaskQueueType::Workflow,
    };
    for task in shard.matching.drain_sticky(&key) {
        match task {
            TaskRef::Query { ref run, .. } => {
                let selector = RunSelector::run(&run.run_id);
                let normal = shard
                    .read(&run.workflow, selector, |run| {
                        crate::shard::queries::normal_queue(run)
                    })
                    .await;
                if let Ok(normal) = normal {
                    shard.matching.add(&normal, task, PriorityKey::DEFAULT);
                }
            }
            task => shard.spawn_unstick(task),
        }
    }
    Ok(ShutdownWorkerResponse {})
}
