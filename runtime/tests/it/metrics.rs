//! What clients and workers count and measure.

use mainspring::metrics::Prometheus;
use mainspring::prelude::*;
use mainspring::worker::RunningWorker;
use mainspring_proto::workflowservice::v1::GetSystemInfoRequest;

use crate::{World, activity_of, workflow_of};

/// A client whose measurements are kept, and a worker of it.
struct Measured {
    world: World,
    client: Client,
    worker: Option<RunningWorker>,
    metrics: Prometheus,
}

impl Measured {
    async fn with(prepare: impl FnOnce(Worker) -> Worker) -> Self {
        let world = World::without_worker().await;
        let metrics = Prometheus::new();
        let client = world.client_with(|it| it.metrics(metrics.clone())).await;
        let worker = Worker::new(&client, &world.queue);
        let worker = prepare(worker.activities(crate::activities::Bank::with(1)));
        Self {
            worker: Some(worker.start().expect("the worker starts")),
            world,
            client,
            metrics,
        }
    }

    async fn new() -> Self {
        Self::with(|worker| worker).await
    }

    /// Stops the worker, so that nothing is measured any more.
    async fn stop(&mut self) {
        let worker = self.worker.take().expect("it runs");
        worker.shutdown().await.expect("the worker was well");
    }

    /// Asserts a value, by its name and the labels beside those of the worker.
    #[track_caller]
    fn assert(&self, name: &str, labels: &str, value: u32) {
        let comma = if labels.is_empty() { "" } else { "," };
        let (namespace, queue) = (self.client.namespace(), &self.world.queue);
        let of_worker = format!("namespace=\"{namespace}\",task_queue=\"{queue}\"");
        self.assert_line(&format!("{name}{{{of_worker}{comma}{labels}}} {value}\n"));
    }

    /// Asserts the number of an RPC's requests, or of what came of them.
    #[track_caller]
    fn assert_requests(&self, name: &str, labels: &str, count: u32) {
        let namespace = self.client.namespace();
        self.assert_line(&format!(
            "{name}{{namespace=\"{namespace}\",{labels}}} {count}\n"
        ));
    }

    #[track_caller]
    fn assert_line(&self, line: &str) {
        let text = self.metrics.to_string();
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[activity(start_to_close = "10s")]
async fn counted() -> Result<(), ActivityError> {
    Ok(())
}

/// Fails; the first time it is none of its fault.
#[activity(
    start_to_close = "10s",
    retry(initial_interval = "10ms", maximum_attempts = 2)
)]
async fn unlucky() -> Result<(), ActivityError> {
    let failed = ApplicationError::new("Unlucky", "no luck");
    Err(match activity::info().attempt {
        1 => failed.category(mainspring::error::ErrorCategory::Benign),
        _ => failed,
    }
    .into())
}

#[workflow]
async fn counts(locally: bool) -> Result<()> {
    match locally {
        true => counted().local().await?,
        false => counted().await?,
    }
    let failed = match locally {
        true => unlucky().local().await,
        false => unlucky().await,
    };
    Ok(failed?)
}

#[workflow]
async fn asks_for_what_nobody_has() -> Result<()> {
    let unknown = workflow::untyped_activity("nobody_has_it").retry(RetryPolicy::none());
    let unknown = unknown.start_to_close("10s").call::<_, ()>(());
    Ok(unknown.await?)
}

#[tokio::test]
async fn requests_are_counted_and_so_are_their_failures() {
    let mut measured = Measured::new().await;
    let run = measured
        .client
        .workflow(crate::hello::greet, measured.world.id("a"));
    run.execute("Ada").await.expect("it completes");
    let nowhere = measured
        .client
        .untyped_workflow("nobody", measured.world.id("b"));
    let nobody = nowhere.raw_handle().describe().await;
    nobody.expect_err("there is none");
    measured.stop().await;
    let start = "operation=\"StartWorkflowExecution\"";
    measured.assert_requests("temporal_request", start, 1);
    measured.assert_requests("temporal_request_latency_seconds_count", start, 1);
    let describe = "operation=\"DescribeWorkflowExecution\"";
    measured.assert_requests("temporal_request", describe, 1);
    let not_found = format!("{describe},status_code=\"NOT_FOUND\"");
    measured.assert_requests("temporal_request_failure", &not_found, 1);
    let wait = "operation=\"GetWorkflowExecutionHistory\"";
    measured.assert_requests("temporal_long_request", wait, 1);
    measured.assert_requests("temporal_long_request_latency_seconds_count", wait, 1);
}

