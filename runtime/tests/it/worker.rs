//! What a worker checks, and what it survives.

use std::sync::atomic::{AtomicBool, Ordering};

use mainspring::prelude::*;
use mainspring_proto::enums::v1::EventType;

use crate::World;

#[workflow]
async fn echo(text: String) -> Result<String> {
    workflow::sleep("10ms").await?;
    Ok(text)
}

static HEALED: AtomicBool = AtomicBool::new(false);

#[workflow]
async fn heals() -> Result<String> {
    #[mainspring::allow(MS0501, reason = "the mistake that this test needs")]
    let healed = mainspring::assume_durable(
        async { HEALED.swap(true, Ordering::Relaxed) },
        "a mistake that is mended by the next release",
    )
    .await;
    assert!(healed, "not yet");
    Ok("healed".into())
}

#[tokio::test]
async fn many_workflows_run_at_once() {
    let world = World::new().await;
    let runs: Vec<_> = (0..50)
        .map(|number| {
            let stub = world
                .client
                .workflow(echo, world.id(&format!("echo-{number}")));
            tokio::spawn(async move { stub.execute(number.to_string()).await })
        })
        .collect();
    for (number, run) in runs.into_iter().enumerate() {
        let text = run.await.expect("no panic").expect("it completes");
        assert_eq!(text, number.to_string());
    }
}

#[tokio::test]
async fn a_panic_fails_the_task_and_not_the_workflow() {
    let world = World::new().await;
    let run = world.client.workflow(heals, world.id("heals"));
    assert_eq!(run.execute(()).await.expect("it completes"), "healed");
}

#[tokio::test]
async fn another_worker_goes_on_where_one_stopped() {
    let mut world = World::new().await;
    let id = world.id("moved");
    let run = world.client.workflow(crate::hello::greet_later, &id);
    let run = run.start("World").await.expect("it starts");
    world.stop().await;
    world.start(|worker| worker);
    let untyped = world.client.untyped_workflow("greet_later", &id);
    let signal = untyped.signal("greeting", ("Hi".to_owned(),));
    signal.await.expect("the signal is taken");
    assert_eq!(run.result().await.expect("it completes"), "Hi, World!");
}

#[workflow]
async fn counts_to(target: u32) -> Result<u32> {
    let mut count = 0;
    while count < target {
        workflow::sleep("1ms").await?;
        count += 1;
    }
    Ok(count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workflows_outlive_their_workers() {
    let mut world = World::new().await;
    let mut runs = Vec::new();
    for number in 0..200 {
        let stub = world
            .client
            .workflow(counts_to, world.id(&format!("count-{number}")));
        runs.push(stub.start(5).await.expect("it starts"));
        if number % 50 == 25 {
            // Dropped, not shut down: what it was doing is lost.
            world.worker = None;
            world.start(|worker| worker);
        }
    }
    for run in runs {
        assert_eq!(run.result().await.expect("it completes"), 5);
    }
}

#[workflow]
async fn blocks() -> Result<String> {
    #[mainspring::allow(MS0501, reason = "the mistake that this test needs")]
    let first =
        mainspring::assume_durable(async { !BLOCKED.swap(true, Ordering::Relaxed) }, "as above")
            .await;
    workflow::sleep("1ms").await?;
    if first {
        #[mainspring::allow(MS0302, reason = "the mistake that this test needs")]
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    Ok("came back".into())
}

static BLOCKED: AtomicBool = AtomicBool::new(false);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_that_does_not_come_back_fails_its_task() {
    let world = World::with(|worker| worker.deadlock_timeout("100ms")).await;
    let run = world.client.workflow(blocks, world.id("blocks"));
    let run = run.start(()).await.expect("it starts");
    assert_eq!(run.result().await.expect("it completes"), "came back");
    let failure = crate::task_failure(&run).await;
    for expected in [
        "workflow `blocks`",
        "runtime/tests/it/worker.rs:",
        "since its call at",
    ] {
        assert!(failure.contains(expected), "{failure}");
    }
}

#[tokio::test]
async fn few_slots_leave_one_for_the_runs_in_memory() {
    for slots in [1, 2] {
        let world = World::with(|it| it.max_concurrent_workflow_tasks(slots)).await;
        let mut runs = Vec::new();
        for number in 0..5 {
            let stub = (world.client).workflow(counts_to, world.id(&format!("few-{number}")));
            runs.push(stub.start(5).await.expect("it starts"));
        }
        for run in runs {
            assert_eq!(run.result().await.expect("it completes"), 5);
            let history = run.history().await.expect("there is one");
            let mut events = history.events().iter();
            let timed_out = events.find(|it| it.event_type() == EventType::WorkflowTaskTimedOut);
            assert_eq!(timed_out, None, "with {slots} slots");
        }
    }
}
