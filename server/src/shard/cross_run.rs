//! What one run does to another: children, external signals and cancel requests, and the news that
//! a run has ended. Every step can be repeated: the target knows the request, the source knows
//! whether it was answered.

use std::sync::Arc;

use mainspring_proto::{
    common::v1::WorkflowExecution,
    enums::v1::{
        CancelExternalWorkflowExecutionFailedCause as CancelFailed, ParentClosePolicy,
        SignalExternalWorkflowExecutionFailedCause as SignalFailed,
        StartChildWorkflowExecutionFailedCause as StartFailed, WorkflowIdConflictPolicy,
        WorkflowIdReusePolicy,
    },
    history::v1::{
        StartChildWorkflowExecutionInitiatedEventAttributes,
        WorkflowExecutionStartedEventAttributes,
    },
};

use crate::history::{
    decide::{
        children::{ChildClosed, ChildStartFailed, ChildStarted, CloseAnnounced, ReleaseFirstTask},
        cron,
        external::{CancelDelivered, SignalDelivered},
        request_cancel::RequestCancel,
        signal::SignalRun,
        start_run::Signal,
        terminate::Terminate,
    },
    external::Child,
    ids::{EventId, RunKey, WorkflowKey},
    rejection::Rejection,
    state::MutableState,
    task::Task,
    time::{Time, duration, proto_duration},
    transition::Extras,
};

use super::{Refusal, RunSelector, Shard, start::StartRequest};

impl Shard {
    /// Performs a task that concerns another run.
    pub(crate) async fn cross_run(self: Arc<Self>, run: RunKey, task: Task) {
        match task {
            Task::StartChild(id) => self.start_child(&run, id).await,
            Task::ReleaseFirstTask => self.release_if_known(&run).await,
            Task::SignalExternal(id) => self.signal_external(&run, id).await,
            Task::CancelExternal(id) => self.cancel_external(&run, id).await,
            Task::AnnounceClose => self.announce_close(&run).await,
            Task::DispatchWorkflowTask
            | Task::DispatchActivity(_)
            | Task::Visibility
            | Task::Update(_) => {}
        }
    }

    async fn start_child(self: &Arc<Self>, parent: &RunKey, initiated_event_id: EventId) {
        let selector = RunSelector::run(&parent.run_id);
        let found = self
            .read(&parent.workflow, selector, |run| {
                let child = run.state.children.get(&initiated_event_id).cloned();
                let wanted = child.filter(|_| run.state.is_open());
                wanted.map(|child| (child, self.parentage(&run.state)))
            })
            .await;
        let Ok(Some((child, parentage))) = found else {
            return;
        };
        let it = child.attributes();
        let Ok(namespace) = self.namespaces.by_name(&it.namespace) else {
            self.child_failed(parent, initiated_event_id, StartFailed::NamespaceNotFound)
                .await;
            return;
        };
        let workflow = WorkflowKey {
            namespace_id: Arc::clone(&namespace.id),
            workflow_id: it.workflow_id.as_str().into(),
        };
        let now = self.clock(&workflow).now();
        let request = StartRequest {
            workflow,
            started: child_started(&child, parent, parentage, now),
            // Of Temporal's form, which ends with the version of the event where there are several clusters.
            request_id: format!("{}:{initiated_event_id}:0", parent.run_id),
            reuse: WorkflowIdReusePolicy::try_from(it.workflow_id_reuse_policy)
                .unwrap_or(WorkflowIdReusePolicy::AllowDuplicate),
            conflict: WorkflowIdConflictPolicy::Fail,
            extras: Extras {
                user_metadata: child.initiated.proto().user_metadata.clone(),
                ..Extras::default()
            },
            signal: None,
            eager_identity: None,
            attach: None,
            first_task_withheld: true,
        };
        match self.start_workflow(request, |_, _| ()).await {
            Ok(started) => self.child_is_started(parent, &child, &started.run).await,
            Err(Refusal::Rejected(Rejection::AlreadyStarted(_))) => {
                self.child_failed(
                    parent,
                    initiated_event_id,
                    StartFailed::WorkflowAlreadyExists,
                )
                .await;
            }
            Err(_) => {}
        }
    }

