//! A reset: another run takes up an old one's history at some point, and goes on from there.

use mainspring_proto::{
    common::v1::Link,
    enums::v1::{ResetReapplyExcludeType, WorkflowTaskFailedCause},
    failure::v1::{Failure, ResetWorkflowFailureInfo, failure::FailureInfo},
    history::v1::{
        HistoryEvent, WorkflowExecutionUpdateAdmittedEventAttributes,
        WorkflowTaskFailedEventAttributes, history_event::Attributes,
    },
};

use crate::history::{
    change::{
        ActivityRef, ActivityRetryScheduled, Change, Created, ResetTo, StickySet, TimeoutsRenewed,
        WorkflowTaskClosed,
    },
    ids::{EventId, RunKey},
    rejection::Rejection,
    task::{Task, pending_tasks},
    transition::{Cx, Draft, Extras, Request, Transition, started_slot},
    workflow_task::{WorkflowTask, WorkflowTaskKind},
};

use super::{start_run::Signal, update_options::UpdateOptions};

/// What a reset is made of.
#[derive(Debug)]
pub struct Reset<'r> {
    /// The run whose history is taken up.
    pub base: &'r RunKey,
    /// Everything that happened in it.
    pub changes: Vec<Change>,
    /// The event that, with all after it, does not happen again.
    pub finish_event_id: EventId,
    /// Why.
    pub reason: String,
    /// Who.
    pub identity: String,
    /// For deduplication.
    pub request_id: String,
    /// What came later and is to happen again, in order.
    pub reapply: Vec<HistoryEvent>,
    /// What is not to happen again.
    pub exclude: Vec<ResetReapplyExcludeType>,
    /// What was asked for together with the reset, in order.
    pub then: Vec<AfterReset>,
}

/// What is done to the run that a reset made, before its workers see it.
#[derive(Clone, Debug)]
pub enum AfterReset {
    /// It gets a signal.
    Signal(Box<Signal>, Vec<Link>),
    /// It gets other options.
    Options(Box<UpdateOptions>),
}

/// Creates the run that goes on from the chosen point.
///
/// # Errors
/// When the history cannot be taken up at that point.
pub fn reset(run: RunKey, reset: Reset<'_>, cx: Cx<'_>) -> Result<Transition<()>, Rejection> {
    let mut draft = Draft::create(run, cx);
    for change in prefix(reset.changes, reset.finish_event_id)? {
        draft.change(change);
    }
    draft.change(Change::Created(Created {
        request_id: reset.request_id,
        first_task_withheld: false,
    }));
    if !draft.state().is_open() {
        return Err(Rejection::InvalidArgument(
            "the workflow had ended at the point of the reset".to_owned(),
        ));
    }
    draft.change(Change::TimeoutsRenewed(TimeoutsRenewed {
        from: cx.now.nanos(),
    }));
    draft.fail_for_reset(reset.base, &reset.reason, &reset.identity)?;
    draft.restart_activities();
    for event in reset.reapply {
        draft.reapply(event, &reset.exclude);
    }
    for then in reset.then {
        match then {
            AfterReset::Signal(signal, links) => {
                let extras = Extras {
                    links,
                    ..Extras::default()
                };
                draft.event_with(signal.into_attributes(), extras);
            }
            AfterReset::Options(update) => {
                update.decide(&mut draft)?;
            }
        }
    }
    draft.schedule_workflow_task();
    for task in pending_tasks(draft.state()) {
        if task != Task::DispatchWorkflowTask {
            draft.task(task);
        }
    }
    draft.task(Task::Visibility);
    Ok(draft.finish(()))
}

/// The changes before that event, without what waited for its place in the history then.
fn prefix(changes: Vec<Change>, finish: EventId) -> Result<Vec<Change>, Rejection> {
    let end = changes.iter().position(|change| {
        matches!(change, Change::Event(event) | Change::Flushed(event) if event.id() == finish)
    });
    let end = end.ok_or_else(|| {
        Rejection::InvalidArgument(
            "Workflow task finish ID must be > 1 && <= workflow last event ID.".to_owned(),
        )
    })?;
    let mut prefix = Vec::with_capacity(end);
    let mut waiting = Vec::new();
    for change in changes.into_iter().take(end) {
        match change {
            Change::Buffered(_) | Change::BufferedRemoved(_) => waiting.push(change),
            Change::BufferTaken => {
                prefix.append(&mut waiting);
                prefix.push(change);
            }
            change => prefix.push(change),
        }
    }
    // What still waits for its place in the history gets it after that event, and so is among what
    // may happen again.
    Ok(prefix)
}

