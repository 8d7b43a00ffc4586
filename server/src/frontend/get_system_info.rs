//! GetSystemInfo: the first call of every client and worker.

use mainspring_proto::workflowservice::v1::{
    GetSystemInfoRequest, GetSystemInfoResponse, get_system_info_response::Capabilities,
};
use tonic::{Request, Status};

use super::{Frontend, SERVER_VERSION};

/// Exactly what is built: a client that sees `true` relies on it. `build_id_based_versioning` says where workers tell
/// their build, which is shown; those that would be routed by it are refused.
const CAPABILITIES: Capabilities = Capabilities {
    signal_and_query_header: true,
    internal_error_differentiation: true,
    activity_failure_include_heartbeat: true,
    supports_schedules: false,
    encoded_failure_attributes: true,
    build_id_based_versioning: true,
    upsert_memo: true,
    eager_workflow_start: true,
    sdk_metadata: true,
    count_group_by_execution_status: true,
    nexus: false,
    server_scaled_deployments: false,
    server_scaled_provider_cloud_run: false,
};

pub(super) async fn handle(
    _frontend: &Frontend,
    _request: Request<GetSystemInfoRequest>,
) -> Result<GetSystemInfoResponse, Status> {
    Ok(GetSystemInfoResponse {
        server_version: SERVER_VERSION.to_owned(),
        capabilities: Some(CAPABILITIES),
    })
}
