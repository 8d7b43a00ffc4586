//! Workflow tasks: buffering, attempts, timeouts, stickiness, heartbeats.

use mainspring_proto::{
    enums::v1::{TimeoutType, WorkflowTaskFailedCause},
    history::v1::history_event::Attributes,
};

use super::script::{Answer, Cmd, Do, Setup};
use super::world::{World, check, check_refused, check_with, timeout_of};

#[test]
fn a_signal_during_a_task_follows_the_commands_and_makes_another_task() {
    check(
        &[
            Do::Poll,
            Do::Signal("s"),
            Do::Complete(vec![Cmd::Timer("t", 1000)]),
        ],
        "WftStarted WftCompleted TimerStarted Signaled WftScheduled",
    );
}

#[test]
fn a_signal_between_tasks_is_written_at_once() {
    check(
        &[
            Do::Poll,
            Do::Complete(vec![]),
            Do::Signal("s"),
            Do::Signal("s"),
        ],
        "WftStarted WftCompleted Signaled WftScheduled Signaled",
    );
}

#[test]
fn completions_are_moved_behind_other_buffered_events_and_know_their_starts() {
    let world = check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Activity("a")]),
            Do::Signal("wake"),
            Do::Poll,
            Do::StartActivity("a"),
            Do::CompleteActivity("a"),
            Do::Signal("late"),
            Do::Complete(vec![]),
        ],
        "WftStarted WftCompleted ActivityScheduled Signaled WftScheduled WftStarted WftCompleted
         ActivityStarted Signaled ActivityCompleted WftScheduled",
    );
    let history = world.history();
    let started = history
        .iter()
        .find(|event| format!("{:?}", event.kind()) == "ActivityTaskStarted");
    let completed = history.iter().find_map(|event| match event.attributes() {
        Some(Attributes::ActivityTaskCompletedEventAttributes(it)) => Some(it.started_event_id),
        _ => None,
    });
    assert_eq!(completed, started.map(|event| event.id()));
}

#[test]
fn a_close_command_with_unseen_events_is_unhandled() {
    let world = check_refused(
        &[Do::Poll, Do::Signal("s"), Do::Complete(vec![Cmd::Complete])],
        "UnhandledCommand",
        "WftStarted WftFailed Signaled WftScheduled",
    );
    let cause = world
        .history()
        .iter()
        .find_map(|event| match event.attributes() {
            Some(Attributes::WorkflowTaskFailedEventAttributes(it)) => Some(it.cause()),
            _ => None,
        });
    assert_eq!(cause, Some(WorkflowTaskFailedCause::UnhandledCommand));
}

#[test]
fn repeated_failures_are_written_once_and_success_writes_the_last_attempt() {
    check(
        &[Do::Poll, Do::Fail, Do::Poll, Do::Fail, Do::Poll, Do::Fail],
        "WftStarted WftFailed",
    );
    let world = check(
        &[
            Do::Poll,
            Do::Fail,
            Do::Poll,
            Do::Fail,
            Do::Poll,
            Do::Complete(vec![]),
        ],
        "WftStarted WftFailed WftScheduled WftStarted WftCompleted",
    );
    let attempt = world
        .history()
        .iter()
        .rev()
        .find_map(|event| match event.attributes() {
            Some(Attributes::WorkflowTaskScheduledEventAttributes(it)) => Some(it.attempt),
            _ => None,
        });
    assert_eq!(attempt, Some(3));
}

#[test]
fn five_attempts_that_come_to_nothing_are_reported_until_one_is_completed() {
    let failing = |attempts: usize| vec![vec![Do::Poll, Do::Fail]; attempts].concat();
    let reported = |script: &[Do], expected: &str| {
        let world = check(script, expected);
        let payload = world
            .state
            .search_attributes
            .get("TemporalReportedProblems");
        payload.map(|payload| String::from_utf8_lossy(&payload.data).into_owned())
    };
    assert_eq!(reported(&failing(4), "WftStarted WftFailed"), None);
    assert_eq!(
        reported(&failing(5), "WftStarted WftFailed").as_deref(),
        Some(
            r#"["category=WorkflowTaskFailed","cause=WorkflowTaskFailedCauseWorkflowWorkerUnhandledFailure"]"#
        )
    );
    let mut mended = failing(6);
    mended.extend([Do::Poll, Do::Complete(vec![])]);
    assert_eq!(
        reported(
            &mended,
            "WftStarted WftFailed WftScheduled WftStarted WftCompleted"
        ),
        None
    );
}

