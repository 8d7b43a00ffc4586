//! DeleteNamespace: the name is free at once; what ran in it is gone with it.

use mainspring_proto::operatorservice::v1::{DeleteNamespaceRequest, DeleteNamespaceResponse};
use tonic::{Request, Status};

use super::super::status::{self, invalid_argument};
use crate::{config::DEFAULT_NAMESPACE, frontend::Frontend};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<DeleteNamespaceRequest>,
) -> Result<DeleteNamespaceResponse, Status> {
    let request = request.into_inner();
    let namespace = match (request.namespace.as_str(), request.namespace_id.as_str()) {
        ("", "") => {
            return Err(invalid_argument("Namespace not set on request."));
        }
        (name, "") => frontend.namespace(name)?,
        ("", id) => frontend.namespaces.by_id(id).map_err(status::namespace)?,
        _ => {
            return Err(invalid_argument(
                "Only one of Namespace and NamespaceId may be set on request.",
            ));
        }
    };
    if namespace.name == DEFAULT_NAMESPACE {
        return Err(invalid_argument(format!(
            "namespace {DEFAULT_NAMESPACE} always exists and cannot be deleted"
        )));
    }
    let deleted = frontend
        .namespaces
        .delete(&namespace.name)
        .await
        .map_err(status::namespace)?;
    frontend.shard.forget_namespace(&deleted.id);
    Ok(DeleteNamespaceResponse {
        deleted_namespace: format!("{}-deleted-{:.5}", deleted.name, deleted.id),
    })
}
