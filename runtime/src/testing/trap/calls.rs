//! Functions of this program that stand before those of libc.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

use super::Kind;
use super::watch::note;

/// Where libc's function is, once it was looked up.
struct Real {
    name: &'static CStr,
    at: AtomicPtr<c_void>,
}

impl Real {
    const fn new(name: &'static CStr) -> Self {
        Self {
            name,
            at: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Null if this libc has none: it is older than the function.
    fn get(&self) -> *mut c_void {
        let known = self.at.load(Ordering::Relaxed);
        if !known.is_null() {
            return known;
        }
        let (name, version) = (self.name.as_ptr(), c"GLIBC_2.3".as_ptr());
        // Glibc before 2.36 gives `dlsym` the oldest function of a name, and on x86-64 an older `realpath` than programs are
        // linked with, which allocates nothing. No other of the functions here has this version.
        // SAFETY: the names are C strings, and `RTLD_NEXT` is a valid handle.
        let found = unsafe { libc::dlvsym(libc::RTLD_NEXT, name, version) };
        let found = match found.is_null() {
            // SAFETY: as before.
            true => unsafe { libc::dlsym(libc::RTLD_NEXT, name) },
            false => found,
        };
        self.at.store(found, Ordering::Relaxed);
        found
    }
}

/// What a function returns that fails.
trait Failed {
    const FAILED: Self;
}

macro_rules! failed {
    ($($result:ty: $failed:expr),*) => { $(
        impl Failed for $result {
            const FAILED: Self = $failed;
        }
    )* };
}

failed!(c_int: -1, i64: -1, isize: -1, *mut libc::DIR: std::ptr::null_mut(), *mut c_char: std::ptr::null_mut());

macro_rules! stand_before_libc {
    ($(
        $kind:ident $c_name:literal $name:ident($($arg:ident: $of:ty),*) -> $result:ty $(, or $otherwise:expr)?;
    )*) => { $(
        // SAFETY: the signature is libc's (the mode of `open` is passed as any argument would be), and what it is
        // called with goes on to libc as it came.
        // The program of this crate's unit tests also links the crate itself, where these are already.
        #[cfg_attr(not(test), unsafe(no_mangle))]
        #[cfg_attr(test, allow(dead_code))]
        unsafe extern "C" fn $name($($arg: $of),*) -> $result {
            static REAL: Real = Real::new($c_name);
            note(stringify!($name), Kind::$kind);
            let real = REAL.get();
            if real.is_null() {
                // SAFETY: the caller vouches for the arguments.
                $( return unsafe { $otherwise }; )?
                #[allow(unreachable_code)]
                {
                    // SAFETY: it is this thread's.
                    unsafe { *libc::__errno_location() = libc::ENOSYS };
                    return <$result as Failed>::FAILED;
                }
            }
            // SAFETY: that is libc's function of this name, of this very type.
            let real: unsafe extern "C" fn($($of),*) -> $result = unsafe { std::mem::transmute(real) };
            // SAFETY: the caller vouches for the arguments.
            unsafe { real($($arg),*) }
        }
    )* };
}

/// The call behind `stat` and its like, which glibc before 2.33 has by other names. The one type of `stat` is the
/// kernel's where pointers have 64 bits.
unsafe fn stat_of(
    folder: c_int,
    path: *const c_char,
    to: *mut libc::stat,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller vouches for the arguments, which are those of this call.
    unsafe { libc::syscall(libc::SYS_newfstatat, folder, path, to, flags) as c_int }
}

type Start = extern "C" fn(*mut c_void) -> *mut c_void;

stand_before_libc! {
    Clock c"clock_gettime" clock_gettime(clock: libc::clockid_t, to: *mut libc::timespec) -> c_int;
    Clock c"gettimeofday" gettimeofday(to: *mut libc::timeval, zone: *mut c_void) -> c_int;
    Clock c"time" time(to: *mut libc::time_t) -> libc::time_t;
    Chance c"getrandom" getrandom(to: *mut c_void, size: usize, flags: c_uint) -> isize;
    Chance c"getentropy" getentropy(to: *mut c_void, size: usize) -> c_int;
    Sleep c"nanosleep" nanosleep(time: *const libc::timespec, left: *mut libc::timespec) -> c_int;
    Sleep c"clock_nanosleep" clock_nanosleep(
        clock: libc::clockid_t, flags: c_int, time: *const libc::timespec, left: *mut libc::timespec
    ) -> c_int;
    Thread c"pthread_create" pthread_create(
        thread: *mut libc::pthread_t, attributes: *const libc::pthread_attr_t, start: Start, with: *mut c_void
    ) -> c_int;
    Process c"fork" fork() -> libc::pid_t;
    Process c"posix_spawn" posix_spawn(
        to: *mut libc::pid_t, path: *const c_char, actions: *const libc::posix_spawn_file_actions_t,
        attributes: *const libc::posix_spawnattr_t, args: *const *mut c_char, variables: *const *mut c_char
    ) -> c_int;
    Process c"posix_spawnp" posix_spawnp(
        to: *mut libc::pid_t, file: *const c_char, actions: *const libc::posix_spawn_file_actions_t,
        attributes: *const libc::posix_spawnattr_t, args: *const *mut c_char, variables: *const *mut c_char
    ) -> c_int;
    Host c"getaddrinfo" getaddrinfo(
        host: *const c_char, service: *const c_char, hints: *const libc::addrinfo, to: *mut *mut libc::addrinfo
    ) -> c_int;
    Socket c"socketpair" socketpair(domain: c_int, kind: c_int, protocol: c_int, to: *mut c_int) -> c_int;
    Socket c"socket" socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
    File c"open" open(path: *const c_char, flags: c_int, mode: libc::mode_t) -> c_int;
    File c"open64" open64(path: *const c_char, flags: c_int, mode: libc::mode_t) -> c_int;
    File c"openat" openat(folder: c_int, path: *const c_char, flags: c_int, mode: libc::mode_t) -> c_int;
    File c"openat64" openat64(folder: c_int, path: *const c_char, flags: c_int, mode: libc::mode_t) -> c_int;
    Path c"statx" statx(
        folder: c_int, path: *const c_char, flags: c_int, mask: c_uint, to: *mut libc::statx
    ) -> c_int;
    Path c"stat" stat(path: *const c_char, to: *mut libc::stat) -> c_int, or stat_of(libc::AT_FDCWD, path, to, 0);
    Path c"stat64" stat64(path: *const c_char, to: *mut libc::stat) -> c_int, or stat_of(libc::AT_FDCWD, path, to, 0);
    Path c"lstat" lstat(path: *const c_char, to: *mut libc::stat) -> c_int,
        or stat_of(libc::AT_FDCWD, path, to, libc::AT_SYMLINK_NOFOLLOW);
    Path c"lstat64" lstat64(path: *const c_char, to: *mut libc::stat) -> c_int,
        or stat_of(libc::AT_FDCWD, path, to, libc::AT_SYMLINK_NOFOLLOW);
    Path c"fstatat" fstatat(folder: c_int, path: *const c_char, to: *mut libc::stat, flags: c_int) -> c_int,
        or stat_of(folder, path, to, flags);
    Path c"fstatat64" fstatat64(folder: c_int, path: *const c_char, to: *mut libc::stat, flags: c_int) -> c_int,
        or stat_of(folder, path, to, flags);
    Path c"access" access(path: *const c_char, mode: c_int) -> c_int;
    Path c"faccessat" faccessat(folder: c_int, path: *const c_char, mode: c_int, flags: c_int) -> c_int;
    Change c"unlink" unlink(path: *const c_char) -> c_int;
    Change c"rename" rename(from: *const c_char, to: *const c_char) -> c_int;
    Change c"mkdir" mkdir(path: *const c_char, mode: libc::mode_t) -> c_int;
    Change c"rmdir" rmdir(path: *const c_char) -> c_int;
    Path c"opendir" opendir(path: *const c_char) -> *mut libc::DIR;
    Path c"readlink" readlink(path: *const c_char, to: *mut c_char, size: usize) -> isize;
    Path c"realpath" realpath(path: *const c_char, to: *mut c_char) -> *mut c_char;
}