    fn parentage(&self, state: &MutableState) -> Parentage {
        let namespace_id = &state.run.workflow.namespace_id;
        let root = state.started.root_workflow_execution.clone();
        Parentage {
            namespace: self.namespace(namespace_id).name.clone(),
            namespace_id: namespace_id.to_string(),
            root: root.unwrap_or_else(|| state.run.execution()),
        }
    }

    async fn child_is_started(self: &Arc<Self>, parent: &RunKey, known: &Child, child: &RunKey) {
        let recorded = ChildStarted {
            initiated_event_id: known.initiated.id(),
            run_id: child.run_id.to_string(),
        };
        let selector = RunSelector::run(&parent.run_id);
        let recorded = self.update(&parent.workflow, selector, recorded).await;
        if matches!(recorded, Err(Refusal::Rejected(Rejection::WorkflowClosed))) {
            // The parent ended in between: what its policy says is done to the child now.
            let started = Child {
                run_id: Arc::clone(&child.run_id),
                ..known.clone()
            };
            self.apply_close_policy(parent, &started).await;
        }
        let selector = RunSelector::run(&child.run_id);
        let _ = self
            .update(&child.workflow, selector, ReleaseFirstTask)
            .await;
    }

    async fn child_failed(self: &Arc<Self>, parent: &RunKey, id: EventId, cause: StartFailed) {
        let failed = ChildStartFailed {
            initiated_event_id: id,
            cause,
        };
        let selector = RunSelector::run(&parent.run_id);
        let _ = self.update(&parent.workflow, selector, failed).await;
    }

    /// After a restart: lets a child's first task go if its parent had recorded its start.
    async fn release_if_known(self: &Arc<Self>, child: &RunKey) {
        let selector = RunSelector::run(&child.run_id);
        let parentage = self
            .read(&child.workflow, selector, |run| {
                let started = &run.state.started;
                let parent = started.parent_workflow_execution.clone();
                parent.map(|parent| {
                    (
                        started.parent_workflow_namespace_id.clone(),
                        parent,
                        started.parent_initiated_event_id,
                    )
                })
            })
            .await;
        let Ok(Some((namespace_id, parent, initiated))) = parentage else {
            return;
        };
        let workflow = WorkflowKey {
            namespace_id: namespace_id.into(),
            workflow_id: parent.workflow_id.into(),
        };
        let known = self
            .read(&workflow, RunSelector::run(&parent.run_id), |run| {
                run.state
                    .children
                    .get(&initiated)
                    .is_none_or(|child| child.is_started())
            })
            .await;
        if known.unwrap_or(true) {
            let _ = self
                .update(&child.workflow, selector, ReleaseFirstTask)
                .await;
        }
    }

    async fn signal_external(self: &Arc<Self>, source: &RunKey, id: EventId) {
        let selector = RunSelector::run(&source.run_id);
        let signal = self
            .read(&source.workflow, selector, |run| {
                run.state.external_signals.get(&id).cloned()
            })
            .await;
        let Ok(Some(signal)) = signal else { return };
        let it = signal.attributes();
        let target = it.workflow_execution.clone().unwrap_or_default();
        let failed = match self.namespaces.by_name(&it.namespace) {
            Err(_) => Some(SignalFailed::NamespaceNotFound),
            Ok(namespace) if is_itself(source, &namespace.id, &target.workflow_id) => {
                Some(SignalFailed::ExternalWorkflowExecutionNotFound)
            }
            Ok(namespace) => {
                let workflow = WorkflowKey {
                    namespace_id: Arc::clone(&namespace.id),
                    workflow_id: target.workflow_id.as_str().into(),
                };
                let delivered = SignalRun {
                    signal: Signal {
                        name: it.signal_name.clone(),
                        input: it.input.clone(),
                        identity: "history-service".to_owned(),
                        header: it.header.clone(),
                        request_id: format!("{}:{id}", source.run_id),
                        external: Some(source.execution()),
                    },
                    ..SignalRun::default()
                };
                let child_of = it.child_workflow_only.then_some(source);
                match self
                    .deliver(&workflow, &target.run_id, child_of, delivered)
                    .await
                {
                    Ok(()) => None,
                    Err(Refusal::Rejected(Rejection::TooManySignals)) => {
                        Some(SignalFailed::SignalCountLimitExceeded)
                    }
                    Err(Refusal::Rejected(_)) => {
                        Some(SignalFailed::ExternalWorkflowExecutionNotFound)
                    }
                    Err(Refusal::Store(_)) => return,
                }
            }
        };
        let delivered = SignalDelivered {
            initiated_event_id: id,
            failed,
        };
        let _ = self.update(&source.workflow, selector, delivered).await;
    }

