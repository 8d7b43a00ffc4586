//! The versions of the file format, and the ways from one to the next.

use rusqlite::{Connection, Transaction};

use super::visibility;

/// "Msp1", in the file's header, tells our files from other programs'.
pub(super) const APPLICATION_ID: i32 = 0x4D73_7031;

/// The version that this program writes.
pub(super) const VERSION: i32 = MIGRATIONS.len() as i32;

/// Step `n` makes version `n + 1` of version `n`; version 0 is an empty file. A step that has been
/// released is never changed.
pub(super) const MIGRATIONS: &[fn(&Transaction<'_>) -> rusqlite::Result<()>] = &[
    |transaction| transaction.execute_batch(include_str!("schema.sql")),
    |transaction| {
        transaction.execute_batch(include_str!("schema_2.sql"))?;
        visibility::fill(transaction)?;
        transaction.execute_batch(include_str!("schema_2_indexes.sql"))
    },
];

/// Brings the file to this program's version, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let found: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(found).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(done) {
        migration(&transaction)?;
    }
    if found < VERSION {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}
