//! Updates from clients.

use std::future::IntoFuture;
use std::marker::PhantomData;

use mainspring_proto::common::v1 as common;
use mainspring_proto::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use mainspring_proto::errordetails::v1::MultiOperationExecutionFailure;
use mainspring_proto::update::v1 as update;
use mainspring_proto::workflowservice::v1 as service;
use mainspring_proto::workflowservice::v1::execute_multi_operation_request::{
    Operation, operation::Operation as Step,
};
use mainspring_proto::workflowservice::v1::execute_multi_operation_response::response::Response as StepResponse;
use prost::Message;
use tonic::{Code, Status};

use super::handle::Begun;
use super::shared::header;
use super::start::{detail, start_error};
use super::{Client, ClientError, ClientStub, StartCall, WorkflowHandle};
use crate::activity::BoxFuture;
use crate::converter::{Args, Payload};
use crate::error::Failure;
use crate::interceptor::{ClientCall, Headers};
use crate::workflow::{HandlerOf, UpdateType, WorkflowType};

/// An update, not yet sent. Awaiting it waits for its result; `start` only until it is accepted.
#[must_use = "an update is not sent unless awaited"]
pub struct UpdateCall<U: UpdateType> {
    stub: ClientStub,
    name: String,
    args: U::Args,
    headers: Headers,
    update_id: Option<String>,
}

/// The workflow and the update that started it.
type Started<M, U> = Result<(WorkflowHandle<M>, UpdateHandle<U>), ClientError>;

impl<U: UpdateType> UpdateCall<U> {
    pub(super) fn new(stub: ClientStub, name: String, args: U::Args) -> Self {
        Self {
            stub,
            name,
            args,
            headers: Headers::new(),
            update_id: None,
        }
    }

    /// Makes repeated updates with the same id one update.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.update_id = Some(id.into());
        self
    }

    /// Adds a header, which interceptors of the workflow's worker see.
    pub fn header(mut self, name: impl Into<String>, value: Payload) -> Self {
        self.headers.insert(name.into(), value);
        self
    }

    /// Sends it, and waits until the workflow has accepted it.
    ///
    /// # Errors
    /// If the workflow's validator rejects it.
    pub async fn start(self) -> Result<UpdateHandle<U>, ClientError> {
        let client = self.stub.client.clone();
        let (name, workflow_id) = (self.name.clone(), self.stub.id.clone());
        let (request, headers) = self.into_request().await?;
        let update_id = update_id(&request);
        let call = ClientCall::Update {
            name: &name,
            update_id: &update_id,
            workflow_id: &workflow_id,
        };
        let send = |headers| -> BoxFuture<'_, _> { Box::pin(accepted(&client, request, headers)) };
        let interceptors = &client.shared.interceptors;
        interceptors.client_call(&call, headers, send).await
    }

    /// Starts the workflow first if it does not run, as one step.
    ///
    /// # Errors
    /// If the workflow cannot be started, or rejects the update.
    pub fn with_start<M: WorkflowType>(
        self,
        start: StartCall<M>,
    ) -> BoxFuture<'static, Started<M, U>>
    where
        U: HandlerOf<M>,
    {
        // The future has a name, so that rustc tells of an unmet condition once.
        Box::pin(self.start_with(start))
    }

    async fn start_with<M: WorkflowType>(self, start: StartCall<M>) -> Started<M, U> {
        let client = self.stub.client.clone();
        let (name, workflow_id) = (self.name.clone(), self.stub.id.clone());
        let mut start = start.into_request().await?;
        let mut headers = start.header.take().unwrap_or_default().fields;
        let (update, given) = self.into_request().await?;
        headers.extend(given);
        let workflow_type = start.workflow_type.clone().unwrap_or_default().name;
        let update_id = update_id(&update);
        let call = ClientCall::UpdateWithStart {
            name: &name,
            update_id: &update_id,
            workflow_type: &workflow_type,
            workflow_id: &workflow_id,
        };
        let send = |headers| -> BoxFuture<'_, _> {
            Box::pin(started_and_accepted(&client, start, update, headers))
        };
        let interceptors = &client.shared.interceptors;
        interceptors.client_call(&call, headers, send).await
    }

    /// The request, and the headers that it was given; interceptors have not seen it.
    async fn into_request(
        self,
    ) -> Result<(service::UpdateWorkflowExecutionRequest, Headers), ClientError> {
        let shared = &self.stub.client.shared;
        let args = self.args.to_payloads(&shared.converter)?;
        let id = self
            .update_id
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let request = service::UpdateWorkflowExecutionRequest {
            namespace: shared.namespace.clone(),
            workflow_execution: Some(common::WorkflowExecution {
                workflow_id: self.stub.id.clone(),
                run_id: self.stub.run_id.clone(),
            }),
            wait_policy: Some(update::WaitPolicy {
                lifecycle_stage: Stage::Accepted as i32,
            }),
            request: Some(update::Request {
                meta: Some(update::Meta {
                    update_id: id,
                    identity: shared.identity.clone(),
                }),
                input: Some(update::Input {
                    header: None,
                    name: self.name,
                    args: shared.input(args).await?,
                }),
                ..Default::default()
            }),
            ..Default::default()
        };
        Ok((request, self.headers))
    }

    async fn execute(self) -> Result<U::Output, ClientError> {
        self.start().await?.result().await
    }
}

