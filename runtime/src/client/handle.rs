//! A workflow that was started.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};

use mainspring_proto::common::v1::{Payloads, WorkflowExecution};
use mainspring_proto::history::v1::history_event::Attributes;
use mainspring_proto::history::v1::{self as proto, HistoryEvent};
use mainspring_proto::workflowservice::v1 as service;
use tonic::Code;

use super::retry::retrying;
use super::{
    Client, ClientError, ClientStub, HistoryStream, QueryCall, SignalCall, UpdateCall,
    UpdateHandle, WorkflowDescription, WorkflowStatus,
};
use crate::activity::BoxFuture;
use crate::converter::{DataConverter, EncodedValues, IntoArgs, Value};
use crate::error::{Failure, FailureKind};
use crate::history::History;
use crate::interceptor::{ClientCall, Headers};
use crate::workflow::{QueryType, SignalType, Untyped, UpdateType, WorkflowType};

/// A workflow that was started, here or elsewhere. Dropping it does nothing to the workflow.
pub struct WorkflowHandle<M> {
    client: Client,
    id: String,
    /// Empty for the current run.
    run_id: String,
    /// What this handle's start has led to; nothing if it was started elsewhere.
    begun: Begun,
    workflow: PhantomData<fn() -> M>,
}

impl<M> std::fmt::Debug for WorkflowHandle<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkflowHandle")
            .field("id", &self.id)
            .field("run_id", &self.run_id)
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}

impl<M> Clone for WorkflowHandle<M> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            id: self.id.clone(),
            run_id: self.run_id.clone(),
            begun: self.begun.clone(),
            workflow: PhantomData,
        }
    }
}

/// The run that a start has led to: a new one, or the one that ran already.
#[derive(Clone, Debug, Default)]
pub(super) struct Begun {
    /// The run itself.
    pub(super) run_id: String,
    /// The first of the runs that it is one of, which requests name so as to meet no other workflow of this id; empty if
    /// that is not known.
    first_run_id: String,
}

impl Begun {
    /// Servers that do not name the first run tell at least whether the run is new, and so the first.
    pub(super) fn new(run_id: String, first_run_id: String, is_new: bool) -> Self {
        let first_run_id = match first_run_id.is_empty() && is_new {
            true => run_id.clone(),
            false => first_run_id,
        };
        Self {
            run_id,
            first_run_id,
        }
    }
}

impl<M: WorkflowType> WorkflowHandle<M> {
    pub(super) fn new(client: Client, id: String, run_id: String) -> Self {
        Self {
            client,
            id,
            run_id,
            begun: Begun::default(),
            workflow: PhantomData,
        }
    }

    pub(super) fn begun(client: Client, id: String, begun: Begun) -> Self {
        Self {
            begun,
            ..Self::new(client, id, String::new())
        }
    }

    /// The workflow id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The run that was started or found, or that the handle is limited to; empty for the current run.
    pub fn run_id(&self) -> &str {
        match self.run_id.is_empty() {
            true => &self.begun.run_id,
            false => &self.run_id,
        }
    }

    /// Waits for the result, following the runs that it continues in.
    ///
    /// # Errors
    /// If the workflow ends in another way than by returning a value.
    pub async fn result(&self) -> Result<M::Output, ClientError> {
        let execution = WorkflowExecution {
            workflow_id: self.id.clone(),
            run_id: self.run_id().to_owned(),
        };
        let payloads = returned(&self.client, execution).await?;
        self.client.shared.output(payloads).await
    }

    /// A signal.
    pub fn signal<S: SignalType>(&self, args: impl IntoArgs<S::Args>) -> SignalCall<S> {
        self.stub().signal::<S>(args)
    }

    /// A query.
    pub fn query<Q: QueryType>(&self, args: impl IntoArgs<Q::Args>) -> QueryCall<Q> {
        self.stub().query::<Q>(args)
    }

    /// An update.
    pub fn update<U: UpdateType>(&self, args: impl IntoArgs<U::Args>) -> UpdateCall<U> {
        self.stub().update::<U>(args)
    }

    /// A handle on an update that was started elsewhere, by its id; `R` is what the update returns.
    pub fn update_handle<R: Value>(
        &self,
        id: impl Into<String>,
    ) -> UpdateHandle<Untyped<EncodedValues, R>> {
        UpdateHandle::new(self.client.clone(), self.execution(), id.into())
    }

