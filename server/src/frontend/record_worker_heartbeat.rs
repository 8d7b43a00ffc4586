//! RecordWorkerHeartbeat: workers say that they are there, once a minute.

use mainspring_proto::workflowservice::v1::{
    RecordWorkerHeartbeatRequest, RecordWorkerHeartbeatResponse,
};
use tonic::{Request, Status};

use super::{Frontend, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RecordWorkerHeartbeatRequest>,
) -> Result<RecordWorkerHeartbeatResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let limits = &frontend.config.limits;
    for heartbeat in &request.worker_heartbeat {
        validate::required_id("WorkerInstanceKey", &heartbeat.worker_instance_key, limits)?;
    }
    for heartbeat in request.worker_heartbeat {
        frontend.workers.record(&namespace.id, heartbeat);
    }
    Ok(RecordWorkerHeartbeatResponse::default())
}
