//! Children, external signals and cancel requests.

use super::script::{Cmd, Do};
use super::world::{check, check_refused};

const HEAD: &str = "WftStarted WftCompleted StartChildInitiated";

#[test]
fn a_child_starts_and_ends() {
    check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Child("c")]),
            Do::ChildStarted("c"),
            Do::ChildStarted("c"),
            Do::ChildCompleted("c"),
        ],
        &format!("{HEAD} ChildStarted WftScheduled ChildCompleted"),
    );
}

#[test]
fn a_child_that_ends_during_a_task_follows_its_start() {
    check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Child("c")]),
            Do::Signal("s"),
            Do::Poll,
            Do::ChildStarted("c"),
            Do::ChildCompleted("c"),
            Do::Complete(vec![]),
        ],
        &format!(
            "{HEAD} Signaled WftScheduled WftStarted WftCompleted ChildStarted ChildCompleted WftScheduled"
        ),
    );
}

#[test]
fn a_child_that_cannot_be_started_is_told() {
    check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Child("c")]),
            Do::ChildFailed("c"),
        ],
        &format!("{HEAD} StartChildFailed WftScheduled"),
    );
}

#[test]
fn the_end_of_a_child_waits_for_the_record_of_its_start() {
    check_refused(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Child("c")]),
            Do::ChildCompleted("c"),
        ],
        "the child's start is not recorded yet",
        HEAD,
    );
}

#[test]
fn the_end_of_a_parent_is_announced_to_its_children() {
    let world = check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Child("c")]),
            Do::ChildStarted("c"),
            Do::Poll,
            Do::Complete(vec![Cmd::Complete]),
        ],
        &format!("{HEAD} ChildStarted WftScheduled WftStarted WftCompleted Completed"),
    );
    assert!(
        world
            .state
            .close
            .as_ref()
            .is_some_and(|close| close.unannounced)
    );
    assert_eq!(world.state.children.size(), 1);
}

#[test]
fn external_signals_and_cancel_requests_are_answered() {
    let world = check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::SignalExternal("x"), Cmd::CancelExternal("y")]),
            Do::SignalsDelivered,
            Do::CancelsDelivered,
        ],
        "WftStarted WftCompleted SignalExternalInitiated RequestCancelExternalInitiated
         ExternalSignaled WftScheduled ExternalCancelRequested",
    );
    assert!(world.state.external_signals.is_empty() && world.state.external_cancels.is_empty());
}
