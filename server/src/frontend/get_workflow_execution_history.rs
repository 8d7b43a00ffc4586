//! GetWorkflowExecutionHistory: pages of events, the wait for new ones, or only the last one.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use mainspring_proto::{
    enums::v1::{EventType, HistoryEventFilterType, TimeoutType},
    history::v1::{
        History, HistoryEvent, WorkflowExecutionContinuedAsNewEventAttributes,
        history_event::Attributes,
    },
    prost::Message as _,
    workflowservice::v1::{
        GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
    },
};
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::{
    history::{
        decide::workflow_task::unwritten_events,
        failure,
        ids::{EventId, WorkflowKey},
        state::Close,
    },
    shard::{RunSelector, chain::Run, history_reader::MAX_PAGE_EVENTS},
};

use super::{
    Frontend,
    status::{self, invalid_argument},
    token::HistoryToken,
    validate,
};

/// How long a client waits for new events before it gets an empty page, and asks again.
const LONG_POLL: Duration = Duration::from_secs(20);

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<GetWorkflowExecutionHistoryRequest>,
) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    let wait = validate::long_poll_wait(&request, LONG_POLL);
    let replays = !is_for_people(&request);
    let follows = follows_next_runs(&request);
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.execution.as_ref())?;
    let limit = match request.maximum_page_size {
        ..=0 => MAX_PAGE_EVENTS,
        limit => (limit as usize).min(MAX_PAGE_EVENTS),
    };
    let workflow = namespace.workflow(&execution.workflow_id);
    let close_only = request.history_event_filter_type() == HistoryEventFilterType::CloseEvent;
    let token = match &request.next_page_token {
        token if token.is_empty() => None,
        token => Some(HistoryToken::read(token)?),
    };
    let token = match token {
        Some(token) if execution.run_id.is_empty() || token.run_id == execution.run_id => token,
        Some(_) => return Err(invalid_argument("Invalid NextPageToken.")),
        None => {
            let waits = request.wait_new_event;
            let token = HistoryToken {
                unwritten: replays && !waits && !close_only,
                waits,
                ..HistoryToken::default()
            };
            let to_the_end = waits || close_only;
            first_token(frontend, &workflow, &execution.run_id, token, to_the_end).await?
        }
    };
    let reader = Reader {
        frontend,
        workflow,
        deadline: Instant::now() + wait,
        limit,
        follows,
    };
    if close_only {
        reader.close_event(token).await
    } else {
        reader.page(token).await
    }
}

/// Whether the client shows histories, rather than replay them: it is shown what has happened, and
/// not what a worker is being told.
fn is_for_people<T>(request: &Request<T>) -> bool {
    let name = request.metadata().get("client-name");
    name.is_some_and(|name| name == "temporal-cli" || name == "temporal-ui")
}

/// Whether the client says that it knows of runs that follow a completed, failed or timed out one. SDKs do not say so;
/// they wait for the end of the chain anyhow.
fn follows_next_runs<T>(request: &Request<T>) -> bool {
    let features = request.metadata().get("supported-features");
    let features = features.and_then(|it| it.to_str().ok()).unwrap_or_default();
    features.split(',').any(|it| it == "follows-next-run-id")
}

/// Where reading begins.
async fn first_token(
    frontend: &Frontend,
    workflow: &WorkflowKey,
    run_id: &str,
    token: HistoryToken,
    to_the_end: bool,
) -> Result<HistoryToken, Status> {
    let look = |run: &mut Run| HistoryToken {
        run_id: run.state.run.run_id.to_string(),
        from: 1,
        to: if to_the_end {
            0
        } else {
            run.state.next_event_id
        },
        ..token
    };
    let found = frontend
        .shard
        .read(workflow, RunSelector::run(run_id), look)
        .await;
    found.map_err(status::refusal)
}

struct Reader<'f> {
    frontend: &'f Frontend,
    workflow: WorkflowKey,
    deadline: Instant,
    limit: usize,
    follows: bool,
}

