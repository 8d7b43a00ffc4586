//! What is read, over connections of its own.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, params};

use super::connect;
use crate::{
    history::{
        ids::{EventId, RunKey, WorkflowKey},
        record,
    },
    persistence::{StoreError, StoredRun},
};

/// Connections that are kept for the next readers; more are opened when more read at once.
const KEPT: usize = 8;

/// The connections that nobody is using.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    /// `None` once the store is closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Read(error.to_string())
    }
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::new(Some(Vec::new())),
        }
    }

    /// Reads over a connection.
    pub(super) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = match self.idle.lock().as_mut() {
            Some(idle) => idle.pop(),
            None => return Err(StoreError::Read("the store is closed".into())),
        };
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = connect(&self.path)?;
                connection.pragma_update(None, "query_only", true)?;
                connection
            }
        };
        let result = read(&connection);
        if let Some(idle) = self.idle.lock().as_mut()
            && idle.len() < KEPT
        {
            idle.push(connection);
        }
        result
    }

    pub(super) fn close(&self) {
        self.idle.lock().take();
    }
}

pub(super) fn current_run(
    connection: &Connection,
    workflow: &WorkflowKey,
) -> Result<Option<Arc<str>>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT run_id FROM current_runs WHERE namespace_id = ?1 AND workflow_id = ?2",
        )?
        .query_row(
            params![workflow.namespace_id, workflow.workflow_id],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found)
}

pub(super) fn load(connection: &Connection, run: &RunKey) -> Result<Option<StoredRun>, StoreError> {
    let Some(id) = row_of(connection, run)? else {
        return Ok(None);
    };
    let mut statement =
        connection.prepare_cached("SELECT record FROM records WHERE run = ?1 ORDER BY seq")?;
    let records = statement.query_map([id], |row| row.get(0).map(blob))?;
    Ok(Some(StoredRun {
        records: records.collect::<Result<_, _>>()?,
    }))
}

pub(super) fn history(
    connection: &Connection,
    run: &RunKey,
    from: EventId,
    to: EventId,
    limit: usize,
) -> Result<Vec<Bytes>, StoreError> {
    let Some(id) = row_of(connection, run)? else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(
        "SELECT first_event, next_event, record FROM records
         WHERE run = ?1 AND next_event > ?2 AND first_event < ?3 ORDER BY seq",
    )?;
    let mut rows = statement.query(params![id, from, to])?;
    let mut events = Vec::new();
    // Whole records, until there is enough.
    while events.len() < limit
        && let Some(row) = rows.next()?
    {
        let (first, next): (EventId, EventId) = (row.get(0)?, row.get(1)?);
        if first == next {
            continue;
        }
        let encoded = record::events(row.get(2).map(blob)?)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let numbered = (first..).zip(encoded);
        let wanted = numbered.filter(|(id, _)| (from..to).contains(id));
        events.extend(wanted.map(|(_, event)| event));
    }
    Ok(events)
}

pub(super) fn active_runs(connection: &Connection) -> Result<Vec<RunKey>, StoreError> {
    let mut statement = connection
        .prepare("SELECT namespace_id, workflow_id, run_id FROM runs WHERE active ORDER BY id")?;
    let runs = statement.query_map([], |row| {
        let workflow = WorkflowKey {
            namespace_id: row.get(0)?,
            workflow_id: row.get(1)?,
        };
        Ok(workflow.run(row.get::<_, Arc<str>>(2)?))
    })?;
    Ok(runs.collect::<Result<_, _>>()?)
}

pub(super) fn namespaces(connection: &Connection) -> Result<Vec<Bytes>, StoreError> {
    let mut statement = connection.prepare("SELECT namespace FROM namespaces")?;
    let namespaces = statement.query_map([], |row| row.get(0).map(blob))?;
    Ok(namespaces.collect::<Result<_, _>>()?)
}

fn row_of(connection: &Connection, run: &RunKey) -> Result<Option<i64>, StoreError> {
    let key = params![
        run.workflow.namespace_id,
        run.workflow.workflow_id,
        run.run_id
    ];
    let found = connection
        .prepare_cached(
            "SELECT id FROM runs WHERE namespace_id = ?1 AND workflow_id = ?2 AND run_id = ?3",
        )?
        .query_row(key, |row| row.get(0))
        .optional()?;
    Ok(found)
}

fn blob(bytes: Vec<u8>) -> Bytes {
    bytes.into()
}
