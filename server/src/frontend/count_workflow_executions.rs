//! CountWorkflowExecutions: how many a query asks for, in total or for each status.

use std::{collections::BTreeMap, sync::Arc};

use mainspring_proto::{
    common::v1::Payload,
    workflowservice::v1::{
        CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse,
        count_workflow_executions_response::AggregationGroup,
    },
};
use tonic::{Request, Status};

use super::{Frontend, status};
use crate::visibility::{self, query};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<CountWorkflowExecutionsRequest>,
) -> Result<CountWorkflowExecutionsResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let query =
        query::parse(&request.query, &namespace.search_attributes).map_err(status::query)?;
    let namespace_id = Arc::clone(&namespace.id);
    let Some(group_by) = query.group_by.clone() else {
        let count = frontend
            .ask_executions(move |store| Ok(visibility::count(store, &namespace_id, &query)?));
        return Ok(CountWorkflowExecutionsResponse {
            count: count.await? as i64,
            groups: Vec::new(),
        });
    };
    let groups = frontend
        .ask_executions(move |store| {
            let counted = visibility::count_groups(store, &namespace_id, &query, &group_by);
            Ok(counted?)
        })
        .await?;
    Ok(CountWorkflowExecutionsResponse {
        count: groups.values().sum::<usize>() as i64,
        groups: groups
            .into_iter()
            .map(|(value, count)| AggregationGroup {
                group_values: vec![keyword(&value)],
                count: count as i64,
            })
            .collect(),
    })
}

/// A value as search attributes are written.
fn keyword(value: &str) -> Payload {
    let metadata = [("encoding", "json/plain"), ("type", "Keyword")];
    Payload {
        metadata: BTreeMap::from(metadata.map(|(key, value)| (key.to_owned(), value.into()))),
        data: serde_json::Value::from(value).to_string().into(),
        ..Default::default()
    }
}
