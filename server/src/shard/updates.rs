//! Waiting for updates.

use std::sync::Arc;

use mainspring_proto::update::v1::Request;
use tokio::{sync::watch, time::Instant};

use crate::{
    clock::Waiting,
    history::{
        decide::update::{Admission, AdmitUpdate, closed_outcome},
        ids::{RunKey, WorkflowKey},
        rejection::Rejection,
        task::UpdateNews,
    },
};

use super::{
    Refusal, RunSelector, Shard,
    chain::Chain,
    start::{StartRequest, Started},
    ticket::Ticket,
};

/// How far an update has come, for those who asked.
#[derive(Clone, Debug)]
pub(crate) struct UpdateStatus {
    pub(crate) run: RunKey,
    /// Nothing while it is only admitted.
    pub(crate) news: Option<UpdateNews>,
}

/// What a caller wants to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpdateWait {
    Nothing,
    Accepted,
    Completed,
}

impl UpdateWait {
    fn is_over(self, news: &UpdateNews) -> bool {
        match self {
            Self::Nothing => true,
            Self::Accepted => true,
            Self::Completed => !matches!(news, UpdateNews::Accepted),
        }
    }
}

impl Shard {
    /// Sends an update to a run and waits for it, until `deadline`.
    pub(crate) async fn update_workflow(
        self: &Arc<Self>,
        workflow: &WorkflowKey,
        selector: RunSelector<'_>,
        request: Request,
        wait: UpdateWait,
        deadline: Instant,
    ) -> Result<UpdateStatus, Refusal> {
        let update_id = request
            .meta
            .as_ref()
            .map_or(String::new(), |meta| meta.update_id.clone());
        let mut selector = selector;
        let mut moved_to;
        loop {
            let request = AdmitUpdate {
                request: request.clone(),
            };
            let (run, admission, news) = self
                .update_with(workflow, selector, request, |run, admission| {
                    let waiting = *admission == Admission::Waiting
                        || *admission == Admission::Known(UpdateNews::Accepted);
                    waiting.then(|| run.watch_update(&update_id))
                })
                .await?;
            let known = match admission {
                Admission::Known(news) => Some(news),
                Admission::Waiting => None,
            };
            let status = match (known, news) {
                (Some(news), _) if wait.is_over(&news) => Some(news),
                (known, Some(news)) => {
                    let _waiting = self.wait_for_outcome(workflow, wait);
                    wait_for(news, wait, deadline).await.or(known)
                }
                (known, None) => known,
            };
            match status {
                Some(UpdateNews::Moved) => {
                    // The workflow continued as new before it took the update.
                    moved_to = String::new();
                    selector = RunSelector::run(&moved_to);
                }
                Some(UpdateNews::Aborted) => {
                    return Err(Rejection::UpdateAborted.into());
                }
                Some(UpdateNews::TaskFailed) => return Err(task_failed().into()),
                news => return Ok(UpdateStatus { run, news }),
            }
        }
    }

    /// Starts a workflow, or finds its run, and sends it an update, before any worker gets it. A run
    /// that was found, and ends before it takes the update, is followed by another.
    ///
    /// # Errors
    /// The refusal, and whether it is that of the update.
    pub(crate) async fn start_with_update(
        self: &Arc<Self>,
        start: StartRequest,
        request: Request,
        wait: UpdateWait,
        deadline: Instant,
    ) -> Result<(Started<()>, UpdateStatus), (bool, Refusal)> {
        for _ in 0..2 {
            let tried = self
                .try_start_with_update(start.clone(), request.clone(), wait, deadline)
                .await;
            match tried {
                Err((true, Refusal::Rejected(Rejection::UpdateAborted))) => {}
                tried => return tried,
            }
        }
        Err((true, Rejection::StartWithUpdateAborted.into()))
    }

