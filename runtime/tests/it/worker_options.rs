//! What a worker is told of how much to do at once, and when to stop.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use mainspring::activity::CancelReason;
use mainspring::metrics::Prometheus;
use mainspring::prelude::*;

use crate::World;
use crate::children::Letterbox;
use crate::client::eventually;
use crate::gate::Outage;

/// How many run, and how many have at most.
struct Crowd {
    now: AtomicU32,
    most: AtomicU32,
}

impl Crowd {
    const fn new() -> Self {
        Self {
            now: AtomicU32::new(0),
            most: AtomicU32::new(0),
        }
    }

    /// Stays until there have been two.
    async fn stay(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        while self.most.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

static GUESTS: Crowd = Crowd::new();
static NEIGHBOURS: Crowd = Crowd::new();

#[activity(start_to_close = "1m")]
async fn visit(_number: u32) -> Result<(), ActivityError> {
    GUESTS.stay().await;
    Ok(())
}

#[activity(start_to_close = "1m")]
async fn drop_by(_number: u32) -> Result<(), ActivityError> {
    NEIGHBOURS.stay().await;
    Ok(())
}

#[workflow]
async fn invites_many() -> Result<()> {
    for visited in workflow::join_all((0..8).map(visit)).await {
        visited?;
    }
    let visits = (0..8).map(|number| drop_by(number).local());
    for visited in workflow::join_all(visits).await {
        visited?;
    }
    Ok(())
}

#[tokio::test]
async fn no_more_run_than_there_are_slots() {
    let world = World::with(|it| {
        it.max_concurrent_activities(2)
            .max_concurrent_local_activities(2)
    })
    .await;
    let run = world.client.workflow(invites_many, world.id("many"));
    run.execute(()).await.expect("it completes");
    assert_eq!(GUESTS.most.load(Ordering::Relaxed), 2);
    assert_eq!(NEIGHBOURS.most.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_run_that_is_dropped_from_memory_goes_on_from_its_history() {
    let world = World::without_worker().await;
    let metrics = Prometheus::new();
    let client = world.client_with(|it| it.metrics(metrics.clone())).await;
    let worker = Worker::new(&client, &world.queue).max_cached_workflows(1);
    let worker = worker.activities(crate::activities::Bank::with(1)).start();
    let worker = worker.expect("the worker starts");
    let mut runs = Vec::new();
    for name in ["dropped", "kept"] {
        let letterbox = client.workflow(Letterbox, world.id(name));
        let run = letterbox.wait().start().await.expect("it starts");
        // Its first task is done, so that it is in memory.
        eventually(|| async {
            let history = run.history().await.expect("there is one");
            let names = history.event_names();
            names
                .iter()
                .any(|it| it == "WorkflowTaskCompleted")
                .then_some(())
        })
        .await;
        runs.push((letterbox, run));
    }
    for (letterbox, run) in runs {
        letterbox.drop_in("a letter").await.expect("it is taken");
        assert_eq!(run.result().await.expect("it completes"), "a letter");
    }
    let text = metrics.to_string();
    let missed = text
        .lines()
        .find(|it| it.starts_with("temporal_sticky_cache_miss{"));
    assert!(missed.is_some_and(|it| it.ends_with(" 1")), "{text}");
    worker.shutdown().await.expect("the worker was well");
}

#[workflow]
async fn posts_many(id: String) -> Result<()> {
    for letter in 0..100 {
        Letterbox
            .external(id.clone())
            .drop_in(format!("letter {letter}"))
            .await
            .expect_err("nobody is there");
    }
    Ok(())
}

/// What comes of the answer of a task is there at once, and the next task may arrive before the answer's own answer does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_follows_at_once_finds_its_run_in_memory() {
    let world = World::without_worker().await;
    let metrics = Prometheus::new();
    let client = world.client_with(|it| it.metrics(metrics.clone())).await;
    let worker = Worker::new(&client, &world.queue);
    let worker = worker.activities(crate::activities::Bank::with(1)).start();
    let worker = worker.expect("the worker starts");
    let mut runs = Vec::new();
    for number in 0..10 {
        let stub = client.workflow(posts_many, world.id(&format!("posts-{number}")));
        runs.push(stub.start("nobody").await.expect("it starts"));
    }
    for run in runs {
        run.result().await.expect("it completes");
    }
    worker.shutdown().await.expect("the worker was well");
    let text = metrics.to_string();
    let count = |name: &str| text.lines().find(|it| it.starts_with(name));
    assert!(count("temporal_sticky_cache_hit{").is_some(), "{text}");
    assert_eq!(count("temporal_sticky_cache_miss{"), None);
}

static IS_AT_WORK: AtomicBool = AtomicBool::new(false);
static STOPPED_BECAUSE: Mutex<Option<CancelReason>> = Mutex::new(None);

#[activity(start_to_close = "1h", retry(maximum_attempts = 1))]
async fn works_until_told() -> Result<String, ActivityError> {
    IS_AT_WORK.store(true, Ordering::Relaxed);
    let reason = activity::cancelled().await;
    *STOPPED_BECAUSE.lock().expect("no panic") = Some(reason);
    Ok("half of it".into())
}

#[workflow]
async fn has_work_done() -> Result<String> {
    Ok(works_until_told().await?)
}

#[tokio::test]
async fn activities_are_told_when_the_patience_of_a_shutdown_is_over() {
    let mut world = World::with(|it| it.graceful_shutdown("100ms")).await;
    let run = world.client.workflow(has_work_done, world.id("told"));
    let run = run.start(()).await.expect("it starts");
    eventually(|| async { IS_AT_WORK.load(Ordering::Relaxed).then_some(()) }).await;
    world.stop().await;
    let reason = *STOPPED_BECAUSE.lock().expect("no panic");
    assert_eq!(reason, Some(CancelReason::WorkerShutdown));
    // What it made of it has been said before the worker was gone.
    world.start(|it| it);
    assert_eq!(run.result().await.expect("it completes"), "half of it");
}

#[workflow]
async fn calls_what_is_not_there() -> Result<String> {
    let options = ActivityOptions::new().start_to_close("1m");
    let options = options.retry(RetryPolicy::new().maximum_attempts(1));
    let nothing = workflow::untyped_activity("no_such_activity").with(options);
    let failed = nothing
        .call::<(), _>(())
        .await
        .expect_err("it is not there");
    Ok(failed.failure().root_cause().to_string())
}

#[tokio::test]
async fn an_activity_that_is_not_there_is_named() {
    let world = World::without_worker().await;
    // Without the one of this program that stands in for all others.
    let worker = Worker::new(&world.client, &world.queue).without_discovery();
    let worker = worker.activity(crate::activity_of("compose_greeting"));
    let worker = worker.workflow(crate::workflow_of("calls_what_is_not_there"));
    let worker = worker.start().expect("the worker starts");
    let run = world
        .client
        .workflow(calls_what_is_not_there, world.id("unknown"));
    let said = run.execute(()).await.expect("it completes");
    let expected = format!(
        "NotFoundError: this worker has no activity `no_such_activity`; on task queue {:?} it has: compose_greeting",
        world.queue
    );
    assert_eq!(said, expected);
    worker.shutdown().await.expect("the worker was well");
}

static HAS_BEATEN: AtomicBool = AtomicBool::new(false);

/// Beats until the server has heard of it, and then many times more.
#[activity(start_to_close = "1h", heartbeat = "1h")]
async fn beats() -> Result<(), ActivityError> {
    let mut more = 0;
    while more < 100 {
        activity::heartbeat(more);
        tokio::time::sleep(Duration::from_millis(1)).await;
        more += u32::from(HAS_BEATEN.load(Ordering::Relaxed));
    }
    Ok(())
}

#[workflow]
async fn has_a_pulse() -> Result<()> {
    Ok(beats().await?)
}

#[tokio::test]
async fn heartbeats_are_sent_as_often_as_needed() {
    let world = World::without_worker().await;
    let passage = Outage::default();
    let address = passage.gate(&world).await;
    let options = mainspring::client::ConnectOptions::new(address);
    let options = options.namespace(world.client.namespace());
    let client = options.connect().await.expect("it answers");
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    let run = world.client.workflow(has_a_pulse, world.id("pulse"));
    let run = run.start(()).await.expect("it starts");
    passage.has_passed("/RecordActivityTaskHeartbeat", 1).await;
    HAS_BEATEN.store(true, Ordering::Relaxed);
    run.result().await.expect("it completes");
    assert_eq!(passage.passed("/RecordActivityTaskHeartbeat"), 1);
    worker.shutdown().await.expect("the worker was well");
}

#[tokio::test]
#[should_panic(expected = "0 activities per second: the rate must be positive")]
async fn a_rate_that_stops_everything_is_refused() {
    let world = World::without_worker().await;
    let _ = Worker::new(&world.client, &world.queue).max_activities_per_second(0.0);
}

/// When each was begun.
static BEGUN: Mutex<Vec<std::time::Instant>> = Mutex::new(Vec::new());

#[activity(start_to_close = "1m")]
async fn begins(_number: u32) -> Result<(), ActivityError> {
    let now = std::time::Instant::now();
    BEGUN.lock().expect("no panic").push(now);
    Ok(())
}

#[workflow]
async fn begins_many() -> Result<()> {
    for begun in workflow::join_all((0..4).map(begins)).await {
        begun?;
    }
    Ok(())
}

#[tokio::test]
async fn activities_begin_at_the_pace_that_was_set() {
    let world = World::with(|it| it.max_activities_per_second(20.0)).await;
    let run = world.client.workflow(begins_many, world.id("paced"));
    run.execute(()).await.expect("it completes");
    let begun = BEGUN.lock().expect("no panic").clone();
    assert_eq!(begun.len(), 4);
    // Never faster; the first of these instants may be a little late.
    let passed = begun[3].duration_since(begun[0]);
    assert!(passed > Duration::from_millis(100), "{passed:?}");
}

#[tokio::test]
async fn the_server_is_told_the_pace_of_a_task_queue() {
    use mainspring_proto::enums::v1::TaskQueueType;
    use mainspring_proto::taskqueue::v1::TaskQueue;
    use mainspring_proto::workflowservice::v1::DescribeTaskQueueRequest;

    let world = World::with(|it| it.max_task_queue_activities_per_second(12.5)).await;
    let request = DescribeTaskQueueRequest {
        namespace: world.client.namespace().to_owned(),
        task_queue: Some(TaskQueue {
            name: world.queue.clone(),
            ..TaskQueue::default()
        }),
        task_queue_type: TaskQueueType::Activity as i32,
        ..DescribeTaskQueueRequest::default()
    };
    let rate = eventually(|| async {
        let mut service = world.client.service();
        let described = service.describe_task_queue(request.clone()).await;
        let pollers = described.expect("it answers").into_inner().pollers;
        pollers.first().map(|it| it.rate_per_second)
    })
    .await;
    assert!((rate - 12.5).abs() < f64::EPSILON, "{rate}");
}
