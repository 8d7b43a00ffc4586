//! A run on its own, moved by scripts. Every step also checks what must hold of any step.

use std::time::Duration;

use mainspring_proto::{
    activity::v1::ActivityOptions,
    command::v1::{command::Attributes as CommandAttributes, *},
    common::v1::{Payload, Payloads, RetryPolicy, WorkflowExecution, WorkflowType},
    enums::v1::{TimeoutType, WorkflowTaskFailedCause},
    failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    history::v1::{
        WorkflowExecutionStartedEventAttributes, WorkflowExecutionUpdateAdmittedEventAttributes,
        history_event::Attributes,
    },
    taskqueue::v1::TaskQueue,
    update::v1,
};

use crate::history::{
    apply::apply,
    change::Change,
    decide::{
        activity::*,
        activity_operations::*,
        children::*,
        commands::command,
        complete_workflow_task::{CompleteWorkflowTask, Completion},
        external::*,
        fail_workflow_task::{FailWorkflowTask, WorkflowTaskRef},
        fire_due::FireDue,
        request_cancel::RequestCancel,
        signal::SignalRun,
        start_run::{NewRun, Signal, start_run},
        start_workflow_task::{StartWorkflowTask, Unstick},
        terminate::Terminate,
        update::AdmitUpdate,
        workflow_task::{StartedWorkflowTask, WorkflowTaskFailure},
    },
    event::{Event, is_close},
    ids::{Ids, WorkflowKey},
    limits::Limits,
    record,
    rejection::Rejection,
    state::MutableState,
    task::{Task, pending_tasks},
    time::{Time, proto_duration},
    transition::{Cx, Draft, Extras, Request, Transition, any_search_attributes, decide, settle},
    update::UpdateStage,
    workflow_task::{Sticky, WorkflowTaskKind},
};

use super::script::{Answer, Cmd, Do, Setup};

pub(super) struct World {
    pub(super) state: MutableState,
    /// Every change since the run began.
    pub(super) changes: Vec<Change>,
    pub(super) limits: Limits,
    pub(super) signals_taken: usize,
    pub(super) new_run: Option<Transition<()>>,
    ids: Ids,
    now: Time,
    worker: Option<StartedWorkflowTask>,
    /// Whether every step is checked, which takes the longer the more there is in the history.
    pub(super) checked: bool,
}

