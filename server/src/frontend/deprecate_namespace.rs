//! DeprecateNamespace: no new workflows are meant to be started in it.

use mainspring_proto::{
    enums::v1::NamespaceState,
    workflowservice::v1::{DeprecateNamespaceRequest, DeprecateNamespaceResponse},
};
use tonic::{Request, Status};

use super::{Frontend, status, validate};
use crate::namespace::NamespaceError;

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<DeprecateNamespaceRequest>,
) -> Result<DeprecateNamespaceResponse, Status> {
    let name = request.into_inner().namespace;
    validate::namespace_name(&name, &frontend.config.limits)?;
    frontend
        .namespaces
        .update::<NamespaceError>(&name, |namespace| {
            namespace.state = NamespaceState::Deprecated;
            Ok(())
        })
        .await
        .map_err(status::namespace)?;
    Ok(DeprecateNamespaceResponse {})
}
