//! Signals from clients.

use std::collections::BTreeMap;
use std::future::IntoFuture;

use mainspring_proto::common::v1 as common;
use mainspring_proto::workflowservice::v1 as service;

use super::handle::Begun;
use super::shared::header;
use super::start::start_error;
use super::{ClientError, ClientStub, StartCall, WorkflowHandle};
use crate::activity::BoxFuture;
use crate::converter::{Args, Payload};
use crate::interceptor::ClientCall;
use crate::workflow::{HandlerOf, SignalType, WorkflowType};

/// A signal, not yet sent. Awaiting it waits until the server has it, not until it is handled.
#[must_use = "a signal is not sent unless awaited"]
pub struct SignalCall<S: SignalType> {
    stub: ClientStub,
    name: String,
    args: S::Args,
    headers: BTreeMap<String, Payload>,
    request_id: Option<String>,
}

impl<S: SignalType> SignalCall<S> {
    pub(super) fn new(stub: ClientStub, name: String, args: S::Args) -> Self {
        Self {
            stub,
            name,
            args,
            headers: BTreeMap::new(),
            request_id: None,
        }
    }

    /// Adds a header, which interceptors of the workflow's worker see.
    pub fn header(mut self, name: impl Into<String>, value: Payload) -> Self {
        self.headers.insert(name.into(), value);
        self
    }

    /// Makes repeated signals with the same request id one signal.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Starts the workflow first if it does not run, as one step.
    ///
    /// # Errors
    /// If it can be neither signalled nor started.
    pub fn with_start<M: WorkflowType>(
        self,
        start: StartCall<M>,
    ) -> BoxFuture<'static, Result<WorkflowHandle<M>, ClientError>>
    where
        S: HandlerOf<M>,
    {
        // The future has a name, so that rustc tells of an unmet condition once.
        Box::pin(self.start_with(start))
    }

    async fn start_with<M: WorkflowType>(
        self,
        start: StartCall<M>,
    ) -> Result<WorkflowHandle<M>, ClientError> {
        let client = self.stub.client.clone();
        let shared = &client.shared;
        let id = self.stub.id.clone();
        let signal_input = self.args.to_payloads(&shared.converter)?;
        let signal_input = shared.input(signal_input).await?;
        let mut start = start.into_request().await?;
        let mut headers = start.header.take().unwrap_or_default().fields;
        headers.extend(self.headers);
        let name = self.name;
        let workflow_type = start.workflow_type.clone().unwrap_or_default().name;
        let call = ClientCall::SignalWithStart {
            name: &name,
            workflow_type: &workflow_type,
            workflow_id: &id,
        };
        let mut request = service::SignalWithStartWorkflowExecutionRequest {
            namespace: start.namespace,
            workflow_id: start.workflow_id,
            workflow_type: start.workflow_type,
            task_queue: start.task_queue,
            input: start.input,
            workflow_execution_timeout: start.workflow_execution_timeout,
            workflow_run_timeout: start.workflow_run_timeout,
            workflow_task_timeout: start.workflow_task_timeout,
            identity: start.identity,
            request_id: start.request_id,
            workflow_id_reuse_policy: start.workflow_id_reuse_policy,
            workflow_id_conflict_policy: start.workflow_id_conflict_policy,
            signal_name: name.clone(),
            signal_input,
            retry_policy: start.retry_policy,
            cron_schedule: start.cron_schedule,
            memo: start.memo,
            search_attributes: start.search_attributes,
            workflow_start_delay: start.workflow_start_delay,
            user_metadata: start.user_metadata,
            priority: start.priority,
            ..Default::default()
        };
        let workflow_id = &id;
        let send = move |headers| -> BoxFuture<'_, _> {
            request.header = header(headers);
            Box::pin(async move {
                let response = shared.call(&request).await;
                response.map_err(|status| start_error(workflow_id, status))
            })
        };
        let response = shared
            .interceptors
            .client_call(&call, headers, send)
            .await?;
        let client = client.clone();
        let (run_id, first) = (response.run_id, response.first_execution_run_id);
        let begun = Begun::new(run_id, first, response.started);
        Ok(WorkflowHandle::begun(client, id, begun))
    }

    async fn send(self) -> Result<(), ClientError> {
        let shared = &self.stub.client.shared;
        let input = self.args.to_payloads(&shared.converter)?;
        let call = ClientCall::Signal {
            name: &self.name,
            workflow_id: &self.stub.id,
        };
        let mut request = service::SignalWorkflowExecutionRequest {
            namespace: shared.namespace.clone(),
            workflow_execution: Some(common::WorkflowExecution {
                workflow_id: self.stub.id.clone(),
                run_id: self.stub.run_id.clone(),
            }),
            signal_name: self.name.clone(),
            input: shared.input(input).await?,
            identity: shared.identity.clone(),
            request_id: self
                .request_id
                .unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            ..Default::default()
        };
        let send = move |headers| -> BoxFuture<'_, _> {
            request.header = header(headers);
            Box::pin(async move {
                let response = shared.call(&request).await;
                response.map_err(|status| ClientError::rpc("signal workflow", status))
            })
        };
        let interceptors = &shared.interceptors;
        interceptors.client_call(&call, self.headers, send).await?;
        Ok(())
    }
}

impl<S: SignalType> IntoFuture for SignalCall<S> {
    type Output = Result<(), ClientError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