#[test]
fn news_make_a_repeated_attempt_a_first_one() {
    let world = check(
        &[Do::Poll, Do::Fail, Do::Signal("s"), Do::Poll],
        "WftStarted WftFailed Signaled WftScheduled WftStarted",
    );
    assert_eq!(
        world.state.workflow_task.as_ref().map(|task| task.attempt),
        Some(1)
    );
    check(
        &[Do::Poll, Do::Fail, Do::Poll, Do::Signal("s"), Do::Fail],
        "WftStarted WftFailed Signaled WftScheduled",
    );
}

#[test]
fn a_task_that_takes_too_long_times_out() {
    let world = check(&[Do::Poll, Do::After(10_000)], "WftStarted WftTimedOut");
    assert_eq!(
        world.history().last().and_then(|it| timeout_of(it)),
        Some(TimeoutType::StartToClose)
    );
    let task = world.state.workflow_task.as_ref();
    assert_eq!(
        task.map(|task| (task.attempt, task.started_event_id)),
        Some((2, 0))
    );
}

#[test]
fn failing_tasks_are_slowed_down_from_the_fourth_attempt_on() {
    let mut script = vec![];
    for _ in 0..3 {
        script.extend([Do::Poll, Do::Fail]);
    }
    script.push(Do::Poll);
    let world = check(&script, "WftStarted WftFailed");
    let timeout = world
        .state
        .workflow_task
        .as_ref()
        .map(|task| task.start_to_close.as_secs());
    assert_eq!(timeout, Some(15));
}

#[test]
fn a_sticky_task_that_nobody_takes_goes_to_the_normal_queue() {
    let world = check(
        &[
            Do::Poll,
            Do::CompleteSticky(vec![]),
            Do::Signal("s"),
            Do::After(5_000),
        ],
        "WftStarted WftCompleted Signaled WftScheduled WftTimedOut WftScheduled",
    );
    let task = world.state.workflow_task.as_ref();
    assert_eq!(
        task.map(|task| (task.sticky, task.attempt, &*task.queue)),
        Some((false, 1, "queue"))
    );
    assert_eq!(world.state.sticky, None);
}

#[test]
fn a_failure_on_the_sticky_queue_does_not_count() {
    let world = check(
        &[
            Do::Poll,
            Do::CompleteSticky(vec![]),
            Do::Signal("s"),
            Do::Poll,
            Do::Fail,
        ],
        "WftStarted WftCompleted Signaled WftScheduled WftStarted WftFailed WftScheduled",
    );
    assert_eq!(
        world.state.workflow_task.as_ref().map(|task| task.attempt),
        Some(1)
    );
}

#[test]
fn a_task_leaves_the_sticky_queue_without_an_event() {
    let world = check(
        &[
            Do::Poll,
            Do::CompleteSticky(vec![]),
            Do::Signal("s"),
            Do::Unstick,
            Do::After(6_000),
        ],
        "WftStarted WftCompleted Signaled WftScheduled",
    );
    assert_eq!(
        world.state.workflow_task.as_ref().map(|task| task.sticky),
        Some(false)
    );
}

#[test]
fn heartbeats_complete_one_task_and_make_the_next() {
    check(
        &[Do::Poll, Do::Heartbeat, Do::Poll, Do::Heartbeat],
        "WftStarted WftCompleted WftScheduled WftStarted WftCompleted WftScheduled",
    );
}

#[test]
fn heartbeats_end_after_half_an_hour() {
    let mut script = vec![];
    for _ in 0..201 {
        script.extend([Do::Poll, Do::After(9_000), Do::Heartbeat]);
    }
    let world = check_refused(&script, "heartbeat", &{
        let mut expected = "WftStarted WftCompleted WftScheduled ".repeat(200);
        expected.push_str("WftStarted WftTimedOut");
        expected
    });
    assert_eq!(world.state.sticky, None);
}