impl<U: UpdateType> IntoFuture for UpdateCall<U> {
    type Output = Result<U::Output, ClientError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.execute())
    }
}

/// An update that was accepted.
pub struct UpdateHandle<U> {
    client: Client,
    execution: common::WorkflowExecution,
    update_id: String,
    outcome: Option<update::Outcome>,
    update: PhantomData<fn() -> U>,
}

impl<U> std::fmt::Debug for UpdateHandle<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpdateHandle")
            .field("execution", &self.execution)
            .field("update_id", &self.update_id)
            .finish_non_exhaustive()
    }
}

impl<U: UpdateType> UpdateHandle<U> {
    pub(super) fn new(
        client: Client,
        execution: common::WorkflowExecution,
        update_id: String,
    ) -> Self {
        Self {
            client,
            execution,
            update_id,
            outcome: None,
            update: PhantomData,
        }
    }

    /// The update's id.
    pub fn id(&self) -> &str {
        &self.update_id
    }

    /// Waits for its result.
    ///
    /// # Errors
    /// If its handler fails.
    pub async fn result(mut self) -> Result<U::Output, ClientError> {
        let shared = &self.client.shared;
        let outcome = match self.outcome.take() {
            Some(outcome) => outcome,
            None => self.poll().await?,
        };
        match outcome.value {
            Some(update::outcome::Value::Success(payloads)) => shared.output(Some(payloads)).await,
            Some(update::outcome::Value::Failure(failure)) => {
                Err(failed(&self.client, failure).await)
            }
            None => shared.output(None).await,
        }
    }

    async fn poll(&self) -> Result<update::Outcome, ClientError> {
        let shared = &self.client.shared;
        let request = service::PollWorkflowExecutionUpdateRequest {
            namespace: shared.namespace.clone(),
            update_ref: Some(update::UpdateRef {
                workflow_execution: Some(self.execution.clone()),
                update_id: self.update_id.clone(),
            }),
            identity: shared.identity.clone(),
            wait_policy: Some(update::WaitPolicy {
                lifecycle_stage: Stage::Completed as i32,
            }),
        };
        loop {
            match shared.wait(&request).await {
                Ok(response) => {
                    if let Some(outcome) = response.outcome {
                        return Ok(outcome);
                    }
                }
                Err(status) if status.code() == Code::DeadlineExceeded => {}
                Err(status) => return Err(ClientError::rpc("poll update", status)),
            }
        }
    }
}

/// Sends an update, and waits until it is accepted.
async fn accepted<U: UpdateType>(
    client: &Client,
    mut request: service::UpdateWorkflowExecutionRequest,
    headers: Headers,
) -> Result<UpdateHandle<U>, ClientError> {
    set_headers(&mut request, headers);
    let id = update_id(&request);
    let execution = request.workflow_execution.clone().unwrap_or_default();
    // The server answers before its own deadline with the stage reached so far; then it is asked again.
    loop {
        let response = client.shared.call(&request).await;
        let response = response.map_err(|status| ClientError::rpc("update workflow", status))?;
        let execution = execution_of(response.update_ref.as_ref(), &execution);
        let handle = UpdateHandle::new(client.clone(), execution, id.clone());
        match response.outcome {
            Some(update::Outcome {
                value: Some(update::outcome::Value::Failure(failure)),
            }) => return Err(failed(client, failure).await),
            Some(outcome) => {
                return Ok(UpdateHandle {
                    outcome: Some(outcome),
                    ..handle
                });
            }
            None if response.stage >= Stage::Accepted as i32 => return Ok(handle),
            None => {}
        }
    }
}

