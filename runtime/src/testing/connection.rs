//! The connection to a server in this process.

use std::sync::{Arc, Mutex, PoisonError};

use mainspring_server::InMemoryConnector;
use tonic::transport::Endpoint;

use crate::client::{Client, ClientError, ConnectOptions};

/// Leads to whichever server has taken the place of the one before.
#[derive(Clone, Debug)]
pub(super) struct Connection(Arc<Mutex<InMemoryConnector>>);

impl Connection {
    pub(super) fn to(connector: InMemoryConnector) -> Self {
        Self(Arc::new(Mutex::new(connector)))
    }

    /// New connections lead there from now on.
    pub(super) fn lead_to(&self, connector: InMemoryConnector) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = connector;
    }

    /// A client, which connects again when its connection is cut off.
    pub(super) async fn client(&self) -> Result<Client, ClientError> {
        let this = self.clone();
        let connect = tower::service_fn(move |_| {
            let stream = this.connector().connect();
            async move { stream.map(hyper_util::rt::TokioIo::new) }
        });
        // The host is never looked up.
        let endpoint = Endpoint::from_static("http://in-memory.invalid");
        let channel = endpoint.connect_with_connector(connect).await;
        let channel = channel.map_err(|source| ClientError::Connect {
            address: "the server in this process".to_owned(),
            source: Box::new(source),
        })?;
        ConnectOptions::default().over(channel)
    }

    fn connector(&self) -> InMemoryConnector {
        let connector = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connector.clone()
    }
}
