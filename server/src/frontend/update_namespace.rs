//! UpdateNamespace: description, owner, data, retention and bad binaries.

use std::time::Duration;

use mainspring_proto::{
    enums::v1::NamespaceState,
    namespace::v1::{NamespaceConfig, UpdateNamespaceInfo},
    prost_types,
    workflowservice::v1::{UpdateNamespaceRequest, UpdateNamespaceResponse},
};
use tonic::{Request, Status};

use super::{Frontend, namespace_message, operator::Refusal, status::invalid_argument, validate};
use crate::namespace::{MIN_RETENTION, Namespace};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<UpdateNamespaceRequest>,
) -> Result<UpdateNamespaceResponse, Status> {
    let request = request.into_inner();
    validate::namespace_name(&request.namespace, &frontend.config.limits)?;
    if request.promote_namespace {
        return Err(invalid_argument(
            "this server is a single cluster: a namespace cannot be promoted to a global one",
        ));
    }
    let name = request.namespace.clone();
    let namespace = frontend
        .namespaces
        .update(&name, |namespace| {
            apply(namespace, request).map_err(Refusal)
        })
        .await
        .map_err(|Refusal(status)| status)?;
    Ok(UpdateNamespaceResponse {
        namespace_info: Some(namespace_message::info(&namespace, &frontend.config.limits)),
        config: Some(namespace_message::config(&namespace)),
        replication_config: Some(namespace_message::replication()),
        failover_version: 0,
        is_global_namespace: false,
    })
}

fn apply(namespace: &mut Namespace, request: UpdateNamespaceRequest) -> Result<(), Status> {
    if let Some(info) = request.update_info {
        apply_info(namespace, info)?;
    }
    if let Some(config) = request.config {
        apply_config(namespace, config)?;
    }
    if !request.delete_bad_binary.is_empty() {
        let removed = namespace.bad_binaries.remove(&request.delete_bad_binary);
        if removed.is_none() {
            return Err(invalid_argument(format!(
                "Bad binary checksum {} doesn't exists.",
                request.delete_bad_binary
            )));
        }
    }
    Ok(())
}

/// Empty fields leave what is there; `data` is merged.
fn apply_info(namespace: &mut Namespace, info: UpdateNamespaceInfo) -> Result<(), Status> {
    let state = info.state();
    if state != NamespaceState::Unspecified && state != namespace.state {
        let allowed = matches!(
            (namespace.state, state),
            (
                NamespaceState::Registered,
                NamespaceState::Deleted | NamespaceState::Deprecated
            )
        );
        if !allowed {
            return Err(invalid_argument(format!(
                "a namespace cannot go from {} to {}",
                namespace.state.as_str_name(),
                state.as_str_name()
            )));
        }
        namespace.state = state;
    }
    if !info.description.is_empty() {
        namespace.description = info.description;
    }
    if !info.owner_email.is_empty() {
        namespace.owner_email = info.owner_email;
    }
    namespace.data.extend(info.data);
    Ok(())
}

fn apply_config(namespace: &mut Namespace, config: NamespaceConfig) -> Result<(), Status> {
    if let Some(asked) = &config.workflow_execution_retention_ttl {
        namespace.retention = retention(asked)?;
    }
    if let Some(bad) = config.bad_binaries {
        namespace.bad_binaries.extend(bad.binaries);
    }
    Ok(())
}

/// A retention, which must be at least an hour.
pub(super) fn retention(asked: &prost_types::Duration) -> Result<Duration, Status> {
    match Duration::try_from(*asked) {
        Ok(retention) if retention >= MIN_RETENTION => Ok(retention),
        _ => Err(invalid_argument(
            "A valid retention period is not set on request. The least is an hour.",
        )),
    }
}