/// Starts a workflow, updates it, and waits until the update is accepted.
async fn started_and_accepted<M: WorkflowType, U: UpdateType>(
    client: &Client,
    mut start: service::StartWorkflowExecutionRequest,
    mut update: service::UpdateWorkflowExecutionRequest,
    headers: Headers,
) -> Result<(WorkflowHandle<M>, UpdateHandle<U>), ClientError> {
    let shared = &client.shared;
    let workflow_id = start.workflow_id.clone();
    let update_id = update_id(&update);
    start.header = header(headers.clone());
    set_headers(&mut update, headers);
    let operation = |step| Operation {
        operation: Some(step),
    };
    let request = service::ExecuteMultiOperationRequest {
        namespace: shared.namespace.clone(),
        operations: vec![
            operation(Step::StartWorkflow(start)),
            operation(Step::UpdateWorkflow(update)),
        ],
        ..Default::default()
    };
    let mut begun = Begun::default();
    loop {
        let response = shared.call(&request).await;
        let response = response.map_err(|status| with_start_error(&workflow_id, status))?;
        let mut outcome = None;
        let mut accepted = false;
        for step in response.responses {
            match step.response {
                Some(StepResponse::StartWorkflow(started)) => {
                    let (run_id, first) = (started.run_id, started.first_execution_run_id);
                    begun = Begun::new(run_id, first, started.started);
                }
                Some(StepResponse::UpdateWorkflow(updated)) => {
                    accepted = updated.stage >= Stage::Accepted as i32;
                    outcome = updated.outcome;
                }
                None => {}
            }
        }
        if outcome.is_none() && !accepted {
            continue;
        }
        let execution = common::WorkflowExecution {
            workflow_id: workflow_id.clone(),
            run_id: begun.run_id.clone(),
        };
        let handle = UpdateHandle {
            outcome,
            ..UpdateHandle::new(client.clone(), execution, update_id)
        };
        let workflow = WorkflowHandle::begun(client.clone(), workflow_id, begun);
        return Ok((workflow, handle));
    }
}

/// Of the two steps one is to blame, and its own status says more than that of both together.
fn with_start_error(workflow_id: &str, status: Status) -> ClientError {
    let statuses = detail::<MultiOperationExecutionFailure>(&status)
        .unwrap_or_default()
        .statuses;
    let blamed = statuses.into_iter().enumerate();
    let mut blamed = blamed.filter(|(_, it)| it.code != Code::Aborted as i32);
    let Some((step, own)) = blamed.next() else {
        return start_error(workflow_id, status);
    };
    let details = mainspring_proto::google::rpc::Status {
        code: own.code,
        message: own.message.clone(),
        details: own.details,
    };
    let details = details.encode_to_vec().into();
    let own = Status::with_details(Code::from_i32(own.code), own.message, details);
    match step {
        0 => start_error(workflow_id, own),
        _ => ClientError::rpc("update workflow", own),
    }
}

fn set_headers(request: &mut service::UpdateWorkflowExecutionRequest, headers: Headers) {
    let input = request.request.as_mut().and_then(|it| it.input.as_mut());
    if let Some(input) = input {
        input.header = header(headers);
    }
}

fn update_id(request: &service::UpdateWorkflowExecutionRequest) -> String {
    let meta = request.request.as_ref().and_then(|it| it.meta.as_ref());
    meta.map_or_else(String::new, |it| it.update_id.clone())
}

fn execution_of(
    update: Option<&update::UpdateRef>,
    asked: &common::WorkflowExecution,
) -> common::WorkflowExecution {
    let execution = update.and_then(|it| it.workflow_execution.as_ref());
    execution.unwrap_or(asked).clone()
}

async fn failed(
    client: &Client,
    mut failure: mainspring_proto::failure::v1::Failure,
) -> ClientError {
    if let Err(error) = client.shared.converter.decode_all(&mut failure).await {
        return error.into();
    }
    let failure = Failure::from_proto(failure).read_by(&client.shared.converter);
    ClientError::UpdateFailed(Box::new(failure))
}
