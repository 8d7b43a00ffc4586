//! A memory store and a file that must hold the same, for the targets in `fuzz/`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, mpsc},
};

use bytes::Bytes;
use mainspring_proto::enums::v1::WorkflowExecutionStatus;

use crate::{
    history::ids::{EventId, RunKey, WorkflowKey},
    visibility::{Executions, Narrow, Place, Record},
};

use super::{
    Commit, Done, MemoryStore, Store, StoreError, StoredRun,
    sqlite::{Durability, SqliteConfig, SqliteStore},
};

/// Everything is read from the file. What is written is in both before anybody learns of it, so that a
/// clock that moves on when nothing is under way does not while a thread writes.
#[derive(Debug)]
pub(crate) struct Twin {
    memory: Arc<MemoryStore>,
    file: SqliteStore,
}

impl Twin {
    /// Opens the file, which must hold what the memory store does.
    pub(crate) fn open(memory: Arc<MemoryStore>, path: &Path) -> Self {
        let config = SqliteConfig {
            // Nobody pulls the plug.
            durability: Durability::Off,
            ..SqliteConfig::new(path)
        };
        let file = SqliteStore::open(&config).expect("the file is opened");
        let twin = Self { memory, file };
        twin.check();
        twin
    }

    /// Compares the two.
    ///
    /// # Panics
    /// If they differ.
    pub(crate) fn check(&self) {
        let (memory, file) = (&*self.memory as &dyn Store, &self.file as &dyn Store);
        let namespaces = |store: &dyn Store| {
            let all = store.namespaces().expect("namespaces");
            all.into_iter().collect::<BTreeSet<_>>()
        };
        assert_eq!(namespaces(memory), namespaces(file));
        let active = |store: &dyn Store| {
            let all = store.active_runs().expect("runs");
            all.into_iter().collect::<BTreeSet<_>>()
        };
        assert_eq!(active(memory), active(file));
        let mut ids = BTreeSet::new();
        for (run, records) in self.memory.runs() {
            let stored = file.load(&run).expect("a run").unwrap_or_default();
            assert_eq!(records, stored.records, "{run:?}");
            let current = |store: &dyn Store| store.current_run(&run.workflow).expect("a run");
            assert_eq!(current(memory), current(file), "{run:?}");
            ids.insert(run.workflow.namespace_id);
        }
        for id in ids {
            let listed = |store: &dyn Store| store.executions(&id, &Place::first(), usize::MAX / 2);
            assert_eq!(listed(memory), listed(file), "{id}");
            let counted = |store: &dyn Store| store.statuses(&id);
            assert_eq!(counted(memory), counted(file), "{id}");
        }
    }

    /// Has the file do it, and then the memory store.
    fn both(&self, done: Done, write: impl Fn(&dyn Store, Done)) {
        let (told, written) = mpsc::channel();
        let tell = move |result| {
            let _ = told.send(result);
        };
        write(&self.file, Box::new(tell));
        match written.recv().expect("every write is answered") {
            Ok(()) => write(&*self.memory, done),
            failed => done(failed),
        }
    }
}

impl Store for Twin {
    fn commit(&self, commit: Commit, done: Done) {
        self.both(done, |store, done| store.commit(commit.clone(), done));
    }

    fn current_run(&self, workflow: &WorkflowKey) -> Result<Option<Arc<str>>, StoreError> {
        self.file.current_run(workflow)
    }

    fn load(&self, run: &RunKey) -> Result<Option<StoredRun>, StoreError> {
        self.file.load(run)
    }

    fn history(
        &self,
        run: &RunKey,
        from: EventId,
        to: EventId,
        limit: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        self.file.history(run, from, to, limit)
    }

    fn delete(&self, runs: &[RunKey], done: Done) {
        self.both(done, |store, done| store.delete(runs, done));
    }

    fn active_runs(&self) -> Result<Vec<RunKey>, StoreError> {
        self.file.active_runs()
    }

    fn put_namespace(&self, id: &str, namespace: Bytes, done: Done) {
        self.both(done, |store, done| {
            store.put_namespace(id, namespace.clone(), done)
        });
    }

    fn delete_namespace(&self, id: &str, done: Done) {
        self.both(done, |store, done| store.delete_namespace(id, done));
    }

    fn namespaces(&self) -> Result<Vec<Bytes>, StoreError> {
        self.file.namespaces()
    }

    fn close(&self) {
        self.file.close();
    }
}

impl Executions for Twin {
    fn executions(
        &self,
        namespace_id: &str,
        after: &Place,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError> {
        self.file.executions(namespace_id, after, limit)
    }

    fn few(
        &self,
        namespace_id: &str,
        condition: &Narrow<'_>,
        limit: usize,
    ) -> Result<Option<Vec<Arc<Record>>>, StoreError> {
        self.file.few(namespace_id, condition, limit)
    }

    fn statuses(
        &self,
        namespace_id: &str,
    ) -> Result<BTreeMap<WorkflowExecutionStatus, usize>, StoreError> {
        self.file.statuses(namespace_id)
    }

    fn closed_before(
        &self,
        namespace_id: &str,
        time: i64,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError> {
        self.file.closed_before(namespace_id, time, limit)
    }
}
