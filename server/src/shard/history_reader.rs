//! Reads a run's events: from memory if they are recent, from the store otherwise.

use bytes::Bytes;

use crate::history::ids::{EventId, RunKey};

use super::{Refusal, RunSelector, Shard, chain::Run};

/// The most events on a page, as in Temporal's server.
pub(crate) const MAX_PAGE_EVENTS: usize = 256;

/// From this size on, in bytes, a page is full: well below the 4 MiB that a gRPC message may have.
const MAX_PAGE_SIZE: usize = 2 * 1024 * 1024;

/// Some events, as they are stored, and where the rest begins.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) events: Vec<Bytes>,
    /// The first event that is not on the page.
    pub(crate) next: EventId,
}

impl Shard {
    /// A page of the events from `from` on, before `to`.
    pub(crate) async fn history_page(
        &self,
        run: &RunKey,
        from: EventId,
        to: EventId,
        limit: usize,
    ) -> Result<Page, Refusal> {
        let limit = limit.clamp(1, MAX_PAGE_EVENTS);
        let end = to.min(from.saturating_add(limit as i64));
        let selector = RunSelector::run(&run.run_id);
        let recent = self
            .read(&run.workflow, selector, |hot| hot.recent_page(from, end))
            .await?;
        match recent {
            Some(page) => Ok(page),
            None => Ok(Page::of(self.store.history(run, from, end, limit)?, from)),
        }
    }
}

impl Run {
    /// A page of the events from `from` on, before `to`, if all of them are in memory.
    pub(crate) fn recent_page(&self, from: EventId, to: EventId) -> Option<Page> {
        let end = to.min(from.saturating_add(MAX_PAGE_EVENTS as EventId));
        let events = self.recent(from, end)?;
        let encoded = events.iter().map(|event| event.encoded().clone());
        Some(Page::of(encoded.collect(), from))
    }
}

impl Page {
    /// As many of the events from `from` on as a page may have.
    fn of(mut events: Vec<Bytes>, from: EventId) -> Self {
        let mut size = 0;
        let full = events.iter().position(|event: &Bytes| {
            size += event.len();
            size > MAX_PAGE_SIZE
        });
        // One is always on it, however large it is.
        events.truncate(full.unwrap_or(events.len()).max(1));
        // Events are numbered without gaps.
        let next = from + events.len() as EventId;
        Self { events, next }
    }
}