    async fn cancel_external(self: &Arc<Self>, source: &RunKey, id: EventId) {
        let selector = RunSelector::run(&source.run_id);
        let cancel = self
            .read(&source.workflow, selector, |run| {
                run.state.external_cancels.get(&id).cloned()
            })
            .await;
        let Ok(Some(cancel)) = cancel else { return };
        let it = cancel.attributes();
        let target = it.workflow_execution.clone().unwrap_or_default();
        let failed = match self.namespaces.by_name(&it.namespace) {
            Err(_) => Some(CancelFailed::NamespaceNotFound),
            Ok(namespace) if is_itself(source, &namespace.id, &target.workflow_id) => {
                Some(CancelFailed::ExternalWorkflowExecutionNotFound)
            }
            Ok(namespace) => {
                let workflow = WorkflowKey {
                    namespace_id: Arc::clone(&namespace.id),
                    workflow_id: target.workflow_id.as_str().into(),
                };
                let request = RequestCancel {
                    identity: "history-service".to_owned(),
                    reason: it.reason.clone(),
                    links: Vec::new(),
                    external: Some((source.execution(), id)),
                };
                let child_of = it.child_workflow_only.then_some(source);
                match self
                    .deliver(&workflow, &target.run_id, child_of, request)
                    .await
                {
                    Ok(()) => None,
                    Err(Refusal::Rejected(_)) => {
                        Some(CancelFailed::ExternalWorkflowExecutionNotFound)
                    }
                    Err(Refusal::Store(_)) => return,
                }
            }
        };
        let delivered = CancelDelivered {
            initiated_event_id: id,
            failed,
        };
        let _ = self.update(&source.workflow, selector, delivered).await;
    }

    /// Sends a request to another workflow, which must be a child of `child_of` if that is given.
    async fn deliver<R: crate::history::transition::Request>(
        self: &Arc<Self>,
        workflow: &WorkflowKey,
        run_id: &str,
        child_of: Option<&RunKey>,
        request: R,
    ) -> Result<(), Refusal> {
        let mut selector = RunSelector::run(run_id);
        let first;
        if let Some(parent) = child_of {
            let found = self
                .read(workflow, selector, |run| {
                    let actual = run.state.started.parent_workflow_execution.clone();
                    let is_child = actual == Some(parent.execution());
                    is_child.then(|| run.state.first_execution_run_id().to_owned())
                })
                .await?;
            first = found.ok_or_else(|| Rejection::NotFound("it is not a child".to_owned()))?;
            // The child may have continued as new: its current run is meant.
            selector = RunSelector {
                run_id: "",
                first_execution_run_id: &first,
            };
        }
        self.update(workflow, selector, request).await.map(|_| ())
    }

    /// Tells the parent, and does to the children what their policies say.
    async fn announce_close(self: &Arc<Self>, run: &RunKey) {
        let selector = RunSelector::run(&run.run_id);
        let found = self
            .read(&run.workflow, selector, |run| {
                let state = &run.state;
                let close = state.close.clone().filter(|close| close.unannounced)?;
                let children: Vec<_> = state.children.values().cloned().collect();
                Some((
                    close.event,
                    children,
                    Arc::clone(&state.started),
                    state.workflow_type().to_owned(),
                ))
            })
            .await;
        let Ok(Some((event, children, started, workflow_type))) = found else {
            return;
        };
        if let Some(parent) = &started.parent_workflow_execution {
            let workflow = WorkflowKey {
                namespace_id: started.parent_workflow_namespace_id.as_str().into(),
                workflow_id: parent.workflow_id.as_str().into(),
            };
            let closed = ChildClosed {
                initiated_event_id: started.parent_initiated_event_id,
                execution: run.execution(),
                workflow_type,
                event,
            };
            let parent_run = self.follow_resets(&workflow, &parent.run_id).await;
            let selector = RunSelector::run(&parent_run);
            let told = self.update(&workflow, selector, closed.clone()).await;
            if matches!(
                told,
                Err(Refusal::Rejected(Rejection::FailedPrecondition(_)))
            ) {
                let recorded = ChildStarted {
                    initiated_event_id: started.parent_initiated_event_id,
                    run_id: started.first_execution_run_id.clone(),
                };
                let _ = self.update(&workflow, selector, recorded).await;
                let _ = self.update(&workflow, selector, closed).await;
            }
        }
        for child in children.iter().filter(|child| child.is_started()) {
            self.apply_close_policy(run, child).await;
        }
        let _ = self.update(&run.workflow, selector, CloseAnnounced).await;
    }

