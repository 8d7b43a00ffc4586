//! The executions of one namespace, in the order of lists and by what queries mostly ask for.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};

use mainspring_proto::enums::v1::WorkflowExecutionStatus;

use super::{
    query::{Comparison, Field, Filter, Test},
    record::{Record, SortKey},
    search_attributes::{NAMESPACE_DIVISION, Value},
};

type Ordered = BTreeMap<SortKey, Arc<Record>>;

/// Every record is in each of the indexes, or in none.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_run: HashMap<Arc<str>, SortKey>,
    all: Ordered,
    by_status: BTreeMap<i32, Ordered>,
    by_type: HashMap<Arc<str>, Ordered>,
    by_workflow_id: BTreeSet<(Arc<str>, SortKey)>,
    /// Records with a namespace division, which most queries do not see.
    divided: usize,
}

/// How a query reaches its candidates.
#[derive(Debug, PartialEq)]
pub(super) enum Access {
    All,
    Status(WorkflowExecutionStatus),
    Type(Arc<str>),
    /// The places of a few executions, in the order of lists.
    Places(Vec<SortKey>),
}

impl Index {
    /// Adds a record, or replaces the one of the same run.
    pub(super) fn upsert(&mut self, record: Record) {
        self.remove(&record.run_id);
        let key = record.sort_key();
        let record = Arc::new(record);
        self.divided += usize::from(record.attribute(NAMESPACE_DIVISION).is_some());
        self.by_run.insert(Arc::clone(&record.run_id), key.clone());
        self.by_workflow_id
            .insert((Arc::clone(&record.workflow_id), key.clone()));
        let of_status = self.by_status.entry(record.status as i32).or_default();
        of_status.insert(key.clone(), Arc::clone(&record));
        let of_type = self
            .by_type
            .entry(Arc::clone(&record.workflow_type))
            .or_default();
        of_type.insert(key.clone(), Arc::clone(&record));
        self.all.insert(key, record);
    }

    /// Removes the record of a run, if it is there.
    pub(super) fn remove(&mut self, run_id: &str) {
        let Some(key) = self.by_run.remove(run_id) else {
            return;
        };
        let Some(record) = self.all.remove(&key) else {
            return;
        };
        self.divided -= usize::from(record.attribute(NAMESPACE_DIVISION).is_some());
        if let Some(of_status) = self.by_status.get_mut(&(record.status as i32)) {
            of_status.remove(&key);
        }
        if let Some(of_type) = self.by_type.get_mut(&record.workflow_type) {
            of_type.remove(&key);
            if of_type.is_empty() {
                self.by_type.remove(&record.workflow_type);
            }
        }
        self.by_workflow_id
            .remove(&(Arc::clone(&record.workflow_id), key));
    }

    /// Up to `limit` executions that closed before `time`, the oldest first.
    pub(super) fn closed_before(&self, time: i64, limit: usize) -> Vec<(Arc<str>, Arc<str>)> {
        let oldest_first = self.all.values().rev();
        let closed =
            oldest_first.take_while(|record| record.close_time.is_some_and(|at| at < time));
        let ids =
            closed.map(|record| (Arc::clone(&record.workflow_id), Arc::clone(&record.run_id)));
        ids.take(limit).collect()
    }

