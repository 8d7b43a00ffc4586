//! What a run may hold, and what becomes of one that would hold more.

use mainspring_proto::{
    enums::v1::SuggestContinueAsNewReason, history::v1::history_event::Attributes,
};

use crate::history::limits::Limits;

use super::script::{Answer, Cmd, Do, Setup};
use super::world::{World, check_refused_in};

const TOO_MANY_UPDATES: &str =
    "The limit on the total number of distinct updates in this workflow has been reached";

/// A world with another limit.
fn world(set: fn(&mut Limits)) -> World {
    let mut world = World::new(&Setup::default());
    set(&mut world.limits);
    world
}

#[test]
fn one_more_than_a_run_may_hold_is_refused() {
    let two = |command: fn(&'static str) -> Cmd| {
        vec![Do::Poll, Do::Complete(vec![command("a"), command("b")])]
    };
    let failed = "WftStarted WftFailed";
    let cases: [(fn(&mut Limits), _, _, _); 6] = [
        (
            |limits| limits.signals = 1,
            vec![Do::Signal("a"), Do::Signal("b")],
            "exceeded workflow execution limit for signal events",
            "Signaled",
        ),
        (
            |limits| limits.updates_in_flight = 1,
            vec![Do::Update("a"), Do::Update("b")],
            "limit on number of concurrent in-flight updates has been reached (1)",
            "",
        ),
        (
            |limits| limits.pending_activities = 1,
            two(Cmd::Activity),
            "PendingActivitiesLimitExceeded: the number of pending activities, 1, has reached the per-workflow limit of 1",
            failed,
        ),
        (
            |limits| limits.pending_children = 1,
            two(Cmd::Child),
            "PendingChildWorkflowsLimitExceeded: the number of pending child workflow executions, 1, has reached the per-workflow limit of 1",
            failed,
        ),
        (
            |limits| limits.pending_signals = 1,
            two(Cmd::SignalExternal),
            "PendingSignalsLimitExceeded: the number of pending signals to external workflows, 1, has reached the per-workflow limit of 1",
            failed,
        ),
        (
            |limits| limits.pending_cancels = 1,
            two(Cmd::CancelExternal),
            "PendingRequestCancelLimitExceeded: the number of pending requests to cancel external workflows, 1, has reached the per-workflow limit of 1",
            failed,
        ),
    ];
    for (limit, script, refused, expected) in cases {
        check_refused_in(world(limit), &script, refused, expected);
    }
}

#[test]
fn what_would_make_a_run_too_large_ends_it_instead() {
    let beaten = || {
        vec![
            Do::Poll,
            Do::Complete(vec![Cmd::Activity("a")]),
            Do::StartActivity("a"),
            Do::HeartbeatWith("a", 500),
        ]
    };
    let count = "Workflow history count exceeds limit.";
    let size = "Workflow history size exceeds limit.";
    let state = "Workflow mutable state size exceeds limit.";
    let cases: [(fn(&mut Limits), _, _, _); 6] = [
        // The third event would be one too many.
        (
            |limits| limits.history_events = 2,
            vec![Do::Poll],
            count,
            "Terminated",
        ),
        (
            |limits| limits.history_events = 5,
            vec![
                Do::Poll,
                Do::Signal("s"),
                Do::Complete(vec![Cmd::Marker("m")]),
            ],
            count,
            "WftStarted WftFailed Signaled Terminated",
        ),
        // A history that became too large is noticed by what comes next.
        (
            |limits| limits.history_size = 10,
            vec![Do::Signal("s")],
            size,
            "Terminated",
        ),
        (
            |limits| limits.mutable_state_size = 1000,
            [beaten(), vec![Do::HeartbeatWith("a", 2000)]].concat(),
            state,
            "WftStarted WftCompleted ActivityScheduled Terminated",
        ),
        (
            |limits| limits.mutable_state_size = 10,
            vec![Do::Poll, Do::Signal("s")],
            state,
            "WftStarted WftFailed Terminated",
        ),
        (
            |limits| limits.transaction_size = 100,
            vec![
                Do::Poll,
                Do::Signal("s"),
                Do::Complete(vec![Cmd::Marker("a"); 10]),
            ],
            "transaction size of 275 bytes exceeds limit of 100 bytes",
            "WftStarted WftFailed Signaled Terminated",
        ),
    ];
    for (limit, script, refused, expected) in cases {
        let world = check_refused_in(world(limit), &script, refused, expected);
        assert_eq!(world.recovered(), world.state);
    }
}

#[test]
fn a_run_may_end_in_a_history_that_is_full() {
    for (command, ended) in [
        (Cmd::Complete, "Completed"),
        (Cmd::ContinueAsNew, "ContinuedAsNew"),
    ] {
        let mut world = world(|limits| limits.history_events = 4);
        for step in [Do::Poll, Do::Complete(vec![command])] {
            world.step(&step).unwrap_or_else(|error| panic!("{error}"));
        }
        assert_eq!(world.kinds().last().map(String::as_str), Some(ended));
    }
}

