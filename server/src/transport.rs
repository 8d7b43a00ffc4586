//! Where connections come from: a port, and clients in the same process.

use std::{convert::Infallible, io, time::Duration};

use http::{Request, Response};
use hyper::body;
use tokio::{io::DuplexStream, net::TcpListener, sync::mpsc, task::JoinSet};
use tonic::body::Body;
use tower::Service;

use crate::connection::{self, Ends, Io};

/// How long no connection is taken after one could not be: the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The new connections.
pub(crate) struct Incoming {
    /// None if the server is for clients in this process only.
    pub(crate) listener: Option<TcpListener>,
    pub(crate) in_memory: mpsc::UnboundedReceiver<DuplexStream>,
}

impl Incoming {
    async fn next(&mut self) -> Io {
        loop {
            tokio::select! {
                // The sender lives as long as the server.
                Some(stream) = self.in_memory.recv() => return Io::Memory(stream),
                accepted = accept(self.listener.as_ref()) => match accepted {
                    Ok(io) => return io,
                    Err(error) => {
                        tracing::warn!(%error, "a connection cannot be accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
    }

    /// Serves what comes until the server stops, and then until all connections have ended.
    pub(crate) async fn serve<S>(mut self, service: S, ends: Ends)
    where
        S: Service<Request<body::Incoming>, Response = Response<Body>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
    {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                io = self.next() => {
                    connections.spawn(connection::serve(io, service.clone(), ends.clone()));
                }
                // Those that have ended are forgotten.
                Some(_) = connections.join_next() => {}
                () = ends.stopping.cancelled() => break,
            }
        }
        // Nobody can connect any more while the last requests are answered.
        drop(self);
        while connections.join_next().await.is_some() {}
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<Io> {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    let (stream, _) = listener.accept().await?;
    // Small replies must not wait for the client's delayed acknowledgements.
    let _ = stream.set_nodelay(true);
    Ok(Io::Tcp(stream))
}