    /// Up to `limit` candidates behind `after`, in the order of lists.
    pub(super) fn candidates(
        &self,
        access: &Access,
        after: Option<&SortKey>,
        limit: usize,
    ) -> Vec<Arc<Record>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = |ordered: Option<&Ordered>| {
            let Some(ordered) = ordered else {
                return Vec::new();
            };
            let behind = ordered.range((from, Bound::Unbounded));
            behind
                .take(limit)
                .map(|(_, record)| Arc::clone(record))
                .collect()
        };
        match access {
            Access::All => range(Some(&self.all)),
            Access::Status(status) => range(self.by_status.get(&(*status as i32))),
            Access::Type(workflow_type) => range(self.by_type.get(workflow_type)),
            Access::Places(places) => places
                .iter()
                .filter(|&place| after.is_none_or(|after| place > after))
                // A place may be empty by now: the run has closed or is deleted.
                .filter_map(|place| self.all.get(place))
                .take(limit)
                .map(Arc::clone)
                .collect(),
        }
    }

    /// The narrowest way to the executions for which `filter` can hold.
    pub(super) fn access(&self, filter: &Filter) -> Access {
        let parts = match filter {
            Filter::And(parts) => parts.as_slice(),
            single => std::slice::from_ref(single),
        };
        let mut best = (self.all.len(), Access::All);
        for part in parts {
            let Filter::Is(field, test) = part else {
                continue;
            };
            let Some(access) = self.access_of(field, test) else {
                continue;
            };
            let size = self.size(&access);
            if size < best.0 {
                best = (size, access);
            }
        }
        best.1
    }

    /// How many executions an access reaches.
    pub(super) fn size(&self, access: &Access) -> usize {
        match access {
            Access::All => self.all.len(),
            Access::Status(status) => self.status_count(*status),
            Access::Type(workflow_type) => self.by_type.get(workflow_type).map_or(0, BTreeMap::len),
            Access::Places(places) => places.len(),
        }
    }

    /// The number of executions, if it follows from an index without a look at each.
    pub(super) fn quick_count(&self, filter: &Filter, names_division: bool) -> Option<usize> {
        if self.divided > 0 && !names_division {
            return None;
        }
        match filter {
            Filter::All => Some(self.all.len()),
            Filter::Is(Field::ExecutionStatus | Field::WorkflowType, _) => {
                let Filter::Is(field, test) = filter else {
                    return None;
                };
                Some(self.size(&self.access_of(field, test)?))
            }
            _ => None,
        }
    }

    /// How many executions have each status, if no filter and no division needs a look at each.
    pub(super) fn quick_statuses(
        &self,
        filter: &Filter,
        names_division: bool,
    ) -> Option<Vec<(WorkflowExecutionStatus, usize)>> {
        if *filter != Filter::All || (self.divided > 0 && !names_division) {
            return None;
        }
        let counts = self
            .by_status
            .iter()
            .filter(|(_, ordered)| !ordered.is_empty());
        let counts = counts.filter_map(|(&status, ordered)| {
            let status = WorkflowExecutionStatus::try_from(status).ok()?;
            Some((status, ordered.len()))
        });
        Some(counts.collect())
    }

    fn status_count(&self, status: WorkflowExecutionStatus) -> usize {
        self.by_status
            .get(&(status as i32))
            .map_or(0, BTreeMap::len)
    }

    /// The index that answers a condition, if there is one.
    fn access_of(&self, field: &Field, test: &Test) -> Option<Access> {
        let keywords: Vec<&str> = match test {
            Test::Compare(Comparison::Equal, value) => vec![keyword(value)?],
            Test::In(values) => values.iter().map(keyword).collect::<Option<_>>()?,
            Test::StartsWith(prefix) if *field == Field::WorkflowId => {
                return Some(Access::Places(self.places_of_prefix(prefix)));
            }
            _ => return None,
        };
        match (field, keywords.as_slice()) {
            (Field::ExecutionStatus, [name]) => Some(Access::Status(status(name)?)),
            (Field::WorkflowType, [name]) => Some(Access::Type((*name).into())),
            (Field::WorkflowId, ids) => {
                let places = ids.iter().flat_map(|id| self.places_of_workflow(id));
                Some(Access::Places(sorted(places.collect())))
            }
            (Field::RunId, ids) => {
                let places = ids.iter().filter_map(|&id| self.by_run.get(id).cloned());
                Some(Access::Places(sorted(places.collect())))
            }
            _ => None,
        }
    }

    fn places_of_workflow(&self, workflow_id: &str) -> Vec<SortKey> {
        let wanted: Arc<str> = workflow_id.into();
        self.by_workflow_id
            .range((
                Bound::Included((Arc::clone(&wanted), first_place())),
                Bound::Unbounded,
            ))
            .take_while(|(id, _)| *id == wanted)
            .map(|(_, place)| place.clone())
            .collect()
    }

    fn places_of_prefix(&self, prefix: &str) -> Vec<SortKey> {
        let from: Arc<str> = prefix.into();
        let places = self
            .by_workflow_id
            .range((Bound::Included((from, first_place())), Bound::Unbounded))
            .take_while(|(id, _)| id.starts_with(prefix))
            .map(|(_, place)| place.clone());
        sorted(places.collect())
    }
}

/// The place before all others.
fn first_place() -> SortKey {
    SortKey {
        close_time: std::cmp::Reverse(i64::MAX),
        start_time: std::cmp::Reverse(i64::MAX),
        run_id: "".into(),
    }
}

fn sorted(mut places: Vec<SortKey>) -> Vec<SortKey> {
    places.sort_unstable();
    places.dedup();
    places
}

fn keyword(value: &Value) -> Option<&str> {
    match value {
        Value::Keyword(text) => Some(text),
        _ => None,
    }
}

fn status(name: &str) -> Option<WorkflowExecutionStatus> {
    (0..=16)
        .filter_map(|number| WorkflowExecutionStatus::try_from(number).ok())
        .find(|&status| super::record::status_name(status) == name)
}
