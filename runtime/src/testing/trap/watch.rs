//! The watch over a thread.

use std::cell::{Cell, RefCell};
use std::hash::RandomState;
use std::ptr;

use super::stack::Stack;
use super::{Culprit, Kind};
use crate::engine::context;

/// More than enough to come to a culprit behind log lines.
const LIMIT: usize = 64;

/// A call that was noticed.
pub(super) struct Noticed {
    function: &'static str,
    kind: Kind,
    stack: Stack,
}

thread_local! {
    /// Where calls are noted while this thread is watched.
    static NOTES: Cell<*const RefCell<Vec<Noticed>>> = const { Cell::new(ptr::null()) };
}

/// Runs code, and says which call it must not have made.
pub(crate) fn watch<R>(code: impl FnOnce() -> R) -> (R, Option<Culprit>) {
    // See the module above: this draws the keys.
    let _ = RandomState::new();
    let notes = RefCell::default();
    let value = {
        struct Restore(*const RefCell<Vec<Noticed>>);
        impl Drop for Restore {
            fn drop(&mut self) {
                NOTES.set(self.0);
            }
        }
        let _restore = Restore(NOTES.replace(&notes));
        code()
    };
    (value, notes.into_inner().into_iter().find_map(culprit))
}

/// Notes a call, if it is one to be noted. Called before every call of libc that is stood before, from anywhere in the
/// process: it does nothing but look at two thread-locals unless the thread is watched.
pub(super) fn note(function: &'static str, kind: Kind) {
    let notes = NOTES.get();
    if notes.is_null() || !context::is_bound() || std::thread::panicking() {
        return;
    }
    // Taken out meanwhile: looking at the stack calls libc too.
    NOTES.set(ptr::null());
    // SAFETY: `watch` set the pointer to a value that outlives its closure, which is on this thread's stack.
    if let Ok(mut noted) = unsafe { &*notes }.try_borrow_mut()
        && noted.len() < LIMIT
    {
        noted.push(Noticed {
            function,
            kind,
            stack: Stack::here(),
        });
    }
    NOTES.set(notes);
}

fn culprit(noticed: Noticed) -> Option<Culprit> {
    Some(Culprit {
        function: noticed.function,
        kind: noticed.kind,
        stack: noticed.stack.of_culprit(noticed.function)?,
    })
}
