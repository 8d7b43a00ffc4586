//! DescribeWorker: what a worker said last.

use mainspring_proto::{
    worker::v1::WorkerInfo,
    workflowservice::v1::{DescribeWorkerRequest, DescribeWorkerResponse},
};
use tonic::{Request, Status};

use super::{Frontend, status, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<DescribeWorkerRequest>,
) -> Result<DescribeWorkerResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let key = &request.worker_instance_key;
    validate::optional_id("WorkerInstanceKey", key, &frontend.config.limits)?;
    let Some(heartbeat) = frontend.workers.get(&namespace.id, key) else {
        return Err(status::not_found(format!("Worker {key} not found")));
    };
    Ok(DescribeWorkerResponse {
        worker_info: Some(WorkerInfo {
            worker_heartbeat: Some((*heartbeat).clone()),
        }),
    })
}
