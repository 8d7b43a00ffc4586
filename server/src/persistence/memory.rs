//! The store that keeps everything in memory, and loses it when the server stops.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use foldhash::HashMap;
use mainspring_proto::enums::v1::WorkflowExecutionStatus;
use parking_lot::RwLock;

use crate::{
    history::{
        ids::{EventId, RunKey, WorkflowKey},
        record,
    },
    visibility::{Executions, Index, Narrow, Place, Record},
};

use super::{Commit, Done, Store, StoreError, StoredRun};

/// See the module.
#[derive(Debug)]
pub(crate) struct MemoryStore {
    parts: Box<[RwLock<Part>]>,
    namespaces: RwLock<HashMap<String, Bytes>>,
    /// What lists show, by namespace id.
    executions: RwLock<HashMap<Arc<str>, Arc<RwLock<Index>>>>,
}

/// Locks are per part, so that commits of different workflows seldom meet.
const PARTS: usize = 64;

#[derive(Debug, Default)]
struct Part {
    current: HashMap<WorkflowKey, Arc<str>>,
    runs: HashMap<RunKey, Log>,
}

#[derive(Debug, Default)]
struct Log {
    records: Vec<Stored>,
    active: bool,
}

#[derive(Debug)]
struct Stored {
    record: Bytes,
    events: (EventId, EventId),
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self {
            parts: (0..PARTS).map(|_| RwLock::default()).collect(),
            namespaces: RwLock::default(),
            executions: RwLock::default(),
        }
    }
}

impl MemoryStore {
    fn part(&self, workflow: &WorkflowKey) -> &RwLock<Part> {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(workflow);
        &self.parts[hash as usize % PARTS]
    }

    fn index(&self, namespace_id: &str) -> Option<Arc<RwLock<Index>>> {
        self.executions.read().get(namespace_id).cloned()
    }

    fn show(&self, namespace_id: &Arc<str>, record: Arc<Record>) {
        let index = self.index(namespace_id).unwrap_or_else(|| {
            let mut executions = self.executions.write();
            Arc::clone(executions.entry(Arc::clone(namespace_id)).or_default())
        });
        index.write().upsert(record);
    }
}

#[cfg(fuzzing)]
impl MemoryStore {
    /// The records of every run.
    pub(crate) fn runs(&self) -> BTreeMap<RunKey, Vec<Bytes>> {
        let mut all = BTreeMap::new();
        for part in &self.parts {
            for (run, log) in &part.read().runs {
                let records = log.records.iter().map(|stored| stored.record.clone());
                all.insert(run.clone(), records.collect());
            }
        }
        all
    }
}

