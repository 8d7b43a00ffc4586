//! Queries from clients.

use std::future::IntoFuture;

use mainspring_proto::common::v1 as common;
use mainspring_proto::enums::v1::QueryRejectCondition;
use mainspring_proto::errordetails::v1::QueryFailedFailure;
use mainspring_proto::query::v1::WorkflowQuery;
use mainspring_proto::workflowservice::v1 as service;
use tonic::{Code, Status};

use super::shared::header;
use super::start::detail;
use super::{ClientError, ClientStub, Shared, WorkflowStatus};
use crate::activity::BoxFuture;
use crate::converter::{Args, Payload};
use crate::interceptor::{ClientCall, Headers};
use crate::workflow::QueryType;

/// A query, not yet sent. Awaiting it yields the answer.
#[must_use = "a query is not sent unless awaited"]
pub struct QueryCall<Q: QueryType> {
    stub: ClientStub,
    name: String,
    args: Q::Args,
    headers: Headers,
    reject: QueryRejectCondition,
}

impl<Q: QueryType> QueryCall<Q> {
    pub(super) fn new(stub: ClientStub, name: String, args: Q::Args) -> Self {
        Self {
            stub,
            name,
            args,
            headers: Headers::new(),
            reject: QueryRejectCondition::None,
        }
    }

    /// Adds a header, which interceptors of the workflow's worker see.
    pub fn header(mut self, name: impl Into<String>, value: Payload) -> Self {
        self.headers.insert(name.into(), value);
        self
    }

    /// Fails unless the workflow runs.
    pub fn reject_if_closed(mut self) -> Self {
        self.reject = QueryRejectCondition::NotOpen;
        self
    }

    /// Fails if the workflow has ended in another way than by completing.
    pub fn reject_if_failed(mut self) -> Self {
        self.reject = QueryRejectCondition::NotCompletedCleanly;
        self
    }

    async fn send(self) -> Result<Q::Output, ClientError> {
        let shared = &self.stub.client.shared;
        let args = self.args.to_payloads(&shared.converter)?;
        let call = ClientCall::Query {
            name: &self.name,
            workflow_id: &self.stub.id,
        };
        let mut request = service::QueryWorkflowRequest {
            namespace: shared.namespace.clone(),
            execution: Some(common::WorkflowExecution {
                workflow_id: self.stub.id.clone(),
                run_id: self.stub.run_id.clone(),
            }),
            query: Some(WorkflowQuery {
                query_type: self.name.clone(),
                query_args: shared.input(args).await?,
                header: None,
            }),
            query_reject_condition: self.reject as i32,
        };
        let send = move |headers| -> BoxFuture<'_, _> {
            if let Some(query) = &mut request.query {
                query.header = header(headers);
            }
            Box::pin(async move {
                match shared.call(&request).await {
                    Ok(response) => Ok(response),
                    Err(status) => Err(query_error(shared, status).await),
                }
            })
        };
        let interceptors = &shared.interceptors;
        let response = interceptors.client_call(&call, self.headers, send).await?;
        if let Some(rejected) = response.query_rejected {
            return Err(ClientError::QueryRejected {
                status: WorkflowStatus::from_proto(rejected.status),
            });
        }
        shared.output(response.query_result).await
    }
}

async fn query_error(shared: &Shared, status: Status) -> ClientError {
    // What servers answer when the handler fails, or is not there.
    if status.code() != Code::InvalidArgument {
        return ClientError::rpc("query workflow", status);
    }
    let detail = detail::<QueryFailedFailure>(&status);
    let failure = detail.and_then(|it| it.failure);
    let Some(mut failure) = failure.filter(|it| it.encoded_attributes.is_some()) else {
        return ClientError::QueryFailed(status.message().to_owned());
    };
    match shared.converter.decode_all(&mut failure).await {
        Ok(()) => ClientError::QueryFailed(failure.message),
        Err(error) => error.into(),
    }
}

impl<Q: QueryType> IntoFuture for QueryCall<Q> {
    type Output = Result<Q::Output, ClientError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
