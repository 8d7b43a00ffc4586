//! Starting workflows: the policies of a workflow id, and the commit that creates a run.

use std::sync::Arc;

use mainspring_proto::{
    common::v1::Payloads,
    enums::v1::{
        EventType, WorkflowExecutionStatus, WorkflowIdConflictPolicy, WorkflowIdReusePolicy,
    },
    history::v1::WorkflowExecutionStartedEventAttributes,
};

use crate::history::{
    decide::{
        attach::Attach,
        signal::SignalRun,
        start_run::{NewRun, Signal, start_run},
        terminate::Terminate,
        workflow_task::StartedWorkflowTask,
    },
    ids::{RunKey, WorkflowKey},
    payload::json,
    rejection::{AlreadyStarted, Rejection},
    transition::{Extras, Request, decide, settle},
};

use super::{
    Refusal, Shard,
    chain::{Chain, Run},
    commit::Moved,
    ticket::Ticket,
};

/// A start as the edge hands it over: validated, with every default filled in.
#[derive(Clone, Debug)]
pub(crate) struct StartRequest {
    pub(crate) workflow: WorkflowKey,
    pub(crate) started: WorkflowExecutionStartedEventAttributes,
    pub(crate) request_id: String,
    pub(crate) reuse: WorkflowIdReusePolicy,
    pub(crate) conflict: WorkflowIdConflictPolicy,
    pub(crate) extras: Extras,
    /// A signal for the new run, or the one that is there.
    pub(crate) signal: Option<Signal>,
    /// Who would take the first workflow task at once.
    pub(crate) eager_identity: Option<String>,
    /// What a running workflow is told of this start, if anything.
    pub(crate) attach: Option<Attach>,
    /// Set for a child.
    pub(crate) first_task_withheld: bool,
}

/// What a start came to.
#[derive(Debug)]
pub(crate) struct Started<T> {
    pub(crate) run: RunKey,
    pub(crate) first_execution_run_id: String,
    /// Whether this request, now or before, started the run.
    pub(crate) started: bool,
    /// The request's id, if it is attached to the run, now or before.
    pub(crate) attached_as: Option<String>,
    pub(crate) status: WorkflowExecutionStatus,
    /// What the caller saw of the run.
    pub(crate) seen: T,
}

impl Shard {
    /// Starts a workflow, or finds the run that stands in its way or was meant.
    ///
    /// # Errors
    /// [`Rejection::AlreadyStarted`] as the policies say, or why a signal was refused.
    pub(crate) async fn start_workflow<T>(
        self: &Arc<Self>,
        request: StartRequest,
        look: impl FnOnce(&mut Run, Option<StartedWorkflowTask>) -> T,
    ) -> Result<Started<T>, Refusal> {
        let key = request.workflow.clone();
        let (result, ticket) = {
            let handle = self.workflow(&key);
            let mut chain = handle.lock();
            self.start_locked(&mut chain, request, look)
        };
        ticket.durable().await?;
        result
    }

    pub(crate) fn start_locked<T>(
        self: &Arc<Self>,
        chain: &mut Chain,
        request: StartRequest,
        look: impl FnOnce(&mut Run, Option<StartedWorkflowTask>) -> T,
    ) -> (Result<Started<T>, Refusal>, Ticket) {
        let nothing_to_wait_for = || {
            let ticket = Ticket::default();
            ticket.resolve(Ok(()));
            ticket
        };
        let new_run_id: Arc<str> = uuid::Uuid::new_v4().to_string().into();
        let current = match chain.current(&*self.store) {
            Ok(current) => current,
            Err(error) => return (Err(error.into()), nothing_to_wait_for()),
        };
        let mut moved = Vec::new();
        if let Some(run_id) = current {
            let run = match chain.run(&*self.store, &run_id) {
                Ok(run) => run,
                Err(error) => return (Err(error), nothing_to_wait_for()),
            };
            let ticket = run.ticket.clone();
            match self.meet(run, &request) {
                Err(rejection) => return (Err(rejection.into()), ticket),
                Ok(Meeting::Same { started, attaches }) => {
                    let key = request.workflow.run(Arc::clone(&run_id));
                    return self.join(chain, key, request, (started, attaches), ticket, look);
                }
                Ok(Meeting::Replace) => {}
                Ok(Meeting::Terminate) => {
                    let terminate = make_way(&new_run_id);
                    let namespace = self.namespace(&request.workflow.namespace_id);
                    let decided = self.with_cx(&namespace, |cx| decide(&run.state, terminate, cx));
                    match decided {
                        Ok(transition) => {
                            moved.push(Moved::existing(request.workflow.run(run_id), transition))
                        }
                        Err(refused) => return (Err(refused.into()), ticket),
                    }
                }
            }
        }
        self.create(chain, new_run_id, moved, request, look)
    }

