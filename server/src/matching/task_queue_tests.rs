//! Each case is a script: what happens to a queue, and what it answers.

use std::time::Duration;

use super::*;

/// One step and what must come of it. Tasks are letters, pollers are numbers, times are
/// milliseconds.
enum Step {
    /// A task of the default priority is offered; the pair that leaves.
    Offer(&'static str, Option<(u64, &'static str)>),
    /// The same with a priority.
    Urgent(i32, &'static str, Option<(u64, &'static str)>),
    /// A task is offered that does not wait; the poller that gets it.
    Now(&'static str, Option<u64>),
    /// A poller asks; the task it gets at once.
    Poll(u64, Option<&'static str>),
    /// A poller leaves; whether it was parked.
    Cancel(u64, bool),
    /// The poller that got a task last gives it back; the pair that leaves.
    PutBack(Option<(u64, &'static str)>),
    /// A worker sets the rate.
    Rate(f64),
    /// Time passes; the pair that leaves then.
    At(u64, Option<(u64, &'static str)>),
    /// So many tasks wait.
    Backlog(usize),
}

use Step::{At, Backlog, Cancel, Now, Offer, Poll, PutBack, Rate, Urgent};

#[track_caller]
fn check(name: &str, script: &[Step]) {
    let mut queue = TaskQueue::default();
    let mut now = Duration::ZERO;
    let mut last = None;
    for (index, step) in script.iter().enumerate() {
        let mut pair = |left: Option<(PollerId, Handover<&'static str>)>| {
            let (poller, handover) = left?;
            let task = handover.task;
            last = Some(handover);
            Some((poller.0, task))
        };
        let at = format!("{name}, step {index}");
        match *step {
            Offer(task, expected) => {
                let left = queue.offer(task, PriorityKey::DEFAULT, now);
                assert_eq!(pair(left), expected, "{at}");
            }
            Urgent(key, task, expected) => {
                let left = queue.offer(task, PriorityKey::from_proto(key), now);
                assert_eq!(pair(left), expected, "{at}");
            }
            Now(task, expected) => {
                let left = queue.offer_now(task, PriorityKey::DEFAULT, now).ok();
                let poller = pair(left).map(|(poller, left)| {
                    assert_eq!(left, task, "{at}");
                    poller
                });
                assert_eq!(poller, expected, "{at}");
            }
            Poll(poller, expected) => {
                let got = match queue.poll(PollerId(poller), now) {
                    Polled::Matched(handover) => Some(handover),
                    Polled::Parked => None,
                };
                assert_eq!(got.as_ref().map(|got| got.task), expected, "{at}");
                last = got.or(last);
            }
            Cancel(poller, expected) => {
                assert_eq!(queue.cancel(PollerId(poller), now), expected, "{at}");
            }
            PutBack(expected) => {
                let handover = last.take().expect("a task was handed over before");
                let left = queue.put_back(handover, now);
                assert_eq!(
                    left.map(|(poller, left)| (poller.0, left.task)),
                    expected,
                    "{at}"
                );
            }
            Rate(rate) => queue.limit_rate(rate, now),
            At(millis, expected) => {
                now = Duration::from_millis(millis);
                let left = queue.release(now);
                assert_eq!(pair(left), expected, "{at}");
            }
            Backlog(expected) => assert_eq!(queue.backlog(), expected, "{at}"),
        }
    }
}

#[test]
fn tasks_meet_pollers() {
    check(
        "a parked poller gets a task at once",
        &[Poll(1, None), Offer("a", Some((1, "a"))), Backlog(0)],
    );
    check(
        "a waiting task goes to the next poller",
        &[
            Offer("a", None),
            Backlog(1),
            Poll(1, Some("a")),
            Backlog(0),
            Poll(1, None),
        ],
    );
    check(
        "tasks leave in the order they came",
        &[
            Offer("a", None),
            Offer("b", None),
            Offer("c", None),
            Poll(1, Some("a")),
            Poll(1, Some("b")),
            Poll(2, Some("c")),
        ],
    );
    check(
        "the poller that has waited longest is served first",
        &[
            Poll(2, None),
            Poll(1, None),
            Offer("a", Some((2, "a"))),
            Offer("b", Some((1, "b"))),
        ],
    );
}

#[test]
fn a_task_that_does_not_wait_meets_a_poller_or_stays_out() {
    check(
        "the poller that has waited longest gets it",
        &[
            Poll(2, None),
            Poll(1, None),
            Now("a", Some(2)),
            Offer("b", Some((1, "b"))),
        ],
    );
    check("nobody waits", &[Now("a", None), Backlog(0)]);
    check(
        "not past others, nor faster than the rate",
        &[
            Rate(1.0),
            Poll(1, None),
            Now("a", Some(1)),
            Poll(1, None),
            Now("b", None),
            Offer("c", None),
            At(500, None),
            Now("d", None),
            Backlog(1),
            At(1001, Some((1, "c"))),
        ],
    );
    check(
        "it comes back like any other",
        &[
            Poll(1, None),
            Now("a", Some(1)),
            Offer("b", None),
            PutBack(None),
            Poll(2, Some("a")),
            Poll(2, Some("b")),
        ],
    );
}

#[test]
fn the_most_urgent_task_goes_first() {
    check(
        "by its priority key",
        &[
            Urgent(5, "e", None),
            Urgent(0, "default", None),
            Urgent(1, "a", None),
            Urgent(3, "c", None),
            Urgent(2, "b", None),
            Poll(1, Some("a")),
            Poll(1, Some("b")),
            Poll(1, Some("default")),
            Poll(1, Some("c")),
            Poll(1, Some("e")),
        ],
    );
    check(
        "keys out of range count as the nearest in range",
        &[
            Urgent(5, "low", None),
            Urgent(9, "lower", None),
            Urgent(1, "high", None),
            Urgent(-3, "higher", None),
            Poll(1, Some("high")),
            Poll(1, Some("higher")),
            Poll(1, Some("low")),
            Poll(1, Some("lower")),
        ],
    );
}

#[test]
fn a_poller_that_left_gets_nothing() {
    check(
        "it is skipped",
        &[
            Poll(1, None),
            Poll(2, None),
            Cancel(1, true),
            Offer("a", Some((2, "a"))),
            Cancel(2, false),
            Offer("b", None),
        ],
    );
    check(
        "and may come again",
        &[
            Poll(1, None),
            Cancel(1, true),
            Poll(1, None),
            Offer("a", Some((1, "a"))),
        ],
    );
}

#[test]
fn a_task_that_comes_back_has_its_old_place() {
    check(
        "before those that came later",
        &[
            Offer("a", None),
            Offer("b", None),
            Poll(1, Some("a")),
            PutBack(None),
            Backlog(2),
            Poll(2, Some("a")),
            Poll(2, Some("b")),
        ],
    );
    check(
        "and goes to a parked poller at once",
        &[
            Offer("a", None),
            Poll(1, Some("a")),
            Poll(2, None),
            PutBack(Some((2, "a"))),
        ],
    );
}

#[test]
fn the_rate_limit_holds_tasks_back() {
    check(
        "until the next token",
        &[
            Rate(1.0),
            Offer("a", None),
            Offer("b", None),
            Poll(1, Some("a")),
            Poll(1, None),
            At(500, None),
            At(1_001, Some((1, "b"))),
        ],
    );
    check(
        "and a new task does not overtake",
        &[
            Rate(1.0),
            Poll(1, None),
            Offer("a", Some((1, "a"))),
            Poll(1, None),
            Offer("b", None),
            Offer("c", None),
            At(1_001, Some((1, "b"))),
        ],
    );
    check(
        "a task that came back was paid for",
        &[
            Rate(1.0),
            Offer("a", None),
            Poll(1, Some("a")),
            PutBack(None),
            Poll(2, Some("a")),
        ],
    );
    check(
        "a stopped queue keeps everything",
        &[
            Rate(0.0),
            Offer("a", None),
            Poll(1, None),
            At(1_000_000, None),
            Backlog(1),
        ],
    );
}

#[test]
fn the_next_release_is_known_only_while_both_sides_wait() {
    let mut queue = TaskQueue::default();
    queue.limit_rate(1.0, Duration::ZERO);
    assert_eq!(queue.next_release(), None);
    assert!(
        queue
            .offer("a", PriorityKey::DEFAULT, Duration::ZERO)
            .is_none()
    );
    assert!(
        queue
            .offer("b", PriorityKey::DEFAULT, Duration::ZERO)
            .is_none()
    );
    assert_eq!(queue.next_release(), None);
    assert!(matches!(
        queue.poll(PollerId(1), Duration::ZERO),
        Polled::Matched(_)
    ));
    assert_eq!(queue.poll(PollerId(1), Duration::ZERO), Polled::Parked);
    let at = queue.next_release().expect("a token is awaited");
    assert!(at > Duration::from_secs(1) && at < Duration::from_millis(1_001));
    assert!(queue.release(at).is_some());
    assert_eq!(queue.next_release(), None);
}

#[test]
fn a_queue_knows_whether_somebody_polls() {
    const RECENTLY: Duration = Duration::from_secs(10);
    let at = Duration::from_secs;
    let mut queue = TaskQueue::<&str>::default();
    assert!(!queue.has_poller(RECENTLY, at(0)));
    assert_eq!(queue.poll(PollerId(1), at(0)), Polled::Parked);
    assert!(
        queue.has_poller(RECENTLY, at(500)),
        "a parked poller is there however long"
    );
    assert!(queue.cancel(PollerId(1), at(500)));
    assert!(queue.has_poller(RECENTLY, at(509)));
    assert!(!queue.has_poller(RECENTLY, at(510)));
    queue.forget_pollers();
    assert!(!queue.has_poller(RECENTLY, at(501)));
}

#[test]
fn the_oldest_task_s_age_is_that_of_the_longest_wait_not_of_the_next_to_go() {
    let mut queue = TaskQueue::default();
    let second = Duration::from_secs(1);
    assert!(
        queue
            .offer("old", PriorityKey::from_proto(5), second)
            .is_none()
    );
    assert!(
        queue
            .offer("new", PriorityKey::from_proto(1), second * 3)
            .is_none()
    );
    let stats = queue.stats(second * 11);
    assert_eq!((stats.backlog, stats.oldest_age), (2, second * 10));
    assert!(stats.adds_per_second > 0.0);
    assert_eq!(stats.dispatches_per_second, 0.0);
    assert_eq!(queue.drain(), ["new", "old"]);
}
