//! What the operations of workflow code are waiting for: one machine per kind, each in its file.
//!
//! A machine is asked by workflow code (`schedule_…`, `poll_…`, `cancel_…`) and told by history (`on_…`). It numbers its
//! operations from 1, so that an operation has the same number on every replay.

use std::collections::BTreeMap;

mod activity;
mod cancel_external;
mod child_workflow;
pub(crate) mod local_activity;
pub(crate) mod patch;
pub(crate) mod side_effect;
mod signal_external;
mod timer;
mod update;

pub(crate) use activity::{Activities, ActivityRequest};
pub(crate) use cancel_external::{CancelExternalRequest, CancelExternals};
pub(crate) use child_workflow::{ChildClosed, ChildRequest, Children};
pub(crate) use local_activity::LocalActivities;
pub use local_activity::{LocalActivityResult, LocalActivityTask};
pub(crate) use patch::Patches;
pub(crate) use side_effect::SideEffects;
pub(crate) use signal_external::{ExternalTarget, SignalExternalRequest, SignalExternals};
pub(crate) use timer::{TimerRequest, Timers};
pub(crate) use update::{Asked, Updates, update_id};

/// The number of an operation among those of its kind, from 1.
pub(crate) type Seq = u32;

/// The operations of one kind, and where history's events find them.
#[derive(Debug)]
pub(crate) struct Table<T> {
    /// None where another table has the operation of the number.
    items: Vec<Option<T>>,
    by_event: BTreeMap<i64, Seq>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            by_event: BTreeMap::new(),
        }
    }
}

impl<T> Table<T> {
    /// The number that the next operation gets.
    pub(crate) fn next_seq(&self) -> Seq {
        Seq::try_from(self.items.len()).expect("a history is too short for so many operations") + 1
    }

    pub(crate) fn push(&mut self, item: T) -> Seq {
        let seq = self.next_seq();
        self.items.push(Some(item));
        seq
    }

    /// Adds an operation of a number that the table has not reached, for kinds that are numbered together.
    pub(crate) fn insert(&mut self, seq: Seq, item: T) {
        self.items.resize_with(seq as usize - 1, || None);
        self.items.push(Some(item));
    }

    /// # Panics
    /// If the number was not given out by this table.
    pub(crate) fn get(&mut self, seq: Seq) -> &mut T {
        self.find(seq)
            .expect("operations are asked for by the numbers that they got here")
    }

    /// The operation of a number that comes from elsewhere.
    pub(crate) fn find(&mut self, seq: Seq) -> Option<&mut T> {
        let index = (seq as usize).checked_sub(1)?;
        self.items.get_mut(index)?.as_mut()
    }

    /// Lets later events name the operation by the event that recorded it.
    pub(crate) fn bind(&mut self, event_id: i64, seq: Seq) {
        self.by_event.insert(event_id, seq);
    }

    pub(crate) fn by_event(&mut self, event_id: i64) -> Option<(Seq, &mut T)> {
        let seq = *self.by_event.get(&event_id)?;
        Some((seq, self.get(seq)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Seq, &T)> {
        let items = (1..).zip(&self.items);
        items.filter_map(|(seq, item)| Some((seq, item.as_ref()?)))
    }
}
