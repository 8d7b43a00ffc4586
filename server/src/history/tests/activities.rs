//! Activities: attempts, the four timeouts, cancellation, completion by id.

use mainspring_proto::{
    enums::v1::{RetryState, TimeoutType, WorkflowTaskFailedCause},
    history::v1::history_event::Attributes,
};

use super::script::{Cmd, Do};
use super::world::{World, check, check_refused, timeout_of};

const HEAD: &str = "WftStarted WftCompleted ActivityScheduled";

fn scheduled(activity: Cmd, then: &[Do]) -> Vec<Do> {
    let mut script = vec![Do::Poll, Do::Complete(vec![activity])];
    script.extend_from_slice(then);
    script
}

fn retry_state(world: &World) -> Option<RetryState> {
    world
        .history()
        .iter()
        .rev()
        .find_map(|event| match event.attributes() {
            Some(Attributes::ActivityTaskFailedEventAttributes(it)) => Some(it.retry_state()),
            Some(Attributes::ActivityTaskTimedOutEventAttributes(it)) => Some(it.retry_state()),
            _ => None,
        })
}

fn started(world: &World) -> Option<(i32, bool)> {
    world
        .history()
        .iter()
        .rev()
        .find_map(|event| match event.attributes() {
            Some(Attributes::ActivityTaskStartedEventAttributes(it)) => {
                Some((it.attempt, it.last_failure.is_some()))
            }
            _ => None,
        })
}

#[test]
fn the_start_is_written_with_the_end() {
    check(
        &scheduled(Cmd::Activity("a"), &[Do::StartActivity("a")]),
        HEAD,
    );
    check(
        &scheduled(
            Cmd::Activity("a"),
            &[Do::StartActivity("a"), Do::CompleteActivity("a")],
        ),
        &format!("{HEAD} ActivityStarted ActivityCompleted WftScheduled"),
    );
}

#[test]
fn failed_attempts_leave_no_events_until_the_last() {
    let world = check(
        &scheduled(
            Cmd::TwiceActivity("a"),
            &[
                Do::StartActivity("a"),
                Do::FailActivity("a"),
                Do::After(100),
                Do::StartActivity("a"),
                Do::CompleteActivity("a"),
            ],
        ),
        &format!("{HEAD} ActivityStarted ActivityCompleted WftScheduled"),
    );
    assert_eq!(started(&world), Some((2, true)));
}

#[test]
fn a_retry_waits_for_its_back_off() {
    check_refused(
        &scheduled(
            Cmd::TwiceActivity("a"),
            &[
                Do::StartActivity("a"),
                Do::FailActivity("a"),
                Do::After(99),
                Do::StartActivity("a"),
            ],
        ),
        "the task is no longer wanted",
        HEAD,
    );
}

#[test]
fn the_last_attempt_says_why_there_is_no_other() {
    let failed = &format!("{HEAD} ActivityStarted ActivityFailed WftScheduled");
    let world = check(
        &scheduled(
            Cmd::TwiceActivity("a"),
            &[
                Do::StartActivity("a"),
                Do::FailActivity("a"),
                Do::After(100),
                Do::StartActivity("a"),
                Do::FailActivity("a"),
            ],
        ),
        failed,
    );
    assert_eq!(
        retry_state(&world),
        Some(RetryState::MaximumAttemptsReached)
    );
    let world = check(
        &scheduled(
            Cmd::Activity("a"),
            &[Do::StartActivity("a"), Do::FailActivityForGood("a")],
        ),
        failed,
    );
    assert_eq!(retry_state(&world), Some(RetryState::NonRetryableFailure));
    // The third attempt would start four seconds in, and three are all there is.
    let world = check(
        &scheduled(
            Cmd::Activity("a"),
            &[
                Do::StartActivity("a"),
                Do::FailActivity("a"),
                Do::After(1000),
                Do::StartActivity("a"),
                Do::After(500),
                Do::FailActivity("a"),
            ],
        ),
        failed,
    );
    assert_eq!(retry_state(&world), Some(RetryState::Timeout));
}

