//! The shell: waiting, waking, and that no task is lost to a poller that leaves.

use std::future::Future;

use super::*;

type Tasks = Arc<Matching<u32>>;

fn matching() -> Tasks {
    Arc::new(Matching::new(CancellationToken::new()))
}

fn key(name: &str) -> TaskQueueKey {
    TaskQueueKey {
        namespace_id: "ns".into(),
        name: name.into(),
        queue_type: TaskQueueType::Workflow,
    }
}

fn patient(identity: &str) -> PollOptions {
    PollOptions {
        wait: Duration::from_secs(60),
        identity: identity.into(),
        worker_instance_key: format!("{identity}-key"),
        ..Default::default()
    }
}

fn add(matching: &Tasks, task: u32) {
    matching.add(&key("q"), task, PriorityKey::DEFAULT);
}

/// Polls a future once: far enough for it to park.
fn park<F: Future>(future: F) -> std::pin::Pin<Box<F>> {
    let mut future = Box::pin(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
    future
}

#[tokio::test(start_paused = true)]
async fn a_parked_poll_gets_the_task_that_comes() {
    let matching = matching();
    let queue = key("q");
    let poll = park(matching.poll(&queue, patient("w")));
    add(&matching, 7);
    assert_eq!(poll.await.expect("a task").take(), 7);
}

#[tokio::test(start_paused = true)]
async fn an_empty_wait_ends_on_time() {
    let matching = matching();
    let start = Instant::now();
    let found = matching.poll(&key("q"), patient("w")).await;
    assert!(found.is_none());
    assert_eq!(start.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_poll_takes_no_task_with_it() {
    let matching = matching();
    let queue = key("q");
    let poll = park(matching.poll(&queue, patient("gone")));
    drop(poll);
    add(&matching, 7);
    let found = matching.poll(&queue, patient("w")).await;
    assert_eq!(found.expect("still there").take(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_poll_cancelled_after_it_was_handed_a_task_gives_it_back() {
    let matching = matching();
    let queue = key("q");
    let poll = park(matching.poll(&queue, patient("gone")));
    add(&matching, 7);
    add(&matching, 8);
    drop(poll);
    for expected in [7, 8] {
        let found = matching.poll(&queue, patient("w")).await;
        assert_eq!(found.expect("back in its place").take(), expected);
    }
}

fn promise(matching: &Tasks, task: u32) -> Result<Promise<u32>, u32> {
    matching.promise(&key("q"), task, PriorityKey::DEFAULT)
}

#[tokio::test(start_paused = true)]
async fn a_promised_task_comes_as_what_it_has_become() {
    let matching = matching();
    let queue = key("q");
    let (first, second) = (
        park(matching.poll(&queue, patient("first"))),
        park(matching.poll(&queue, patient("second"))),
    );
    let kept = promise(&matching, 7).expect("a poller waits");
    assert_eq!(kept.identity(), "first");
    add(&matching, 8);
    assert_eq!(second.await.expect("another task").take(), 8);
    kept.keep_as(70);
    let found = first.await.expect("the task");
    assert!(found.promised);
    assert_eq!(found.take(), 70);
    assert_eq!(promise(&matching, 9).err(), Some(9), "nobody waits");
}

#[tokio::test(start_paused = true)]
async fn a_poll_whose_time_is_over_waits_for_what_it_was_promised() {
    let matching = matching();
    let queue = key("q");
    let poll = park(matching.poll(&queue, patient("w")));
    let promise = promise(&matching, 7).expect("a poller waits");
    tokio::time::advance(Duration::from_secs(61)).await;
    let poll = park(poll);
    promise.keep();
    assert_eq!(poll.await.expect("the task").take(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_poller_that_is_gone_leaves_its_promise_to_the_next() {
    let matching = matching();
    let queue = key("q");
    let gone = park(matching.poll(&queue, patient("gone")));
    let promise = promise(&matching, 7).expect("a poller waits");
    drop(gone);
    promise.keep_as(70);
    let found = matching.poll(&queue, patient("w")).await;
    let found = found.expect("it went to the queue");
    assert!(!found.promised, "it may be out of date");
    assert_eq!(found.take(), 70);
}

#[tokio::test(start_paused = true)]
async fn a_promise_that_is_not_kept_leaves_the_poller_without() {
    let matching = matching();
    let queue = key("q");
    let poll = park(matching.poll(&queue, patient("w")));
    drop(promise(&matching, 7));
    assert!(poll.await.is_none());
    let found = matching.poll(&queue, patient("w")).await;
    assert_eq!(found.expect("it went to the queue").take(), 7);
}

#[tokio::test(start_paused = true)]
async fn what_a_match_holds_is_taken_if_it_is_wanted() {
    let matching = matching();
    let queue = key("q");
    add(&matching, 7);
    let even = |task| if task % 2 == 0 { Ok(task) } else { Err(task) };
    let found = matching.poll(&queue, patient("w")).await.expect("a task");
    let found = found.take_if(even).expect_err("it is odd");
    drop(found);
    let found = matching.poll(&queue, patient("w")).await;
    assert_eq!(found.expect("it went back").take(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_match_that_is_not_taken_goes_to_the_next_poller() {
    let matching = matching();
    let queue = key("q");
    add(&matching, 7);
    let found = matching
        .poll(&queue, patient("fails"))
        .await
        .expect("a task");
    assert_eq!(*found.task(), 7);
    let poll = park(matching.poll(&queue, patient("w")));
    drop(found);
    assert_eq!(poll.await.expect("handed on").take(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_stops_ends_its_polls_and_no_others() {
    let matching = matching();
    let queue = key("q");
    let stopping = park(matching.poll(&queue, patient("stops")));
    let staying = park(matching.poll(&queue, patient("stays")));
    matching.stop_worker("ns", "stops-key");
    assert!(stopping.await.is_none());
    add(&matching, 7);
    assert_eq!(staying.await.expect("a task").take(), 7);
    let late = matching.poll(&queue, patient("stops"));
    let start = Instant::now();
    assert!(late.await.is_none());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_stopping_server_ends_every_poll() {
    let stopping = CancellationToken::new();
    let matching = Arc::new(Matching::<u32>::new(stopping.clone()));
    let queue = key("q");
    let poll = park(matching.poll(&queue, patient("w")));
    stopping.cancel();
    assert!(poll.await.is_none());
    assert!(matching.poll(&queue, patient("w")).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_sticky_queue_takes_tasks_only_while_its_worker_polls() {
    let matching = matching();
    let sticky = key("sticky");
    let offer = |task| matching.add_sticky(&sticky, task, PriorityKey::DEFAULT);
    assert_eq!(offer(1), Err(1), "never polled");
    drop(park(matching.poll(&sticky, patient("w"))));
    assert_eq!(offer(2), Ok(()));
    tokio::time::advance(Duration::from_secs(11)).await;
    assert_eq!(offer(3), Err(3), "not polled for ten seconds");
    assert_eq!(matching.drain_sticky(&sticky), [2]);
    let poll = park(matching.poll(&sticky, patient("w")));
    tokio::time::advance(Duration::from_secs(11)).await;
    assert_eq!(offer(4), Ok(()));
    assert_eq!(poll.await.expect("the task").take(), 4);
    assert_eq!(offer(5), Ok(()), "it was there until a moment ago");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limited_queue_hands_out_tasks_as_time_passes() {
    let matching = matching();
    let queue = key("q");
    for task in 0..4 {
        add(&matching, task);
    }
    let start = Instant::now();
    let mut taken = Vec::new();
    for _ in 0..4 {
        let options = PollOptions {
            max_tasks_per_second: Some(2.0),
            ..patient("w")
        };
        let found = matching.poll(&queue, options).await.expect("a task");
        taken.push((found.take(), start.elapsed().as_millis() / 500));
    }
    assert_eq!(taken, [(0, 0), (1, 0), (2, 1), (3, 2)]);
}

#[tokio::test(start_paused = true)]
async fn pollers_are_shown_latest_first_and_then_forgotten() {
    let matching = matching();
    let queue = key("q");
    let identities = |matching: &Tasks| -> Vec<String> {
        let pollers = matching.pollers(&queue).into_iter();
        pollers.map(|poller| poller.identity).collect()
    };
    drop(park(matching.poll(&queue, patient("first"))));
    tokio::time::advance(Duration::from_secs(200)).await;
    drop(park(matching.poll(&queue, patient("second"))));
    assert_eq!(identities(&matching), ["second", "first"]);
    tokio::time::advance(Duration::from_secs(200)).await;
    assert_eq!(identities(&matching), ["second"]);
}

#[tokio::test(start_paused = true)]
async fn queues_of_workers_long_gone_are_forgotten() {
    let matching = matching();
    add(&matching, 7);
    for index in 1..SWEEP_FROM {
        drop(park(
            matching.poll(&key(&format!("sticky-{index}")), patient("w")),
        ));
    }
    tokio::time::advance(QUEUE_EXPIRY).await;
    drop(park(matching.poll(&key("one-more"), patient("w"))));
    assert_eq!(matching.queues.read().by_key.len(), 2);
    let found = matching.poll(&key("q"), patient("w")).await;
    assert_eq!(found.expect("a queue with tasks stays").take(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_task_is_taken_once() {
    const TASKS: u32 = 20_000;
    let matching = matching();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let mut workers = Vec::new();
    for worker in 0..16_u32 {
        let (matching, taken) = (Arc::clone(&matching), Arc::clone(&taken));
        workers.push(tokio::spawn(async move {
            let queue = key("q");
            let mut polls = worker;
            while taken.lock().len() < TASKS as usize {
                polls = polls.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let poll = matching.poll(
                    &queue,
                    PollOptions {
                        wait: Duration::from_millis(2),
                        ..patient("w")
                    },
                );
                // Some polls are abandoned at a random point, some matches are not taken.
                match polls >> 28 {
                    0 => drop(tokio::time::timeout(Duration::from_micros(50), poll).await),
                    1 => drop(poll.await),
                    _ => {
                        let found = poll.await.map(Match::take);
                        taken.lock().extend(found);
                    }
                }
            }
        }));
    }
    for task in 0..TASKS {
        match promise(&matching, task) {
            // Some promises are kept, and some are not.
            Ok(promise) if task % 3 == 0 => promise.keep(),
            Ok(promise) => drop(promise),
            Err(task) => add(&matching, task),
        }
        if task % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    for worker in workers {
        worker.await.expect("no worker panics");
    }
    let mut taken = std::mem::take(&mut *taken.lock());
    taken.sort_unstable();
    assert_eq!(taken, (0..TASKS).collect::<Vec<_>>());
}
