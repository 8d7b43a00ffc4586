//! A server as a value: ask where it listens, connect to it, stop it, let it crash.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{io::DuplexStream, sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::{Clock, Clocks},
    connection::Ends,
    frontend::{Frontend, token::TaskToken},
    namespace::Namespace,
    persistence::{Fenced, Store},
    server::{StartError, serve},
    time_control::TimeControl,
};

/// How long a stopping server lets requests in flight finish before it cuts the connections.
/// Long polls are ended at once, so this only bounds clients that do not read their answers.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// The buffer of an in-memory connection, in bytes: as large as HTTP/2's default window.
const DUPLEX_BUFFER: usize = 64 * 1024;

/// A server that runs until it is shut down or dropped.
pub struct RunningServer {
    /// None if it is for clients in this process only.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) ends: Ends,
    pub(crate) failure: CancellationToken,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) fence: Arc<Fenced>,
    pub(crate) clocks: Clocks,
    pub(crate) frontend: Arc<Frontend>,
    pub(crate) in_memory: mpsc::UnboundedSender<DuplexStream>,
    pub(crate) serving: JoinHandle<()>,
}

impl RunningServer {
    /// Stops: long polls end empty, requests in flight get half a second, then connections are cut.
    pub async fn shutdown(mut self) {
        self.stop_serving().await;
        // So that the file is free again when this returns.
        let store = Arc::clone(&self.store);
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }

    async fn stop_serving(&mut self) {
        self.ends.stopping.cancel();
        let finished = tokio::time::timeout(SHUTDOWN_GRACE, &mut self.serving).await;
        self.ends.closed.cancel();
        if finished.is_err() {
            self.serving.abort();
        }
    }

    /// Waits until the data file can no longer be written. Nothing is acknowledged from then on, so
    /// there is no use in going on; started again, the server has what it has acknowledged.
    pub async fn failed(&self) {
        self.failure.cancelled().await;
    }

    /// Ends as if its process had been killed: what is under way is cut off, and nothing more is
    /// stored. Then starts again, on what it had stored; its clocks go on. Connectors of the old
    /// server do not lead to the new one.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    ///
    /// # Panics
    /// If it was not started by [`Server::start_in_process`](crate::Server::start_in_process): others are killed with their process.
    pub async fn crash(mut self) -> Result<Self, StartError> {
        assert!(
            self.address.is_none(),
            "only a server of this process alone can crash without it"
        );
        // Time does not jump before the next server knows what is due.
        let _until_handed_over = self.clocks.hold();
        self.frontend.kill();
        let store = self.fence.fall();
        // What was answered before arrives, so that it is known which tasks workers have.
        self.stop_serving().await;
        let held = self.frontend.shard.held_tasks();
        let (clocks, _until_recovered) = self.clocks.hand_over();
        let (config, failure) = (self.frontend.config.clone(), self.failure.clone());
        serve(config, None, clocks, store, failure, Some(held)).await
    }

    /// A worker with this identity was killed with all that it had taken. The server finds that out by
    /// timeouts in any case; told of it, a clock that skips time does not wait for them.
    pub fn worker_was_killed(&self, identity: &str) {
        self.frontend.shard.lose_worker(identity);
    }

    /// Nobody but the test itself will answer this task, so that time need not wait for it. What is no
    /// token of a task is ignored.
    pub fn done_by_hand(&self, task_token: &[u8]) {
        if let Ok(token) = TaskToken::read(task_token) {
            self.frontend.shard.lose_task(&token.run(), token.task());
        }
    }

    /// The address it listens on, with the port that was taken if the configuration said 0.
    ///
    /// # Panics
    /// If it listens on none; see [`Server::start_in_process`](crate::Server::start_in_process).
    pub fn address(&self) -> SocketAddr {
        let Some(address) = self.address else {
            panic!("a server for clients in its process listens on no address")
        };
        address
    }

    /// The address as a client takes it, `http://host:port`.
    ///
    /// # Panics
    /// If it listens on none.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Whether clients of other processes reach it.
    pub fn listens(&self) -> bool {
        self.address.is_some()
    }

    /// The clock that a namespace goes by, if its time can be skipped and there is such a namespace.
    pub fn time(&self, namespace: &str) -> Option<TimeControl> {
        let namespace = self.frontend.namespaces.by_name(namespace).ok()?;
        match self.clocks.of(&namespace.id) {
            Clock::Skipping(clock) => Some(TimeControl(clock)),
            Clock::System => None,
        }
    }

    /// Makes a namespace that shares everything with the others but time: its clock is its own, if time can be skipped.
    ///
    /// # Errors
    /// When there is such a namespace, or it cannot be stored.
    pub fn add_namespace_apart(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<(), StartError>> + Send + use<> {
        let config = &self.frontend.config;
        let mut namespace = Namespace::new(name, config.retention);
        let attributes = config.search_attributes.iter().cloned();
        namespace.search_attributes = attributes.collect();
        let (namespaces, clocks) = (Arc::clone(&self.frontend.namespaces), self.clocks.clone());
        async move {
            clocks.set_apart(&namespace.id);
            namespaces.register(namespace).await?;
            Ok(())
        }
    }

    /// A new connection to this server that never leaves the process.
    ///
    /// # Errors
    /// When the server no longer takes connections.
    pub fn connect_in_memory(&self) -> io::Result<DuplexStream> {
        self.connector().connect()
    }

    /// What makes such connections, for clients that outlive the borrow of this value.
    pub fn connector(&self) -> InMemoryConnector {
        InMemoryConnector(self.in_memory.clone())
    }
}

/// Makes connections to a server in this process; see [`RunningServer::connect_in_memory`].
#[derive(Clone, Debug)]
pub struct InMemoryConnector(mpsc::UnboundedSender<DuplexStream>);

impl InMemoryConnector {
    /// A new connection.
    ///
    /// # Errors
    /// When the server no longer takes connections.
    pub fn connect(&self) -> io::Result<DuplexStream> {
        let (client, server) = tokio::io::duplex(DUPLEX_BUFFER);
        let sent = self.0.send(server);
        sent.map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        Ok(client)
    }
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningServer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.ends.stopping.cancel();
        self.ends.closed.cancel();
    }
}
