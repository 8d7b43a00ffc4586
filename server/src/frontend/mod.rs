//! The edge: decodes and validates requests, calls what is behind it, encodes the answers.
//!
//! One RPC is one file, with one function `handle`. To add an RPC: write the file, declare it
//! below, and add its line to the table of [`workflow_service!`]. What has no line answers
//! UNIMPLEMENTED.

pub(crate) mod activity_task;
pub(crate) mod execution_info;
pub(crate) mod operator;
pub(crate) mod status;
pub(crate) mod validate;
pub(crate) mod versions;
pub(crate) mod workflow_task;

mod activity_operations;
mod activity_outcome;
mod count_workers;
mod count_workflow_executions;
mod delete_workflow_execution;
mod deprecate_namespace;
mod describe_namespace;
mod describe_task_queue;
mod describe_worker;
mod describe_workflow_execution;
mod execute_multi_operation;
mod get_cluster_info;
mod get_search_attributes;
mod get_system_info;
mod get_workflow_execution_history;
mod get_workflow_execution_history_reverse;
mod links;
mod list_archived_workflow_executions;
mod list_closed_workflow_executions;
mod list_namespaces;
mod list_open_workflow_executions;
mod list_task_queue_partitions;
mod list_workers;
mod list_workflow_executions;
mod namespace_message;
mod pause_activity;
mod pause_activity_execution;
mod poll_activity_task_queue;
mod poll_workflow_execution_update;
mod poll_workflow_task_queue;
mod query_workflow;
mod record_activity_task_heartbeat;
mod record_activity_task_heartbeat_by_id;
mod record_worker_heartbeat;
mod register_namespace;
mod request_cancel_workflow_execution;
mod reset_activity;
mod reset_activity_execution;
mod reset_sticky_task_queue;
mod reset_workflow_execution;
mod respond_activity_task_canceled;
mod respond_activity_task_canceled_by_id;
mod respond_activity_task_completed;
mod respond_activity_task_completed_by_id;
mod respond_activity_task_failed;
mod respond_activity_task_failed_by_id;
mod respond_query_task_completed;
mod respond_workflow_task_completed;
mod respond_workflow_task_failed;
mod scan_workflow_executions;
mod shutdown_worker;
mod signal_with_start_workflow_execution;
mod signal_workflow_execution;
mod start_options;
mod start_workflow_execution;
mod terminate_workflow_execution;
pub(crate) mod test_service;
pub(crate) mod token;
mod unpause_activity;
mod unpause_activity_execution;
mod update_activity_execution_options;
mod update_activity_options;
mod update_namespace;
mod update_workflow_execution;
mod update_workflow_execution_options;
mod wire;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use mainspring_proto::{
    enums::v1::NamespaceState,
    workflowservice::v1::{workflow_service_server::WorkflowService, *},
};
use prost::Message;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    clock::Clocks,
    config::Config,
    namespace::{Namespace, Namespaces},
    persistence::{Store, StoreError},
    shard::{Bounds, Shard, hands::HeldTasks},
    visibility::ListError,
    workers::Workers,
};

/// The version of Temporal's server whose functions we offer. Clients and the Web UI switch
/// features on by it, so it is theirs and not our own.
pub(crate) const SERVER_VERSION: &str = "1.32.0";

/// Answers from this size on, in bytes, are compressed for clients that take that. Setting up a
/// compressor costs more than everything else that is done for a small answer, and saves it not
/// even a packet.
const COMPRESS_FROM: usize = 16 * 1024;

/// What every RPC works on.
pub(crate) struct Frontend {
    pub(crate) config: Config,
    pub(crate) cluster_id: Uuid,
    pub(crate) namespaces: Arc<Namespaces>,
    pub(crate) shard: Arc<Shard>,
    pub(crate) workers: Workers,
    /// The way to and from clients, in tests.
    wire: Option<wire::Wire>,
    /// Cancelled when the server stops: whoever waits on behalf of a client answers at once.
    pub(crate) stopping: CancellationToken,
    recovered: AtomicBool,
}

