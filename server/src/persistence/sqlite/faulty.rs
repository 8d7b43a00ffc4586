//! A disk that fails when told to: SQLite's own file layer, with faults for files of one's choice.
//!
//! It is the default layer of the whole test program, and leaves every file alone that has no fault.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    path::{Path, PathBuf},
    ptr,
    sync::OnceLock,
};

use parking_lot::Mutex;
use rusqlite::ffi;

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failing {
    Write,
    Sync,
    /// A write, because the disk is full.
    Full,
}

impl Failing {
    fn code(self) -> c_int {
        match self {
            Self::Write => ffi::SQLITE_IOERR_WRITE,
            Self::Sync => ffi::SQLITE_IOERR_FSYNC,
            Self::Full => ffi::SQLITE_FULL,
        }
    }
}

/// One operation on a file that fails: once, as a kernel reports a lost page once.
#[derive(Debug)]
struct Fault {
    path: PathBuf,
    failing: Failing,
    /// How many operations of the kind succeed before.
    after: u32,
}

static FAULTS: Mutex<Vec<Fault>> = Mutex::new(Vec::new());

/// Lets an operation on a file fail, after some that succeed. Files must be opened after the first
/// call of [`install`].
pub(super) fn fail(path: &Path, failing: Failing, after: u32) {
    FAULTS.lock().push(Fault {
        path: path.to_owned(),
        failing,
        after,
    });
}

/// The error that is due for such an operation on the file, if any.
fn due(path: &Path, is_write: bool) -> Option<c_int> {
    let mut faults = FAULTS.lock();
    let matching = |fault: &Fault| {
        fault.path == path && is_write == matches!(fault.failing, Failing::Write | Failing::Full)
    };
    let place = faults.iter().position(matching)?;
    if faults[place].after > 0 {
        faults[place].after -= 1;
        return None;
    }
    Some(faults.remove(place).failing.code())
}

/// Puts the layer under all files that are opened from now on.
pub(super) fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // SAFETY: SQLite's default layer lives as long as the program, and so does the copy.
        unsafe {
            let system = ffi::sqlite3_vfs_find(ptr::null());
            let layer = Box::leak(Box::new(*system));
            layer.szOsFile += size_of::<File>() as c_int;
            layer.pNext = ptr::null_mut();
            layer.zName = c"faulty".as_ptr();
            layer.xOpen = Some(open);
            assert_eq!(ffi::sqlite3_vfs_register(layer, 1), ffi::SQLITE_OK);
            assert!(SYSTEM.set(System(system)).is_ok());
        }
    });
}

struct System(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite uses it from every thread itself.
unsafe impl Send for System {}
unsafe impl Sync for System {}

static SYSTEM: OnceLock<System> = OnceLock::new();

/// What SQLite has of an open file; the system's own follows behind it.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    path: *mut PathBuf,
}

/// The system's file behind ours.
unsafe fn system(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: `install` has made room for both.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// Calls a method of the system's file.
macro_rules! pass {
    ($file:ident . $method:ident ( $($argument:expr),* )) => {
        // SAFETY: the system's layer has opened the file, and has all methods of version 2.
        unsafe {
            let system = system($file);
            (*(*system).pMethods).$method.expect("a method of version 2")(system $(, $argument)*)
        }
    };
}

/// Methods that only pass the call on.
macro_rules! passing {
    ($($name:ident = $method:ident ($($argument:ident : $type:ty),*) -> $result:ty;)*) => {
        $(unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $type)*) -> $result {
            pass!(file.$method($($argument),*))
        })*
    };
}

passing! {
    read = xRead(to: *mut c_void, amount: c_int, offset: ffi::sqlite3_int64) -> c_int;
    truncate = xTruncate(size: ffi::sqlite3_int64) -> c_int;
    file_size = xFileSize(size: *mut ffi::sqlite3_int64) -> c_int;
    lock = xLock(level: c_int) -> c_int;
    unlock = xUnlock(level: c_int) -> c_int;
    check_reserved_lock = xCheckReservedLock(result: *mut c_int) -> c_int;
    file_control = xFileControl(operation: c_int, argument: *mut c_void) -> c_int;
    sector_size = xSectorSize() -> c_int;
    device_characteristics = xDeviceCharacteristics() -> c_int;
    shm_map = xShmMap(page: c_int, size: c_int, extend: c_int, to: *mut *mut c_void) -> c_int;
    shm_lock = xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier = xShmBarrier() -> ();
    shm_unmap = xShmUnmap(delete: c_int) -> c_int;
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn open(
    _layer: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let layer = SYSTEM.get().expect("set when the layer was installed").0;
    // SAFETY: SQLite hands in room for both files, and a name that ends with a zero, or none.
    unsafe {
        let open = (*layer).xOpen.expect("every layer can open");
        let result = open(layer, name, system(file), flags, flags_out);
        (*file).pMethods = ptr::null();
        if result == ffi::SQLITE_OK {
            let path = match name.is_null() {
                true => PathBuf::new(),
                false => CStr::from_ptr(name).to_string_lossy().into_owned().into(),
            };
            (*file.cast::<File>()).path = Box::into_raw(Box::new(path));
            (*file).pMethods = &raw const METHODS;
        }
        result
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `open` has put it there, and a file is closed once.
    drop(unsafe { Box::from_raw((*file.cast::<File>()).path) });
    pass!(file.xClose())
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: `open` has put it there.
    let path = unsafe { &*(*file.cast::<File>()).path };
    due(path, true).unwrap_or_else(|| pass!(file.xWrite(from, amount, offset)))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: `open` has put it there.
    let path = unsafe { &*(*file.cast::<File>()).path };
    due(path, false).unwrap_or_else(|| pass!(file.xSync(flags)))
}
