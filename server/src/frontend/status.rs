//! The one place where refusals become gRPC statuses.
//!
//! SDKs tell errors apart by the first detail of the `google.rpc.Status` in
//! `grpc-status-details-bin`, so every typed error goes out through [`with_detail`].

use mainspring_proto::{
    enums::v1::{NamespaceState, ResourceExhaustedCause, ResourceExhaustedScope},
    errordetails::v1::{
        NamespaceAlreadyExistsFailure, NamespaceInvalidStateFailure, NamespaceNotFoundFailure,
        NotFoundFailure, QueryFailedFailure, ResourceExhaustedFailure,
        WorkflowExecutionAlreadyStartedFailure, WorkflowNotReadyFailure,
    },
    failure::v1::Failure,
    google::rpc,
    prost_types::Any,
};
use prost::{Message, Name};
use tonic::{Code, Status};

use crate::{
    history::rejection::Rejection,
    namespace::NamespaceError,
    persistence::StoreError,
    shard::Refusal,
    visibility::{ListError, query::QueryError},
};

/// A status that carries `detail` as the first and only detail of its `google.rpc.Status`.
pub(crate) fn with_detail<D: Message + Name>(
    code: Code,
    message: impl Into<String>,
    detail: &D,
) -> Status {
    let message = message.into();
    let details = rpc::Status {
        code: code as i32,
        message: message.clone(),
        details: vec![Any {
            type_url: format!("type.googleapis.com/{}", D::full_name()),
            value: detail.encode_to_vec(),
        }],
    };
    Status::with_details(code, message, details.encode_to_vec().into())
}

/// INVALID_ARGUMENT, which no client retries.
pub(crate) fn invalid_argument(message: impl Into<String>) -> Status {
    Status::invalid_argument(message)
}

/// NOT_FOUND for anything but a namespace.
pub(crate) fn not_found(message: impl Into<String>) -> Status {
    with_detail(Code::NotFound, message, &NotFoundFailure::default())
}

/// NOT_FOUND for a namespace: fatal to a worker that starts.
pub(crate) fn namespace_not_found(namespace: &str) -> Status {
    with_detail(
        Code::NotFound,
        format!("Namespace {namespace} is not found."),
        &NamespaceNotFoundFailure {
            namespace: namespace.to_owned(),
        },
    )
}

/// ALREADY_EXISTS for a namespace.
pub(crate) fn namespace_already_exists(name: &str) -> Status {
    with_detail(
        Code::AlreadyExists,
        format!("Namespace {name:?} already exists"),
        &NamespaceAlreadyExistsFailure {},
    )
}

/// FAILED_PRECONDITION: nothing is started in a namespace of this state.
pub(crate) fn namespace_invalid_state(namespace: &str, state: NamespaceState) -> Status {
    let allowed = NamespaceState::Registered;
    with_detail(
        Code::FailedPrecondition,
        format!("Namespace has invalid state: {state:?}. Must be {allowed:?}."),
        &NamespaceInvalidStateFailure {
            namespace: namespace.to_owned(),
            state: state.into(),
            allowed_states: vec![allowed.into()],
        },
    )
}

/// What a [`NamespaceError`] is to a client.
pub(crate) fn namespace(error: NamespaceError) -> Status {
    match error {
        NamespaceError::NotFound(name) => namespace_not_found(&name),
        NamespaceError::AlreadyExists(name) => namespace_already_exists(&name),
        NamespaceError::Store(error) => store(error),
    }
}

/// UNAVAILABLE: what was asked may or may not have been stored; clients ask again.
pub(crate) fn store(error: StoreError) -> Status {
    match error {
        StoreError::Corrupt(_) => Status::data_loss(error.to_string()),
        StoreError::Read(_) | StoreError::Write(_) => Status::unavailable(error.to_string()),
    }
}

/// ALREADY_EXISTS for a workflow id (or schedule id) that is taken by the run in `detail`.
pub(crate) fn workflow_already_started(
    message: impl Into<String>,
    detail: &WorkflowExecutionAlreadyStartedFailure,
) -> Status {
    with_detail(Code::AlreadyExists, message, detail)
}

/// FAILED_PRECONDITION: the run exists, but cannot answer yet.
pub(crate) fn workflow_not_ready(message: impl Into<String>) -> Status {
    with_detail(
        Code::FailedPrecondition,
        message,
        &WorkflowNotReadyFailure {},
    )
}

/// INVALID_ARGUMENT: the query's handler failed.
pub(crate) fn query_failed(message: impl Into<String>, failure: Option<Failure>) -> Status {
    with_detail(
        Code::InvalidArgument,
        message,
        &QueryFailedFailure { failure },
    )
}

/// RESOURCE_EXHAUSTED: clients back off longer.
pub(crate) fn resource_exhausted(
    message: impl Into<String>,
    cause: ResourceExhaustedCause,
    scope: ResourceExhaustedScope,
) -> Status {
    with_detail(
        Code::ResourceExhausted,
        message,
        &ResourceExhaustedFailure {
            cause: cause as i32,
            scope: scope as i32,
        },
    )
}

/// INVALID_ARGUMENT with what is wrong with a query.
pub(crate) fn query(error: QueryError) -> Status {
    invalid_argument(error.to_string())
}

/// INVALID_ARGUMENT: the token of another list, or of another server.
pub(crate) fn page_token() -> Status {
    invalid_argument("Invalid NextPageToken.")
}

/// What a [`ListError`] is to a client.
pub(crate) fn list(error: ListError) -> Status {
    match error {
        ListError::InvalidPageToken => page_token(),
        ListError::Store(error) => store(error),
    }
}

/// What a run's refusal, or the store's, is to a client.
pub(crate) fn refusal(refusal: Refusal) -> Status {
    match refusal {
        Refusal::Rejected(rejection) => rejected(rejection),
        Refusal::Store(error) => store(error),
    }
}

fn rejected(rejection: Rejection) -> Status {
    let message = rejection.to_string();
    match rejection {
        Rejection::NotFound(_)
        | Rejection::WorkflowClosed
        | Rejection::WorkflowTaskNotFound
        | Rejection::ActivityNotFound
        | Rejection::UpdateAborted
        | Rejection::StaleTask => not_found(message),
        Rejection::InvalidArgument(_) | Rejection::TooManySignals | Rejection::Overgrown(_) => {
            invalid_argument(message)
        }
        Rejection::AlreadyStarted(it) => workflow_already_started(
            message,
            &WorkflowExecutionAlreadyStartedFailure {
                start_request_id: it.start_request_id,
                run_id: it.run_id,
                first_execution_run_id: it.first_execution_run_id,
            },
        ),
        Rejection::FailedPrecondition(_) => Status::failed_precondition(message),
        Rejection::WorkflowNotReady(_) => workflow_not_ready(message),
        Rejection::ResourceExhausted(_) => resource_exhausted(
            message,
            ResourceExhaustedCause::ConcurrentLimit,
            ResourceExhaustedScope::Namespace,
        ),
        Rejection::StartWithUpdateAborted => Status::aborted(message),
        Rejection::PermissionDenied(_) => Status::permission_denied(message),
    }
}