impl Frontend {
    /// A frontend over a store, by this clock, which refuses everything until it is told to recover.
    /// Must be called within a tokio runtime.
    pub(crate) fn new(
        config: Config,
        clocks: Clocks,
        store: Arc<dyn Store>,
        namespaces: Arc<Namespaces>,
        stopping: CancellationToken,
    ) -> Self {
        let limits = crate::history::limits::Limits {
            id_length: config.limits.id_length,
            blob_size: config.limits.blob_size,
            memo_size: config.limits.memo_size,
            ..config.run_limits.clone()
        };
        let shard = Shard::start(
            store,
            clocks,
            Arc::clone(&namespaces),
            Bounds {
                requests: config.limits.clone(),
                runs: limits,
                cache_size: config.cache_mib.saturating_mul(1024 * 1024),
            },
            stopping.clone(),
        );
        let for_tests = config.time_skipping.is_some() || config.faults_seed.is_some();
        Self {
            wire: for_tests.then(|| wire::Wire::new(config.faults_seed)),
            config,
            cluster_id: Uuid::new_v4(),
            namespaces,
            shard,
            workers: Workers::default(),
            stopping,
            recovered: AtomicBool::new(false),
        }
    }

    /// Takes up what the store has, and answers requests from then on. Blocks meanwhile.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub(crate) fn recover(&self, held: Option<&HeldTasks>) -> Result<(), StoreError> {
        self.shard.recover(held)?;
        self.recovered.store(true, Ordering::Release);
        Ok(())
    }

    /// Answers nobody any more, as if the process had been killed.
    pub(crate) fn kill(&self) {
        if let Some(wire) = &self.wire {
            wire.cut();
        }
    }

    /// Whether requests are answered yet.
    ///
    /// # Errors
    /// UNAVAILABLE, which clients try again.
    pub(crate) fn ready(&self) -> Result<(), Status> {
        match self.recovered.load(Ordering::Acquire) {
            true => Ok(()),
            false => Err(Status::unavailable(
                "the server is reading its data file and not ready yet",
            )),
        }
    }

    /// Asks the store for executions, beside the threads that answer other requests.
    ///
    /// # Errors
    /// Those of `ask`, as a status.
    pub(crate) async fn ask_executions<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Store) -> Result<T, ListError> + Send + 'static,
    ) -> Result<T, Status> {
        let store = Arc::clone(&self.shard.store);
        let asked = tokio::task::spawn_blocking(move || ask(&*store)).await;
        let answer = asked.map_err(|_| Status::unavailable("the server is stopping"))?;
        answer.map_err(status::list)
    }

    /// The namespace that a request names.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when the name is missing or too long, NOT_FOUND when there is none.
    pub(crate) fn namespace(&self, name: &str) -> Result<Arc<Namespace>, Status> {
        if name.is_empty() {
            return Err(status::invalid_argument("Namespace is empty."));
        }
        validate::optional_id("Namespace", name, &self.config.limits)?;
        self.namespaces.by_name(name).map_err(status::namespace)
    }
}

impl Frontend {
    /// The namespace that a request to start something names.
    ///
    /// # Errors
    /// As [`Frontend::namespace`], and FAILED_PRECONDITION when it takes no new workflows any more.
    fn namespace_for_starts(&self, name: &str) -> Result<Arc<Namespace>, Status> {
        let namespace = self.namespace(name)?;
        match namespace.state {
            NamespaceState::Registered => Ok(namespace),
            state => Err(status::namespace_invalid_state(&namespace.name, state)),
        }
    }
}

/// Puts an answer on its way.
pub(crate) fn respond<M: Message>(message: M) -> Response<M> {
    let is_small = message.encoded_len() < COMPRESS_FROM;
    let mut response = Response::new(message);
    if is_small {
        response.disable_compression();
    }
    response
}

