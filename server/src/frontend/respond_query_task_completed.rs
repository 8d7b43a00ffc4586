//! RespondQueryTaskCompleted: the answer to a query that had a task of its own.

use mainspring_proto::{
    enums::v1::QueryResultType,
    query::v1::WorkflowQueryResult,
    workflowservice::v1::{RespondQueryTaskCompletedRequest, RespondQueryTaskCompletedResponse},
};
use tonic::{Request, Status};

use crate::shard::queries::QueryAnswer;

use super::{
    Frontend,
    status::{self, invalid_argument},
    token::TaskToken,
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RespondQueryTaskCompletedRequest>,
) -> Result<RespondQueryTaskCompletedResponse, Status> {
    let request = request.into_inner();
    let token = TaskToken::read(&request.task_token)?;
    frontend.namespace_of_token(&request.namespace, &token)?;
    if token.query_id.is_empty() {
        return Err(invalid_argument(
            "Invalid TaskToken: it is not that of a query.",
        ));
    }
    if request.completed_type() == QueryResultType::Unspecified {
        return Err(invalid_argument("Invalid query completed type."));
    }
    let result = WorkflowQueryResult {
        result_type: request.completed_type,
        answer: request.query_result,
        error_message: request.error_message,
        failure: request.failure,
    };
    let answer = QueryAnswer::of(result, frontend.config.limits.blob_size);
    frontend
        .shard
        .answer_query(&token.run(), &token.query_id, answer)
        .await
        .map_err(status::refusal)?;
    Ok(RespondQueryTaskCompletedResponse {})
}
