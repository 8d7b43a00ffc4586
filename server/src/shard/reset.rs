//! Resetting and deleting runs.

use std::sync::Arc;

use mainspring_proto::{
    enums::v1::{EventType, ResetReapplyExcludeType},
    history::v1::HistoryEvent,
};

use crate::{
    history::{
        change::Change,
        decide::{
            reset::{AfterReset, NoteReset, Reset, reset},
            terminate::Terminate,
        },
        ids::{EventId, RunKey, WorkflowKey},
        record,
        rejection::Rejection,
        task::Task,
        transition::{Transition, decide},
    },
    namespace::Namespace,
    persistence::StoreError,
};

use super::{Refusal, RunSelector, Shard, chain::Chain, commit::Moved, ticket::Ticket};

/// A reset as the edge hands it over.
#[derive(Debug)]
pub(crate) struct ResetRequest {
    pub(crate) workflow: WorkflowKey,
    /// The run whose history is taken up; empty for the current one.
    pub(crate) run_id: String,
    pub(crate) finish_event_id: EventId,
    pub(crate) reason: String,
    pub(crate) identity: String,
    pub(crate) request_id: String,
    /// What came later and does not happen again.
    pub(crate) exclude: Vec<ResetReapplyExcludeType>,
    pub(crate) then: Vec<AfterReset>,
}

impl Shard {
    /// Makes another run of one at an earlier point. The run that has the workflow id is ended in
    /// the same commit.
    ///
    /// # Errors
    /// When the history cannot be taken up at that point.
    pub(crate) async fn reset_workflow(
        self: &Arc<Self>,
        request: ResetRequest,
    ) -> Result<RunKey, Refusal> {
        let workflow = request.workflow.clone();
        let (result, ticket) = {
            let handle = self.workflow(&workflow);
            let mut chain = handle.lock();
            self.reset_locked(&mut chain, request)?
        };
        ticket.durable().await?;
        Ok(result)
    }

    fn reset_locked(
        self: &Arc<Self>,
        chain: &mut Chain,
        request: ResetRequest,
    ) -> Result<(RunKey, Ticket), Refusal> {
        let base_id = chain.select(&*self.store, RunSelector::run(&request.run_id))?;
        let current_id = chain.select(&*self.store, RunSelector::default())?;
        let current = chain.run(&*self.store, &current_id)?;
        if *current.state.create_request_id == *request.request_id {
            return Ok((request.workflow.run(current_id), current.ticket.clone()));
        }
        let base_key = request.workflow.run(Arc::clone(&base_id));
        let next_event_id = chain.run(&*self.store, &base_id)?.state.next_event_id;
        if request.finish_event_id <= 1 || request.finish_event_id >= next_event_id {
            return Err(Rejection::InvalidArgument(
                "Workflow task finish ID must be > 1 && <= workflow last event ID.".to_owned(),
            )
            .into());
        }
        let namespace = self.namespace(&request.workflow.namespace_id);
        let ended = self.end_for_reset(chain, &current_id, &namespace, &request)?;
        let changes = self.changes_of(&base_key)?;
        let reapply =
            self.events_after(chain, &base_key, request.finish_event_id, ended.as_ref())?;
        let mut moved = Vec::new();
        let (key, transition) = self.with_cx(&namespace, |cx| {
            let key = request.workflow.run(cx.ids.uuid());
            let made = Reset {
                base: &base_key,
                changes,
                finish_event_id: request.finish_event_id,
                reason: request.reason.clone(),
                identity: request.identity.clone(),
                request_id: request.request_id.clone(),
                reapply,
                exclude: request.exclude,
                then: request.then,
            };
            reset(key.clone(), made, *cx).map(|transition| (key, transition))
        })?;
        if let Some(ended) = ended {
            let noted = match current_id == base_id {
                true => {
                    // The run that goes on takes over the parent and the children.
                    self.note_reset(&namespace, without_announcement(ended), &key)?
                }
                false => ended,
            };
            moved.push(Moved::existing(
                request.workflow.run(Arc::clone(&current_id)),
                noted,
            ));
        }
        if moved.is_empty() || current_id != base_id {
            let base = chain.run(&*self.store, &base_id)?;
            let note = NoteReset {
                run_id: key.run_id.to_string(),
            };
            let noted = self.with_cx(&namespace, |cx| decide(&base.state, note, cx))?;
            moved.push(Moved::existing(base_key, noted.without_reply()));
        }
        moved.push(Moved::new(key.clone(), transition));
        let ticket = self.submit(chain, moved);
        Ok((key, ticket))
    }