impl Draft<'_> {
    /// The worker's task at that point ends with the reset, so that the workflow is replayed.
    fn fail_for_reset(
        &mut self,
        base: &RunKey,
        reason: &str,
        identity: &str,
    ) -> Result<(), Rejection> {
        let unwritten = |task: &WorkflowTask| {
            let next = self.state().next_event_id;
            task.kind == WorkflowTaskKind::Normal && task.scheduled_event_id >= next
        };
        if self.state().workflow_task.as_ref().is_none_or(unwritten) {
            return Err(Rejection::InvalidArgument(format!(
                "Can only reset workflow to event ID in range [WorkflowTaskScheduled +1, WorkflowTaskStarted + 1]: {}",
                self.state().next_event_id
            )));
        }
        if !self.state().has_started_workflow_task() {
            let request_id = self.cx().ids.uuid();
            self.start_workflow_task(&identity.to_owned().into(), &request_id);
        }
        let Some(task) = self.write_transient(None) else {
            return Err(Rejection::InvalidArgument(
                "a workflow can only be reset to the end of a workflow task".to_owned(),
            ));
        };
        let new_run_id = self.state().run.run_id.to_string();
        self.event(Attributes::WorkflowTaskFailedEventAttributes(Box::new(
            WorkflowTaskFailedEventAttributes {
                scheduled_event_id: task.scheduled_event_id,
                started_event_id: task.started_event_id,
                cause: WorkflowTaskFailedCause::ResetWorkflow.into(),
                failure: Some(Failure {
                    message: reason.to_owned(),
                    failure_info: Some(FailureInfo::ResetWorkflowFailureInfo(
                        ResetWorkflowFailureInfo::default(),
                    )),
                    ..Failure::default()
                }),
                identity: identity.to_owned(),
                base_run_id: base.run_id.to_string(),
                new_run_id,
                ..WorkflowTaskFailedEventAttributes::default()
            },
        )));
        self.change(Change::WorkflowTaskClosed(WorkflowTaskClosed {
            next_attempt: 1,
            ..WorkflowTaskClosed::default()
        }));
        self.change(Change::Sticky(StickySet::default()));
        self.flush_buffer();
        Ok(())
    }

    /// Workers that were at an activity of the old run cannot report to the new one.
    fn restart_activities(&mut self) {
        let activities: Vec<_> = self.state().activities.values().cloned().collect();
        for activity in activities {
            let id = activity.scheduled_event_id();
            self.change(Change::ActivityRetryScheduled(ActivityRetryScheduled {
                scheduled_event_id: id,
                attempt: activity.attempt,
                at: self.now().nanos(),
                ended: activity.last_attempt_complete_time.nanos(),
                failure: activity.last_failure.clone(),
            }));
            self.change(Change::ActivityDispatched(ActivityRef {
                scheduled_event_id: id,
            }));
        }
    }

    fn reapply(&mut self, event: HistoryEvent, exclude: &[ResetReapplyExcludeType]) {
        use ResetReapplyExcludeType as Exclude;
        let excluded = |kind| exclude.contains(&kind);
        let extras = Extras {
            links: event.links,
            user_metadata: event.user_metadata,
        };
        match event.attributes {
            Some(Attributes::WorkflowExecutionSignaledEventAttributes(it))
                if !excluded(Exclude::Signal)
                    && !self
                        .state()
                        .signal_requests
                        .contains(it.request_id.as_str()) =>
            {
                self.event_with(
                    Attributes::WorkflowExecutionSignaledEventAttributes(it),
                    extras,
                );
            }
            Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(it)) => {
                self.event_with(
                    Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(it),
                    extras,
                );
            }
            Some(Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(it))
                if !excluded(Exclude::Update) =>
            {
                self.readmit(it.accepted_request);
            }
            Some(Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(it))
                if !excluded(Exclude::Update) =>
            {
                self.readmit(it.request);
            }
            Some(attributes) => self.reapply_news_of_child(attributes, extras),
            None => {}
        }
    }

    /// A child from before that point does not start again; what became of it becomes of it here.
    fn reapply_news_of_child(&mut self, mut attributes: Attributes, extras: Extras) {
        let children = &self.state().children;
        match &mut attributes {
            Attributes::ChildWorkflowExecutionStartedEventAttributes(it) => {
                let child = children.get(&it.initiated_event_id);
                if child.is_none_or(|child| child.is_started()) {
                    return;
                }
            }
            Attributes::StartChildWorkflowExecutionFailedEventAttributes(it) => {
                if !children.contains_key(&it.initiated_event_id) {
                    return;
                }
            }
            ended => {
                let Some((initiated, started)) = started_slot(ended) else {
                    return;
                };
                let Some(child) = children.get(&initiated) else {
                    return;
                };
                *started = child.started_event_id;
            }
        }
        self.event_with(attributes, extras);
    }

    fn readmit(&mut self, request: Option<mainspring_proto::update::v1::Request>) {
        let Some(request) = request else { return };
        let id = request.meta.as_ref().map_or("", |meta| &meta.update_id);
        if self.state().updates.contains_key(id) {
            return;
        }
        self.event(Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(
            Box::new(WorkflowExecutionUpdateAdmittedEventAttributes {
                request: Some(request),
                origin: mainspring_proto::enums::v1::UpdateAdmittedEventOrigin::Reapply.into(),
            }),
        ));
    }
}

/// The run was reset to another one.
#[derive(Clone, Debug)]
pub struct NoteReset {
    /// The run that goes on.
    pub run_id: String,
}

impl Request for NoteReset {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        draft.change(Change::ResetTo(ResetTo {
            run_id: self.run_id,
        }));
        Ok(())
    }
}
