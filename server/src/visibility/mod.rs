//! Visibility: finds executions by what is known of them.
//!
//! An in-memory index, updated in the same step as the run's state, so a client reads its own
//! writes. It is derived: the store keeps one message per run, and recovery fills the index anew.

mod index;
pub(crate) mod query;
mod record;
pub(crate) mod search_attributes;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use mainspring_proto::workflow::v1::WorkflowExecutionInfo;
use parking_lot::RwLock;
use prost::Message;

pub(crate) use record::status_name;

use self::{
    index::Index,
    query::{Field, Filter, Query, Test},
    record::{Record, SortKey},
    search_attributes::{CustomTypes, NAMESPACE_DIVISION, Value},
};

/// How many candidates are taken under one hold of the lock. Asking them happens outside of it, so
/// a query that looks at everything does not keep the writers waiting.
const CHUNK: usize = 1024;

/// A page of a list, and where the next begins.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) executions: Vec<WorkflowExecutionInfo>,
    /// Empty on the last page.
    pub(crate) next_page_token: Bytes,
}

/// A page token that this server did not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidPageToken;

/// Where a page ends.
#[derive(Clone, PartialEq, Message)]
struct PageToken {
    #[prost(sint64, tag = "1")]
    close_time: i64,
    #[prost(sint64, tag = "2")]
    start_time: i64,
    #[prost(string, tag = "3")]
    run_id: String,
}

/// The executions of all namespaces.
#[derive(Debug, Default)]
pub(crate) struct Visibility {
    namespaces: RwLock<HashMap<Arc<str>, Arc<RwLock<Index>>>>,
}

impl Visibility {
    /// Shows an execution as `info` says, from now on. `custom` are the attributes that are
    /// registered in its namespace.
    pub(crate) fn upsert(
        &self,
        namespace_id: &Arc<str>,
        info: WorkflowExecutionInfo,
        custom: &CustomTypes,
    ) {
        let record = Record::new(info, custom);
        self.index(namespace_id).write().upsert(record);
    }

    /// Shows an execution no longer.
    pub(crate) fn delete(&self, namespace_id: &str, run_id: &str) {
        if let Some(index) = self.existing(namespace_id) {
            index.write().remove(run_id);
        }
    }

    /// Up to `limit` executions that closed before a time, as workflow and run ids, the oldest
    /// first.
    pub(crate) fn closed_before(
        &self,
        namespace_id: &str,
        time: i64,
        limit: usize,
    ) -> Vec<(Arc<str>, Arc<str>)> {
        let Some(index) = self.existing(namespace_id) else {
            return Vec::new();
        };
        index.read().closed_before(time, limit)
    }

    /// Forgets a whole namespace.
    pub(crate) fn delete_namespace(&self, namespace_id: &str) {
        self.namespaces.write().remove(namespace_id);
    }

    /// One page of the executions that a query asks for.
    ///
    /// # Errors
    /// When the token is none of ours.
    pub(crate) fn list(
        &self,
        namespace_id: &str,
        query: &Query,
        page_size: usize,
        page_token: &[u8],
    ) -> Result<Page, InvalidPageToken> {
        let after = place(page_token)?;
        let mut executions = Vec::new();
        let mut last = None;
        let mut more = false;
        self.visit(namespace_id, query, after, |record| {
            // One beyond the page tells that there is a next one.
            more = executions.len() == page_size;
            if !more {
                last = Some(record.sort_key());
                executions.push(record.info());
            }
            !more
        });
        let next_page_token = match last {
            Some(last) if more => token(&last),
            _ => Bytes::new(),
        };
        Ok(Page {
            executions,
            next_page_token,
        })
    }

    /// How many executions a query asks for.
    pub(crate) fn count(&self, namespace_id: &str, query: &Query) -> usize {
        let Some(index) = self.existing(namespace_id) else {
            return 0;
        };
        let quick = index
            .read()
            .quick_count(&query.filter, query.names_division);
        quick.unwrap_or_else(|| {
            let mut count = 0;
            self.visit(namespace_id, query, None, |_| {
                count += 1;
                true
            });
            count
        })
    }

    /// The same for each value of the field that the query groups by.
    pub(crate) fn count_groups(
        &self,
        namespace_id: &str,
        query: &Query,
        group_by: &Field,
    ) -> BTreeMap<String, usize> {
        let Some(index) = self.existing(namespace_id) else {
            return BTreeMap::new();
        };
        if *group_by == Field::ExecutionStatus {
            let quick = index
                .read()
                .quick_statuses(&query.filter, query.names_division);
            if let Some(quick) = quick {
                let named = quick.into_iter();
                return named
                    .map(|(status, count)| (status_name(status).to_owned(), count))
                    .collect();
            }
        }
        let mut groups = BTreeMap::new();
        self.visit(namespace_id, query, None, |record| {
            let group = match group_by {
                Field::ExecutionStatus => status_name(record.status),
                _ => match record.attribute(NAMESPACE_DIVISION) {
                    Some(Value::Keyword(division)) => division,
                    _ => "",
                },
            };
            *groups.entry(group.to_owned()).or_insert(0) += 1;
            true
        });
        groups
    }

    /// Shows each execution of a query behind `after` to `visitor`, until it returns `false`.
    fn visit(
        &self,
        namespace_id: &str,
        query: &Query,
        mut after: Option<SortKey>,
        mut visitor: impl FnMut(&Record) -> bool,
    ) {
        let Some(index) = self.existing(namespace_id) else {
            return;
        };
        let undivided = Filter::Is(
            Field::Attribute(
                NAMESPACE_DIVISION.into(),
                mainspring_proto::enums::v1::IndexedValueType::Keyword,
            ),
            Test::Null,
        );
        let access = index.read().access(&query.filter);
        loop {
            let chunk = index.read().candidates(&access, after.as_ref(), CHUNK);
            for record in &chunk {
                let seen = query.names_division || undivided.matches(&**record);
                if seen && query.filter.matches(&**record) && !visitor(record) {
                    return;
                }
            }
            match chunk.last() {
                Some(last) if chunk.len() == CHUNK => after = Some(last.sort_key()),
                _ => return,
            }
        }
    }

    fn existing(&self, namespace_id: &str) -> Option<Arc<RwLock<Index>>> {
        self.namespaces.read().get(namespace_id).cloned()
    }

    fn index(&self, namespace_id: &Arc<str>) -> Arc<RwLock<Index>> {
        if let Some(index) = self.existing(namespace_id) {
            return index;
        }
        let mut namespaces = self.namespaces.write();
        Arc::clone(namespaces.entry(Arc::clone(namespace_id)).or_default())
    }
}

fn place(token: &[u8]) -> Result<Option<SortKey>, InvalidPageToken> {
    if token.is_empty() {
        return Ok(None);
    }
    let token = PageToken::decode(token).map_err(|_| InvalidPageToken)?;
    if token.run_id.is_empty() {
        return Err(InvalidPageToken);
    }
    Ok(Some(SortKey {
        close_time: std::cmp::Reverse(token.close_time),
        start_time: std::cmp::Reverse(token.start_time),
        run_id: token.run_id.into(),
    }))
}

fn token(place: &SortKey) -> Bytes {
    let token = PageToken {
        close_time: place.close_time.0,
        start_time: place.start_time.0,
        run_id: place.run_id.to_string(),
    };
    token.encode_to_vec().into()
}

#[cfg(test)]
mod tests;