    /// Takes the run that is there for the one that was meant.
    fn join<T>(
        self: &Arc<Self>,
        chain: &mut Chain,
        key: RunKey,
        request: StartRequest,
        (started, attaches): (bool, bool),
        ticket: Ticket,
        look: impl FnOnce(&mut Run, Option<StartedWorkflowTask>) -> T,
    ) -> (Result<Started<T>, Refusal>, Ticket) {
        let mut told = Ok(());
        if let Some(attach) = request.attach.filter(|_| attaches) {
            told = self.decide_locked(chain, &key, attach);
        }
        if told.is_ok()
            && let Some(signal) = request.signal
        {
            let signal = SignalRun {
                signal,
                links: request.extras.links,
                starts: true,
            };
            told = self.decide_locked(chain, &key, signal);
        }
        let run = match chain.run(&*self.store, &key.run_id) {
            Ok(run) => run,
            Err(refusal) => return (Err(refusal), ticket),
        };
        let ticket = run.ticket.clone();
        if let Err(refusal) = told {
            return (Err(refusal), ticket);
        }
        let request_id = request.request_id;
        let known = run.state.request_ids.get(request_id.as_str());
        let attached =
            known.is_some_and(|it| it.event_type() == EventType::WorkflowExecutionOptionsUpdated);
        let found = Started {
            attached_as: attached.then_some(request_id),
            first_execution_run_id: run.state.first_execution_run_id().to_owned(),
            status: run.state.status,
            started,
            seen: look(run, None),
            run: key,
        };
        (Ok(found), ticket)
    }

    fn create<T>(
        self: &Arc<Self>,
        chain: &mut Chain,
        run_id: Arc<str>,
        mut moved: Vec<Moved>,
        request: StartRequest,
        look: impl FnOnce(&mut Run, Option<StartedWorkflowTask>) -> T,
    ) -> (Result<Started<T>, Refusal>, Ticket) {
        let namespace = self.namespace(&request.workflow.namespace_id);
        let (key, transition) = self.with_cx(&namespace, |cx| {
            let key = request.workflow.run(run_id);
            let mut started = request.started;
            started.original_execution_run_id = key.run_id.to_string();
            started.first_execution_run_id = key.run_id.to_string();
            let new = NewRun {
                started,
                request_id: request.request_id,
                first_task_withheld: request.first_task_withheld,
                signal: request.signal,
                eager_identity: request.eager_identity,
            };
            let transition = start_run(key.clone(), new, request.extras, *cx);
            (key, transition)
        });
        let (transition, first_task) = transition.split();
        moved.push(Moved::new(key.clone(), transition));
        let ticket = self.submit(chain, moved);
        let seen = match chain.run(&*self.store, &key.run_id) {
            Ok(run) => look(run, first_task),
            Err(refusal) => return (Err(refusal), ticket),
        };
        let started = Started {
            first_execution_run_id: key.run_id.to_string(),
            run: key,
            started: true,
            attached_as: None,
            status: WorkflowExecutionStatus::Running,
            seen,
        };
        (Ok(started), ticket)
    }

