//! User timers, and the timeouts of runs.

use super::script::{Cmd, Do, Setup};
use super::world::{check, check_refused, check_with};

#[test]
fn timers_fire_in_the_order_of_their_times() {
    let world = check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Timer("late", 2000), Cmd::Timer("early", 1000)]),
            Do::After(5000),
        ],
        "WftStarted WftCompleted TimerStarted TimerStarted TimerFired WftScheduled TimerFired",
    );
    assert!(world.state.timers.is_empty());
}

#[test]
fn a_timer_does_not_fire_early() {
    check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Timer("t", 1000)]),
            Do::After(999),
        ],
        "WftStarted WftCompleted TimerStarted",
    );
}

#[test]
fn a_cancelled_timer_does_not_fire() {
    check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Timer("t", 1000), Cmd::CancelTimer("t")]),
            Do::After(2000),
        ],
        "WftStarted WftCompleted TimerStarted TimerCanceled",
    );
}

#[test]
fn cancelling_a_timer_takes_back_its_unseen_fire() {
    check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Timer("t", 1000)]),
            Do::Signal("s"),
            Do::Poll,
            Do::After(1000),
            Do::Complete(vec![Cmd::CancelTimer("t"), Cmd::Complete]),
        ],
        "WftStarted WftCompleted TimerStarted Signaled WftScheduled WftStarted WftCompleted
         TimerCanceled Completed",
    );
}

#[test]
fn unknown_and_duplicate_timers_fail_the_task() {
    check_refused(
        &[Do::Poll, Do::Complete(vec![Cmd::CancelTimer("t")])],
        "BadCancelTimerAttributes: timer \"t\" is not running",
        "WftStarted WftFailed",
    );
    check_refused(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Timer("t", 1), Cmd::Timer("t", 1)]),
        ],
        "StartTimerDuplicateId: timer \"t\" is already running",
        "WftStarted WftFailed",
    );
}

#[test]
fn a_run_times_out_whatever_its_worker_does() {
    let setup = Setup {
        run_timeout: 5000,
        ..Setup::default()
    };
    check_with(&setup, &[Do::After(5000)], "TimedOut");
    check_with(
        &setup,
        &[Do::Poll, Do::Signal("s"), Do::After(5000)],
        "WftStarted WftFailed Signaled TimedOut",
    );
}

#[test]
fn a_run_timeout_is_retried_and_an_execution_timeout_is_not() {
    let setup = Setup {
        run_timeout: 5000,
        retry: true,
        ..Setup::default()
    };
    let world = check_with(&setup, &[Do::After(5000)], "TimedOut");
    assert!(world.new_run.is_some());
    let setup = Setup {
        execution_timeout: 5000,
        retry: true,
        ..Setup::default()
    };
    let world = check_with(&setup, &[Do::After(5000)], "TimedOut");
    assert!(world.new_run.is_none());
}

#[test]
fn a_timer_of_no_time_fires_at_once() {
    check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Timer("t", 0)]),
            Do::After(0),
        ],
        "WftStarted WftCompleted TimerStarted TimerFired WftScheduled",
    );
}
