//! Histories, page by page.

use bytes::Bytes;
use mainspring_proto::common::v1::WorkflowExecution;
use mainspring_proto::enums::v1::HistoryEventFilterType;
use mainspring_proto::history::v1::HistoryEvent;
use mainspring_proto::workflowservice::v1 as service;
use tonic::{Code, Request, Status};

use super::Client;

/// Longer than servers hold a long poll (60 s), so that it is they who end it.
pub(crate) const LONG_POLL: std::time::Duration = std::time::Duration::from_secs(70);

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
            let request = service::GetWorkflowExecutionHistoryRequest {
                namespace: self.shared.namespace.clone(),
                execution: Some(execution.clone()),
                next_page_token: page,
                ..Default::default()
            };
            let response = self
                .shared
                .retrying(|mut service| {
                    let request = request.clone();
                    async move { service.get_workflow_execution_history(request).await }
                })
                .await?;
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
            let message = service::GetWorkflowExecutionHistoryRequest {
                namespace: self.shared.namespace.clone(),
                execution: Some(execution.clone()),
                next_page_token: page.clone(),
                wait_new_event: true,
                history_event_filter_type: HistoryEventFilterType::CloseEvent as i32,
                skip_archival: true,
                ..Default::default()
            };
            let response = self.shared.polling(|mut service| {
                let mut request = Request::new(message.clone());
                request.set_timeout(LONG_POLL);
                async move { service.get_workflow_execution_history(request).await }
            });
            let response = match response.await {
                Ok(response) => response,
                Err(status) if status.code() == Code::DeadlineExceeded => continue,
                Err(status) if status.code() == Code::Cancelled => continue,
                Err(status) => return Err(status),
            };
            page = response.next_page_token;
            let mut events = response.history.unwrap_or_default().events;
            if let Some(event) = events.pop() {
                return Ok(event);
            }
        }
    }
}
