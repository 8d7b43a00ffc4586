//! Completing activities from elsewhere.

use mainspring_proto::common::v1::{Payload, Payloads};
use mainspring_proto::workflowservice::v1 as service;

use super::{Client, ClientError};
use crate::converter::{EncodedValues, Value};
use crate::error::{ActivityError, Failure};

/// An activity whose code has ended with `activity::complete_async`, and whose outcome is still to come.
#[derive(Clone, Debug)]
pub struct AsyncActivity {
    client: Client,
    id: Id,
}

#[derive(Clone, Debug)]
enum Id {
    Token(Vec<u8>),
    Ids {
        workflow_id: String,
        run_id: String,
        activity_id: String,
    },
}

impl Client {
    /// An activity by its task token.
    pub fn async_activity(&self, task_token: impl Into<Vec<u8>>) -> AsyncActivity {
        AsyncActivity {
            client: self.clone(),
            id: Id::Token(task_token.into()),
        }
    }

    /// An activity by its ids; an empty run id means the current run.
    pub fn async_activity_by_id(
        &self,
        workflow_id: impl Into<String>,
        run_id: impl Into<String>,
        activity_id: impl Into<String>,
    ) -> AsyncActivity {
        AsyncActivity {
            client: self.clone(),
            id: Id::Ids {
                workflow_id: workflow_id.into(),
                run_id: run_id.into(),
                activity_id: activity_id.into(),
            },
        }
    }
}

macro_rules! send {
    ($self:ident, $by_token:ident, $by_id:ident, $token_request:ident, $id_request:ident, { $($field:ident: $value:expr),* $(,)? }) => {{
        let shared = &$self.client.shared;
        let (namespace, identity) = (shared.namespace.clone(), shared.identity.clone());
        match &$self.id {
            Id::Token(token) => {
                let request = service::$token_request {
                    task_token: token.clone().into(),
                    namespace,
                    identity,
                    $($field: $value,)*
                    ..Default::default()
                };
                shared.call(&request).await.map(Into::into)
            }
            Id::Ids { workflow_id, run_id, activity_id } => {
                let request = service::$id_request {
                    workflow_id: workflow_id.clone(),
                    run_id: run_id.clone(),
                    activity_id: activity_id.clone(),
                    namespace,
                    identity,
                    $($field: $value,)*
                    ..Default::default()
                };
                shared.call(&request).await.map(Into::into)
            }
        }
    }};
}

impl AsyncActivity {
    /// It has succeeded.
    ///
    /// # Errors
    /// If it is not waiting any more.
    pub async fn complete<T: Value>(&self, output: T) -> Result<(), ClientError> {
        let result = self.payloads(&output).await?;
        let sent: Result<Ignored, _> = send!(
            self,
            respond_activity_task_completed,
            respond_activity_task_completed_by_id,
            RespondActivityTaskCompletedRequest,
            RespondActivityTaskCompletedByIdRequest,
            { result: result.clone() }
        );
        done("complete activity", sent)
    }

    /// It has failed.
    ///
    /// # Errors
    /// If it is not waiting any more.
    pub async fn fail(&self, error: impl Into<ActivityError>) -> Result<(), ClientError> {
        let failure: Failure = error.into().into_failure();
        let mut failure = failure.into_proto();
        let converter = &self.client.shared.converter;
        converter.encode_all(&mut failure).await?;
        let failure = Some(failure);
        let sent: Result<Ignored, _> = send!(
            self,
            respond_activity_task_failed,
            respond_activity_task_failed_by_id,
            RespondActivityTaskFailedRequest,
            RespondActivityTaskFailedByIdRequest,
            { failure: failure.clone() }
        );
        done("fail activity", sent)
    }

    /// It has stopped, as it was asked to.
    ///
    /// # Errors
    /// If it is not waiting any more, or nobody asked for it.
    pub async fn cancelled(&self) -> Result<(), ClientError> {
        let sent: Result<Ignored, _> = send!(
            self,
            respond_activity_task_canceled,
            respond_activity_task_canceled_by_id,
            RespondActivityTaskCanceledRequest,
            RespondActivityTaskCanceledByIdRequest,
            {}
        );
        done("report activity cancelled", sent)
    }

    /// It makes progress. Yields whether it should stop.
    ///
    /// # Errors
    /// If it is not waiting any more.
    pub async fn heartbeat<T: Value>(&self, details: T) -> Result<bool, ClientError> {
        let details = self.payloads(&details).await?;
        let sent: Result<Beat, _> = send!(
            self,
            record_activity_task_heartbeat,
            record_activity_task_heartbeat_by_id,
            RecordActivityTaskHeartbeatRequest,
            RecordActivityTaskHeartbeatByIdRequest,
            { details: details.clone() }
        );
        match sent {
            Ok(Beat(cancel_requested)) => Ok(cancel_requested),
            Err(status) => Err(ClientError::rpc("heartbeat activity", status)),
        }
    }

    async fn payloads<T: Value>(&self, value: &T) -> Result<Option<Payloads>, ClientError> {
        let shared = &self.client.shared;
        let payload: Payload = shared.converter.to_payload(value)?;
        let payloads = shared.encode(vec![payload]).await?;
        Ok(EncodedValues::new(payloads).into_proto())
    }
}

/// An answer without content.
struct Ignored;

/// Whether the activity should stop.
struct Beat(bool);

macro_rules! ignored {
    ($($answer:ident),* $(,)?) => { $(
        impl From<service::$answer> for Ignored {
            fn from(_: service::$answer) -> Self {
                Self
            }
        }
    )* };
}

ignored! {
    RespondActivityTaskCompletedResponse,
    RespondActivityTaskCompletedByIdResponse,
    RespondActivityTaskFailedResponse,
    RespondActivityTaskFailedByIdResponse,
    RespondActivityTaskCanceledResponse,
    RespondActivityTaskCanceledByIdResponse,
}

impl From<service::RecordActivityTaskHeartbeatResponse> for Beat {
    fn from(answer: service::RecordActivityTaskHeartbeatResponse) -> Self {
        Self(answer.cancel_requested)
    }
}

impl From<service::RecordActivityTaskHeartbeatByIdResponse> for Beat {
    fn from(answer: service::RecordActivityTaskHeartbeatByIdResponse) -> Self {
        Self(answer.cancel_requested)
    }
}

fn done(operation: &'static str, sent: Result<Ignored, tonic::Status>) -> Result<(), ClientError> {
    match sent {
        Ok(Ignored) => Ok(()),
        Err(status) => Err(ClientError::rpc(operation, status)),
    }
}
