//! What operators do to pending activities. None of it is history.

use std::time::Duration;

use mainspring_proto::{
    activity::v1::ActivityOptions,
    common::v1::{Payloads, RetryPolicy},
    taskqueue::v1::TaskQueue,
};

use crate::history::{
    activity::Activity,
    decide::{
        activity::{ActivitySelector, RecordHeartbeat, StartActivityTask},
        activity_operations::*,
    },
    rejection::Rejection,
    state::PAUSE_INFO,
    task::{Task, pending_tasks},
    time::{Time, proto_duration},
    transition::Request,
};

use super::script::{Cmd, Do};
use super::world::{World, check};

const HEAD: &str = "WftStarted WftCompleted ActivityScheduled";

/// A run with one pending activity, `a`, of which two attempts are allowed, a tenth of a second apart.
fn pending(then: &[Do]) -> World {
    let mut script = vec![Do::Poll, Do::Complete(vec![Cmd::TwiceActivity("a")])];
    script.extend_from_slice(then);
    check(&script, HEAD)
}

impl World {
    #[track_caller]
    fn does(&mut self, steps: &[Do]) {
        for step in steps {
            if let Err(rejection) = self.step(step) {
                panic!("{step:?} was refused: {rejection}");
            }
        }
    }

    /// Sends the request, after which a restart must find the same.
    #[track_caller]
    fn operate<R: Request>(&mut self, request: R) -> R::Reply {
        match self.send(request) {
            Ok(reply) => {
                assert_eq!(self.recovered(), self.state, "a restart changes the state");
                reply
            }
            Err(rejection) => panic!("refused: {rejection}"),
        }
    }

    fn activity(&self) -> &Activity {
        let found = self.state.activity_by_id("a");
        found.unwrap_or_else(|| panic!("it is not pending"))
    }

    /// Whether a worker would get it.
    fn is_offered(&self) -> bool {
        let offered = pending_tasks(&self.state)
            .iter()
            .any(|task| matches!(task, Task::DispatchActivity(_)));
        assert_eq!(offered, self.activity().is_queued());
        offered
    }

    fn heartbeat(&mut self) -> (bool, bool) {
        let activity = ActivitySelector::Id("a".to_owned());
        let reply = self.operate(RecordHeartbeat {
            activity,
            details: Some(Payloads::default()),
        });
        (reply.paused, reply.reset)
    }

    #[track_caller]
    fn ends_with(&self, events: &str) {
        let expected = format!("Started WftScheduled {HEAD} {events}");
        assert_eq!(
            self.kinds(),
            expected.split_whitespace().collect::<Vec<_>>()
        );
    }
}

fn pause() -> PauseActivities {
    PauseActivities {
        activities: Activities::Id("a".to_owned()),
        identity: "me".to_owned(),
        reason: "because".to_owned(),
        request_id: "1".to_owned(),
    }
}

fn unpause() -> UnpauseActivities {
    UnpauseActivities {
        activities: Activities::Id("a".to_owned()),
        reset_attempts: false,
        reset_heartbeat: false,
        jitter: Duration::ZERO,
    }
}

fn reset() -> ResetActivities {
    ResetActivities {
        activities: Activities::Id("a".to_owned()),
        reset_heartbeat: false,
        keep_paused: false,
        restore_options: false,
        jitter: Duration::ZERO,
    }
}

fn update(options: ActivityOptions, paths: &[&str]) -> UpdateActivityOptions {
    UpdateActivityOptions {
        activities: Activities::Id("a".to_owned()),
        update: OptionsUpdate::Some {
            from: Box::new(options),
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        },
    }
}

fn millis(millis: u64) -> Option<mainspring_proto::prost_types::Duration> {
    Some(proto_duration(Duration::from_millis(millis)))
}