    /// How the run ends that has the workflow id, if it has not ended. What waited for a worker gets its place
    /// in the history then, so that it is not lost.
    fn end_for_reset(
        &self,
        chain: &mut Chain,
        current_id: &str,
        namespace: &Namespace,
        request: &ResetRequest,
    ) -> Result<Option<Transition<()>>, Refusal> {
        let current = chain.run(&*self.store, current_id)?;
        if !current.state.is_open() {
            return Ok(None);
        }
        let terminate = Terminate {
            reason: request.reason.clone(),
            details: None,
            identity: request.identity.clone(),
            links: Vec::new(),
        };
        let ended = self.with_cx(namespace, |cx| decide(&current.state, terminate, cx))?;
        Ok(Some(ended))
    }

    /// Adds the note of the reset to the transition that ends the base run.
    fn note_reset(
        &self,
        namespace: &Namespace,
        ended: Transition<()>,
        key: &RunKey,
    ) -> Result<Transition<()>, Refusal> {
        let note = NoteReset {
            run_id: key.run_id.to_string(),
        };
        let noted = self.with_cx(namespace, |cx| decide(&ended.state, note, cx))?;
        let mut both = ended;
        both.changes.extend(noted.changes);
        both.state = noted.state;
        Ok(both)
    }

    fn changes_of(&self, run: &RunKey) -> Result<Vec<Change>, Refusal> {
        let stored = self.store.load(run)?.unwrap_or_default();
        let mut changes = Vec::new();
        for stored in stored.records {
            let decoded = record::decode(stored);
            changes.extend(decoded.map_err(|error| StoreError::Corrupt(error.to_string()))?);
        }
        Ok(changes)
    }

    /// What happened to the workflow after that event of a run: in the run itself, and in those
    /// that it continued in, of which one may end now.
    fn events_after(
        self: &Arc<Self>,
        chain: &mut Chain,
        base: &RunKey,
        finish: EventId,
        ended: Option<&Transition<()>>,
    ) -> Result<Vec<HistoryEvent>, Refusal> {
        let mut events = Vec::new();
        let mut next = Some((base.clone(), finish));
        while let Some((run, after)) = next.take() {
            let mut changes = self.changes_of(&run)?;
            if let Some(ended) = ended.filter(|ended| ended.state.run == run) {
                changes.extend(ended.changes.iter().cloned());
            }
            for change in changes {
                let (Change::Event(event) | Change::Flushed(event)) = &change else {
                    continue;
                };
                let kind = event.kind();
                // Children are known by events of the run itself.
                let reapplied = is_reapplied(kind) || run == *base && is_news_of_child(kind);
                if event.id() >= after && reapplied {
                    events.push(event.proto().clone());
                }
            }
            let state = &chain.run(&*self.store, &run.run_id)?.state;
            let following = state
                .close
                .as_ref()
                .and_then(|close| close.new_run_id.clone());
            next = following.map(|run_id| (base.workflow.run(run_id), 1));
        }
        Ok(events)
    }

    /// Ends a run if it is open, and forgets it.
    ///
    /// # Errors
    /// When there is no such run.
    pub(crate) async fn delete_run(
        self: &Arc<Self>,
        workflow: &WorkflowKey,
        selector: RunSelector<'_>,
    ) -> Result<(), Refusal> {
        let (run, open) = self
            .read(workflow, selector, |run| {
                (run.state.run.clone(), run.state.is_open())
            })
            .await?;
        if open {
            let terminate = Terminate {
                reason: "Delete workflow execution".to_owned(),
                details: None,
                identity: "history-service".to_owned(),
                links: Vec::new(),
            };
            // It may have ended by itself meanwhile.
            let _ = self
                .update(workflow, RunSelector::run(&run.run_id), terminate)
                .await;
            // Its parent and its children must hear of it while there is something to read.
            Arc::clone(self)
                .cross_run(run.clone(), Task::AnnounceClose)
                .await;
        }
        Ok(self.delete_runs(&[run]).await?)
    }
}

fn without_announcement(ended: Transition<()>) -> Transition<()> {
    use crate::history::{apply::apply, task::Task};
    let mut ended = ended;
    if ended
        .state
        .close
        .as_ref()
        .is_some_and(|close| close.unannounced)
    {
        apply(&mut ended.state, &Change::CloseAnnounced);
        ended.changes.push(Change::CloseAnnounced);
        ended.tasks.retain(|task| *task != Task::AnnounceClose);
    }
    ended
}

fn is_news_of_child(kind: EventType) -> bool {
    matches!(
        kind,
        EventType::StartChildWorkflowExecutionFailed
            | EventType::ChildWorkflowExecutionStarted
            | EventType::ChildWorkflowExecutionCompleted
            | EventType::ChildWorkflowExecutionFailed
            | EventType::ChildWorkflowExecutionCanceled
            | EventType::ChildWorkflowExecutionTimedOut
            | EventType::ChildWorkflowExecutionTerminated
    )
}

fn is_reapplied(kind: EventType) -> bool {
    matches!(
        kind,
        EventType::WorkflowExecutionSignaled
            | EventType::WorkflowExecutionOptionsUpdated
            | EventType::WorkflowExecutionUpdateAccepted
            | EventType::WorkflowExecutionUpdateAdmitted
    )
}
