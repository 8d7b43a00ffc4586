//! A store that can be taken away from a server, as a killed process loses its file.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;

use crate::history::ids::{EventId, RunKey, WorkflowKey};

use super::{Commit, Done, Store, StoreError, StoredRun};

/// Passes everything on to a store, until it falls; from then on nothing is written. The store itself stays as it is
/// then, for the next server.
#[derive(Debug)]
pub(crate) struct Fenced {
    store: Arc<dyn Store>,
    /// Locked while something is written, so that nothing is on its way when it has fallen.
    fallen: RwLock<bool>,
}

impl Fenced {
    pub(crate) fn around(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            store,
            fallen: RwLock::new(false),
        })
    }

    /// Takes the store away from whoever has this, and gives it back.
    pub(crate) fn fall(&self) -> Arc<dyn Store> {
        *self.fallen.write() = true;
        Arc::clone(&self.store)
    }

    /// The store, for a server that is not to lose it.
    pub(crate) fn unfenced(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    fn write(&self, done: Done, write: impl FnOnce(Done)) {
        let fallen = self.fallen.read();
        match *fallen {
            true => {
                drop(fallen);
                done(Err(StoreError::Write("the server was killed".to_owned())));
            }
            false => write(done),
        }
    }
}

impl Store for Fenced {
    fn commit(&self, commit: Commit, done: Done) {
        self.write(done, |done| self.store.commit(commit, done));
    }

    fn current_run(&self, workflow: &WorkflowKey) -> Result<Option<Arc<str>>, StoreError> {
        self.store.current_run(workflow)
    }

    fn load(&self, run: &RunKey) -> Result<Option<StoredRun>, StoreError> {
        self.store.load(run)
    }

    fn history(
        &self,
        run: &RunKey,
        from: EventId,
        to: EventId,
        limit: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        self.store.history(run, from, to, limit)
    }

    fn delete(&self, runs: &[RunKey], done: Done) {
        self.write(done, |done| self.store.delete(runs, done));
    }

    fn active_runs(&self) -> Result<Vec<RunKey>, StoreError> {
        self.store.active_runs()
    }

    fn visibility(&self, each: &mut dyn FnMut(Arc<str>, Bytes)) -> Result<(), StoreError> {
        self.store.visibility(each)
    }

    fn put_namespace(&self, id: &str, namespace: Bytes, done: Done) {
        self.write(done, |done| self.store.put_namespace(id, namespace, done));
    }

    fn delete_namespace(&self, id: &str, done: Done) {
        self.write(done, |done| self.store.delete_namespace(id, done));
    }

    fn namespaces(&self) -> Result<Vec<Bytes>, StoreError> {
        self.store.namespaces()
    }

    fn close(&self) {
        self.store.close();
    }
}
