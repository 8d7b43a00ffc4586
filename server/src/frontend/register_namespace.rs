//! RegisterNamespace.

use mainspring_proto::workflowservice::v1::{RegisterNamespaceRequest, RegisterNamespaceResponse};
use tonic::{Request, Status};

use super::{
    Frontend, namespace_message::CLUSTER_NAME, status, update_namespace::retention, validate,
};
use crate::namespace::Namespace;

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RegisterNamespaceRequest>,
) -> Result<RegisterNamespaceResponse, Status> {
    let request = request.into_inner();
    validate::namespace_name(&request.namespace, &frontend.config.limits)?;
    if request.is_global_namespace {
        return Err(status::invalid_argument(
            "this server is a single cluster: a global namespace cannot be registered",
        ));
    }
    let clusters = request.clusters.iter().map(|it| &it.cluster_name);
    let named = clusters.chain([&request.active_cluster_name]);
    for cluster in named.filter(|it| !it.is_empty()) {
        if cluster != CLUSTER_NAME {
            return Err(status::invalid_argument(format!(
                "Invalid cluster name: {cluster}"
            )));
        }
    }
    let asked = request.workflow_execution_retention_period;
    let mut namespace = Namespace::new(request.namespace, retention(&asked.unwrap_or_default())?);
    namespace.description = request.description;
    namespace.owner_email = request.owner_email;
    namespace.data = request.data;
    frontend
        .namespaces
        .register(namespace)
        .await
        .map_err(status::namespace)?;
    Ok(RegisterNamespaceResponse {})
}