const START: Time = Time::from_nanos(1_700_000_000_000_000_000);

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let ids = Ids::from_seed(42);
        let limits = Limits::default();
        let key = WorkflowKey {
            namespace_id: "namespace".into(),
            workflow_id: "workflow".into(),
        };
        let millis = |ms: u64| Some(proto_duration(Duration::from_millis(ms)));
        let started = WorkflowExecutionStartedEventAttributes {
            workflow_type: Some(WorkflowType {
                name: "type".to_owned(),
            }),
            task_queue: Some(queue("queue")),
            workflow_run_timeout: millis(setup.run_timeout),
            workflow_execution_timeout: millis(setup.execution_timeout),
            workflow_execution_expiration_time: (setup.execution_timeout > 0).then(|| {
                START
                    .after(Duration::from_millis(setup.execution_timeout))
                    .to_proto()
            }),
            workflow_task_timeout: millis(10_000),
            first_workflow_task_backoff: millis(setup.delay),
            retry_policy: setup.retry.then(RetryPolicy::default),
            cron_schedule: setup.cron.to_owned(),
            attempt: 1,
            ..Default::default()
        };
        let new = NewRun {
            started,
            request_id: "start".to_owned(),
            ..NewRun::default()
        };
        let cx = Cx {
            now: START,
            ids: &ids,
            limits: &limits,
            namespace: "default",
            retention: Duration::from_secs(24 * 60 * 60),
            admit_search_attributes: &any_search_attributes,
        };
        let transition = start_run(key.run("run"), new, Extras::default(), cx);
        Self {
            state: transition.state,
            changes: transition.changes,
            limits,
            signals_taken: 0,
            new_run: None,
            ids,
            now: START,
            worker: None,
            checked: true,
        }
    }

    /// Sends a request, and checks what must hold of every transition.
    pub(super) fn send<R: Request>(&mut self, request: R) -> Result<R::Reply, Rejection> {
        let cx = Cx {
            now: self.now,
            ids: &self.ids,
            limits: &self.limits,
            namespace: "default",
            retention: Duration::from_secs(24 * 60 * 60),
            admit_search_attributes: &any_search_attributes,
        };
        let (transition, outcome) = settle(decide(&self.state, request, &cx));
        let Some(mut transition) = transition else {
            return outcome;
        };
        if self.checked {
            check_transition(&self.state, &transition);
        }
        if transition.new_run.is_some() {
            self.new_run = transition.new_run.take().map(|it| *it);
        }
        self.changes.extend(transition.changes);
        self.state = transition.state;
        if self.checked {
            self.check_invariants();
        }
        outcome
    }

    fn check_invariants(&self) {
        let ids: Vec<_> = self.history().iter().map(|event| event.id()).collect();
        let dense: Vec<_> = (1..=ids.len() as i64).collect();
        assert_eq!(ids, dense, "ids are not dense");
        assert_eq!(self.state.next_event_id, ids.len() as i64 + 1);
        if !self.state.buffered.is_empty() {
            assert!(
                self.state.has_started_workflow_task(),
                "a buffer that nothing will flush"
            );
        }
        let closes = self
            .history()
            .iter()
            .filter(|event| is_close(event.kind()))
            .count();
        assert_eq!(closes, usize::from(!self.state.is_open()));
    }

    fn check_signals(&self) {
        let signals = |events: &[std::sync::Arc<Event>]| {
            let is_signal = |event: &&std::sync::Arc<Event>| {
                matches!(
                    event.attributes(),
                    Some(Attributes::WorkflowExecutionSignaledEventAttributes(_))
                )
            };
            events.iter().filter(is_signal).count()
        };
        let kept = signals(&self.history()) + signals(&self.state.buffered);
        assert_eq!(kept, self.signals_taken, "a signal was lost or doubled");
    }

    /// What a restart would make of the stored records.
    pub(super) fn recovered(&self) -> MutableState {
        let stored = record::encode(&self.changes);
        let changes = record::decode(stored).unwrap_or_else(|error| panic!("{error}"));
        let mut state = MutableState::new(self.state.run.clone());
        for change in &changes {
            apply(&mut state, change);
        }
        state
    }

    /// Whether everything in the state survives a restart.
    pub(super) fn is_all_durable(&self) -> bool {
        let speculative = self
            .state
            .workflow_task
            .as_ref()
            .is_some_and(|task| task.kind == WorkflowTaskKind::Speculative);
        let volatile = self
            .state
            .updates
            .values()
            .any(|update| matches!(update.stage, UpdateStage::Admitted | UpdateStage::Sent));
        !speculative && !volatile
    }

    pub(super) fn history(&self) -> Vec<std::sync::Arc<Event>> {
        let events = self.changes.iter().filter_map(|change| match change {
            Change::Event(event) | Change::Flushed(event) => Some(std::sync::Arc::clone(event)),
            _ => None,
        });
        events.collect()
    }

    /// The kinds of the events, in short.
    pub(super) fn kinds(&self) -> Vec<String> {
        let events = self.history();
        events
            .iter()
            .map(|event| short(&format!("{:?}", event.kind())))
            .collect()
    }

    fn task_ref(&self) -> Option<WorkflowTaskRef> {
        self.worker.as_ref().map(|task| WorkflowTaskRef {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: task.started_event_id,
            attempt: task.attempt,
            started_time: task.started_time,
        })
    }

    fn selector(&self, id: &str) -> ActivitySelector {
        let activity = self.state.activity_by_id(id);
        ActivitySelector::Token {
            scheduled_event_id: activity.map_or(0, |it| it.scheduled_event_id()),
            attempt: activity.map_or(0, |it| it.current_attempt()),
        }
    }

    fn child(&self, id: &str) -> i64 {
        let children = self.state.children.iter();
        let mut found = children.filter(|(_, child)| child.attributes().workflow_id == id);
        found.next().map_or(0, |(id, _)| *id)
    }

    /// Does one step of a script.
    pub(super) fn step(&mut self, step: &Do) -> Result<(), Rejection> {
        let taken = self.take(step);
        if self.checked {
            self.check_signals();
        }
        taken
    }

    fn take(&mut self, step: &Do) -> Result<(), Rejection> {
        match step {
            Do::Poll => {
                let Some(task) = &self.state.workflow_task else {
                    return Err(Rejection::StaleTask);
                };
                let start = StartWorkflowTask {
                    scheduled_event_id: task.scheduled_event_id,
                    attempt: task.attempt,
                    worker: "worker".to_owned().into(),
                    request_id: "poll".to_owned(),
                };
                self.worker = Some(self.send(start)?);
                Ok(())
            }
            Do::Complete(commands) => self.complete(commands, false, None),
            Do::CompleteSticky(commands) => self.complete(commands, true, None),
            Do::CompleteUpdates(answer) => self.complete(&[], false, Some(*answer)),
            Do::Heartbeat => self.force(&[], None),
            Do::HeartbeatSticky => self.force(&[], Some(sticky())),
            Do::Force(commands) => self.force(commands, None),
            Do::Fail => {
                let task = self.task_ref().ok_or(Rejection::WorkflowTaskNotFound)?;
                self.send(FailWorkflowTask {
                    task,
                    failure: WorkflowTaskFailure {
                        cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure.into(),
                        failure: None,
                        worker: "worker".to_owned().into(),
                        binary_checksum: String::new(),
                    },
                })
            }
            Do::Signal(name) => self.signal(name, ""),
            Do::SignalOnce(request_id) => self.signal("once", request_id),
            Do::Cancel => self.send(RequestCancel::default()),
            Do::Terminate => self.send(Terminate::default()),
            Do::After(millis) => {
                self.now = self.now.after(Duration::from_millis(*millis));
                self.send(FireDue)
            }
            Do::StartActivity(id) => {
                let activity = self.state.activity_by_id(id).ok_or(Rejection::StaleTask)?;
                let start = StartActivityTask {
                    scheduled_event_id: activity.scheduled_event_id(),
                    stamp: activity.stamp,
                    identity: "worker".to_owned(),
                };
                self.send(start)
            }
            Do::CompleteActivity(id) => {
                let activity = self.selector(id);
                self.send(complete_activity(activity))
            }
            Do::CompleteActivityById(id) => {
                self.send(complete_activity(ActivitySelector::Id((*id).to_owned())))
            }
            Do::FailActivity(id) => self.fail_activity(id, false),
            Do::FailActivityForGood(id) => self.fail_activity(id, true),
            Do::CancelActivity(id) => {
                let activity = self.selector(id);
                self.send(CancelActivity {
                    activity,
                    details: None,
                    identity: "worker".to_owned(),
                })
            }
            Do::HeartbeatActivity(id) => self.beat(id, None),
            Do::HeartbeatWith(id, size) => self.beat(id, Some(payload_of(*size))),
            Do::PauseActivity(id) => self.send(PauseActivities {
                activities: Activities::Id((*id).to_owned()),
                identity: "operator".to_owned(),
                reason: String::new(),
                request_id: String::new(),
            }),
            Do::UnpauseActivity(id) => self.send(UnpauseActivities {
                activities: Activities::Id((*id).to_owned()),
                reset_attempts: false,
                reset_heartbeat: false,
                jitter: Duration::from_millis(100),
            }),
            Do::ResetActivity(id) => self.send(ResetActivities {
                activities: Activities::Id((*id).to_owned()),
                reset_heartbeat: true,
                keep_paused: false,
                restore_options: true,
                jitter: Duration::ZERO,
            }),
            Do::LimitActivities(millis) => self.send(limit_activities(*millis)).map(|_| ()),
            Do::ChildStarted(id) => {
                let initiated_event_id = self.child(id);
                self.send(ChildStarted {
                    initiated_event_id,
                    run_id: format!("run-of-{id}"),
                })
            }
            Do::ChildFailed(id) => {
                let initiated_event_id = self.child(id);
                self.send(ChildStartFailed {
                    initiated_event_id,
                    cause: mainspring_proto::enums::v1::StartChildWorkflowExecutionFailedCause::WorkflowAlreadyExists,
                })
            }
            Do::ChildCompleted(id) => {
                let initiated_event_id = self.child(id);
                self.send(ChildClosed {
                    initiated_event_id,
                    execution: WorkflowExecution::default(),
                    workflow_type: "type".to_owned(),
                    event: completed_event(),
                })
            }
            Do::SignalsDelivered => {
                for id in self
                    .state
                    .external_signals
                    .keys()
                    .copied()
                    .collect::<Vec<_>>()
                {
                    self.send(SignalDelivered {
                        initiated_event_id: id,
                        failed: None,
                    })?;
                }
                Ok(())
            }
            Do::CancelsDelivered => {
                for id in self
                    .state
                    .external_cancels
                    .keys()
                    .copied()
                    .collect::<Vec<_>>()
                {
                    self.send(CancelDelivered {
                        initiated_event_id: id,
                        failed: None,
                    })?;
                }
                Ok(())
            }
            Do::Update(id) => self
                .send(AdmitUpdate {
                    request: update_request(id),
                })
                .map(|_| ()),
            Do::Readmit(id) => self.send(Readmit(id)),
            Do::Unstick => self.send(Unstick),
        }
    }

    fn beat(&mut self, id: &str, details: Option<Payloads>) -> Result<(), Rejection> {
        let activity = self.selector(id);
        let sent = self.send(RecordHeartbeat { activity, details });
        sent.map(|_| ())
    }

    fn signal(&mut self, name: &str, request_id: &str) -> Result<(), Rejection> {
        let counts = self.state.is_open() && !self.state.signal_requests.contains(request_id);
        let taken = self.send(SignalRun {
            signal: Signal {
                name: name.to_owned(),
                request_id: request_id.to_owned(),
                ..Signal::default()
            },
            ..SignalRun::default()
        });
        self.signals_taken += usize::from(counts && taken.is_ok());
        taken
    }

    fn fail_activity(&mut self, id: &str, non_retryable: bool) -> Result<(), Rejection> {
        let activity = self.selector(id);
        self.send(FailActivity {
            activity,
            failure: Some(Failure {
                failure_info: Some(FailureInfo::ApplicationFailureInfo(
                    ApplicationFailureInfo {
                        non_retryable,
                        ..Default::default()
                    },
                )),
                ..Default::default()
            }),
            last_heartbeat_details: None,
            worker: "worker".to_owned().into(),
        })
    }

    fn force(&mut self, commands: &[Cmd], sticky: Option<Sticky>) -> Result<(), Rejection> {
        let task = self.task_ref().ok_or(Rejection::WorkflowTaskNotFound)?;
        let commands = commands.iter().map(|it| self.command(it)).collect();
        let completion = self.send(CompleteWorkflowTask {
            commands,
            sticky,
            force_new_task: true,
            ..completion(task)
        })?;
        match completion {
            Completion::HeartbeatTimeout => Err(Rejection::NotFound("heartbeat".to_owned())),
            _ => Ok(()),
        }
    }

    /// The start of the present task as its worker was shown it, if that is not written.
    pub(super) fn shown_start(&self) -> Option<Attributes> {
        let task = self.worker.as_ref()?;
        task.unwritten.last()?.attributes.clone()
    }

    fn complete(
        &mut self,
        commands: &[Cmd],
        sticky: bool,
        answer: Option<Answer>,
    ) -> Result<(), Rejection> {
        let task = self.task_ref().ok_or(Rejection::WorkflowTaskNotFound)?;
        let (mut commands, mut messages): (Vec<_>, Vec<_>) = (
            commands.iter().map(|it| self.command(it)).collect(),
            Vec::new(),
        );
        if let (Some(answer), Some(worker)) = (answer, &self.worker) {
            for update in &worker.messages {
                for message in answer.messages(&update.protocol_instance_id) {
                    if answer != Answer::Reject {
                        commands.push(command(
                            CommandAttributes::ProtocolMessageCommandAttributes(Box::new(
                                ProtocolMessageCommandAttributes {
                                    message_id: message.id.clone(),
                                },
                            )),
                        ));
                    }
                    messages.push(message);
                }
            }
        }
        let completion = self.send(CompleteWorkflowTask {
            commands,
            messages,
            sticky: sticky.then(self::sticky),
            ..completion(task)
        })?;
        match completion {
            Completion::Done(done) => {
                if done.next_task.is_some() {
                    self.worker = done.next_task;
                }
                Ok(())
            }
            Completion::Refused { message, .. } => Err(Rejection::InvalidArgument(message)),
            Completion::HeartbeatTimeout => Err(Rejection::NotFound("heartbeat".to_owned())),
        }
    }
}