#[tokio::test]
async fn workflows_and_their_tasks_are_counted_and_measured() {
    let mut measured = Measured::new().await;
    let run = measured
        .client
        .workflow(crate::hello::greet, measured.world.id("a"));
    run.execute("Ada").await.expect("it completes");
    measured.stop().await;
    let greet = "workflow_type=\"greet\"";
    for (name, count) in [
        ("temporal_workflow_completed", 1),
        ("temporal_workflow_endtoend_latency_seconds_count", 1),
        ("temporal_sticky_cache_hit", 1),
        ("temporal_workflow_task_execution_latency_seconds_count", 2),
        (
            "temporal_workflow_task_schedule_to_start_latency_seconds_count",
            2,
        ),
    ] {
        measured.assert(name, greet, count);
    }
    measured.assert("temporal_workflow_task_queue_poll_succeed", "", 2);
    measured.assert("temporal_sticky_cache_size", "", 0);
    for kind in ["WorkflowWorker", "ActivityWorker", "LocalActivityWorker"] {
        let kind = format!("worker_type=\"{kind}\"");
        measured.assert("temporal_worker_start", &kind, 1);
        measured.assert("temporal_worker_task_slots_used", &kind, 0);
    }
    for kind in ["workflow_task", "workflow_sticky_task", "activity_task"] {
        measured.assert(
            "temporal_num_pollers",
            &format!("poller_type=\"{kind}\""),
            0,
        );
    }
}

#[workflow]
async fn adds(a: u32, b: u32) -> Result<u32> {
    Ok(a + b)
}

/// Whether the server may answer a start with the first task.
async fn starts_eagerly(client: &Client) -> bool {
    let info = client
        .service()
        .get_system_info(GetSystemInfoRequest::default())
        .await;
    let capabilities = info.expect("it answers").into_inner().capabilities;
    capabilities.is_some_and(|it| it.eager_workflow_start)
}

#[tokio::test]
async fn an_eager_start_needs_no_poll() {
    let mut measured = Measured::new().await;
    if !starts_eagerly(&measured.client).await {
        return crate::skipped("an_eager_start_needs_no_poll", "the server has none");
    }
    let queue = &measured.world.queue;
    let adds_eagerly = |client: &Client, id: &str, queue: &str| {
        let stub = client.workflow(adds, measured.world.id(id));
        stub.execute((1, 2)).task_queue(queue).eager()
    };
    let sum = adds_eagerly(&measured.client, "a", queue).await;
    assert_eq!(sum.expect("it completes"), 3);
    // From a client without a worker, as usual.
    let sum = adds_eagerly(&measured.world.client, "b", queue).await;
    assert_eq!(sum.expect("it completes"), 3);
    // And so to a queue without one.
    let nowhere = adds_eagerly(&measured.client, "c", "no-worker-has-it");
    let waits = nowhere.start().await.expect("it starts");
    waits.terminate("nobody comes").await.expect("it runs");
    measured.stop().await;
    measured.assert("temporal_workflow_completed", "workflow_type=\"adds\"", 2);
    measured.assert("temporal_workflow_task_queue_poll_succeed", "", 1);
}

