//! DescribeNamespace: by name or by id. Every worker calls it at its start.

use mainspring_proto::workflowservice::v1::{DescribeNamespaceRequest, DescribeNamespaceResponse};
use tonic::{Request, Status};

use super::{Frontend, namespace_message, status, validate};
use crate::{config::Limits, namespace::Namespace};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<DescribeNamespaceRequest>,
) -> Result<DescribeNamespaceResponse, Status> {
    let request = request.into_inner();
    let namespace = match request.id.as_str() {
        "" => {
            validate::namespace_name(&request.namespace, &frontend.config.limits)?;
            frontend.namespace(&request.namespace)?
        }
        id => frontend.namespaces.by_id(id).map_err(status::namespace)?,
    };
    Ok(describe(&namespace, &frontend.config.limits))
}

pub(super) fn describe(namespace: &Namespace, limits: &Limits) -> DescribeNamespaceResponse {
    DescribeNamespaceResponse {
        namespace_info: Some(namespace_message::info(namespace, limits)),
        config: Some(namespace_message::config(namespace)),
        replication_config: Some(namespace_message::replication()),
        is_global_namespace: false,
        ..Default::default()
    }
}
