//! Updates and the tasks that are made for them.

use crate::history::update::UpdateStage;

use super::script::{Answer, Cmd, Do};
use super::world::{check, check_refused};

const READY: [Do; 2] = [Do::Poll, Do::Complete(vec![])];

fn ready(then: &[Do]) -> Vec<Do> {
    READY.iter().chain(then).cloned().collect()
}

#[test]
fn an_update_makes_a_task_that_is_written_only_if_it_matters() {
    check(&ready(&[Do::Update("u")]), "WftStarted WftCompleted");
    check(
        &ready(&[Do::Update("u"), Do::Poll]),
        "WftStarted WftCompleted",
    );
    check(
        &ready(&[
            Do::Update("u"),
            Do::Poll,
            Do::CompleteUpdates(Answer::AcceptAndComplete),
        ]),
        "WftStarted WftCompleted WftScheduled WftStarted WftCompleted UpdateAccepted UpdateCompleted",
    );
}

#[test]
fn an_update_rides_on_a_task_that_is_there() {
    check(
        &[
            Do::Update("u"),
            Do::Poll,
            Do::CompleteUpdates(Answer::Accept),
        ],
        "WftStarted WftCompleted UpdateAccepted",
    );
}

#[test]
fn an_update_on_a_task_that_is_refused_is_given_up() {
    let world = check_refused(
        &ready(&[Do::Update("u"), Do::Poll, Do::Complete(vec![Cmd::Nonsense])]),
        "BadStartTimerAttributes: TimerId is not set on StartTimerCommand.",
        "WftStarted WftCompleted WftScheduled WftStarted WftFailed",
    );
    assert!(world.state.updates.is_empty());
}

#[test]
fn an_update_that_a_reset_brought_back_stays_away_once_it_is_refused() {
    let brought_back = [Do::Readmit("u"), Do::Poll];
    // `check` makes sure that a restart does not bring it back once more.
    let world = check(
        &ready(&[&brought_back[..], &[Do::CompleteUpdates(Answer::Reject)]].concat()),
        "WftStarted WftCompleted UpdateAdmitted WftScheduled WftStarted WftCompleted",
    );
    assert!(world.state.updates.is_empty());
    let world = check_refused(
        &ready(&[&brought_back[..], &[Do::Complete(vec![Cmd::Nonsense])]].concat()),
        "BadStartTimerAttributes: TimerId is not set on StartTimerCommand.",
        "WftStarted WftCompleted UpdateAdmitted WftScheduled WftStarted WftFailed",
    );
    assert!(world.state.updates.is_empty());
    assert_eq!(world.recovered(), world.state);
}

#[test]
fn anything_written_makes_the_task_a_normal_one() {
    check(
        &ready(&[Do::Update("u"), Do::Signal("s"), Do::Poll]),
        "WftStarted WftCompleted WftScheduled Signaled WftStarted",
    );
    check(
        &ready(&[
            Do::Update("u"),
            Do::Poll,
            Do::Signal("s"),
            Do::CompleteUpdates(Answer::Reject),
        ]),
        "WftStarted WftCompleted WftScheduled WftStarted WftCompleted Signaled WftScheduled",
    );
}

#[test]
fn an_update_is_sent_again_when_its_worker_is_gone() {
    let world = check(
        &ready(&[
            Do::Update("u"),
            Do::Poll,
            Do::After(10_000),
            Do::Poll,
            Do::CompleteUpdates(Answer::Accept),
        ]),
        "WftStarted WftCompleted WftScheduled WftStarted WftTimedOut WftScheduled WftStarted
         WftCompleted UpdateAccepted",
    );
    assert_eq!(world.state.updates.size(), 1);
}

#[test]
fn a_task_for_updates_that_nobody_takes_becomes_a_normal_one() {
    check(
        &ready(&[Do::Update("u"), Do::After(5_000)]),
        "WftStarted WftCompleted WftScheduled WftTimedOut WftScheduled",
    );
}

#[test]
fn an_update_that_the_worker_ignores_is_rejected() {
    let world = check(
        &ready(&[
            Do::Update("u"),
            Do::Poll,
            Do::Complete(vec![Cmd::Marker("m")]),
        ]),
        "WftStarted WftCompleted WftScheduled WftStarted WftCompleted MarkerRecorded",
    );
    assert!(world.state.updates.is_empty());
}

#[test]
fn an_update_that_arrives_during_a_task_gets_the_next() {
    check(
        &[
            Do::Poll,
            Do::Update("u"),
            Do::Complete(vec![]),
            Do::Poll,
            Do::CompleteUpdates(Answer::Accept),
        ],
        "WftStarted WftCompleted WftScheduled WftStarted WftCompleted UpdateAccepted",
    );
}

#[test]
fn a_run_does_not_end_before_it_has_seen_an_update() {
    check_refused(
        &[Do::Poll, Do::Update("u"), Do::Complete(vec![Cmd::Complete])],
        "UnhandledCommand",
        "WftStarted WftFailed",
    );
}

#[test]
fn updates_in_flight_are_limited() {
    let ids = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    let script: Vec<_> = ids.into_iter().map(Do::Update).collect();
    check_refused(
        &script,
        "limit on number of concurrent in-flight updates has been reached (10)",
        "",
    );
}

#[test]
fn a_failing_workflow_takes_no_updates() {
    check_refused(
        &[
            Do::Poll,
            Do::Fail,
            Do::Poll,
            Do::Fail,
            Do::Poll,
            Do::Update("u"),
        ],
        "Unable to perform workflow execution update due to Workflow Task in failed state.",
        "WftStarted WftFailed",
    );
}

#[test]
fn a_worker_that_is_not_done_may_still_answer_its_updates() {
    // Without a cache it must be told again.
    check(
        &ready(&[
            Do::Update("u"),
            Do::Poll,
            Do::Heartbeat,
            Do::Poll,
            Do::CompleteUpdates(Answer::Accept),
        ]),
        "WftStarted WftCompleted WftScheduled WftStarted WftCompleted WftScheduled WftStarted
         WftCompleted UpdateAccepted",
    );
    let world = check(
        &ready(&[Do::Update("u"), Do::Poll, Do::HeartbeatSticky, Do::Poll]),
        "WftStarted WftCompleted WftScheduled WftStarted WftCompleted WftScheduled WftStarted",
    );
    assert_eq!(world.state.updates["u"].stage, UpdateStage::Sent);
}