/// What a reset does about an update that it has to bring back.
struct Readmit(&'static str);

impl Request for Readmit {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let Self(id) = self;
        // A reset does it before any worker has a task.
        let started = draft.state().has_started_workflow_task();
        if !draft.state().is_open() || started || draft.state().updates.contains_key(id) {
            return Err(Rejection::StaleTask);
        }
        draft.event(Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(
            Box::new(WorkflowExecutionUpdateAdmittedEventAttributes {
                request: Some(update_request(id)),
                ..Default::default()
            }),
        ));
        draft.schedule_workflow_task();
        Ok(())
    }
}

fn update_request(id: &str) -> v1::Request {
    v1::Request {
        meta: Some(v1::Meta {
            update_id: id.to_owned(),
            identity: String::new(),
        }),
        ..Default::default()
    }
}

/// What a run in this state is owed, and which offer of it is the one that counts.
fn owed(state: &MutableState) -> Vec<(Task, String)> {
    let which = |task: &Task| match task {
        Task::DispatchWorkflowTask => {
            let task = state.workflow_task.as_ref();
            task.map(|it| format!("{} {} {}", it.scheduled_event_id, it.attempt, it.queue))
        }
        Task::DispatchActivity(id) => {
            let activity = state.activities.get(id);
            activity.map(|it| it.stamp.to_string())
        }
        _ => None,
    };
    let tasks = pending_tasks(state).into_iter();
    tasks
        .map(|task| (task.clone(), which(&task).unwrap_or_default()))
        .collect()
}

