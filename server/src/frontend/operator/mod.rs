//! The operator service: search attributes, namespaces, the cluster. As in the workflow service, one
//! RPC is one file, and what has no line in the table answers UNIMPLEMENTED.

mod add_search_attributes;
mod delete_namespace;
mod list_clusters;
mod list_search_attributes;
mod remove_search_attributes;

use std::sync::Arc;

use mainspring_proto::operatorservice::v1::{operator_service_server::OperatorService, *};
use tonic::{Request, Response, Status};

use super::{Frontend, respond};
use crate::{namespace::NamespaceError, visibility::search_attributes::CustomTypes};

/// The operator service of a frontend.
pub(crate) struct Operator(pub(crate) Arc<Frontend>);

/// The RPCs that are built: each line delegates to the file of its name.
macro_rules! operator_service {
    ($($rpc:ident($request:ident) -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl OperatorService for Operator {
            $(async fn $rpc(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                self.0.ready()?;
                $rpc::handle(&self.0, request).await.map(respond)
            })*
        }
    };
}

operator_service! {
    add_search_attributes(AddSearchAttributesRequest) -> AddSearchAttributesResponse;
    list_search_attributes(ListSearchAttributesRequest) -> ListSearchAttributesResponse;
    remove_search_attributes(RemoveSearchAttributesRequest) -> RemoveSearchAttributesResponse;
    delete_namespace(DeleteNamespaceRequest) -> DeleteNamespaceResponse;
    list_clusters(ListClustersRequest) -> ListClustersResponse;
}

/// Changes the custom search attributes of a namespace.
async fn change_search_attributes(
    frontend: &Frontend,
    namespace: &str,
    change: impl FnOnce(&mut CustomTypes) -> Result<(), Status>,
) -> Result<(), Status> {
    let name = frontend.namespace(namespace)?.name.clone();
    let changed = frontend.namespaces.update(&name, |namespace| {
        change(&mut namespace.search_attributes).map_err(Refusal)
    });
    changed.await.map(|_| ()).map_err(|Refusal(status)| status)
}

/// Lets the registry report its own refusals and ours in one type.
pub(super) struct Refusal(pub(super) Status);

impl From<NamespaceError> for Refusal {
    fn from(error: NamespaceError) -> Self {
        Self(super::status::namespace(error))
    }
}
