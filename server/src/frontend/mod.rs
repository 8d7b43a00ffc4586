//! The edge: decodes and validates requests, calls what is behind it, encodes the answers.
//!
//! One RPC is one file, with one function `handle`. To add an RPC: write the file, declare it
//! below, and add its line to the table of [`workflow_service!`]. What has no line answers
//! UNIMPLEMENTED.

pub(crate) mod status;
pub(crate) mod validate;

mod count_workflow_executions;
mod deprecate_namespace;
mod describe_namespace;
mod get_cluster_info;
mod get_search_attributes;
mod get_system_info;
mod list_archived_workflow_executions;
mod list_closed_workflow_executions;
mod list_namespaces;
mod list_open_workflow_executions;
mod list_workflow_executions;
mod namespace_message;
pub(crate) mod operator;
mod register_namespace;
mod scan_workflow_executions;
mod update_namespace;

use std::sync::Arc;

use mainspring_proto::workflowservice::v1::{workflow_service_server::WorkflowService, *};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    config::Config,
    namespace::{Namespace, Namespaces},
    visibility::Visibility,
};

/// The version of Temporal's server whose functions we offer. Clients and the Web UI switch
/// features on by it, so it is theirs and not our own.
pub(crate) const SERVER_VERSION: &str = "1.32.0";

/// What every RPC works on.
pub(crate) struct Frontend {
    pub(crate) config: Config,
    pub(crate) cluster_id: Uuid,
    pub(crate) namespaces: Arc<Namespaces>,
    pub(crate) visibility: Arc<Visibility>,
    /// Cancelled when the server stops: whoever waits on behalf of a client answers at once.
    pub(crate) stopping: CancellationToken,
}

impl Frontend {
    pub(crate) fn new(config: Config, stopping: CancellationToken) -> Self {
        let namespaces = Arc::new(Namespaces::default());
        let names = std::iter::once(crate::config::DEFAULT_NAMESPACE)
            .chain(config.namespaces.iter().map(String::as_str));
        for name in names {
            let mut namespace = Namespace::new(name, config.retention);
            namespace
                .search_attributes
                .extend(config.search_attributes.iter().cloned());
            // A namespace named twice on the command line is made once.
            let _ = namespaces.register(namespace);
        }
        Self {
            config,
            cluster_id: Uuid::new_v4(),
            namespaces,
            visibility: Arc::default(),
            stopping,
        }
    }

    /// The namespace that a request names.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when the name is missing or too long, NOT_FOUND when there is none.
    pub(crate) fn namespace(&self, name: &str) -> Result<Arc<Namespace>, Status> {
        validate::required_id("Namespace", name, &self.config.limits)?;
        self.namespaces.by_name(name).map_err(status::namespace)
    }
}

/// The RPCs that are built: each line delegates to the file of its name.
macro_rules! workflow_service {
    ($($rpc:ident($request:ident) -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl WorkflowService for Frontend {
            $(async fn $rpc(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                $rpc::handle(self, request).await.map(Response::new)
            })*
        }
    };
}

workflow_service! {
    get_system_info(GetSystemInfoRequest) -> GetSystemInfoResponse;
    get_cluster_info(GetClusterInfoRequest) -> GetClusterInfoResponse;
    register_namespace(RegisterNamespaceRequest) -> RegisterNamespaceResponse;
    describe_namespace(DescribeNamespaceRequest) -> DescribeNamespaceResponse;
    list_namespaces(ListNamespacesRequest) -> ListNamespacesResponse;
    update_namespace(UpdateNamespaceRequest) -> UpdateNamespaceResponse;
    deprecate_namespace(DeprecateNamespaceRequest) -> DeprecateNamespaceResponse;
    list_workflow_executions(ListWorkflowExecutionsRequest) -> ListWorkflowExecutionsResponse;
    scan_workflow_executions(ScanWorkflowExecutionsRequest) -> ScanWorkflowExecutionsResponse;
    count_workflow_executions(CountWorkflowExecutionsRequest) -> CountWorkflowExecutionsResponse;
    list_open_workflow_executions(ListOpenWorkflowExecutionsRequest) -> ListOpenWorkflowExecutionsResponse;
    list_closed_workflow_executions(ListClosedWorkflowExecutionsRequest) -> ListClosedWorkflowExecutionsResponse;
    list_archived_workflow_executions(ListArchivedWorkflowExecutionsRequest) -> ListArchivedWorkflowExecutionsResponse;
    get_search_attributes(GetSearchAttributesRequest) -> GetSearchAttributesResponse;
}