/// The RPCs that are built: each line delegates to the file of its name.
macro_rules! workflow_service {
    ($($rpc:ident($request:ident) -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl WorkflowService for Frontend {
            $(async fn $rpc(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                self.ready()?;
                let Some(wire) = &self.wire else {
                    return $rpc::handle(self, request).await.map(respond);
                };
                let handle = |request| $rpc::handle(self, request);
                // Boxed, so that an RPC of other servers is as small as it would be without.
                let answered = wire.around(&self.shard, stringify!($rpc), request, handle);
                Box::pin(wire.carry(&self.shard, answered)).await.map(respond)
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
    describe_workflow_execution(DescribeWorkflowExecutionRequest) -> DescribeWorkflowExecutionResponse;
    get_workflow_execution_history(GetWorkflowExecutionHistoryRequest) -> GetWorkflowExecutionHistoryResponse;
    get_workflow_execution_history_reverse(GetWorkflowExecutionHistoryReverseRequest) -> GetWorkflowExecutionHistoryReverseResponse;
    poll_activity_task_queue(PollActivityTaskQueueRequest) -> PollActivityTaskQueueResponse;
    poll_workflow_execution_update(PollWorkflowExecutionUpdateRequest) -> PollWorkflowExecutionUpdateResponse;
    poll_workflow_task_queue(PollWorkflowTaskQueueRequest) -> PollWorkflowTaskQueueResponse;
    query_workflow(QueryWorkflowRequest) -> QueryWorkflowResponse;
    record_activity_task_heartbeat(RecordActivityTaskHeartbeatRequest) -> RecordActivityTaskHeartbeatResponse;
    record_activity_task_heartbeat_by_id(RecordActivityTaskHeartbeatByIdRequest) -> RecordActivityTaskHeartbeatByIdResponse;
    request_cancel_workflow_execution(RequestCancelWorkflowExecutionRequest) -> RequestCancelWorkflowExecutionResponse;
    reset_sticky_task_queue(ResetStickyTaskQueueRequest) -> ResetStickyTaskQueueResponse;
    respond_activity_task_canceled(RespondActivityTaskCanceledRequest) -> RespondActivityTaskCanceledResponse;
    respond_activity_task_canceled_by_id(RespondActivityTaskCanceledByIdRequest) -> RespondActivityTaskCanceledByIdResponse;
    respond_activity_task_completed(RespondActivityTaskCompletedRequest) -> RespondActivityTaskCompletedResponse;
    respond_activity_task_completed_by_id(RespondActivityTaskCompletedByIdRequest) -> RespondActivityTaskCompletedByIdResponse;
    respond_activity_task_failed(RespondActivityTaskFailedRequest) -> RespondActivityTaskFailedResponse;
    respond_activity_task_failed_by_id(RespondActivityTaskFailedByIdRequest) -> RespondActivityTaskFailedByIdResponse;
    respond_query_task_completed(RespondQueryTaskCompletedRequest) -> RespondQueryTaskCompletedResponse;
    respond_workflow_task_completed(RespondWorkflowTaskCompletedRequest) -> RespondWorkflowTaskCompletedResponse;
    respond_workflow_task_failed(RespondWorkflowTaskFailedRequest) -> RespondWorkflowTaskFailedResponse;
    shutdown_worker(ShutdownWorkerRequest) -> ShutdownWorkerResponse;
    signal_with_start_workflow_execution(SignalWithStartWorkflowExecutionRequest) -> SignalWithStartWorkflowExecutionResponse;
    signal_workflow_execution(SignalWorkflowExecutionRequest) -> SignalWorkflowExecutionResponse;
    start_workflow_execution(StartWorkflowExecutionRequest) -> StartWorkflowExecutionResponse;
    terminate_workflow_execution(TerminateWorkflowExecutionRequest) -> TerminateWorkflowExecutionResponse;
    update_workflow_execution(UpdateWorkflowExecutionRequest) -> UpdateWorkflowExecutionResponse;
    reset_workflow_execution(ResetWorkflowExecutionRequest) -> ResetWorkflowExecutionResponse;
    delete_workflow_execution(DeleteWorkflowExecutionRequest) -> DeleteWorkflowExecutionResponse;
    execute_multi_operation(ExecuteMultiOperationRequest) -> ExecuteMultiOperationResponse;
    get_search_attributes(GetSearchAttributesRequest) -> GetSearchAttributesResponse;
    describe_task_queue(DescribeTaskQueueRequest) -> DescribeTaskQueueResponse;
    list_task_queue_partitions(ListTaskQueuePartitionsRequest) -> ListTaskQueuePartitionsResponse;
    record_worker_heartbeat(RecordWorkerHeartbeatRequest) -> RecordWorkerHeartbeatResponse;
    list_workers(ListWorkersRequest) -> ListWorkersResponse;
    count_workers(CountWorkersRequest) -> CountWorkersResponse;
    describe_worker(DescribeWorkerRequest) -> DescribeWorkerResponse;
    update_workflow_execution_options(UpdateWorkflowExecutionOptionsRequest) -> UpdateWorkflowExecutionOptionsResponse;
    pause_activity(PauseActivityRequest) -> PauseActivityResponse;
    pause_activity_execution(PauseActivityExecutionRequest) -> PauseActivityExecutionResponse;
    unpause_activity(UnpauseActivityRequest) -> UnpauseActivityResponse;
    unpause_activity_execution(UnpauseActivityExecutionRequest) -> UnpauseActivityExecutionResponse;
    reset_activity(ResetActivityRequest) -> ResetActivityResponse;
    reset_activity_execution(ResetActivityExecutionRequest) -> ResetActivityExecutionResponse;
    update_activity_options(UpdateActivityOptionsRequest) -> UpdateActivityOptionsResponse;
    update_activity_execution_options(UpdateActivityExecutionOptionsRequest) -> UpdateActivityExecutionOptionsResponse;
}

#[cfg(test)]
pub(crate) mod tests;
