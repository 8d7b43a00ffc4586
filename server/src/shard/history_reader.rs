//! Reads a run's events: from memory if they are recent, from the store otherwise.

use mainspring_proto::history::v1::HistoryEvent;
use prost::Message;

use crate::{
    history::ids::{EventId, RunKey},
    persistence::StoreError,
};

use super::{Refusal, RunSelector, Shard};

/// The most events on a page, as in Temporal's server.
pub(crate) const MAX_PAGE_EVENTS: usize = 256;

/// From this size on, in bytes, a page is full: well below the 4 MiB that a gRPC message may have.
const MAX_PAGE_SIZE: usize = 2 * 1024 * 1024;

/// Some events, and where the rest begins.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) events: Vec<HistoryEvent>,
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
            .read(&run.workflow, selector, |hot| hot.recent(from, end))
            .await?;
        let mut page = Page {
            events: Vec::new(),
            next: from,
        };
        let mut size = 0;
        if let Some(recent) = recent {
            for event in recent {
                if size >= MAX_PAGE_SIZE {
                    break;
                }
                size += event.encoded().len();
                page.next = event.id() + 1;
                page.events.push(event.proto().clone());
            }
            return Ok(page);
        }
        for encoded in self.store.history(run, from, end, limit)? {
            if size >= MAX_PAGE_SIZE {
                break;
            }
            size += encoded.len();
            let event = HistoryEvent::decode(encoded)
                .map_err(|error| StoreError::Corrupt(error.to_string()))?;
            page.next = event.event_id + 1;
            page.events.push(event);
        }
        Ok(page)
    }
}
