//! Finding workflows.

use std::collections::VecDeque;

use bytes::Bytes;
use mainspring_proto::workflow::v1::WorkflowExecutionInfo;
use mainspring_proto::workflowservice::v1 as service;

use super::{Client, ClientError, WorkflowDescription};

/// Workflows that a query finds, page by page as they are taken.
#[derive(Debug)]
pub struct WorkflowList {
    client: Client,
    query: String,
    page: VecDeque<WorkflowExecutionInfo>,
    next_page: Option<Bytes>,
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
        WorkflowList {
            client: self.clone(),
            query: query.into(),
            page: VecDeque::new(),
            next_page: Some(Bytes::new()),
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
        let response = self.shared.retrying(|mut service| {
            let request = request.clone();
            async move { service.count_workflow_executions(request).await }
        });
        let response = response.await;
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
        loop {
            if let Some(info) = self.page.pop_front() {
                let described = service::DescribeWorkflowExecutionResponse {
                    workflow_execution_info: Some(info),
                    ..Default::default()
                };
                let converter = &self.client.shared.converter;
                let described = WorkflowDescription::decoded(described, converter).await;
                return Ok(Some(described));
            }
            let Some(token) = self.next_page.clone() else {
                return Ok(None);
            };
            self.fetch(token).await?;
        }
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

    async fn fetch(&mut self, next_page_token: Bytes) -> Result<(), ClientError> {
        let shared = &self.client.shared;
        let request = service::ListWorkflowExecutionsRequest {
            namespace: shared.namespace.clone(),
            next_page_token,
            query: self.query.clone(),
            ..Default::default()
        };
        let response = shared.retrying(|mut service| {
            let request = request.clone();
            async move { service.list_workflow_executions(request).await }
        });
        let response = response.await;
        let response = response.map_err(|status| ClientError::rpc("list workflows", status))?;
        self.page.extend(response.executions);
        self.next_page = (!response.next_page_token.is_empty()).then_some(response.next_page_token);
        Ok(())
    }
}