fn sticky() -> Sticky {
    Sticky {
        queue: "sticky".into(),
        schedule_to_start: Duration::from_secs(5),
    }
}

fn complete_activity(activity: ActivitySelector) -> CompleteActivity {
    CompleteActivity {
        activity,
        result: Some(Payloads {
            payloads: vec![Payload::default()],
        }),
        worker: "worker".to_owned().into(),
    }
}

fn limit_activities(millis: u64) -> UpdateActivityOptions {
    let options = ActivityOptions {
        start_to_close_timeout: Some(proto_duration(Duration::from_millis(millis))),
        ..ActivityOptions::default()
    };
    UpdateActivityOptions {
        activities: Activities::All,
        update: OptionsUpdate::Some {
            from: Box::new(options),
            paths: vec!["start_to_close_timeout".to_owned()],
        },
    }
}

fn completion(task: WorkflowTaskRef) -> CompleteWorkflowTask {
    CompleteWorkflowTask {
        task,
        worker: "worker".to_owned().into(),
        can_discard_speculative: true,
        takes_eager_activities: true,
        ..CompleteWorkflowTask::default()
    }
}

fn completed_event() -> std::sync::Arc<Event> {
    Event::new(mainspring_proto::history::v1::HistoryEvent {
        attributes: Some(Attributes::WorkflowExecutionCompletedEventAttributes(
            Box::default(),
        )),
        ..Default::default()
    })
}