    /// Asks it to cancel.
    ///
    /// # Errors
    /// If there is no such workflow.
    pub async fn cancel(&self) -> Result<(), ClientError> {
        self.cancel_because("").await
    }

    /// Asks it to cancel, with a reason.
    ///
    /// # Errors
    /// If there is no such workflow.
    pub async fn cancel_because(&self, reason: impl Into<String>) -> Result<(), ClientError> {
        let shared = &self.client.shared;
        let request = service::RequestCancelWorkflowExecutionRequest {
            namespace: shared.namespace.clone(),
            workflow_execution: Some(self.execution()),
            identity: shared.identity.clone(),
            request_id: uuid::Uuid::new_v4().to_string(),
            first_execution_run_id: self.begun.first_run_id.clone(),
            reason: reason.into(),
            ..Default::default()
        };
        let send = move |_| -> BoxFuture<'_, _> {
            Box::pin(async move {
                let response = shared.call(&request).await;
                response.map_err(|status| ClientError::rpc("cancel workflow", status))
            })
        };
        let call = ClientCall::Cancel {
            workflow_id: &self.id,
        };
        let interceptors = &shared.interceptors;
        interceptors
            .client_call(&call, Headers::new(), send)
            .await?;
        Ok(())
    }

    /// Ends it at once, without letting its code know.
    ///
    /// # Errors
    /// If there is no such workflow, or it is closed.
    pub async fn terminate(&self, reason: impl Into<String>) -> Result<(), ClientError> {
        let shared = &self.client.shared;
        let request = service::TerminateWorkflowExecutionRequest {
            namespace: shared.namespace.clone(),
            workflow_execution: Some(self.execution()),
            reason: reason.into(),
            identity: shared.identity.clone(),
            first_execution_run_id: self.begun.first_run_id.clone(),
            ..Default::default()
        };
        let send = move |_| -> BoxFuture<'_, _> {
            Box::pin(async move {
                let requests = AtomicU32::new(0);
                let response = retrying(shared.patience(), || {
                    requests.fetch_add(1, Ordering::Relaxed);
                    shared.once(&request)
                });
                match response.await {
                    Ok(_) => Ok(()),
                    // The protocol has no request id here: what is not found may be what an earlier request has ended.
                    Err(status)
                        if status.code() == Code::NotFound
                            && requests.into_inner() > 1
                            && self.was_terminated_by(&request).await =>
                    {
                        Ok(())
                    }
                    Err(status) => Err(ClientError::rpc("terminate workflow", status)),
                }
            })
        };
        let call = ClientCall::Terminate {
            workflow_id: &self.id,
        };
        let interceptors = &shared.interceptors;
        interceptors
            .client_call(&call, Headers::new(), send)
            .await?;
        Ok(())
    }

    /// Whether such a request is what closed it.
    async fn was_terminated_by(
        &self,
        request: &service::TerminateWorkflowExecutionRequest,
    ) -> bool {
        let Ok(described) = self.describe().await else {
            return false;
        };
        if described.status() != WorkflowStatus::Terminated {
            return false;
        }
        let execution = WorkflowExecution {
            workflow_id: self.id.clone(),
            run_id: described.run_id().to_owned(),
        };
        let closed = self.client.close_event(&execution).await;
        let Some(Attributes::WorkflowExecutionTerminatedEventAttributes(it)) =
            closed.ok().and_then(|it| it.attributes)
        else {
            return false;
        };
        it.identity == request.identity && it.reason == request.reason
    }

    /// What the server tells of it.
    ///
    /// # Errors
    /// If there is no such workflow.
    pub async fn describe(&self) -> Result<WorkflowDescription, ClientError> {
        let shared = &self.client.shared;
        let request = service::DescribeWorkflowExecutionRequest {
            namespace: shared.namespace.clone(),
            execution: Some(self.execution()),
        };
        let response = shared.call(&request).await;
        let response = response.map_err(|status| ClientError::rpc("describe workflow", status))?;
        Ok(WorkflowDescription::decoded(response, &shared.converter).await)
    }

    /// Its whole history so far.
    ///
    /// # Errors
    /// If there is no such workflow.
    pub async fn history(&self) -> Result<History, ClientError> {
        let execution = WorkflowExecution {
            workflow_id: self.id.clone(),
            run_id: self.run_id().to_owned(),
        };
        let events = self.client.history_of(&execution).await;
        let events = events.map_err(|status| ClientError::rpc("get workflow history", status))?;
        let mut history = proto::History::from(events);
        let converter = &self.client.shared.converter;
        converter.decode_all(&mut history).await?;
        Ok(history.into())
    }

    /// Its history, event by event, without keeping all of it in memory; `.follow()` waits for what is still to come. It
    /// can be asked for the next one, or used as a [`Stream`](futures_core::Stream).
    ///
    /// ```no_run
    /// # async fn example(run: mainspring::client::WorkflowHandle<impl mainspring::workflow::WorkflowType>)
    /// #     -> Result<(), mainspring::client::ClientError> {
    /// let mut events = run.history_stream().follow();
    /// while let Some(event) = events.next().await? {
    ///     println!("{} {}", event.event_id, event.event_type().as_str_name());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn history_stream(&self) -> HistoryStream {
        let execution = WorkflowExecution {
            workflow_id: self.id.clone(),
            run_id: self.run_id().to_owned(),
        };
        HistoryStream::new(self.client.clone(), execution)
    }

    fn execution(&self) -> WorkflowExecution {
        WorkflowExecution {
            workflow_id: self.id.clone(),
            run_id: self.run_id.clone(),
        }
    }

    fn stub(&self) -> ClientStub {
        ClientStub::new(self.client.clone(), self.id.clone()).run_id(self.run_id.clone())
    }
}

