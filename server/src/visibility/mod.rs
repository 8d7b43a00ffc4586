//! Visibility: finds executions by what is known of them.
//!
//! The records are the store's, written in the same step as the change they follow from, and a reply
//! waits for that step; so a client reads its own writes, and memory holds nothing of what has ended.

mod index;
mod plan;
pub(crate) mod query;
mod record;
pub(crate) mod search_attributes;

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use mainspring_proto::{
    enums::v1::{IndexedValueType, WorkflowExecutionStatus},
    workflow::v1::WorkflowExecutionInfo,
};
use prost::Message;

use crate::persistence::StoreError;

pub(crate) use index::Index;
pub(crate) use plan::Narrow;
pub(crate) use record::{Attributed, Place, Record, status_name};

use self::{
    plan::Span,
    query::{Comparison, Field, Filter, Query, Test},
    record::{Examined, status_of},
    search_attributes::{NAMESPACE_DIVISION, Value},
};

/// How many records are taken from the store at once. They are examined outside of its locks and
/// transactions, so a query that looks at everything keeps nobody waiting.
const CHUNK: usize = 1024;

/// Up to so many records, a condition that has an index is followed instead of the order of lists:
/// they are all read for every page.
const FEW: usize = 4096;

/// What a store must know of the executions in it.
pub(crate) trait Executions {
    /// Up to `limit` executions of a namespace behind a place, in the order of lists.
    fn executions(
        &self,
        namespace_id: &str,
        after: &Place,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError>;

    /// All executions for which the condition may hold, in the order of lists. `None` if there are
    /// more than `limit`, or no index leads to them.
    fn few(
        &self,
        namespace_id: &str,
        condition: &Narrow<'_>,
        limit: usize,
    ) -> Result<Option<Vec<Arc<Record>>>, StoreError>;

    /// How many executions have each status, without those of a division.
    fn statuses(
        &self,
        namespace_id: &str,
    ) -> Result<BTreeMap<WorkflowExecutionStatus, usize>, StoreError>;

    /// Up to `limit` executions that closed before a time, the oldest first.
    fn closed_before(
        &self,
        namespace_id: &str,
        time: i64,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError>;
}

/// A page of a list, and where the next begins.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) executions: Vec<WorkflowExecutionInfo>,
    /// Empty on the last page.
    pub(crate) next_page_token: Bytes,
}

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListError {
    /// The token is none of this server's.
    InvalidPageToken,
    /// The store cannot be read.
    Store(StoreError),
}

impl From<StoreError> for ListError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

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

/// One page of the executions that a query asks for.
///
/// # Errors
/// When the token is none of ours, or the store cannot be read.
pub(crate) fn list(
    store: &(impl Executions + ?Sized),
    namespace_id: &str,
    query: &Query,
    page_size: usize,
    page_token: &[u8],
) -> Result<Page, ListError> {
    let after = place(page_token)?;
    let mut executions = Vec::new();
    let mut last = None;
    let mut more = false;
    visit(store, namespace_id, query, after, |record, _| {
        // One beyond the page tells that there is a next one.
        more = executions.len() == page_size;
        if !more {
            last = Some(record.place.clone());
            executions.push(record.info());
        }
        !more
    })?;
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
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn count(
    store: &(impl Executions + ?Sized),
    namespace_id: &str,
    query: &Query,
) -> Result<usize, StoreError> {
    if !query.names_division {
        match &query.filter {
            Filter::All => return Ok(store.statuses(namespace_id)?.values().sum()),
            Filter::Is(Field::ExecutionStatus, Test::Compare(Comparison::Equal, value)) => {
                let Value::Keyword(name) = value else {
                    return Ok(0);
                };
                let statuses = store.statuses(namespace_id)?;
                let count = status_of(name).and_then(|status| statuses.get(&status).copied());
                return Ok(count.unwrap_or(0));
            }
            _ => {}
        }
    }
    let mut count = 0;
    visit(store, namespace_id, query, None, |_, _| {
        count += 1;
        true
    })?;
    Ok(count)
}

/// The same for each value of the field that the query groups by.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn count_groups(
    store: &(impl Executions + ?Sized),
    namespace_id: &str,
    query: &Query,
    group_by: &Field,
) -> Result<BTreeMap<String, usize>, StoreError> {
    let by_status = *group_by == Field::ExecutionStatus;
    if by_status && query.filter == Filter::All && !query.names_division {
        let statuses = store.statuses(namespace_id)?.into_iter();
        let named = statuses.map(|(status, count)| (status_name(status).to_owned(), count));
        return Ok(named.collect());
    }
    let mut groups = BTreeMap::new();
    visit(store, namespace_id, query, None, |record, examined| {
        let group = match by_status {
            true => status_name(record.status),
            false if !record.is_divided() => "",
            false => match examined.attribute(NAMESPACE_DIVISION) {
                Some(Value::Keyword(division)) => division,
                _ => "",
            },
        };
        *groups.entry(group.to_owned()).or_insert(0) += 1;
        true
    })?;
    Ok(groups)
}

/// Shows each execution of a query behind `after` to `visitor`, in the order of lists, until it
/// returns `false`.
fn visit(
    store: &(impl Executions + ?Sized),
    namespace_id: &str,
    query: &Query,
    after: Option<Place>,
    mut visitor: impl FnMut(&Record, &Examined<'_>) -> bool,
) -> Result<(), StoreError> {
    let undivided = Filter::Is(
        Field::Attribute(NAMESPACE_DIVISION.into(), IndexedValueType::Keyword),
        Test::Null,
    );
    let mut show = |record: &Record| {
        let examined = Examined::new(record);
        let seen = query.names_division || undivided.matches(&examined);
        !(seen && query.filter.matches(&examined)) || visitor(record, &examined)
    };
    for condition in plan::narrow(&query.filter) {
        if let Some(few) = store.few(namespace_id, &condition, FEW)? {
            let mut behind = few
                .iter()
                .filter(|it| after.as_ref().is_none_or(|after| it.place > *after));
            behind.all(|record| show(record));
            return Ok(());
        }
    }
    let span = plan::span(&query.filter);
    let first = match span {
        Span::Closed => Place::after_open(),
        Span::All | Span::Open => Place::first(),
    };
    let mut after = after.map_or(first.clone(), |after| after.max(first));
    loop {
        let chunk = store.executions(namespace_id, &after, CHUNK)?;
        for record in &chunk {
            let beyond = span == Span::Open && !record.is_open();
            if beyond || !show(record) {
                return Ok(());
            }
        }
        match chunk.last() {
            Some(last) if chunk.len() == CHUNK => after = last.place.clone(),
            _ => return Ok(()),
        }
    }
}

fn place(token: &[u8]) -> Result<Option<Place>, ListError> {
    if token.is_empty() {
        return Ok(None);
    }
    let token = PageToken::decode(token).map_err(|_| ListError::InvalidPageToken)?;
    if token.run_id.is_empty() {
        return Err(ListError::InvalidPageToken);
    }
    Ok(Some(Place {
        close_time: Reverse(token.close_time),
        start_time: Reverse(token.start_time),
        run_id: token.run_id.into(),
    }))
}

fn token(place: &Place) -> Bytes {
    let token = PageToken {
        close_time: place.close_time.0,
        start_time: place.start_time.0,
        run_id: place.run_id.to_string(),
    };
    token.encode_to_vec().into()
}

#[cfg(test)]
mod tests;