fn queue(name: &str) -> TaskQueue {
    TaskQueue {
        name: name.to_owned(),
        ..TaskQueue::default()
    }
}

fn short(kind: &str) -> String {
    kind.replace("WorkflowTask", "Wft")
        .replace("ActivityTask", "Activity")
        .replace("ChildWorkflowExecution", "Child")
        .replace("ExternalWorkflowExecution", "External")
        .replace("WorkflowExecution", "")
}

/// Runs a script on a plain run, and compares its history after the first workflow task was
/// scheduled.
#[track_caller]
pub(super) fn check(script: &[Do], expected: &str) -> World {
    check_with(&Setup::default(), script, expected)
}

/// The same with a run of another kind; the history from its start on.
#[track_caller]
pub(super) fn check_with(setup: &Setup, script: &[Do], expected: &str) -> World {
    let mut world = World::new(setup);
    for step in script {
        if let Err(rejection) = world.step(step) {
            panic!(
                "{step:?} was refused: {rejection}\nafter {:?}",
                world.kinds()
            );
        }
    }
    compare(&world, expected);
    if world.is_all_durable() {
        assert_eq!(
            world.recovered(),
            world.state,
            "a restart changes the state"
        );
    }
    world
}

/// Runs a script whose last step is refused.
#[track_caller]
pub(super) fn check_refused(script: &[Do], refused: &str, expected: &str) -> World {
    check_refused_in(World::new(&Setup::default()), script, refused, expected)
}