    async fn try_start_with_update(
        self: &Arc<Self>,
        start: StartRequest,
        request: Request,
        wait: UpdateWait,
        deadline: Instant,
    ) -> Result<(Started<()>, UpdateStatus), (bool, Refusal)> {
        let workflow = start.workflow.clone();
        let update_id = request
            .meta
            .as_ref()
            .map_or(String::new(), |meta| meta.update_id.clone());
        let admit = AdmitUpdate {
            request: request.clone(),
        };
        let (started, ticket) = {
            let handle = self.workflow(&workflow);
            let mut chain = handle.lock();
            let known = self
                .run_that_knows(&mut chain, &update_id)
                .map_err(|e| (false, e))?;
            let (started, ticket) = match known {
                Some((known, ticket)) => (Ok(known), ticket),
                None => self.start_locked(&mut chain, start, |_, _| ()),
            };
            let started = started.map_err(|refusal| (false, refusal))?;
            let admitted = self.decide_locked(&mut chain, &started.run, admit);
            admitted.map_err(|refusal| (true, refusal))?;
            (started, ticket)
        };
        ticket
            .durable()
            .await
            .map_err(|error| (false, error.into()))?;
        // The update is known now, so this only waits for it.
        let selector = RunSelector::run(&started.run.run_id);
        let status = self
            .update_workflow(&workflow, selector, request, wait, deadline)
            .await;
        let status = status.map_err(|refusal| match refusal {
            // Starting again would only find the run that this start has made.
            Refusal::Rejected(Rejection::UpdateAborted) if started.started => {
                (true, Rejection::StartWithUpdateAborted.into())
            }
            refusal => (true, refusal),
        })?;
        Ok((started, status))
    }

    fn wait_for_outcome(&self, workflow: &WorkflowKey, wait: UpdateWait) -> Option<Waiting> {
        (wait == UpdateWait::Completed).then(|| self.clock(workflow).wait_for_result())
    }

    /// The current run, if it has seen this update before.
    fn run_that_knows(
        &self,
        chain: &mut Chain,
        update_id: &str,
    ) -> Result<Option<(Started<()>, Ticket)>, Refusal> {
        let Some(current) = chain.current(&*self.store)? else {
            return Ok(None);
        };
        let run = chain.run(&*self.store, &current)?;
        if !run.state.updates.contains_key(update_id) {
            return Ok(None);
        }
        let started = Started {
            attached_as: None,
            run: run.state.run.clone(),
            first_execution_run_id: run.state.first_execution_run_id().to_owned(),
            started: false,
            status: run.state.status,
            seen: (),
        };
        Ok(Some((started, run.ticket.clone())))
    }

    /// Waits for an update that was sent before.
    pub(crate) async fn poll_update(
        &self,
        workflow: &WorkflowKey,
        selector: RunSelector<'_>,
        update_id: &str,
        wait: UpdateWait,
        deadline: Instant,
    ) -> Result<UpdateStatus, Refusal> {
        let (run, known, news) = self
            .read(workflow, selector, |run| {
                let update = run.state.updates.get(update_id).cloned();
                let Some(update) = update else {
                    return Err(Rejection::NotFound(format!(
                        "update {update_id:?} not found"
                    )));
                };
                let known = match UpdateNews::of(&update.stage) {
                    Some(UpdateNews::Accepted) if !run.state.is_open() => {
                        Some(UpdateNews::Completed(Box::new(closed_outcome())))
                    }
                    known => known,
                };
                let over = matches!(known, Some(UpdateNews::Completed(_)));
                let news = (!over).then(|| run.watch_update(update_id));
                Ok((run.state.run.clone(), known, news))
            })
            .await??;
        let news = match (known, news) {
            (Some(news), _) if wait.is_over(&news) => Some(news),
            (known, Some(news)) if wait != UpdateWait::Nothing => {
                let _waiting = self.wait_for_outcome(workflow, wait);
                wait_for(news, wait, deadline).await.or(known)
            }
            (known, _) => known,
        };
        match news {
            Some(UpdateNews::Aborted | UpdateNews::Moved) => Err(Rejection::UpdateAborted.into()),
            Some(UpdateNews::TaskFailed) => Err(task_failed().into()),
            news => Ok(UpdateStatus { run, news }),
        }
    }
}

fn task_failed() -> Rejection {
    Rejection::WorkflowNotReady(
        "Unable to perform workflow execution update due to unexpected workflow task failure."
            .to_owned(),
    )
}

async fn wait_for(
    mut news: watch::Receiver<Option<UpdateNews>>,
    wait: UpdateWait,
    deadline: Instant,
) -> Option<UpdateNews> {
    let reached = |news: &Option<UpdateNews>| news.as_ref().is_some_and(|news| wait.is_over(news));
    let waited = tokio::time::timeout_at(deadline, news.wait_for(reached)).await;
    if let Ok(Ok(news)) = waited {
        return news.clone();
    }
    drop(waited);
    // Too late, or the run was given up: what is known last.
    news.borrow().clone()
}