    /// Decides a request for a run of a locked chain, and hands it to the store: the run's ticket tells when
    /// the outcome is durable.
    ///
    /// # Errors
    /// When the run refuses.
    pub(crate) fn decide_locked<R: Request>(
        self: &Arc<Self>,
        chain: &mut Chain,
        key: &RunKey,
        request: R,
    ) -> Result<(), Refusal> {
        let namespace = self.namespace(&key.workflow.namespace_id);
        let run = chain.run(&*self.store, &key.run_id)?;
        let decided = self.with_cx(&namespace, |cx| decide(&run.state, request, cx));
        let (transition, outcome) = settle(decided);
        if let Some(transition) = transition {
            self.submit(chain, vec![Moved::existing(key.clone(), transition)]);
        }
        Ok(outcome.map(|_| ())?)
    }

    /// What the run that has the workflow id means for the request.
    fn meet(&self, run: &Run, request: &StartRequest) -> Result<Meeting, Rejection> {
        let state = &run.state;
        if *state.create_request_id == *request.request_id {
            return Ok(Meeting::Same {
                // A signal that finds its run open is no start, even if it started the run before.
                started: request.signal.is_none() || !state.is_open(),
                attaches: false,
            });
        }
        if state.request_ids.contains_key(request.request_id.as_str()) {
            return Ok(Meeting::Same {
                started: false,
                attaches: false,
            });
        }
        if state.is_open() {
            if request.reuse == WorkflowIdReusePolicy::TerminateIfRunning {
                return Ok(Meeting::Terminate);
            }
            return match request.conflict {
                WorkflowIdConflictPolicy::UseExisting => Ok(Meeting::Same {
                    started: false,
                    attaches: true,
                }),
                WorkflowIdConflictPolicy::TerminateExisting => Ok(Meeting::Terminate),
                WorkflowIdConflictPolicy::Fail | WorkflowIdConflictPolicy::Unspecified => {
                    Err(taken(run, |id, run| {
                        format!(
                            "Workflow execution is already running. WorkflowId: {id}, RunId: {run}."
                        )
                    }))
                }
            };
        }
        use WorkflowExecutionStatus::{Canceled, Failed, Terminated, TimedOut};
        match request.reuse {
            WorkflowIdReusePolicy::RejectDuplicate => Err(taken(run, |id, run| {
                format!(
                    "Workflow execution already finished. WorkflowId: {id}, RunId: {run}. Workflow Id reuse policy: reject duplicate workflow Id."
                )
            })),
            WorkflowIdReusePolicy::AllowDuplicateFailedOnly
                if !matches!(state.status, Failed | Canceled | Terminated | TimedOut) =>
            {
                Err(taken(run, |id, run| {
                    format!(
                        "Workflow execution already finished successfully. WorkflowId: {id}, RunId: {run}. Workflow Id reuse policy: allow duplicate workflow Id if last run failed."
                    )
                }))
            }
            _ => Ok(Meeting::Replace),
        }
    }
}

/// What ends the run that another takes the place of.
fn make_way(new_run_id: &str) -> Terminate {
    let words = format!("terminated by new runID: {new_run_id}");
    Terminate {
        reason: "TerminateIfRunning WorkflowIdReusePolicy".to_owned(),
        details: Some(Payloads {
            payloads: vec![json(&words.into())],
        }),
        identity: "history-service".to_owned(),
        links: Vec::new(),
    }
}

/// What a run means for a start with its workflow id.
enum Meeting {
    /// It is the run that is meant.
    Same { started: bool, attaches: bool },
    /// It is over, and may be followed by another.
    Replace,
    /// It has to make way.
    Terminate,
}

fn taken(run: &Run, message: impl FnOnce(&str, &str) -> String) -> Rejection {
    let state = &run.state;
    Rejection::AlreadyStarted(AlreadyStarted {
        message: message(&state.run.workflow.workflow_id, &state.run.run_id),
        start_request_id: state.create_request_id.to_string(),
        run_id: state.run.run_id.to_string(),
        first_execution_run_id: state.first_execution_run_id().to_owned(),
    })
}