/// The same in a world that is there.
#[track_caller]
pub(super) fn check_refused_in(
    mut world: World,
    script: &[Do],
    refused: &str,
    expected: &str,
) -> World {
    let (last, first) = script
        .split_last()
        .unwrap_or_else(|| panic!("an empty script"));
    for step in first {
        if let Err(rejection) = world.step(step) {
            panic!(
                "{step:?} was refused: {rejection}\nafter {:?}",
                world.kinds()
            );
        }
    }
    let rejection = world
        .step(last)
        .err()
        .unwrap_or_else(|| panic!("{last:?} was not refused"));
    assert_eq!(rejection.to_string(), refused);
    compare(&world, expected);
    world
}

#[track_caller]
fn compare(world: &World, expected: &str) {
    let expected: Vec<_> = expected.split_whitespace().collect();
    let kinds = world.kinds();
    // Every history begins with these two unless the first task is held back.
    let found = match kinds.as_slice() {
        [first, second, rest @ ..] if first == "Started" && second == "WftScheduled" => rest,
        [first, rest @ ..] if first == "Started" => rest,
        other => other,
    };
    assert_eq!(found, expected);
}

/// A payload of that many bytes.
pub(super) fn payload_of(size: usize) -> Payloads {
    Payloads {
        payloads: vec![Payload {
            data: vec![0; size].into(),
            ..Payload::default()
        }],
    }
}

/// What must hold of every transition.
fn check_transition(before: &MutableState, transition: &Transition<()>) {
    let mut folded = before.clone();
    for change in &transition.changes {
        apply(&mut folded, change);
    }
    assert_eq!(
        folded, transition.state,
        "the state is not the fold of its changes"
    );
    if !before.is_open() {
        let events = transition
            .changes
            .iter()
            .any(|it| matches!(it, Change::Event(_)));
        assert!(!events, "an event after the end");
    }
    let known = owed(before);
    let new = owed(&transition.state).into_iter();
    for (task, which) in new.filter(|it| !known.contains(it)) {
        let asked = transition.tasks.contains(&task);
        assert!(asked, "nobody is asked for {task:?} {which}");
    }
}

/// The kind of timeout that an event tells of.
pub(super) fn timeout_of(event: &Event) -> Option<TimeoutType> {
    match event.attributes() {
        Some(Attributes::WorkflowTaskTimedOutEventAttributes(it)) => Some(it.timeout_type()),
        Some(Attributes::ActivityTaskTimedOutEventAttributes(it)) => {
            match it.failure.as_ref()?.failure_info.as_ref()? {
                FailureInfo::TimeoutFailureInfo(info) => Some(info.timeout_type()),
                _ => None,
            }
        }
        _ => None,
    }
}
