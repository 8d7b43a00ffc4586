//! The executions of a server that keeps everything in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use foldhash::HashMap;
use mainspring_proto::enums::v1::WorkflowExecutionStatus;

use super::{
    plan::Narrow,
    record::{Place, Record},
};

/// The executions of one namespace, in the order of lists. Every record is in each of the indexes, or
/// in none.
#[derive(Debug, Default)]
pub(crate) struct Index {
    all: BTreeMap<Place, Arc<Record>>,
    by_run: HashMap<Arc<str>, Place>,
    by_workflow_id: BTreeSet<(Arc<str>, Place)>,
    /// How many have each status, without those of a division.
    statuses: BTreeMap<WorkflowExecutionStatus, usize>,
}

impl Index {
    /// Adds a record, or replaces the one of the same run.
    pub(crate) fn upsert(&mut self, record: Arc<Record>) {
        self.remove(record.run_id());
        let place = record.place.clone();
        if !record.is_divided() {
            *self.statuses.entry(record.status).or_default() += 1;
        }
        self.by_run.insert(Arc::clone(&place.run_id), place.clone());
        self.by_workflow_id
            .insert((Arc::clone(&record.workflow_id), place.clone()));
        self.all.insert(place, record);
    }

    /// Removes the record of a run, if it is there.
    pub(crate) fn remove(&mut self, run_id: &str) {
        let Some(place) = self.by_run.remove(run_id) else {
            return;
        };
        let Some(record) = self.all.remove(&place) else {
            return;
        };
        if let Some(count) = self.statuses.get_mut(&record.status)
            && !record.is_divided()
        {
            *count -= 1;
        }
        self.by_workflow_id
            .remove(&(Arc::clone(&record.workflow_id), place));
    }

    /// Up to `limit` records behind a place.
    pub(crate) fn behind(&self, after: &Place, limit: usize) -> Vec<Arc<Record>> {
        let behind = self.all.range((Bound::Excluded(after), Bound::Unbounded));
        behind
            .take(limit)
            .map(|(_, record)| Arc::clone(record))
            .collect()
    }

    /// All for which the condition may hold, if there are at most `limit`.
    pub(crate) fn few(&self, condition: &Narrow<'_>, limit: usize) -> Option<Vec<Arc<Record>>> {
        let places: BTreeSet<&Place> = match condition {
            Narrow::WorkflowIds(ids) => {
                let of_each = ids.iter().map(|id| self.with_prefix(id, limit + 1));
                let exact = of_each.zip(ids).flat_map(|(found, id)| {
                    found
                        .filter(move |(known, _)| **known == **id)
                        .take(limit + 1)
                });
                exact.map(|(_, place)| place).collect()
            }
            Narrow::WorkflowIdPrefix(prefix) => {
                let found = self.with_prefix(prefix, limit + 1);
                found.map(|(_, place)| place).collect()
            }
            Narrow::RunIds(ids) => ids.iter().filter_map(|&id| self.by_run.get(id)).collect(),
            // A look at each costs little here, and an index for each would cost memory.
            Narrow::WorkflowTypes(_) | Narrow::Status(_) | Narrow::Attribute(..) => return None,
        };
        let few = places.len() <= limit;
        few.then(|| {
            let records = places.iter().filter_map(|&place| self.all.get(place));
            records.map(Arc::clone).collect()
        })
    }

    fn with_prefix<'a>(
        &'a self,
        prefix: &'a str,
        limit: usize,
    ) -> impl Iterator<Item = &'a (Arc<str>, Place)> {
        let from = (prefix.into(), Place::first());
        let behind = self
            .by_workflow_id
            .range((Bound::Included(from), Bound::Unbounded));
        behind
            .take_while(move |(id, _)| id.starts_with(prefix))
            .take(limit)
    }

    /// How many executions have each status, without those of a division.
    pub(crate) fn statuses(&self) -> BTreeMap<WorkflowExecutionStatus, usize> {
        let mut statuses = self.statuses.clone();
        statuses.retain(|_, count| *count > 0);
        statuses
    }

    /// Up to `limit` executions that closed before `time`, the oldest first.
    pub(crate) fn closed_before(&self, time: i64, limit: usize) -> Vec<Arc<Record>> {
        let oldest_first = self.all.values().rev();
        let closed = oldest_first.take_while(|it| !it.is_open() && it.place.close_time.0 < time);
        closed.take(limit).map(Arc::clone).collect()
    }
}
