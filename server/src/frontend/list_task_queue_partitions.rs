//! ListTaskQueuePartitions: a queue has one partition here, which is itself.

use mainspring_proto::{
    taskqueue::v1::TaskQueuePartitionMetadata,
    workflowservice::v1::{ListTaskQueuePartitionsRequest, ListTaskQueuePartitionsResponse},
};
use tonic::{Request, Status};

use super::{Frontend, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ListTaskQueuePartitionsRequest>,
) -> Result<ListTaskQueuePartitionsResponse, Status> {
    let request = request.into_inner();
    frontend.namespace(&request.namespace)?;
    let queue = validate::task_queue(request.task_queue.as_ref(), &frontend.config.limits)?;
    let partitions = vec![TaskQueuePartitionMetadata {
        key: queue.name.clone(),
        owner_host_name: String::new(),
    }];
    Ok(ListTaskQueuePartitionsResponse {
        activity_task_queue_partitions: partitions.clone(),
        workflow_task_queue_partitions: partitions,
    })
}
