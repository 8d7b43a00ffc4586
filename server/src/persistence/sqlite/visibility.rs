//! What lists show, in columns of `runs` and, for search attributes, a table of their own.
//!
//! The order of lists is that of the index `runs_in_lists`: times are stored negated, so that the
//! latest come first, and a run that is open comes before all that have closed.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use mainspring_proto::{enums::v1::WorkflowExecutionStatus, workflow::v1::WorkflowExecutionInfo};
use prost::Message;
use rusqlite::{
    CachedStatement, Connection, Row, ToSql, params,
    types::{ToSqlOutput, Type, ValueRef},
};

use crate::{
    namespace::Namespace,
    persistence::StoreError,
    visibility::{Attributed, Narrow, Place, Record, search_attributes::Value},
};

/// What [`record`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT workflow_id, run_id, close_order, start_order, status, type, attributed, info ",
            "FROM runs WHERE namespace_id = ?1 ",
            $rest
        )
    };
}

pub(super) fn executions(
    connection: &Connection,
    namespace_id: &str,
    after: &Place,
    limit: usize,
) -> Result<Vec<Arc<Record>>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "AND (close_order, start_order, run_id) > (?2, ?3, ?4)
         ORDER BY close_order, start_order, run_id LIMIT ?5"
    ))?;
    let (close, start) = orders(after);
    let found = statement.query_map(
        params![namespace_id, close, start, after.run_id, limit as i64],
        record,
    )?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn closed_before(
    connection: &Connection,
    namespace_id: &str,
    time: i64,
    limit: usize,
) -> Result<Vec<Arc<Record>>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "AND close_order > ?2
         ORDER BY close_order DESC, start_order DESC, run_id DESC LIMIT ?3"
    ))?;
    let found = statement.query_map(params![namespace_id, -time, limit as i64], record)?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn statuses(
    connection: &Connection,
    namespace_id: &str,
) -> Result<BTreeMap<WorkflowExecutionStatus, usize>, StoreError> {
    // The index has all that is asked for, so no row is looked at.
    let mut statement = connection.prepare_cached(
        "SELECT status, count(*) FROM runs INDEXED BY runs_in_lists
         WHERE namespace_id = ?1 AND close_order IS NOT NULL AND attributed < 2 GROUP BY status",
    )?;
    let mut rows = statement.query([namespace_id])?;
    let mut statuses = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let count: i64 = row.get(1)?;
        statuses.insert(status(row.get(0)?), count as usize);
    }
    Ok(statuses)
}

pub(super) fn few(
    connection: &Connection,
    namespace_id: &str,
    condition: &Narrow<'_>,
    limit: usize,
) -> Result<Option<Vec<Arc<Record>>>, StoreError> {
    let mut few = Few {
        connection,
        namespace_id,
        limit,
        found: BTreeMap::new(),
    };
    match condition {
        Narrow::WorkflowIds(ids) => {
            let sql = select!("AND workflow_id = ?2 AND close_order IS NOT NULL LIMIT ?3");
            few.each(sql, ids.iter().map(|id| id as &dyn ToSql))?;
        }
        Narrow::WorkflowIdPrefix(prefix) => few.with_prefix(prefix)?,
        Narrow::RunIds(ids) => {
            // Not even the index begins with it, but reading through that is quick.
            let sql = select!(
                "AND id IN (SELECT id FROM runs INDEXED BY runs_in_lists
                 WHERE namespace_id = ?1 AND close_order IS NOT NULL AND run_id = ?2) LIMIT ?3"
            );
            few.each(sql, ids.iter().map(|id| id as &dyn ToSql))?;
        }
        Narrow::WorkflowTypes(types) => {
            let sql = select!("AND type = ?2 AND close_order IS NOT NULL LIMIT ?3");
            few.each(sql, types.iter().map(|name| name as &dyn ToSql))?;
        }
        // Nearly all are one of these.
        Narrow::Status(WorkflowExecutionStatus::Running | WorkflowExecutionStatus::Completed) => {
            return Ok(None);
        }
        Narrow::Status(status) => {
            let sql = select!("AND status = ?2 AND status NOT IN (1, 2) LIMIT ?3");
            few.each(sql, [&(*status as i32) as &dyn ToSql])?;
        }
        Narrow::Attribute(name, values) => {
            for value in values {
                few.with_attribute(name, value)?;
            }
        }
    }
    let Few { found, .. } = few;
    Ok((found.len() <= limit).then(|| found.into_values().collect()))
}

/// Collects what conditions find, until it is too much.
struct Few<'a> {
    connection: &'a Connection,
    namespace_id: &'a str,
    limit: usize,
    found: BTreeMap<Place, Arc<Record>>,
}