#[test]
fn a_paused_activity_is_handed_to_nobody() {
    let mut world = pending(&[]);
    let old = StartActivityTask {
        scheduled_event_id: world.activity().scheduled_event_id(),
        stamp: world.activity().stamp,
        identity: String::new(),
    };
    assert!(world.is_offered());
    world.operate(pause());
    assert!(!world.is_offered());
    assert_eq!(world.send(old.clone()), Err(Rejection::StaleTask));
    let found = world
        .activity()
        .pause
        .clone()
        .map(|it| (it.identity, it.reason));
    assert_eq!(found, Some(("me".to_owned(), "because".to_owned())));
    world.operate(unpause());
    assert!(world.is_offered());
    assert_eq!(
        world.send(old),
        Err(Rejection::StaleTask),
        "of before the pause"
    );
    world.does(&[Do::StartActivity("a"), Do::CompleteActivity("a")]);
    world.ends_with("ActivityStarted ActivityCompleted WftScheduled");
}

#[test]
fn lists_show_what_is_paused_as_long_as_it_is() {
    let shown = |world: &World| {
        let payload = world.state.search_attributes.get(PAUSE_INFO);
        payload.map(|it| String::from_utf8_lossy(&it.data).into_owned())
    };
    let mut world = pending(&[]);
    world.operate(pause());
    assert_eq!(
        shown(&world).as_deref(),
        Some(r#"["property:activityType=activity"]"#)
    );
    world.operate(unpause());
    assert_eq!(shown(&world), None);
    world.operate(pause());
    world.does(&[Do::CompleteActivityById("a")]);
    assert_eq!(shown(&world), None);
}

#[test]
fn the_attempt_under_way_learns_of_a_pause_and_no_other_follows() {
    let mut world = pending(&[Do::StartActivity("a")]);
    assert_eq!(world.heartbeat(), (false, false));
    world.operate(pause());
    assert_eq!(world.heartbeat(), (true, false));
    world.does(&[Do::FailActivity("a"), Do::After(100)]);
    assert_eq!((world.activity().attempt, world.is_offered()), (2, false));
    world.operate(unpause());
    world.does(&[Do::StartActivity("a"), Do::FailActivity("a")]);
    world.ends_with("ActivityStarted ActivityFailed WftScheduled");
}

#[test]
fn a_paused_activity_outlives_its_last_attempt() {
    let mut world = pending(&[
        Do::StartActivity("a"),
        Do::FailActivity("a"),
        Do::After(100),
        Do::StartActivity("a"),
    ]);
    world.operate(pause());
    world.does(&[Do::FailActivity("a"), Do::After(100)]);
    assert_eq!((world.activity().attempt, world.is_offered()), (3, false));
    world.operate(unpause());
    world.does(&[Do::StartActivity("a"), Do::FailActivity("a")]);
    world.ends_with("ActivityStarted ActivityFailed WftScheduled");
}

#[test]
fn what_is_not_retried_ends_a_paused_activity() {
    let mut world = pending(&[Do::StartActivity("a")]);
    world.operate(pause());
    world.does(&[Do::FailActivityForGood("a")]);
    world.ends_with("ActivityStarted ActivityFailed WftScheduled");
}

#[test]
fn a_paused_activity_still_has_an_end() {
    let mut world = pending(&[]);
    world.operate(pause());
    world.does(&[Do::After(3000)]);
    world.ends_with("ActivityTimedOut WftScheduled");
}

#[test]
fn a_pause_is_only_asked_for_once() {
    let mut world = pending(&[]);
    world.operate(pause());
    let before = world.state.clone();
    world.operate(pause());
    assert_eq!(world.state, before);
    let other = PauseActivities {
        request_id: "2".to_owned(),
        ..pause()
    };
    let refused = Rejection::FailedPrecondition("activity is already paused".to_owned());
    assert_eq!(world.send(other), Err(refused));
    // What is not paused is not unpaused.
    world.operate(unpause());
    let before = world.state.clone();
    world.operate(unpause());
    assert_eq!(world.state, before);
}

#[test]
fn going_on_may_begin_anew() {
    let mut world = pending(&[Do::StartActivity("a")]);
    world.heartbeat();
    world.does(&[Do::FailActivity("a")]);
    world.operate(pause());
    world.operate(UnpauseActivities {
        reset_attempts: true,
        reset_heartbeat: true,
        ..unpause()
    });
    let activity = world.activity();
    assert_eq!((activity.attempt, &activity.heartbeat), (1, &None));
    assert!(world.is_offered(), "without what was left of the back-off");
}

#[test]
fn jitter_spreads_what_goes_on() {
    let mut world = pending(&[]);
    world.operate(pause());
    world.operate(UnpauseActivities {
        jitter: Duration::from_millis(1000),
        ..unpause()
    });
    assert!(!world.is_offered());
    world.does(&[Do::After(1000)]);
    assert!(world.is_offered());
}

#[test]
fn a_reset_begins_with_the_first_attempt_at_once() {
    let mut world = pending(&[Do::StartActivity("a")]);
    world.heartbeat();
    world.does(&[Do::FailActivity("a"), Do::After(50)]);
    assert_eq!((world.activity().attempt, world.is_offered()), (2, false));
    let expiration = world.activity().expiration();
    world.operate(reset());
    assert_eq!((world.activity().attempt, world.is_offered()), (1, true));
    assert!(world.activity().heartbeat.is_some());
    let later = |at: Time| at.after(Duration::from_millis(50));
    assert_eq!(world.activity().expiration(), expiration.map(later));
    world.operate(ResetActivities {
        reset_heartbeat: true,
        ..reset()
    });
    assert_eq!(world.activity().heartbeat, None);
}

#[test]
fn the_attempt_under_way_learns_of_a_reset_and_the_first_one_follows() {
    let mut world = pending(&[
        Do::StartActivity("a"),
        Do::FailActivity("a"),
        Do::After(100),
        Do::StartActivity("a"),
    ]);
    assert_eq!(world.heartbeat(), (false, false));
    world.operate(ResetActivities {
        reset_heartbeat: true,
        ..reset()
    });
    assert_eq!(world.heartbeat(), (false, true));
    // The token of the second attempt still counts.
    world.does(&[Do::FailActivity("a"), Do::After(100)]);
    let activity = world.activity();
    assert_eq!((activity.attempt, &activity.heartbeat), (1, &None));
    world.does(&[Do::StartActivity("a")]);
    assert_eq!(world.heartbeat(), (false, false));
    world.does(&[Do::CompleteActivity("a")]);
    world.ends_with("ActivityStarted ActivityCompleted WftScheduled");
}

#[test]
fn a_reset_ends_a_pause_unless_it_is_to_be_kept() {
    let mut world = pending(&[]);
    world.operate(pause());
    world.operate(ResetActivities {
        keep_paused: true,
        ..reset()
    });
    assert!(!world.is_offered());
    world.operate(reset());
    assert!(world.is_offered());
}

#[test]
fn other_options_hold_from_now_on() {
    let mut world = pending(&[]);
    let options = ActivityOptions {
        task_queue: Some(TaskQueue {
            name: "other".to_owned(),
            ..TaskQueue::default()
        }),
        start_to_close_timeout: millis(10_000),
        heartbeat_timeout: millis(300),
        schedule_to_close_timeout: millis(2000),
        retry_policy: Some(RetryPolicy {
            maximum_attempts: 5,
            ..RetryPolicy::default()
        }),
        ..ActivityOptions::default()
    };
    let paths = [
        "task_queue.name",
        "schedule_to_close_timeout",
        "heartbeat_timeout",
        "retry_policy.maximum_attempts",
    ];
    let found = world.operate(update(options, &paths));
    assert_eq!(found, world.activity().options());
    let queue = found.task_queue.map(|queue| queue.name);
    assert_eq!(queue.as_deref(), Some("other"));
    // No path names it.
    assert_eq!(found.start_to_close_timeout, millis(1000));
    // None is longer than the whole.
    assert_eq!(found.schedule_to_start_timeout, millis(2000));
    let policy = found.retry_policy.unwrap_or_default();
    assert_eq!(
        (policy.maximum_attempts, policy.initial_interval),
        (5, millis(100))
    );
    world.does(&[Do::StartActivity("a"), Do::After(300)]);
    assert_eq!(world.activity().attempt, 2, "no heartbeat came");
    world.operate(UpdateActivityOptions {
        activities: Activities::All,
        update: OptionsUpdate::Restore,
    });
    assert_eq!(world.activity().task_queue(), "queue");
}

#[test]
fn a_back_off_is_measured_by_the_new_policy() {
    let mut world = pending(&[Do::StartActivity("a"), Do::FailActivity("a")]);
    let interval = |millis: u64| ActivityOptions {
        retry_policy: Some(RetryPolicy {
            initial_interval: self::millis(millis),
            ..RetryPolicy::default()
        }),
        ..ActivityOptions::default()
    };
    world.operate(update(interval(500), &["retry_policy.initial_interval"]));
    world.does(&[Do::After(499)]);
    assert!(!world.is_offered());
    world.operate(update(interval(200), &["retry_policy.initial_interval"]));
    assert!(world.is_offered(), "it is due by now");
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let mut world = pending(&[]);
    let negative = ActivityOptions {
        heartbeat_timeout: Some(mainspring_proto::prost_types::Duration {
            seconds: -1,
            nanos: 0,
        }),
        ..ActivityOptions::default()
    };
    let impatient = ActivityOptions {
        retry_policy: Some(RetryPolicy {
            backoff_coefficient: 0.5,
            ..RetryPolicy::default()
        }),
        ..ActivityOptions::default()
    };
    let empty = ActivityOptions::default;
    for (options, paths, why) in [
        (
            negative,
            &["heartbeat_timeout"][..],
            "invalid HeartbeatTimeout: negative duration",
        ),
        (
            impatient,
            &["retry_policy"],
            "BackoffCoefficient cannot be less than 1 on retry policy.",
        ),
        (
            empty(),
            &["retry_policy.maximum_attempts"],
            "RetryPolicy is not provided",
        ),
        (empty(), &["task_queue"], "TaskQueue is not provided"),
        (
            empty(),
            &["schedule_to_close_timeout", "start_to_close_timeout"],
            "A valid StartToClose or ScheduleToCloseTimeout is not set.",
        ),
        (
            empty(),
            &["nonsense"],
            "UpdateMask has the path \"nonsense\", which is no option of an activity that can be \
             updated",
        ),
    ] {
        let before = world.state.clone();
        let refused = world.send(update(options, paths));
        assert_eq!(refused, Err(Rejection::InvalidArgument(why.to_owned())));
        assert_eq!(world.state, before);
    }
}

#[test]
fn activities_are_meant_by_id_by_type_or_all() {
    let mut world = check(
        &[
            Do::Poll,
            Do::Complete(vec![Cmd::Activity("a"), Cmd::Activity("b")]),
        ],
        &format!("{HEAD} ActivityScheduled"),
    );
    let paused = |world: &World| {
        world
            .state
            .activities
            .values()
            .filter(|it| it.is_paused())
            .count()
    };
    let by_type = |name: &str| PauseActivities {
        activities: Activities::Type(name.to_owned()),
        ..pause()
    };
    assert_eq!(
        world.send(by_type("other")),
        Err(Rejection::NotFound(
            "Can't find pending activity with such ID. Invalid activityID or activity already completed"
                .to_owned()
        ))
    );
    world.operate(by_type("activity"));
    assert_eq!(paused(&world), 2);
    world.operate(unpause());
    assert_eq!(paused(&world), 1);
    world.operate(UnpauseActivities {
        activities: Activities::All,
        ..unpause()
    });
    assert_eq!(paused(&world), 0);
    world.does(&[Do::Terminate]);
    assert_eq!(world.send(pause()), Err(Rejection::WorkflowClosed));
}
