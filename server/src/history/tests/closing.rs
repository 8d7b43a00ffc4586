//! How runs end, and what follows.

use mainspring_proto::{enums::v1::ContinueAsNewInitiator, history::v1::history_event::Attributes};

use super::script::{Cmd, Do, Setup};
use super::world::{check, check_refused, check_with};

#[test]
fn every_close_command_ends_the_run() {
    for (command, event) in [
        (Cmd::Complete, "Completed"),
        (Cmd::FailRun, "Failed"),
        (Cmd::CancelRun, "Canceled"),
        (Cmd::ContinueAsNew, "ContinuedAsNew"),
    ] {
        check(
            &[Do::Poll, Do::Complete(vec![command])],
            &format!("WftStarted WftCompleted {event}"),
        );
    }
}

#[test]
fn termination_fails_the_task_under_way_and_keeps_what_waited() {
    check(&[Do::Terminate], "Terminated");
    check(
        &[Do::Poll, Do::Signal("s"), Do::Terminate],
        "WftStarted WftFailed Signaled Terminated",
    );
}

#[test]
fn nothing_happens_to_a_run_that_has_ended() {
    let closed = "workflow execution already completed";
    check_refused(&[Do::Terminate, Do::Signal("s")], closed, "Terminated");
    check_refused(&[Do::Terminate, Do::Terminate], closed, "Terminated");
    check_refused(&[Do::Terminate, Do::Update("u")], closed, "Terminated");
    check(&[Do::Terminate, Do::Cancel], "Terminated");
    check(&[Do::Terminate, Do::After(100_000)], "Terminated");
}

#[test]
fn cancellation_is_requested_once() {
    check(&[Do::Cancel, Do::Cancel], "CancelRequested");
    check(
        &[Do::Poll, Do::Complete(vec![]), Do::Cancel, Do::Cancel],
        "WftStarted WftCompleted CancelRequested WftScheduled",
    );
}

#[test]
fn a_signal_is_taken_once() {
    check(
        &[
            Do::SignalOnce("r"),
            Do::SignalOnce("r"),
            Do::SignalOnce("q"),
        ],
        "Signaled Signaled",
    );
}

#[test]
fn a_failed_run_is_retried_after_its_interval() {
    let setup = Setup {
        retry: true,
        ..Setup::default()
    };
    let world = check_with(
        &setup,
        &[Do::Poll, Do::Complete(vec![Cmd::FailRun])],
        "WftStarted WftCompleted Failed",
    );
    let next = world.new_run.unwrap_or_else(|| panic!("no retry"));
    let started = &next.state.started;
    assert_eq!(started.attempt, 2);
    assert_eq!(started.initiator(), ContinueAsNewInitiator::Retry);
    assert_eq!(started.continued_execution_run_id, "run");
    assert_eq!(started.first_execution_run_id, "run");
    assert!(started.continued_failure.is_some());
    assert!(
        next.state.workflow_task.is_none(),
        "the back-off is skipped"
    );
    let event = world
        .state
        .close
        .as_ref()
        .and_then(|close| close.new_run_id.clone());
    assert_eq!(event.as_deref(), Some(&*next.state.run.run_id));
}

#[test]
fn a_cron_run_is_followed_by_the_next() {
    let setup = Setup {
        cron: "@every 1m",
        ..Setup::default()
    };
    for command in [Cmd::Complete, Cmd::FailRun] {
        let world = check_with(
            &setup,
            &[Do::Poll, Do::Complete(vec![command.clone()])],
            match command {
                Cmd::Complete => "WftStarted WftCompleted Completed",
                _ => "WftStarted WftCompleted Failed",
            },
        );
        let next = world.new_run.unwrap_or_else(|| panic!("no next run"));
        let backoff =
            crate::history::time::duration(&next.state.started.first_workflow_task_backoff);
        assert_eq!(backoff.as_secs(), 60);
        assert_eq!(
            next.state.started.initiator(),
            ContinueAsNewInitiator::CronSchedule
        );
    }
}

#[test]
fn a_run_that_continues_starts_at_once_and_keeps_the_chain() {
    let world = check(
        &[Do::Poll, Do::Complete(vec![Cmd::ContinueAsNew])],
        "WftStarted WftCompleted ContinuedAsNew",
    );
    let next = world.new_run.unwrap_or_else(|| panic!("no next run"));
    assert!(next.state.workflow_task.is_some());
    assert_eq!(next.state.first_execution_run_id(), "run");
    let named = world.changes.iter().rev().find_map(|change| match change {
        crate::history::change::Change::Event(event) => match event.attributes() {
            Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(it)) => {
                Some(it.new_execution_run_id.clone())
            }
            _ => None,
        },
        _ => None,
    });
    assert_eq!(named.as_deref(), Some(&*next.state.run.run_id));
}