impl Executions for MemoryStore {
    fn executions(
        &self,
        namespace_id: &str,
        after: &Place,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError> {
        let index = self.index(namespace_id);
        Ok(index.map_or_else(Vec::new, |index| index.read().behind(after, limit)))
    }

    fn few(
        &self,
        namespace_id: &str,
        condition: &Narrow<'_>,
        limit: usize,
    ) -> Result<Option<Vec<Arc<Record>>>, StoreError> {
        let index = self.index(namespace_id);
        Ok(index.and_then(|index| index.read().few(condition, limit)))
    }

    fn statuses(
        &self,
        namespace_id: &str,
    ) -> Result<BTreeMap<WorkflowExecutionStatus, usize>, StoreError> {
        let index = self.index(namespace_id);
        Ok(index.map_or_else(BTreeMap::new, |index| index.read().statuses()))
    }

    fn closed_before(
        &self,
        namespace_id: &str,
        time: i64,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError> {
        let index = self.index(namespace_id);
        Ok(index.map_or_else(Vec::new, |index| index.read().closed_before(time, limit)))
    }
}

impl Store for MemoryStore {
    fn commit(&self, commit: Commit, done: Done) {
        // All runs of a commit share a workflow id, and so a part: the step is atomic.
        let workflow = commit.runs.first().map(|write| &write.run.workflow);
        if let Some(workflow) = workflow.or(commit.current.as_ref().map(|run| &run.workflow)) {
            let mut part = self.part(workflow).write();
            if commit.goes_on().any(|run| !part.runs.contains_key(run)) {
                // Stays deleted, with whatever follows from it.
                drop(part);
                return done(Ok(()));
            }
            for write in commit.runs {
                if let Some(record) = write.visibility {
                    self.show(&write.run.workflow.namespace_id, record);
                }
                let log = part.runs.entry(write.run).or_default();
                log.active = write.active;
                log.records.push(Stored {
                    record: write.record,
                    events: write.events,
                });
            }
            if let Some(current) = commit.current {
                part.current.insert(current.workflow, current.run_id);
            }
        }
        done(Ok(()));
    }

    fn current_run(&self, workflow: &WorkflowKey) -> Result<Option<Arc<str>>, StoreError> {
        Ok(self.part(workflow).read().current.get(workflow).cloned())
    }

    fn load(&self, run: &RunKey) -> Result<Option<StoredRun>, StoreError> {
        let part = self.part(&run.workflow).read();
        Ok(part.runs.get(run).map(|log| StoredRun {
            records: log
                .records
                .iter()
                .map(|stored| stored.record.clone())
                .collect(),
        }))
    }

    fn history(
        &self,
        run: &RunKey,
        from: EventId,
        to: EventId,
        limit: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        let records: Vec<_> = {
            let part = self.part(&run.workflow).read();
            let Some(log) = part.runs.get(run) else {
                return Ok(Vec::new());
            };
            let first = log
                .records
                .partition_point(|stored| stored.events.1 <= from);
            let wanted = log.records[first..]
                .iter()
                .take_while(|stored| stored.events.0 < to);
            let mut taken = 0;
            wanted
                .take_while(|stored| {
                    let enough = taken >= limit;
                    let start = stored.events.0.max(from);
                    taken += usize::try_from(stored.events.1 - start).unwrap_or(0);
                    !enough
                })
                .map(|stored| (stored.events.0, stored.record.clone()))
                .collect()
        };
        let mut events = Vec::new();
        for (first, record) in records {
            let encoded =
                record::events(record).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            let numbered = (first..).zip(encoded);
            let wanted = numbered.filter(|(id, _)| (from..to).contains(id));
            events.extend(wanted.map(|(_, event)| event));
        }
        Ok(events)
    }

    fn delete(&self, runs: &[RunKey], done: Done) {
        for run in runs {
            let mut part = self.part(&run.workflow).write();
            if let Some(index) = self.index(&run.workflow.namespace_id) {
                index.write().remove(&run.run_id);
            }
            part.runs.remove(run);
            if part.current.get(&run.workflow) == Some(&run.run_id) {
                part.current.remove(&run.workflow);
            }
        }
        done(Ok(()));
    }

    fn active_runs(&self) -> Result<Vec<RunKey>, StoreError> {
        let mut active = Vec::new();
        for part in &self.parts {
            let part = part.read();
            let runs = part.runs.iter().filter(|(_, log)| log.active);
            active.extend(runs.map(|(run, _)| run.clone()));
        }
        Ok(active)
    }

    fn put_namespace(&self, id: &str, namespace: Bytes, done: Done) {
        self.namespaces.write().insert(id.to_owned(), namespace);
        done(Ok(()));
    }

    fn delete_namespace(&self, id: &str, done: Done) {
        self.namespaces.write().remove(id);
        self.executions.write().remove(id);
        for part in &self.parts {
            let mut part = part.write();
            part.runs.retain(|run, _| &*run.workflow.namespace_id != id);
            part.current
                .retain(|workflow, _| &*workflow.namespace_id != id);
        }
        done(Ok(()));
    }

    fn namespaces(&self) -> Result<Vec<Bytes>, StoreError> {
        Ok(self.namespaces.read().values().cloned().collect())
    }

    /// Nothing: it ends with whoever holds it.
    fn close(&self) {}
}
