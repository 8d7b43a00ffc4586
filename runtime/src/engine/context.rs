//! The run that is being polled on this thread.
//!
//! 1. It is set only inside [`enter`], which the engine calls around every piece of user code of one run.
//! 2. [`with`] borrows it for the length of a closure of ours, which never calls user code: so borrows never overlap.

use std::cell::Cell;
use std::ptr::{self, NonNull};

use super::Run;

thread_local! {
    static CURRENT: Cell<*mut Run> = const { Cell::new(ptr::null_mut()) };
}

/// Runs user code with `run` as what is current.
pub(crate) fn enter<R>(run: &mut Run, code: impl FnOnce() -> R) -> R {
    struct Restore(*mut Run);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(run));
    code()
}

thread_local! {
    static EXEMPT: Cell<bool> = const { Cell::new(false) };
}

/// Runs code of the user that need not be deterministic: its value is recorded, or nothing comes back from it.
pub(crate) fn exempt<R>(code: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            EXEMPT.set(self.0);
        }
    }
    let _restore = Restore(EXEMPT.replace(true));
    code()
}

/// Whether what runs on this thread is code of the user that must be deterministic: not ours within it, nor code that
/// is exempt.
#[cfg(feature = "testing")]
pub(crate) fn is_bound() -> bool {
    !CURRENT.get().is_null() && !EXEMPT.get()
}

/// Borrows what is current, if anything is.
pub(crate) fn try_with<R>(code: impl FnOnce(&mut Run) -> R) -> Option<R> {
    // Taken out for the length of the borrow, so that a call that breaks rule 2 finds nothing instead of an alias.
    let mut run = NonNull::new(CURRENT.replace(ptr::null_mut()))?;
    struct PutBack(*mut Run);
    impl Drop for PutBack {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _put_back = PutBack(run.as_ptr());
    // SAFETY: `enter` set the pointer from an exclusive borrow that outlives its closure, on this thread, and does not
    // use it meanwhile; taking it out above makes this the only borrow derived from it.
    Some(code(unsafe { run.as_mut() }))
}

/// Borrows what is current.
///
/// # Panics
/// If nothing is: `item` was used outside workflow code.
#[track_caller]
pub(crate) fn with<R>(item: &str, code: impl FnOnce(&mut Run) -> R) -> R {
    match try_with(code) {
        Some(value) => value,
        None => panic!(
            "{item} was used outside workflow code: it acts on the workflow that is being run on this thread, \
             and none is. Call it from a `#[workflow]` method or a `#[workflow_fn]`, not from a thread or task \
             that you spawned yourself"
        ),
    }
}
