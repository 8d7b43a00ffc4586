//! Finding workflows.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use mainspring_proto::workflowservice::v1 as service;

use super::pages::{Fetch, Page, Pages, Source};
use super::{Client, ClientError, WorkflowDescription};

/// Workflows that a query finds, page by page as they are taken.
///
/// It is a [`Stream`] too, for all that the crate `futures` can do with one. A stream ends after an error.
///
/// ```no_run
/// # async fn example(client: mainspring::Client) -> Result<(), mainspring::client::ClientError> {
/// use futures::{StreamExt, TryStreamExt};
///
/// let running = client.list_workflows("ExecutionStatus = 'Running'");
/// let ids = running.map_ok(|it| it.id().to_owned()).take(10);
/// let ids: Vec<String> = ids.try_collect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is listed unless it is asked for the next one, or polled as a stream"]
pub struct WorkflowList {
    pages: Pages<Found>,
}

/// What a query finds.
#[derive(Clone, Debug)]
struct Found {
    client: Client,
    query: String,
}

/// How many workflows a query finds.
#[derive(Clone, Debug, Default)]
pub struct WorkflowCount {
    /// In all.
    pub count: i64,
    /// By the values of `GROUP BY`, as JSON.
    pub groups: Vec<(Vec<serde_json::Value>, i64)>,
}

impl Client {
    /// The workflows that a query such as `WorkflowType = 'greet' AND ExecutionStatus = 'Running'` finds; all of the
    /// namespace if it is empty.
    pub fn list_workflows(&self, query: impl Into<String>) -> WorkflowList {
        let found = Found {
            client: self.clone(),
            query: query.into(),
        };
        WorkflowList {
            pages: Pages::of(found),
        }
    }

    /// How many workflows a query finds.
    ///
    /// # Errors
    /// If the query is not one.
    pub async fn count_workflows(
        &self,
        query: impl Into<String>,
    ) -> Result<WorkflowCount, ClientError> {
        let request = service::CountWorkflowExecutionsRequest {
            namespace: self.shared.namespace.clone(),
            query: query.into(),
        };
        let response = self.shared.call(&request).await;
        let response = response.map_err(|status| ClientError::rpc("count workflows", status))?;
        let groups = response.groups.into_iter().map(|group| {
            let values = group.group_values.iter();
            let values = values.map(|it| serde_json::from_slice(&it.data).unwrap_or_default());
            (values.collect(), group.count)
        });
        Ok(WorkflowCount {
            count: response.count,
            groups: groups.collect(),
        })
    }
}

impl WorkflowList {
    /// The next one; `None` after the last. After an error it can be asked again.
    ///
    /// # Errors
    /// If the query is not one.
    pub async fn next(&mut self) -> Result<Option<WorkflowDescription>, ClientError> {
        self.pages.next().await
    }

    /// All of them at once.
    ///
    /// # Errors
    /// If the query is not one.
    pub async fn all(mut self) -> Result<Vec<WorkflowDescription>, ClientError> {
        let mut all = Vec::new();
        while let Some(one) = self.next().await? {
            all.push(one);
        }
        Ok(all)
    }
}

impl Stream for WorkflowList {
    type Item = Result<WorkflowDescription, ClientError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().pages.poll_next(cx)
    }
}

impl Source for Found {
    type Item = WorkflowDescription;

    fn fetch(&self, token: Bytes) -> Fetch<WorkflowDescription> {
        let found = self.clone();
        Box::pin(async move { found.page(token).await })
    }
}

impl Found {
    async fn page(&self, next_page_token: Bytes) -> Result<Page<WorkflowDescription>, ClientError> {
        let shared = &self.client.shared;
        let request = service::ListWorkflowExecutionsRequest {
            namespace: shared.namespace.clone(),
            next_page_token,
            query: self.query.clone(),
            ..Default::default()
        };
        let response = shared.call(&request).await;
        let response = response.map_err(|status| ClientError::rpc("list workflows", status))?;
        let mut items = Vec::new();
        for info in response.executions {
            let described = service::DescribeWorkflowExecutionResponse {
                workflow_execution_info: Some(info),
                ..Default::default()
            };
            items.push(WorkflowDescription::decoded(described, &shared.converter).await);
        }
        Ok(Page {
            items,
            next: response.next_page_token,
        })
    }
}
