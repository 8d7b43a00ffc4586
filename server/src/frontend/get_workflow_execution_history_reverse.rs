//! GetWorkflowExecutionHistoryReverse: the newest events first.

use bytes::Bytes;
use mainspring_proto::{
    history::v1::History,
    prost::Message as _,
    workflowservice::v1::{
        GetWorkflowExecutionHistoryReverseRequest, GetWorkflowExecutionHistoryReverseResponse,
    },
};
use tonic::{Request, Status};

use crate::shard::{RunSelector, history_reader::MAX_PAGE_EVENTS};

use super::{
    Frontend,
    status::{self, invalid_argument},
    token::HistoryToken,
    validate,
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<GetWorkflowExecutionHistoryReverseRequest>,
) -> Result<GetWorkflowExecutionHistoryReverseResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.execution.as_ref())?;
    let limit = match request.maximum_page_size {
        ..=0 => MAX_PAGE_EVENTS,
        limit => (limit as usize).min(MAX_PAGE_EVENTS),
    };
    let workflow = namespace.workflow(&execution.workflow_id);
    let shard = &frontend.shard;
    let token = if request.next_page_token.is_empty() {
        let look = |run: &mut crate::shard::chain::Run| HistoryToken {
            run_id: run.state.run.run_id.to_string(),
            to: run.state.next_event_id,
            ..HistoryToken::default()
        };
        let found = shard
            .read(&workflow, RunSelector::run(&execution.run_id), look)
            .await;
        found.map_err(status::refusal)?
    } else {
        HistoryToken::read(&request.next_page_token)?
    };
    if !execution.run_id.is_empty() && token.run_id != execution.run_id {
        return Err(invalid_argument("Invalid NextPageToken."));
    }
    let run = workflow.run(token.run_id.as_str());
    let from = (token.to - limit as i64).max(1);
    let mut events = Vec::new();
    let mut next = from;
    while next < token.to {
        let page = shard
            .history_page(&run, next, token.to, limit)
            .await
            .map_err(status::refusal)?;
        if page.events.is_empty() {
            break;
        }
        next = page.next;
        events.extend(page.events);
    }
    events.reverse();
    let more = HistoryToken { to: from, ..token };
    Ok(GetWorkflowExecutionHistoryReverseResponse {
        history: Some(History {
            encoded: events,
            events: Vec::new(),
        }),
        next_page_token: if from > 1 {
            more.encode_to_vec().into()
        } else {
            Bytes::new()
        },
    })
}
