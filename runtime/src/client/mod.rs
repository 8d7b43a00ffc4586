//! The client: starts workflows and talks to them, from any program that is no workflow.

mod completion;
mod connect;
mod describe;
mod error;
mod handle;
mod headers;
mod history;
mod list;
mod local_workers;
mod namespaces;
mod pages;
mod profile;
mod query;
mod retry;
mod rpc;
mod shared;
mod signal;
mod start;
mod stub;
mod target;
mod tls;
mod transport;
mod update;

pub use completion::AsyncActivity;
pub use connect::{Connect, ConnectOptions};
pub use describe::{WorkflowDescription, WorkflowStatus};
pub use error::ClientError;
pub use handle::WorkflowHandle;
pub use history::HistoryStream;
pub use list::{WorkflowCount, WorkflowList};
pub use namespaces::{NamespaceDescription, NamespaceOptions, Namespaces};
pub use query::QueryCall;
pub use shared::{OperatorService, Service};
pub use signal::SignalCall;
pub use start::{StartCall, StartOptions};
pub use stub::{ClientStub, FunctionStub, UntypedWorkflow};
pub use target::{ByInterface, Interface, Target};
pub use tls::TlsOptions;
pub use transport::Transport;
pub use update::{UpdateCall, UpdateHandle};

pub(crate) use connect::host_name;
pub use headers::Headers;
use history::LONG_POLL;
pub(crate) use local_workers::{LocalWorker, Room};
pub(crate) use retry::{Backoff, is_too_large};
pub(crate) use shared::Shared;

use std::sync::Arc;

use crate::converter::DataConverter;

/// A connection to a server, for one namespace. Clones share the connection.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

impl Client {
    /// Connects to the server that the environment names: `TEMPORAL_ADDRESS` (127.0.0.1:7233 by default),
    /// `TEMPORAL_NAMESPACE` (`default`), and the others that [`ConnectOptions::from_env`] reads.
    ///
    /// # Errors
    /// If the server cannot be reached, or the environment does not make sense.
    pub async fn connect_from_env() -> Result<Self, ClientError> {
        ConnectOptions::from_env()?.connect().await
    }

    /// Connects to an address such as `127.0.0.1:7233`; await the result, or set options first.
    pub fn connect(address: impl Into<String>) -> Connect {
        Connect::to(address)
    }

    /// The namespace of this client.
    pub fn namespace(&self) -> &str {
        &self.shared.namespace
    }

    /// How requests name this process.
    pub fn identity(&self) -> &str {
        &self.shared.identity
    }

    /// How payloads are made.
    pub fn data_converter(&self) -> &DataConverter {
        &self.shared.converter
    }

    /// A client of another namespace over the same connection.
    #[must_use]
    pub fn with_namespace(&self, namespace: impl Into<String>) -> Self {
        Self {
            shared: Arc::new(self.shared.with_namespace(namespace.into())),
        }
    }

    /// A client that starts workflows on this queue where nothing else is said.
    #[must_use]
    pub fn with_task_queue(&self, task_queue: impl Into<String>) -> Self {
        Self {
            shared: Arc::new(self.shared.with_task_queue(task_queue.into())),
        }
    }

    /// The same client under another name.
    #[cfg(feature = "testing")]
    pub(crate) fn with_identity(&self, identity: &str) -> Self {
        Self {
            shared: Arc::new(self.shared.with_identity(identity.to_owned())),
        }
    }

    /// The same client, whose calls are seen by another interceptor after all others.
    #[cfg(feature = "testing")]
    pub(crate) fn with_innermost(&self, interceptor: impl crate::interceptor::Interceptor) -> Self {
        Self {
            shared: Arc::new(self.shared.with_innermost(interceptor)),
        }
    }

    /// A workflow by its interface or its function, and its id. The result starts it, or talks to the one that runs.
    pub fn workflow<T: Target<K>, K>(&self, target: T, id: impl Into<String>) -> T::Client {
        target.stub(ClientStub::new(self.clone(), id.into()))
    }

    /// A workflow by the name of its type, and its id.
    pub fn untyped_workflow(
        &self,
        workflow_type: impl Into<String>,
        id: impl Into<String>,
    ) -> UntypedWorkflow {
        UntypedWorkflow::new(
            ClientStub::new(self.clone(), id.into()),
            workflow_type.into(),
        )
    }

    /// The protocol's own client, for requests that this one does not have.
    pub fn service(&self) -> Service {
        self.shared.service()
    }

    /// The protocol's client for operators, over the same connection: search attributes, and the end of namespaces.
    pub fn operator_service(&self) -> OperatorService {
        self.shared.operator_service()
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("namespace", &self.shared.namespace)
            .field("identity", &self.shared.identity)
            .finish_non_exhaustive()
    }
}