#[tokio::test]
async fn a_replay_is_measured_once_it_has_caught_up() {
    let mut measured = Measured::with(|worker| worker.max_cached_workflows(0)).await;
    let run = measured
        .client
        .workflow(crate::hello::greet, measured.world.id("a"));
    run.execute("Ada").await.expect("it completes");
    measured.stop().await;
    let greet = "workflow_type=\"greet\"";
    measured.assert(
        "temporal_workflow_task_replay_latency_seconds_count",
        greet,
        1,
    );
}

#[tokio::test]
async fn runs_that_must_go_from_memory_are_counted() {
    let mut measured = Measured::with(|worker| worker.max_cached_workflows(1)).await;
    let approvals = ["a", "b"].map(|id| {
        let id = measured.world.id(id);
        measured.client.workflow(crate::handlers::Approval, id)
    });
    for approval in &approvals {
        approval.collect(1).start().await.expect("it starts");
        // The answer comes from memory, so that the run is there.
        approval.count().await.expect("it answers");
    }
    measured.stop().await;
    measured.assert("temporal_sticky_cache_total_forced_eviction", "", 1);
    measured.assert("temporal_sticky_cache_size", "", 1);
}

#[tokio::test]
async fn a_task_that_fails_is_counted_with_the_reason() {
    let mut measured = Measured::new().await;
    let panics = measured
        .client
        .workflow(counts_once, measured.world.id("a"));
    panics.execute(()).await.expect("the second time it does");
    measured.stop().await;
    let labels = "workflow_type=\"counts_once\",failure_reason=\"WorkflowError\"";
    measured.assert("temporal_workflow_task_execution_failed", labels, 1);
}

static STUMBLED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Panics the first time.
#[workflow]
async fn counts_once() -> Result<()> {
    #[mainspring::allow(MS0501, reason = "the mistake that this test needs")]
    let stumbled = mainspring::assume_durable(
        async { STUMBLED.swap(true, std::sync::atomic::Ordering::Relaxed) },
        "a mistake that is mended by the next release",
    )
    .await;
    assert!(stumbled, "not yet");
    Ok(())
}

#[tokio::test]
async fn activities_are_counted_and_measured() {
    check_activities(false, "temporal_activity").await;
    check_activities(true, "temporal_local_activity").await;
}

async fn check_activities(locally: bool, prefix: &str) {
    let mut measured = Measured::new().await;
    let run = measured.client.workflow(counts, measured.world.id("a"));
    run.execute(locally).await.expect_err("it is unlucky");
    measured.stop().await;
    let of = |activity| format!("activity_type=\"{activity}\",workflow_type=\"counts\"");
    for (name, activity, count) in [
        ("execution_latency_seconds_count", "counted", 1),
        ("succeed_endtoend_latency_seconds_count", "counted", 1),
        ("execution_latency_seconds_count", "unlucky", 2),
        // One of two, since the other was benign.
        ("execution_failed", "unlucky", 1),
    ] {
        measured.assert(&format!("{prefix}_{name}"), &of(activity), count);
    }
    match locally {
        true => measured.assert("temporal_local_activity_total", &of("unlucky"), 2),
        false => {
            let waited = "temporal_activity_schedule_to_start_latency_seconds_count";
            measured.assert(waited, &of("unlucky"), 2);
        }
    }
    measured.assert("temporal_workflow_failed", "workflow_type=\"counts\"", 1);
}

#[tokio::test]
async fn activities_that_nobody_has_are_counted() {
    // Without the one for every name that another test has.
    let mut measured = Measured::with(|worker| {
        let worker = worker
            .without_discovery()
            .workflow(workflow_of("asks_for_what_nobody_has"));
        worker.activity(activity_of("counted"))
    })
    .await;
    let asks = measured
        .client
        .workflow(asks_for_what_nobody_has, measured.world.id("a"));
    asks.execute(()).await.expect_err("nobody has it");
    measured.stop().await;
    let labels = "activity_type=\"nobody_has_it\",workflow_type=\"asks_for_what_nobody_has\"";
    measured.assert("temporal_unregistered_activity_invocation", labels, 1);
    measured.assert("temporal_activity_execution_failed", labels, 1);
}