#[test]
fn nobody_takes_it() {
    let world = check(
        &scheduled(Cmd::Activity("a"), &[Do::After(3000)]),
        &format!("{HEAD} ActivityTimedOut WftScheduled"),
    );
    let timeout = world.history().iter().find_map(|event| timeout_of(event));
    // Both were due, and the one that tells more counts.
    assert_eq!(timeout, Some(TimeoutType::ScheduleToStart));
    assert_eq!(retry_state(&world), Some(RetryState::Timeout));
}

#[test]
fn an_attempt_that_takes_too_long_is_retried_and_then_the_whole_times_out() {
    let world = check(
        &scheduled(
            Cmd::Activity("a"),
            &[
                Do::StartActivity("a"),
                Do::After(1000),
                Do::After(1000),
                Do::StartActivity("a"),
                Do::After(1000),
            ],
        ),
        &format!("{HEAD} ActivityStarted ActivityTimedOut WftScheduled"),
    );
    let timeout = world.history().iter().find_map(|event| timeout_of(event));
    assert_eq!(timeout, Some(TimeoutType::ScheduleToClose));
    let failure = world
        .history()
        .iter()
        .find_map(|event| match event.attributes() {
            Some(Attributes::ActivityTaskTimedOutEventAttributes(it)) => it.failure.clone(),
            _ => None,
        });
    let failure = failure.expect("it timed out");
    let cause = failure.cause.map(|cause| cause.message);
    assert_eq!(
        (failure.message.as_str(), cause.as_deref()),
        (
            "Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up retrying",
            Some("activity StartToClose timeout")
        )
    );
}

#[test]
fn silence_is_a_heartbeat_timeout() {
    let world = check(
        &scheduled(
            Cmd::BeatingActivity("a"),
            &[
                Do::StartActivity("a"),
                Do::After(400),
                Do::HeartbeatActivity("a"),
                Do::After(400),
                Do::After(100),
            ],
        ),
        &format!("{HEAD} ActivityStarted ActivityTimedOut WftScheduled"),
    );
    let timeout = world.history().iter().find_map(|event| timeout_of(event));
    assert_eq!(timeout, Some(TimeoutType::Heartbeat));
    assert_eq!(
        retry_state(&world),
        Some(RetryState::MaximumAttemptsReached)
    );
}

#[test]
fn an_unstarted_activity_is_cancelled_at_once() {
    check(
        &scheduled(
            Cmd::Activity("a"),
            &[
                Do::Signal("s"),
                Do::Poll,
                Do::Complete(vec![Cmd::CancelActivity("a"), Cmd::Marker("m")]),
            ],
        ),
        &format!(
            "{HEAD} Signaled WftScheduled WftStarted WftCompleted ActivityCancelRequested
             MarkerRecorded ActivityCanceled WftScheduled"
        ),
    );
}

#[test]
fn a_started_activity_is_asked_and_may_obey() {
    check(
        &scheduled(
            Cmd::Activity("a"),
            &[
                Do::StartActivity("a"),
                Do::Signal("s"),
                Do::Poll,
                Do::Complete(vec![Cmd::CancelActivity("a")]),
                Do::CancelActivity("a"),
            ],
        ),
        &format!(
            "{HEAD} Signaled WftScheduled WftStarted WftCompleted ActivityCancelRequested
             ActivityStarted ActivityCanceled WftScheduled"
        ),
    );
}

#[test]
fn a_cancelled_activity_is_not_retried() {
    let world = check(
        &scheduled(
            Cmd::Activity("a"),
            &[
                Do::StartActivity("a"),
                Do::Signal("s"),
                Do::Poll,
                Do::Complete(vec![Cmd::CancelActivity("a")]),
                Do::FailActivity("a"),
            ],
        ),
        &format!(
            "{HEAD} Signaled WftScheduled WftStarted WftCompleted ActivityCancelRequested
             ActivityStarted ActivityFailed WftScheduled"
        ),
    );
    assert_eq!(retry_state(&world), Some(RetryState::CancelRequested));
}

#[test]
fn only_what_was_asked_to_cancel_may_say_so() {
    check_refused(
        &scheduled(
            Cmd::Activity("a"),
            &[Do::StartActivity("a"), Do::CancelActivity("a")],
        ),
        "unable to mark activity as canceled without activity being request canceled first",
        HEAD,
    );
}