/// What a workflow returned, through the runs that it continues in. It is boxed here, where it is the same for workflows of
/// all types, so that it is compiled once and not in each program.
fn returned(
    client: &Client,
    mut execution: WorkflowExecution,
) -> BoxFuture<'_, Result<Option<Payloads>, ClientError>> {
    Box::pin(async move {
        loop {
            let closed = client.close_event(&execution).await;
            let mut closed =
                closed.map_err(|status| ClientError::rpc("get workflow result", status))?;
            // Results are decoded with their type; here it is the failures that are.
            if matches!(
                closed.attributes,
                Some(
                    Attributes::WorkflowExecutionFailedEventAttributes(_)
                        | Attributes::WorkflowExecutionCanceledEventAttributes(_)
                )
            ) {
                client.shared.converter.decode_all(&mut closed).await?;
            }
            match Ending::of(closed, &client.shared.converter) {
                Ending::Next(next) => execution.run_id = next,
                Ending::Completed(payloads) => return Ok(payloads),
                Ending::Failed(error) => return Err(*error),
            }
        }
    })
}

/// How a run ended.
enum Ending {
    /// It goes on in this run.
    Next(String),
    Completed(Option<mainspring_proto::common::v1::Payloads>),
    Failed(Box<ClientError>),
}

impl Ending {
    fn of(event: HistoryEvent, converter: &DataConverter) -> Self {
        let failed = |error| Self::Failed(Box::new(error));
        match event.attributes {
            Some(Attributes::WorkflowExecutionCompletedEventAttributes(it)) => {
                if it.new_execution_run_id.is_empty() {
                    return Self::Completed(it.result);
                }
                Self::Next(it.new_execution_run_id)
            }
            Some(Attributes::WorkflowExecutionFailedEventAttributes(it)) => {
                if !it.new_execution_run_id.is_empty() {
                    return Self::Next(it.new_execution_run_id);
                }
                let failure = Failure::from_proto(it.failure.unwrap_or_default());
                let failure = failure.read_by(converter);
                failed(ClientError::WorkflowFailed(Box::new(failure)))
            }
            Some(Attributes::WorkflowExecutionTimedOutEventAttributes(it)) => {
                if !it.new_execution_run_id.is_empty() {
                    return Self::Next(it.new_execution_run_id);
                }
                failed(ClientError::WorkflowTimedOut)
            }
            Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(it)) => {
                Self::Next(it.new_execution_run_id)
            }
            Some(Attributes::WorkflowExecutionCanceledEventAttributes(it)) => {
                let mut failure = Failure::canceled("workflow cancelled");
                if let FailureKind::Canceled { details, .. } = &mut failure.kind {
                    *details = it.details.into();
                }
                let failure = failure.read_by(converter);
                failed(ClientError::WorkflowCancelled(Box::new(failure)))
            }
            Some(Attributes::WorkflowExecutionTerminatedEventAttributes(it)) => {
                failed(ClientError::WorkflowTerminated { reason: it.reason })
            }
            _ => failed(ClientError::Options(format!(
                "the server named {:?} as the event that closed the workflow",
                event.event_type
            ))),
        }
    }
}