    /// The run that goes on in place of one that was reset.
    async fn follow_resets(&self, workflow: &WorkflowKey, run_id: &str) -> String {
        let mut run_id = run_id.to_owned();
        loop {
            let selector = RunSelector::run(&run_id);
            let next = self
                .read(workflow, selector, |run| run.state.reset_run_id.clone())
                .await;
            match next {
                Ok(Some(next)) => run_id = next.to_string(),
                Ok(None) | Err(_) => return run_id,
            }
        }
    }

    async fn apply_close_policy(self: &Arc<Self>, parent: &RunKey, child: &Child) {
        let it = child.attributes();
        let Ok(namespace) = self.namespaces.by_name(&it.namespace) else {
            return;
        };
        let workflow = WorkflowKey {
            namespace_id: Arc::clone(&namespace.id),
            workflow_id: it.workflow_id.as_str().into(),
        };
        let selector = RunSelector {
            run_id: "",
            first_execution_run_id: &child.run_id,
        };
        match it.parent_close_policy() {
            ParentClosePolicy::Abandon => {}
            ParentClosePolicy::RequestCancel => {
                let request = RequestCancel {
                    identity: "history-service".to_owned(),
                    reason: String::new(),
                    links: Vec::new(),
                    external: Some((parent.execution(), 0)),
                };
                let _ = self.update(&workflow, selector, request).await;
            }
            ParentClosePolicy::Terminate | ParentClosePolicy::Unspecified => {
                let request = Terminate {
                    reason: "by parent close policy".to_owned(),
                    details: None,
                    identity: "history-service".to_owned(),
                    links: Vec::new(),
                };
                let _ = self.update(&workflow, selector, request).await;
            }
        }
    }
}

/// What a child takes over from its parent.
struct Parentage {
    namespace: String,
    namespace_id: String,
    root: WorkflowExecution,
}

/// Whether a workflow reaches out for itself, whatever its run: that fails like what is not there.
fn is_itself(source: &RunKey, namespace_id: &str, workflow_id: &str) -> bool {
    let own = &source.workflow;
    *own.namespace_id == *namespace_id && *own.workflow_id == *workflow_id
}

fn child_started(
    child: &Child,
    parent: &RunKey,
    parentage: Parentage,
    now: Time,
) -> WorkflowExecutionStartedEventAttributes {
    let it: StartChildWorkflowExecutionInitiatedEventAttributes = child.attributes().clone();
    let execution = duration(&it.workflow_execution_timeout);
    let backoff = match it.cron_schedule.as_str() {
        "" => None,
        schedule => cron::backoff(schedule, now, now),
    };
    WorkflowExecutionStartedEventAttributes {
        workflow_type: it.workflow_type,
        parent_workflow_namespace: parentage.namespace,
        parent_workflow_namespace_id: parentage.namespace_id,
        parent_workflow_execution: Some(parent.execution()),
        parent_initiated_event_id: child.initiated.id(),
        task_queue: it.task_queue,
        input: it.input,
        workflow_execution_timeout: it.workflow_execution_timeout,
        workflow_run_timeout: it.workflow_run_timeout,
        workflow_task_timeout: it.workflow_task_timeout,
        identity: String::new(),
        retry_policy: it.retry_policy,
        attempt: 1,
        workflow_execution_expiration_time: (!execution.is_zero())
            .then(|| now.after(execution).to_proto()),
        cron_schedule: it.cron_schedule,
        first_workflow_task_backoff: Some(proto_duration(backoff.unwrap_or_default())),
        memo: it.memo,
        search_attributes: it.search_attributes,
        header: it.header,
        workflow_id: it.workflow_id,
        root_workflow_execution: Some(parentage.root),
        priority: it.priority,
        versioning_override: it.versioning_override,
        ..WorkflowExecutionStartedEventAttributes::default()
    }
}
