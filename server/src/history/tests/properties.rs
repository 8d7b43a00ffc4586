//! What holds of every run, whatever happens to it.

use proptest::prelude::*;

use crate::history::{limits::Limits, rejection::Rejection};

use super::script::{Answer, Cmd, Do, Setup};
use super::world::World;

const IDS: [&str; 3] = ["a", "b", "c"];

fn id() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&IDS[..])
}

fn command() -> impl Strategy<Value = Cmd> {
    prop_oneof![
        4 => id().prop_map(Cmd::Activity),
        2 => id().prop_map(Cmd::TwiceActivity),
        2 => id().prop_map(Cmd::BeatingActivity),
        2 => id().prop_map(Cmd::EagerActivity),
        3 => id().prop_map(Cmd::CancelActivity),
        1 => (1..20i64).prop_map(Cmd::CancelActivityOf),
        4 => (id(), 1..5000u64).prop_map(|(id, ms)| Cmd::Timer(id, ms)),
        3 => id().prop_map(Cmd::CancelTimer),
        2 => Just(Cmd::Marker("m")),
        3 => id().prop_map(Cmd::Child),
        2 => id().prop_map(Cmd::SignalExternal),
        2 => id().prop_map(Cmd::CancelExternal),
        1 => Just(Cmd::Complete),
        1 => Just(Cmd::FailRun),
        1 => Just(Cmd::CancelRun),
        1 => Just(Cmd::ContinueAsNew),
        1 => Just(Cmd::Nonsense),
    ]
}

fn commands() -> impl Strategy<Value = Vec<Cmd>> {
    proptest::collection::vec(command(), 0..4)
}

fn step() -> impl Strategy<Value = Do> {
    prop_oneof![
        12 => Just(Do::Poll),
        8 => commands().prop_map(Do::Complete),
        4 => commands().prop_map(Do::CompleteSticky),
        3 => Just(Do::CompleteUpdates(Answer::Accept)),
        3 => Just(Do::CompleteUpdates(Answer::AcceptAndComplete)),
        3 => Just(Do::CompleteUpdates(Answer::Reject)),
        2 => Just(Do::Heartbeat),
        1 => Just(Do::HeartbeatSticky),
        2 => commands().prop_map(Do::Force),
        2 => Just(Do::Fail),
        5 => Just(Do::Signal("s")),
        2 => id().prop_map(Do::SignalOnce),
        1 => Just(Do::Cancel),
        1 => Just(Do::Terminate),
        1 => Just(Do::Unstick),
        6 => (1..12_000u64).prop_map(Do::After),
        5 => id().prop_map(Do::StartActivity),
        4 => id().prop_map(Do::CompleteActivity),
        1 => id().prop_map(Do::CompleteActivityById),
        3 => id().prop_map(Do::FailActivity),
        1 => id().prop_map(Do::FailActivityForGood),
        2 => id().prop_map(Do::CancelActivity),
        2 => id().prop_map(Do::HeartbeatActivity),
        2 => (id(), 0..300usize).prop_map(|(id, size)| Do::HeartbeatWith(id, size)),
        2 => id().prop_map(Do::PauseActivity),
        2 => id().prop_map(Do::UnpauseActivity),
        1 => id().prop_map(Do::ResetActivity),
        1 => (1..5000u64).prop_map(Do::LimitActivities),
        4 => id().prop_map(Do::ChildStarted),
        1 => id().prop_map(Do::ChildFailed),
        3 => id().prop_map(Do::ChildCompleted),
        2 => Just(Do::SignalsDelivered),
        2 => Just(Do::CancelsDelivered),
        4 => id().prop_map(Do::Update),
        1 => id().prop_map(Do::Readmit),
    ]
}

fn setup() -> impl Strategy<Value = Setup> {
    (
        any::<bool>(),
        any::<bool>(),
        prop_oneof![Just(0), 5_000..60_000u64],
        prop_oneof![Just(0), 5_000..60_000u64],
        prop_oneof![Just(0), 1..5_000u64],
    )
        .prop_map(
            |(retry, cron, run_timeout, execution_timeout, delay)| Setup {
                retry,
                cron: if cron { "@every 1m" } else { "" },
                run_timeout,
                execution_timeout,
                delay,
            },
        )
}

/// Sets limits that a run soon reaches, or leaves them as they are.
fn limits() -> impl Strategy<Value = Option<Limits>> {
    let low = (
        4..60i64,
        200..4000i64,
        10..400usize,
        200..1500i64,
        1..4usize,
    );
    let low = low.prop_map(|(events, size, state, transaction, few)| Limits {
        history_events: events,
        history_size: size,
        mutable_state_size: state,
        transaction_size: transaction,
        buffered_events: few,
        pending_activities: few,
        pending_children: few,
        signals: 2 * few as u32,
        updates: few,
        updates_in_flight: few,
        ..Limits::default()
    });
    proptest::option::of(low)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The world checks each transition: the state is the fold of its changes, ids are dense,
    /// nothing follows the end, no signal is lost. Here: a restart finds the same state.
    #[test]
    fn a_run_survives_whatever_happens(setup in setup(), limits in limits(), steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new(&setup);
        world.limits = limits.unwrap_or_default();
        for step in &steps {
            // Most steps make no sense where they come; refusing them must change nothing, unless it ends the run.
            let (before, count) = (world.state.clone(), world.changes.len());
            let done = world.step(step);
            if done.is_err() && world.changes.len() == count {
                prop_assert_eq!(&before, &world.state);
            }
            if let Err(Rejection::Overgrown(_)) = done {
                prop_assert!(before.is_open() && !world.state.is_open());
            }
            if world.is_all_durable() {
                prop_assert_eq!(&world.recovered(), &world.state);
            }
        }
    }
}
