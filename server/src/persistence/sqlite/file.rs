//! The data file before SQLite opens it for writing: whose is it, is it whole, is it in use?
//!
//! Nothing here writes to the data file, so that one we refuse stays as it is.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

use super::schema::{APPLICATION_ID, VERSION};
use crate::persistence::OpenError;

/// Every SQLite file begins with this.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Files up to this size are read through before they are trusted; for larger ones that takes too
/// long at a start, and only their structure is checked.
const FULL_CHECK_UP_TO: u64 = 256 * 1024 * 1024;

/// Held for as long as a server uses a data file.
#[derive(Debug)]
pub(super) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock of a data file: another file beside it, because SQLite's own locks end with
    /// each transaction, and closing the data file would end them.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let lock = beside(path, ".lock");
        let failed = |source| OpenError::Io {
            path: lock.clone(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// `path` with `suffix` behind its name, as SQLite names its own companions.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Whether there is a file with something in it; if so, it is one of ours that we can use.
///
/// # Errors
/// When it is not.
pub(super) fn check(path: &Path) -> Result<bool, OpenError> {
    let failed = |source| OpenError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    let size = file.metadata().map_err(failed)?.len();
    if size == 0 {
        return Ok(false);
    }
    let mut header = [0; 100];
    let foreign = || OpenError::NotADataFile(path.to_owned());
    file.read_exact(&mut header).map_err(|_| foreign())?;
    drop(file);
    if &header[..16] != MAGIC || number(&header, 68) != APPLICATION_ID {
        return Err(foreign());
    }
    let version = number(&header, 60);
    if version > VERSION {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: version,
            known: VERSION,
        });
    }
    let corrupt = |what: String| OpenError::Corrupt {
        path: path.to_owned(),
        what,
    };
    let page_size = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        // How the format writes what does not fit.
        1 => 65_536,
        size => size,
    };
    let wanted = u64::from(number(&header, 28).cast_unsigned()) * page_size;
    // While there is a log, the file may lag behind its own header: a checkpoint that was killed
    // has written the header first, and the rest is still in the log.
    let log = std::fs::metadata(beside(path, "-wal")).map_or(0, |metadata| metadata.len());
    if log == 0 && size < wanted {
        return Err(corrupt(format!(
            "it should have {wanted} bytes, and has {size}: it was cut off"
        )));
    }
    if size <= FULL_CHECK_UP_TO {
        read_through(path).map_err(corrupt)?;
    }
    Ok(true)
}

/// A big-endian number of SQLite's header.
fn number(header: &[u8; 100], at: usize) -> i32 {
    // The callers' offsets are within the header.
    i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

/// Lets SQLite check every page.
fn read_through(path: &Path) -> Result<(), String> {
    let check = || -> rusqlite::Result<String> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
    };
    match check() {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(verdict),
        Err(error) => Err(error.to_string()),
    }
}
