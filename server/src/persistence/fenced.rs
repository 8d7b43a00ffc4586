//! A store that can be taken away from a server, as a killed process loses its file.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use mainspring_proto::enums::v1::WorkflowExecutionStatus;
use parking_lot::RwLock;

use crate::{
    history::ids::{EventId, RunKey, WorkflowKey},
    visibility::{Executions, Narrow, Place, Record},
};

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

impl Executions for Fenced {
    fn executions(
        &self,
        namespace_id: &str,
        after: &Place,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError> {
        self.store.executions(namespace_id, after, limit)
    }

    fn few(
        &self,
        namespace_id: &str,
        condition: &Narrow<'_>,
        limit: usize,
    ) -> Result<Option<Vec<Arc<Record>>>, StoreError> {
        self.store.few(namespace_id, condition, limit)
    }

    fn statuses(
        &self,
        namespace_id: &str,
    ) -> Result<BTreeMap<WorkflowExecutionStatus, usize>, StoreError> {
        self.store.statuses(namespace_id)
    }

    fn closed_before(
        &self,
        namespace_id: &str,
        time: i64,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError> {
        self.store.closed_before(namespace_id, time, limit)
    }
}