impl Few<'_> {
    fn add(&mut self, record: Arc<Record>) {
        self.found.insert(record.place.clone(), record);
    }

    /// Runs a statement for each value of its second parameter.
    fn each<'v>(
        &mut self,
        sql: &str,
        values: impl IntoIterator<Item = &'v dyn ToSql>,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let limit = self.limit as i64 + 1;
        for value in values {
            if self.found.len() > self.limit {
                return Ok(());
            }
            let rows = statement.query_map(params![self.namespace_id, value, limit], record)?;
            for record in rows {
                self.add(record?);
            }
        }
        Ok(())
    }

    fn with_prefix(&mut self, prefix: &str) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(select!(
            "AND workflow_id >= ?2 AND close_order IS NOT NULL ORDER BY workflow_id"
        ))?;
        let rows = statement.query_map(params![self.namespace_id, prefix], record)?;
        for record in rows {
            let record = record?;
            if !record.workflow_id.starts_with(prefix) || self.found.len() > self.limit {
                return Ok(());
            }
            self.add(record);
        }
        Ok(())
    }

    fn with_attribute(&mut self, name: &str, value: &Value) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(select!(
            "AND id IN (SELECT run FROM attributes
             WHERE namespace_id = ?1 AND name = ?2 AND value = ?3 LIMIT ?4)"
        ))?;
        for value in indexed(value) {
            let limit = self.limit as i64 + 1;
            let rows =
                statement.query_map(params![self.namespace_id, name, value, limit], record)?;
            for record in rows {
                self.add(record?);
            }
        }
        Ok(())
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<Arc<Record>> {
    let (close_order, start_order): (i64, i64) = (row.get(2)?, row.get(3)?);
    let info: Vec<u8> = row.get(7)?;
    Ok(Arc::new(Record {
        place: Place {
            close_time: Reverse(-close_order),
            start_time: Reverse(-start_order),
            run_id: row.get(1)?,
        },
        workflow_id: row.get(0)?,
        workflow_type: row.get(5)?,
        status: status(row.get(4)?),
        attributed: match row.get(6)? {
            0 => Attributed::None,
            1 => Attributed::Some,
            _ => Attributed::Divided,
        },
        info: info.into(),
    }))
}

fn status(number: i32) -> WorkflowExecutionStatus {
    WorkflowExecutionStatus::try_from(number).unwrap_or_default()
}

/// A place's times as the columns have them.
pub(super) fn orders(place: &Place) -> (i64, i64) {
    // No time is the least number: what is open has the largest.
    let order = |time: i64| time.checked_neg().unwrap_or(i64::MAX);
    (order(place.close_time.0), order(place.start_time.0))
}

/// What of a value is in the index: texts are not, and of a list every item is.
fn indexed(value: &Value) -> Vec<ToSqlOutput<'_>> {
    fn text(text: &str) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::from(text))
    }
    match value {
        Value::Bool(value) => vec![i64::from(*value).into()],
        Value::Double(value) => vec![(*value).into()],
        Value::Int(value) | Value::Datetime(value) => vec![(*value).into()],
        Value::Keyword(value) => vec![text(value)],
        Value::KeywordList(values) => values.iter().map(|value| text(value)).collect(),
        Value::Text(_) => Vec::new(),
    }
}

/// Writes the search attributes of runs.
pub(super) struct AttributeRows<'a> {
    insert: CachedStatement<'a>,
    delete: CachedStatement<'a>,
}

impl<'a> AttributeRows<'a> {
    pub(super) fn prepare(connection: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            insert: connection.prepare_cached(
                "INSERT OR IGNORE INTO attributes (namespace_id, name, value, run)
                 VALUES (?1, ?2, ?3, ?4)",
            )?,
            delete: connection.prepare_cached("DELETE FROM attributes WHERE run = ?1")?,
        })
    }

    /// Adds those of a run that has none there.
    pub(super) fn insert(
        &mut self,
        namespace_id: &str,
        run: i64,
        record: &Record,
    ) -> rusqlite::Result<()> {
        for (name, value) in record.indexed_attributes() {
            for value in indexed(&value) {
                self.insert
                    .execute(params![namespace_id, name, value, run])?;
            }
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, run: i64) -> rusqlite::Result<()> {
        self.delete.execute([run])?;
        Ok(())
    }
}

/// Fills the columns of version 2 from the messages, which version 1 had alone.
pub(super) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    let unreadable = |column: usize, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, error)
    };
    let mut custom = BTreeMap::new();
    let mut namespaces = connection.prepare("SELECT id, namespace FROM namespaces")?;
    let mut rows = namespaces.query([])?;
    while let Some(row) = rows.next()? {
        let encoded: Vec<u8> = row.get(1)?;
        let namespace =
            Namespace::decode(encoded.into()).map_err(|error| unreadable(1, error.into()))?;
        custom.insert(
            row.get::<_, String>(0)?,
            namespace.search_attributes.clone(),
        );
    }
    let mut runs =
        connection.prepare("SELECT id, namespace_id, info FROM runs WHERE info IS NOT NULL")?;
    let mut show = connection.prepare(
        "UPDATE runs SET close_order = ?2, start_order = ?3, status = ?4, type = ?5,
             attributed = ?6, info = ?7
         WHERE id = ?1",
    )?;
    let mut attributes = AttributeRows::prepare(connection)?;
    let mut rows = runs.query([])?;
    while let Some(row) = rows.next()? {
        let (id, namespace_id): (i64, String) = (row.get(0)?, row.get(1)?);
        let info = WorkflowExecutionInfo::decode(&row.get::<_, Vec<u8>>(2)?[..])
            .map_err(|error| unreadable(2, error.into()))?;
        // Runs of a namespace that is gone are on their way out.
        let custom = custom.get(&namespace_id).cloned().unwrap_or_default();
        let shown = Record::new(info, &custom);
        let (close, start) = orders(&shown.place);
        show.execute(params![
            id,
            close,
            start,
            shown.status as i32,
            shown.workflow_type,
            shown.attributed as i32,
            &shown.info[..],
        ])?;
        attributes.insert(&namespace_id, id, &shown)?;
    }
    Ok(())
}
