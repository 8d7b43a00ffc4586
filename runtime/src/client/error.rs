//! What can go wrong for a client.

use std::error::Error;
use std::fmt;

use tonic::{Code, Status};

use crate::converter::{CodecError, ConverterError};
use crate::error::Failure;

/// Why a client's request failed.
#[derive(Debug)]
pub enum ClientError {
    /// The server cannot be reached.
    Connect {
        /// The address that was tried.
        address: String,
        /// Why, as the transport says it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The options do not make sense.
    Options(String),
    /// There is no task queue to start the workflow on.
    NoTaskQueue {
        /// The workflow's type.
        workflow_type: String,
    },
    /// A workflow of this id runs already, or ran and the id may not be used again.
    AlreadyStarted {
        /// The workflow's id.
        workflow_id: String,
        /// The run that has the id.
        run_id: String,
    },
    /// There is no such workflow, run, update or namespace.
    NotFound {
        /// What the request was for.
        operation: &'static str,
        /// What the server said.
        status: Box<Status>,
    },
    /// The workflow failed; the failure says why, down to its first cause.
    WorkflowFailed(Box<Failure>),
    /// The workflow ended as cancelled.
    WorkflowCancelled(Box<Failure>),
    /// The workflow was terminated.
    WorkflowTerminated {
        /// The reason that was given.
        reason: String,
    },
    /// The workflow ran longer than its timeouts allow.
    WorkflowTimedOut,
    /// The query's handler failed, or there is none of its name.
    QueryFailed(String),
    /// The query was rejected because of the workflow's state.
    QueryRejected {
        /// The state.
        status: super::WorkflowStatus,
    },
    /// The update was rejected by its validator, or its handler failed.
    UpdateFailed(Box<Failure>),
    /// A value does not encode or decode.
    Converter(ConverterError),
    /// The codec failed.
    Codec(CodecError),
    /// An interceptor refused the call, or failed.
    Interceptor(Box<dyn Error + Send + Sync>),
    /// Any other answer of the server.
    Rpc {
        /// What the request was for.
        operation: &'static str,
        /// What the server said.
        status: Box<Status>,
    },
}

impl ClientError {
    pub(crate) fn rpc(operation: &'static str, status: Status) -> Self {
        let status = Box::new(status);
        if status.code() == Code::NotFound {
            return Self::NotFound { operation, status };
        }
        Self::Rpc { operation, status }
    }

    /// The failure of the workflow or update, if that is what this tells of.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::WorkflowFailed(failure)
            | Self::WorkflowCancelled(failure)
            | Self::UpdateFailed(failure) => Some(failure),
            _ => None,
        }
    }

    /// The gRPC code, if the server answered with one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::NotFound { status, .. } | Self::Rpc { status, .. } => Some(status.code()),
            Self::AlreadyStarted { .. } => Some(Code::AlreadyExists),
            _ => None,
        }
    }
}

const CHECK_CERTIFICATES: &str = "see that `TlsOptions`, or TEMPORAL_TLS_*, name the server's authority, its name, and a \
                                  certificate of this client that the server knows";

/// Whether one side did not trust the other. A server that refuses a client's certificate says so by an alert.
fn is_of_tls(why: &str) -> bool {
    why.contains("certificate") || why.contains("received fatal alert")
}

const NO_TLS: &str = "does that server know TLS? An API key and options for TLS ask for it; `ConnectOptions::without_tls`, \
                      or TEMPORAL_TLS=false, does not";

/// Whether the other side answered in another protocol than TLS.
fn is_without_tls(why: &str) -> bool {
    why.contains("received corrupt message") || why.contains("tls handshake eof")
}

/// All that an error says, outermost first. Transports repeat themselves.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut at = error.source();
    while let Some(error) = at {
        let text = error.to_string();
        if !said.contains(&text) {
            said += ": ";
            said += &text;
        }
        at = error.source();
    }
    said
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { address, source } => {
                let why = chain(source.as_ref());
                let hint = match &why {
                    why if is_of_tls(why) => CHECK_CERTIFICATES,
                    why if is_without_tls(why) => NO_TLS,
                    _ => {
                        "is a server running there? start one with `mainspring server start-dev`, or set TEMPORAL_ADDRESS"
                    }
                };
                write!(f, "cannot connect to {address}: {why} ({hint})")
            }
            Self::Options(text) => f.write_str(text),
            Self::NoTaskQueue { workflow_type } => write!(
                f,
                "no task queue for workflow `{workflow_type}`: set `.task_queue(\"…\")` at the call, `task_queue = \"…\"` in \
                 its attribute, or `Client::with_task_queue`"
            ),
            Self::AlreadyStarted {
                workflow_id,
                run_id,
            } => write!(
                f,
                "workflow {workflow_id:?} is started already (run {run_id})"
            ),
            Self::NotFound { operation, status } => {
                write!(f, "{operation}: not found: {}", status.message())
            }
            Self::WorkflowFailed(failure) => write!(f, "the workflow failed: {failure}"),
            Self::WorkflowCancelled(_) => f.write_str("the workflow was cancelled"),
            Self::WorkflowTerminated { reason } => {
                write!(f, "the workflow was terminated: {reason}")
            }
            Self::WorkflowTimedOut => f.write_str("the workflow timed out"),
            Self::QueryFailed(text) => write!(f, "the query failed: {text}"),
            Self::QueryRejected { status } => {
                write!(f, "the query was rejected: the workflow is {status}")
            }
            Self::UpdateFailed(failure) => write!(f, "the update failed: {failure}"),
            Self::Converter(error) => error.fmt(f),
            Self::Codec(error) => error.fmt(f),
            Self::Interceptor(error) => write!(f, "an interceptor: {error}"),
            Self::Rpc { operation, status } => {
                write!(f, "{operation}: {:?}: {}", status.code(), status.message())?;
                // Set where it was not the server that answered.
                let Some(source) = status.source() else {
                    return Ok(());
                };
                let why = chain(source);
                write!(f, ": {why}")?;
                match is_of_tls(&why) {
                    true => write!(f, " ({CHECK_CERTIFICATES})"),
                    false => Ok(()),
                }
            }
        }
    }
}

impl Error for ClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // Its chain is part of the message, which transports do not say otherwise.
            Self::Connect { .. } => None,
            Self::WorkflowFailed(failure) | Self::UpdateFailed(failure) => failure.source(),
            Self::Interceptor(error) => error.source(),
            _ => None,
        }
    }
}

impl From<ConverterError> for ClientError {
    fn from(error: ConverterError) -> Self {
        Self::Converter(error)
    }
}

impl From<CodecError> for ClientError {
    fn from(error: CodecError) -> Self {
        Self::Codec(error)
    }
}
