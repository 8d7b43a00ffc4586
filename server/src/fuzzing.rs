//! What the targets in `fuzz/` reach into: a server without a network, whose store can be compared,
//! and the reader of visibility queries. Compiled for them alone.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::{
    clock::Clocks,
    config::{Config, TimeSkipping},
    frontend::Frontend,
    namespace::Namespaces,
    persistence::{MemoryStore, Store},
    server::{ensure_namespaces, services},
    visibility::query,
};

/// A server that is called without a network.
#[derive(Debug)]
pub struct Served {
    store: Arc<MemoryStore>,
    routes: Routes,
}

impl Served {
    /// A new server with nothing but the default namespace. Must be called within a tokio runtime.
    ///
    /// # Panics
    /// If that fails.
    pub async fn start() -> Self {
        Self::on(Arc::default()).await
    }

    /// Another server, on what this one has stored.
    ///
    /// # Panics
    /// If that cannot be read.
    pub async fn restarted(&self) -> Self {
        Self::on(Arc::clone(&self.store)).await
    }

    async fn on(memory: Arc<MemoryStore>) -> Self {
        let config = Config::for_tests(TimeSkipping::Locked);
        let store: Arc<dyn Store> = Arc::clone(&memory) as Arc<dyn Store>;
        let namespaces = Namespaces::load(Arc::clone(&store)).expect("what is stored is read");
        let namespaces = Arc::new(namespaces);
        let made = ensure_namespaces(&namespaces, &config).await;
        made.expect("the default namespace is made");
        let clocks = Clocks::start(&config);
        let stopping = CancellationToken::new();
        let frontend = Frontend::new(config, clocks, store, namespaces, stopping);
        frontend
            .recover(&crate::shard::lost::LostTasks::default())
            .expect("what is stored is taken up");
        Self {
            store: memory,
            routes: services(&Arc::new(frontend)),
        }
    }

    /// The services.
    pub fn routes(&self) -> Routes {
        self.routes.clone()
    }

    /// A number that stays the same as long as nothing is stored.
    pub fn digest(&self) -> u64 {
        self.store.digest()
    }
}

/// Reads a visibility query; whether it is one.
pub fn read_query(text: &str) -> bool {
    query::parse(text, &Default::default()).is_ok()
}