/// Does a step so often, and says why it was refused after that.
fn refused_after(count: usize, world: &mut World, script: impl Fn(usize) -> Vec<Do>) -> String {
    world.checked = false;
    for number in 0..count {
        for step in script(number) {
            world
                .step(&step)
                .unwrap_or_else(|error| panic!("{number}: {error}"));
        }
    }
    let mut last = script(count).into_iter().map(|step| world.step(&step));
    let refused = last.find_map(Result::err);
    refused.map_or(String::new(), |rejection| rejection.to_string())
}

#[test]
fn ten_thousand_signals_and_two_thousand_updates_are_taken() {
    let mut world = World::new(&Setup::default());
    let refused = refused_after(10_000, &mut world, |_| vec![Do::Signal("s")]);
    assert_eq!(
        refused,
        "exceeded workflow execution limit for signal events"
    );

    let mut world = World::new(&Setup::default());
    let refused = refused_after(2000, &mut world, |number| {
        vec![
            Do::Update(number.to_string().leak()),
            Do::Poll,
            Do::CompleteUpdates(Answer::AcceptAndComplete),
        ]
    });
    assert!(refused.starts_with(TOO_MANY_UPDATES), "{refused}");
}

#[test]
fn two_thousand_of_each_kind_may_be_pending() {
    let commands: [fn(&'static str) -> Cmd; 4] = [
        Cmd::Activity,
        Cmd::Child,
        Cmd::SignalExternal,
        Cmd::CancelExternal,
    ];
    for command in commands {
        let mut world = World::new(&Setup::default());
        let ids = (0..2000).map(|number: u32| number.to_string().leak() as &str);
        for step in [Do::Poll, Do::Force(ids.map(command).collect()), Do::Poll] {
            world.step(&step).unwrap_or_else(|error| panic!("{error}"));
        }
        let refused = world.step(&Do::Complete(vec![command("one more")]));
        let refused = refused.err().map(|rejection| rejection.to_string());
        let ending = "2000, has reached the per-workflow limit of 2000";
        assert!(refused.is_some_and(|it| it.ends_with(ending)));
    }
}

#[test]
fn a_history_has_at_most_51200_events() {
    let mut world = World::new(&Setup::default());
    let markers = |count| Do::Force(vec![Cmd::Marker("m"); count]);
    // With started, scheduled, started, completed, and the next task scheduled there are 51,200.
    for (step, taken) in [
        (Do::Poll, true),
        (markers(25_000), true),
        (Do::Poll, true),
        (markers(51_200 - 25_005 - 3), true),
        (Do::Poll, false),
    ] {
        assert_eq!(
            world.step(&step).is_ok(),
            taken,
            "{} events",
            world.history().len()
        );
    }
    assert_eq!(world.history().len(), 51_201);
}

#[test]
fn continuing_as_new_is_suggested_in_time() {
    use SuggestContinueAsNewReason::{HistorySizeTooLarge, TooManyHistoryEvents, TooManyUpdates};
    let nothing: fn(&mut Limits) = |_| ();
    let markers = |count| vec![Do::Poll, Do::Force(vec![Cmd::Marker("m"); count]), Do::Poll];
    let updates = |ids: &[&'static str]| {
        let sent = ids.iter().map(|id| Do::Update(id));
        sent.chain([Do::Poll]).collect::<Vec<_>>()
    };
    let cases: [(fn(&mut Limits), _, _); 6] = [
        (nothing, vec![Do::Poll], vec![]),
        (nothing, markers(4089), vec![]),
        (nothing, markers(4090), vec![TooManyHistoryEvents]),
        (
            |limits| limits.suggest_continue_as_new_size = 1,
            vec![Do::Poll],
            vec![HistorySizeTooLarge],
        ),
        // Nine tenths, of which those count that no worker has taken yet.
        (|limits| limits.updates = 2, updates(&["a"]), vec![]),
        (
            |limits| limits.updates = 2,
            updates(&["a", "b"]),
            vec![TooManyUpdates],
        ),
    ];
    for (limit, script, expected) in cases {
        let mut world = world(limit);
        for step in script {
            world.step(&step).unwrap_or_else(|error| panic!("{error}"));
        }
        let last = world.history().pop().expect("there are events");
        let Some(Attributes::WorkflowTaskStartedEventAttributes(it)) = last.attributes() else {
            panic!("{last:?}");
        };
        let reasons: Vec<_> = it.suggest_continue_as_new_reasons().collect();
        assert_eq!(reasons, expected);
        assert_eq!(it.suggest_continue_as_new, !expected.is_empty());
    }
}