#[test]
fn somebody_else_may_complete_it_by_id() {
    check(
        &scheduled(Cmd::Activity("a"), &[Do::CompleteActivityById("a")]),
        &format!("{HEAD} ActivityStarted ActivityCompleted WftScheduled"),
    );
}

#[test]
fn it_ends_only_once() {
    check_refused(
        &scheduled(
            Cmd::Activity("a"),
            &[
                Do::StartActivity("a"),
                Do::CompleteActivity("a"),
                Do::CompleteActivityById("a"),
            ],
        ),
        "cannot find pending activity with ActivityID a, check workflow execution history for more details",
        &format!("{HEAD} ActivityStarted ActivityCompleted WftScheduled"),
    );
}

#[test]
fn an_eager_activity_is_started_with_the_task() {
    let world = check(&scheduled(Cmd::EagerActivity("a"), &[]), HEAD);
    assert!(
        world
            .state
            .activity_by_id("a")
            .is_some_and(|activity| activity.is_started())
    );
}

#[test]
fn two_activities_cannot_share_an_id() {
    check_refused(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Activity("a"), Cmd::Activity("a")]),
        ],
        "ScheduleActivityDuplicateId: activity \"a\" is already pending",
        "WftStarted WftFailed",
    );
}

#[test]
fn a_cancel_request_that_meets_the_result_is_recorded_and_no_more() {
    check(
        &scheduled(
            Cmd::Activity("a"),
            &[
                Do::StartActivity("a"),
                Do::Signal("s"),
                Do::Poll,
                Do::CompleteActivity("a"),
                Do::Complete(vec![Cmd::CancelActivityOf(5), Cmd::Timer("t", 1)]),
            ],
        ),
        &format!(
            "{HEAD} Signaled WftScheduled WftStarted WftCompleted ActivityCancelRequested
             TimerStarted ActivityStarted ActivityCompleted WftScheduled"
        ),
    );
}

#[test]
fn a_cancel_request_for_what_is_over_or_being_cancelled_fails_the_task() {
    let refused = "BadRequestCancelActivityAttributes: no activity that could be cancelled was \
                   scheduled by the event 5: it is unknown, over, or was asked to stop before";
    check_refused(
        &scheduled(
            Cmd::Activity("a"),
            &[
                Do::StartActivity("a"),
                Do::CompleteActivity("a"),
                Do::Poll,
                Do::Complete(vec![Cmd::CancelActivityOf(5)]),
            ],
        ),
        refused,
        &format!("{HEAD} ActivityStarted ActivityCompleted WftScheduled WftStarted WftFailed"),
    );
    check_refused(
        &scheduled(
            Cmd::Activity("a"),
            &[
                Do::StartActivity("a"),
                Do::Signal("s"),
                Do::Poll,
                Do::Complete(vec![Cmd::CancelActivityOf(5), Cmd::CancelActivityOf(5)]),
            ],
        ),
        refused,
        &format!("{HEAD} Signaled WftScheduled WftStarted WftFailed"),
    );
}

#[test]
fn an_eager_activity_that_is_cancelled_at_once_is_not_handed_out() {
    let world = check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::EagerActivity("a"), Cmd::CancelActivityOf(5)]),
        ],
        &format!("{HEAD} ActivityCancelRequested ActivityCanceled WftScheduled"),
    );
    assert!(world.state.activities.is_empty());
}

#[test]
fn a_command_that_no_history_can_hold_ends_the_run() {
    let world = check_refused(
        &[Do::Poll, Do::Complete(vec![Cmd::HugeActivity("a")])],
        "BadScheduleActivityAttributes: ScheduleActivityTaskCommandAttributes.Input exceeds size limit.",
        "WftStarted WftFailed Terminated",
    );
    let history = world.history();
    let Some(Attributes::WorkflowTaskFailedEventAttributes(failed)) = history[3].attributes()
    else {
        panic!("{:?}", history[3]);
    };
    assert_eq!(
        failed.cause(),
        WorkflowTaskFailedCause::BadScheduleActivityAttributes
    );
}
