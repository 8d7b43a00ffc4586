//! Histories, page by page.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use mainspring_proto::common::v1::WorkflowExecution;
use mainspring_proto::enums::v1::HistoryEventFilterType;
use mainspring_proto::history::v1::HistoryEvent;
use mainspring_proto::workflowservice::v1 as service;
use tonic::{Code, Status};

use super::pages::{Fetch, Page, Pages, Source};
use super::{Client, ClientError};

/// Longer than servers hold a long poll (60 s), so that it is they who end it.
pub(super) const LONG_POLL: std::time::Duration = std::time::Duration::from_secs(70);

/// The events of one run, page by page as they are taken.
///
/// It is a [`Stream`] too, for all that the crate `futures` can do with one. A stream ends after an error.
#[derive(Debug)]
#[must_use = "no event is fetched unless it is asked for the next one, or polled as a stream"]
pub struct HistoryStream {
    pages: Pages<Events>,
}

/// The events of one run.
#[derive(Clone, Debug)]
struct Events {
    client: Client,
    execution: WorkflowExecution,
    follow: bool,
}

impl HistoryStream {
    pub(super) fn new(client: Client, execution: WorkflowExecution) -> Self {
        Self {
            pages: Pages::of(Events {
                client,
                execution,
                follow: false,
            }),
        }
    }

    /// Waits for further events, until the run is closed.
    pub fn follow(mut self) -> Self {
        self.pages.source.follow = true;
        self
    }

    /// The next event; `None` after the last. After an error it can be asked again.
    ///
    /// # Errors
    /// If there is no such workflow, or an event does not decode.
    pub async fn next(&mut self) -> Result<Option<HistoryEvent>, ClientError> {
        self.pages.next().await
    }
}

impl Stream for HistoryStream {
    type Item = Result<HistoryEvent, ClientError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().pages.poll_next(cx)
    }
}

impl Source for Events {
    type Item = HistoryEvent;

    fn fetch(&self, token: Bytes) -> Fetch<HistoryEvent> {
        let events = self.clone();
        Box::pin(async move { events.page(token).await })
    }
}

impl Events {
    async fn page(&self, token: Bytes) -> Result<Page<HistoryEvent>, ClientError> {
        let (client, execution) = (&self.client, &self.execution);
        let fetched = match self.follow {
            true => client.wait_for_page(execution, token, Wait::ForAny).await,
            false => client.page(execution, token).await,
        };
        let fetched = fetched.map_err(|status| ClientError::rpc("get workflow history", status))?;
        let mut history = fetched.history.unwrap_or_default();
        client.shared.converter.decode_all(&mut history).await?;
        Ok(Page {
            items: history.events,
            next: fetched.next_page_token,
        })
    }
}

/// What to wait for.
#[derive(Clone, Copy, Debug)]
enum Wait {
    ForAny,
    /// The event that closes the run; no other is returned.
    ForClose,
}

impl Client {
    /// All events that there are.
    pub(crate) async fn history_of(
        &self,
        execution: &WorkflowExecution,
    ) -> Result<Vec<HistoryEvent>, Status> {
        self.history_from(execution, Bytes::new()).await
    }

    /// The events from a page on.
    pub(crate) async fn history_from(
        &self,
        execution: &WorkflowExecution,
        mut page: Bytes,
    ) -> Result<Vec<HistoryEvent>, Status> {
        let mut events = Vec::new();
        loop {
            let response = self.page(execution, page).await?;
            events.extend(response.history.unwrap_or_default().events);
            page = response.next_page_token;
            if page.is_empty() {
                return Ok(events);
            }
        }
    }

    /// Waits until a run is closed, and returns the event that closed it.
    pub(crate) async fn close_event(
        &self,
        execution: &WorkflowExecution,
    ) -> Result<HistoryEvent, Status> {
        let mut page = Bytes::new();
        loop {
            let response = self.wait_for_page(execution, page, Wait::ForClose).await?;
            page = response.next_page_token;
            let mut events = response.history.unwrap_or_default().events;
            if let Some(event) = events.pop() {
                return Ok(event);
            }
        }
    }

    async fn page(
        &self,
        execution: &WorkflowExecution,
        next_page_token: Bytes,
    ) -> Result<service::GetWorkflowExecutionHistoryResponse, Status> {
        let request = service::GetWorkflowExecutionHistoryRequest {
            namespace: self.shared.namespace.clone(),
            execution: Some(execution.clone()),
            next_page_token,
            ..Default::default()
        };
        self.shared.call(&request).await
    }

    async fn wait_for_page(
        &self,
        execution: &WorkflowExecution,
        next_page_token: Bytes,
        wait: Wait,
    ) -> Result<service::GetWorkflowExecutionHistoryResponse, Status> {
        let filter = match wait {
            Wait::ForAny => HistoryEventFilterType::AllEvent,
            Wait::ForClose => HistoryEventFilterType::CloseEvent,
        };
        let request = service::GetWorkflowExecutionHistoryRequest {
            namespace: self.shared.namespace.clone(),
            execution: Some(execution.clone()),
            next_page_token,
            wait_new_event: true,
            history_event_filter_type: filter as i32,
            skip_archival: true,
            ..Default::default()
        };
        loop {
            match self.shared.poll(&request).await {
                Err(status)
                    if matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled) => {}
                page => return page,
            }
        }
    }
}