impl Reader<'_> {
    async fn page(
        &self,
        mut token: HistoryToken,
    ) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
        let run = self.workflow.run(token.run_id.as_str());
        let open = if token.to == 0 {
            self.wait_for(&token, |run| run.state.next_event_id > token.from)
                .await?
        } else {
            true
        };
        let to = match token.to {
            0 => self.next_event_id(&token).await?,
            to => to,
        };
        let page = self
            .frontend
            .shard
            .history_page(&run, token.from, to, self.limit)
            .await
            .map_err(status::refusal)?;
        let mut history = History {
            encoded: page.events,
            events: Vec::new(),
        };
        token.from = page.next;
        let more = page.next < to || (token.to == 0 && open);
        if !more && token.unwritten {
            history.events = self.unwritten(&token, to).await?;
        }
        Ok(response(history, more.then_some(token)))
    }

    /// The event that ended the run, and nothing of one that is open.
    async fn close_event(
        &self,
        token: HistoryToken,
    ) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
        let open = if token.waits {
            let waiting = Arc::new(self.frontend.shard.clock(&self.workflow).wait_for_result());
            let closed = |run: &mut Run| {
                run.wait_for_result(&waiting);
                !run.state.is_open()
            };
            self.wait_for(&token, closed).await?
        } else {
            self.wait_for(&token, |_| true).await?
        };
        if open {
            let again = token.waits.then_some(token);
            return Ok(response(History::default(), again));
        }
        let selector = RunSelector::run(&token.run_id);
        let shard = &self.frontend.shard;
        let close = shard
            .read(&self.workflow, selector, |run| run.state.close.clone())
            .await
            .map_err(status::refusal)?;
        let last = close.map_or_else(History::default, |close| self.last(&close));
        Ok(response(last, None))
    }

    /// The event that ended the run. To clients that do not say that they follow others, a run that another one follows
    /// looks as if it had continued as new.
    fn last(&self, close: &Close) -> History {
        let followed = close.new_run_id.as_deref().filter(|_| !self.follows);
        match followed.and_then(|next| continued(close.event.proto(), next)) {
            Some(event) => vec![event].into(),
            None => History {
                encoded: vec![close.event.encoded().clone()],
                events: Vec::new(),
            },
        }
    }

    /// Waits until the run is as wanted, has ended, or it is time to answer. Returns whether it is
    /// still open.
    async fn wait_for(
        &self,
        token: &HistoryToken,
        mut wanted: impl FnMut(&mut Run) -> bool,
    ) -> Result<bool, Status> {
        let shard = &self.frontend.shard;
        loop {
            let selector = RunSelector::run(&token.run_id);
            let (reached, open, changed) = shard
                .read(&self.workflow, selector, |run| {
                    let changed = run.changed().notified_owned();
                    (wanted(run), run.state.is_open(), changed)
                })
                .await
                .map_err(status::refusal)?;
            if reached || !open {
                return Ok(open);
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(self.deadline) => return Ok(open),
                () = self.frontend.stopping.cancelled() => return Ok(open),
            }
        }
    }

    async fn next_event_id(&self, token: &HistoryToken) -> Result<EventId, Status> {
        let selector = RunSelector::run(&token.run_id);
        let next = self
            .frontend
            .shard
            .read(&self.workflow, selector, |run| run.state.next_event_id)
            .await;
        next.map_err(status::refusal)
    }

    /// The events of an attempt that is not written, if they still follow on what was read.
    async fn unwritten(
        &self,
        token: &HistoryToken,
        to: EventId,
    ) -> Result<Vec<HistoryEvent>, Status> {
        let shard = &self.frontend.shard;
        let selector = RunSelector::run(&token.run_id);
        let events = shard
            .read(&self.workflow, selector, |run| {
                let task = run.state.workflow_task.as_ref();
                let task = task.filter(|task| task.scheduled_event_id == to);
                task.map(|task| unwritten_events(&run.state, task))
            })
            .await
            .map_err(status::refusal)?;
        let mut events = events.unwrap_or_default();
        for event in &mut events {
            // Like Temporal's server, it does not say who has a task that may leave no trace.
            if let Some(Attributes::WorkflowTaskStartedEventAttributes(it)) = &mut event.attributes
            {
                it.identity.clear();
            }
        }
        Ok(events)
    }
}

/// The end of a run, as if the run had continued as new; `None` if it did.
fn continued(event: &HistoryEvent, next: &str) -> Option<HistoryEvent> {
    let mut it = WorkflowExecutionContinuedAsNewEventAttributes {
        new_execution_run_id: next.to_owned(),
        ..Default::default()
    };
    match event.attributes.as_ref()? {
        Attributes::WorkflowExecutionCompletedEventAttributes(end) => {
            it.last_completion_result = end.result.clone();
        }
        Attributes::WorkflowExecutionFailedEventAttributes(end) => it.failure = end.failure.clone(),
        Attributes::WorkflowExecutionTimedOutEventAttributes(_) => {
            it.failure = Some(failure::timeout(
                "workflow timeout",
                TimeoutType::StartToClose,
            ));
        }
        _ => return None,
    }
    Some(HistoryEvent {
        event_id: event.event_id,
        event_time: event.event_time,
        event_type: EventType::WorkflowExecutionContinuedAsNew.into(),
        version: event.version,
        task_id: event.task_id,
        attributes: Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(
            Box::new(it),
        )),
        ..HistoryEvent::default()
    })
}

fn response(history: History, token: Option<HistoryToken>) -> GetWorkflowExecutionHistoryResponse {
    GetWorkflowExecutionHistoryResponse {
        history: Some(history),
        next_page_token: token.map_or(Bytes::new(), |token| token.encode_to_vec().into()),
        ..GetWorkflowExecutionHistoryResponse::default()
    }
}