#[test]
fn a_token_of_the_past_is_refused() {
    let gone = "Workflow task not found.";
    check_refused(
        &[Do::Poll, Do::Complete(vec![]), Do::Complete(vec![])],
        gone,
        "WftStarted WftCompleted",
    );
    check_refused(
        &[Do::Poll, Do::After(10_000), Do::Complete(vec![])],
        gone,
        "WftStarted WftTimedOut",
    );
    check_refused(
        &[
            Do::Poll,
            Do::Fail,
            Do::Poll,
            Do::Terminate,
            Do::Complete(vec![]),
        ],
        gone,
        "WftStarted WftFailed Terminated",
    );
}

#[test]
fn a_bad_command_fails_the_task_once_and_changes_nothing_else() {
    let refused = "BadStartTimerAttributes: TimerId is not set on StartTimerCommand.";
    check_refused(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Activity("a"), Cmd::Nonsense]),
        ],
        refused,
        "WftStarted WftFailed",
    );
}

#[test]
fn nothing_comes_after_the_command_that_ends_the_run() {
    // The task goes on: a worker that says so once may still answer it well.
    let refused = "invalid command sequence: [StartTimer, CompleteWorkflowExecution, StartTimer], command \
                   CompleteWorkflowExecution must be the last command.";
    let commands = vec![Cmd::Timer("t", 10), Cmd::Complete, Cmd::Timer("u", 10)];
    check_refused(&[Do::Poll, Do::Complete(commands)], refused, "WftStarted");
}

#[test]
fn a_start_delay_holds_the_first_task_back() {
    let delayed = Setup {
        delay: 1000,
        ..Setup::default()
    };
    check_with(&delayed, &[Do::Signal("s"), Do::After(999)], "Signaled");
    check_with(
        &delayed,
        &[Do::Signal("s"), Do::After(1000)],
        "Signaled WftScheduled",
    );
}

#[test]
fn too_many_waiting_events_end_the_task() {
    let mut script = vec![Do::Poll];
    script.extend((0..101).map(|_| Do::Signal("s")));
    let expected = format!(
        "WftStarted WftFailed {} WftScheduled",
        "Signaled ".repeat(101)
    );
    check(&script, &expected);
}

#[test]
fn updates_refused_by_the_worker_leave_no_trace() {
    let world = check(
        &[
            Do::Poll,
            Do::Complete(vec![]),
            Do::Update("u"),
            Do::Poll,
            Do::CompleteUpdates(Answer::Reject),
        ],
        "WftStarted WftCompleted",
    );
    assert!(world.state.updates.is_empty());
}

#[test]
fn a_task_that_made_progress_is_no_heartbeat() {
    let mut script = vec![Do::Poll];
    for _ in 0..400 {
        script.extend([
            Do::Force(vec![Cmd::Marker("m")]),
            Do::After(9_000),
            Do::Poll,
        ]);
    }
    let progress = "WftCompleted MarkerRecorded WftScheduled WftStarted ".repeat(400);
    check(&script, &format!("WftStarted {progress}"));
}

#[test]
fn a_signal_does_not_keep_a_stuck_task_alive() {
    let mut script = vec![Do::Poll];
    for _ in 0..201 {
        script.extend([Do::Signal("s"), Do::Heartbeat, Do::After(9_000), Do::Poll]);
    }
    script.push(Do::Heartbeat);
    let beats = "WftCompleted Signaled WftScheduled WftStarted ".repeat(201);
    let world = check_refused(
        &script,
        "heartbeat",
        &format!("WftStarted {beats} WftTimedOut"),
    );
    let history = world.history();
    assert_eq!(
        timeout_of(&history[history.len() - 1]),
        Some(TimeoutType::StartToClose)
    );
}

#[test]
fn what_a_repeated_attempt_was_told_is_what_is_written() {
    let mut world = World::new(&Setup::default());
    // Told three events and no more, a worker branches on that the event after would be too many.
    world.limits.suggest_continue_as_new_events = 5;
    let script = [Do::Poll, Do::Fail, Do::Poll];
    for step in &script {
        world.step(step).unwrap_or_else(|error| panic!("{error}"));
    }
    let shown = world.shown_start();
    world
        .step(&Do::Complete(vec![]))
        .unwrap_or_else(|error| panic!("{error}"));
    let history = world.history();
    assert_eq!(history[5].attributes(), shown.as_ref());
}
