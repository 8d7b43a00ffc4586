//! RespondQueryTaskCompleted: the answer to a query that had a task of its own.

use mainspring_proto::{
    enums::v1::QueryResultType,
    prost::Message as _,
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
    let size = request
        .query_result
        .as_ref()
        .map_or(0, |result| result.encoded_len());
    let answer = match request.completed_type() {
        QueryResultType::Answered if size > frontend.config.limits.blob_size => {
            QueryAnswer::Failed {
                message: "query result exceeds size limit".to_owned(),
                failure: None,
            }
        }
        QueryResultType::Answered => QueryAnswer::Answered(request.query_result),
        QueryResultType::Failed => QueryAnswer::Failed {
            message: request.error_message,
            failure: request.failure.map(Box::new),
        },
        QueryResultType::Unspecified => {
            return Err(invalid_argument("Invalid query completed type."));
        }
    };
    frontend
        .shard
        .answer_query(&token.run(), &token.query_id, answer)
        .await
        .map_err(status::refusal)?;
    Ok(RespondQueryTaskCompletedResponse {})
}
