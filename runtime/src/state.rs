//! Workflow state, shared by the run method and the handlers behind `&self`.
//!
//! A run is polled by one thread at a time, so the borrow flag never contends: it makes the cell soundly `Sync`, which
//! lets workflow futures be `Send`, and turns a re-entrant borrow into a panic. A guard is *not* `Send`, so a
//! guard held across an await fails to compile: handlers run during an await and must find the state free.

use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicIsize, Ordering};

/// A cell of workflow state.
///
/// ```
/// # use mainspring::State;
/// let approvals = State::new(Vec::new());
/// approvals.update(|list| list.push("ada"));
/// assert_eq!(approvals.borrow().len(), 1);
/// ```
#[derive(Default)]
pub struct State<T> {
    /// How many readers there are; [`WRITING`] while there is a writer.
    flag: AtomicIsize,
    value: UnsafeCell<T>,
}

const WRITING: isize = -1;

// SAFETY: `flag` admits many readers or one writer, as in a `RwLock` that panics where it would wait; its acquire and
// release edges order the accesses. `T: Send + Sync` as for `RwLock`.
unsafe impl<T: Send + Sync> Sync for State<T> {}

/// A shared borrow of a [`State`]; it must end before the next await.
pub struct Ref<'a, T> {
    cell: &'a State<T>,
}

/// An exclusive borrow of a [`State`]; it must end before the next await.
pub struct RefMut<'a, T> {
    cell: &'a State<T>,
}

/// Never implemented. A guard is `Send` only where it implements this, and workflow futures must be `Send`.
#[diagnostic::on_unimplemented(
    message = "a borrow of workflow state is held across an await",
    label = "handlers run during an await and must find the state free",
    note = "copy what you need (`state.get()`), or end the borrow first (`state.update(|s| ..)`, a block, `drop`)"
)]
#[doc(hidden)]
pub trait HeldAcrossAwait {}

// SAFETY: vacuous, since `HeldAcrossAwait` has no implementation. The lifetime keeps rustc from evaluating the bound
// here, so that it is reported, with its note, where a guard is held.
unsafe impl<'a, T> Send for Ref<'a, T> where Ref<'a, T>: HeldAcrossAwait {}
// SAFETY: as above.
unsafe impl<'a, T> Send for RefMut<'a, T> where RefMut<'a, T>: HeldAcrossAwait {}

impl<T> State<T> {
    /// A cell that holds `value`.
    pub const fn new(value: T) -> Self {
        Self {
            flag: AtomicIsize::new(0),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, owned.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    /// Replaces the value.
    ///
    /// # Panics
    /// If the state is borrowed, or if a query or validator runs.
    #[track_caller]
    pub fn set(&self, value: T) {
        *self.borrow_mut() = value;
    }

    /// Replaces the value and returns the old one.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        std::mem::replace(&mut *self.borrow_mut(), value)
    }

    /// Takes the value and leaves the default.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }

    /// Changes the value in place.
    ///
    /// # Panics
    /// As [`set`](Self::set); in particular if `change` borrows this state again.
    #[track_caller]
    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut self.borrow_mut())
    }

    /// A copy of the value.
    ///
    /// # Panics
    /// If the state is being changed.
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.borrow().clone()
    }

    /// Borrows the value for reading, until the next await at the latest.
    ///
    /// # Panics
    /// If the state is being changed, as it is inside `update`.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        let reader = |readers: isize| (readers != WRITING).then_some(readers + 1);
        if self
            .flag
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, reader)
            .is_err()
        {
            panic!("workflow state is read while it is being changed (`update` within `update`?)");
        }
        Ref { cell: self }
    }

    /// Borrows the value for writing, until the next await at the latest.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn borrow_mut(&self) -> RefMut<'_, T> {
        assert!(
            !READ_ONLY.get(),
            "a query or validator changes workflow state: make it an update or a signal [MS0701]"
        );
        let free = self
            .flag
            .compare_exchange(0, WRITING, Ordering::Acquire, Ordering::Relaxed);
        if free.is_err() {
            panic!("workflow state is changed while it is borrowed (`update` within `borrow`?)");
        }
        RefMut { cell: self }
    }

    /// Stands before `set`, `update` and the like in the bodies of sync handlers; see `__private::Reads`.
    #[doc(hidden)]
    pub fn __write<A: crate::__private::MayChange>(&self, access: A) -> &Self {
        let _ = access;
        self
    }
}

thread_local! {
    /// Set while a query or a validator runs on this thread.
    static READ_ONLY: Cell<bool> = const { Cell::new(false) };
}

/// Runs a query or validator: state that it changes by way of helpers, where the compiler does not see it, panics.
pub(crate) fn read_only<R>(body: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            READ_ONLY.set(self.0);
        }
    }
    let _restore = Restore(READ_ONLY.replace(true));
    body()
}

impl<T> From<T> for State<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.flag.load(Ordering::Relaxed) == WRITING {
            return f.write_str("State(<being changed>)");
        }
        f.debug_tuple("State").field(&*self.borrow()).finish()
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the flag counts this reader, so there is no writer until it is dropped.
        unsafe { &*self.cell.value.get() }
    }
}

impl<T> Drop for Ref<'_, T> {
    fn drop(&mut self) {
        self.cell.flag.fetch_sub(1, Ordering::Release);
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> Deref for RefMut<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the flag says that this is the only borrow.
        unsafe { &*self.cell.value.get() }
    }
}

impl<T> DerefMut for RefMut<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the flag says that this is the only borrow.
        unsafe { &mut *self.cell.value.get() }
    }
}

impl<T> Drop for RefMut<'_, T> {
    fn drop(&mut self) {
        self.cell.flag.store(0, Ordering::Release);
    }
}

impl<T: fmt::Debug> fmt::Debug for RefMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_share_and_a_writer_is_alone() {
        let state = State::new(1);
        {
            let (a, b) = (state.borrow(), state.borrow());
            assert_eq!(*a + *b, 2);
        }
        state.update(|n| *n += 1);
        assert_eq!(state.get(), 2);
    }

    #[test]
    #[should_panic(expected = "workflow state is changed while it is borrowed")]
    fn a_write_inside_a_read_panics() {
        let state = State::new(1);
        let _reader = state.borrow();
        state.set(2);
    }

    #[test]
    #[should_panic(expected = "MS0701")]
    fn a_query_cannot_change_state_by_way_of_a_helper() {
        let state = State::new(1);
        read_only(|| state.set(2));
    }
}
