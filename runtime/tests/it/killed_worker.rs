//! Workers whose process is killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mainspring::prelude::*;

use crate::World;

const ADDRESS: &str = "IT_WORKER_ADDRESS";
const NAMESPACE: &str = "IT_WORKER_NAMESPACE";
const QUEUE: &str = "IT_WORKER_QUEUE";
const RUNS: u32 = 1_000;

#[activity(start_to_close = "10s", retry(initial_interval = "10ms"))]
async fn add_one(count: u32) -> Result<u32, ActivityError> {
    Ok(count + 1)
}

#[workflow]
async fn counts_in_steps(target: u32) -> Result<u32> {
    let mut count = 0;
    while count < target {
        count = add_one(count).local().await?;
        workflow::sleep("100ms").await?;
        count = add_one(count).await?;
    }
    Ok(count)
}

/// A worker in a process of its own, which runs the test below.
fn worker_process(world: &World) -> Child {
    let program = std::env::current_exe().expect("there is one");
    let test = "killed_worker::a_process_that_is_to_be_a_worker_is_one";
    Command::new(program)
        .args([test, "--exact"])
        .env(ADDRESS, world.address())
        .env(NAMESPACE, world.client.namespace())
        .env(QUEUE, &world.queue)
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts")
}

#[test]
fn a_process_that_is_to_be_a_worker_is_one() {
    let variable = |name| std::env::var(name).ok();
    let (Some(address), Some(queue)) = (variable(ADDRESS), variable(QUEUE)) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    runtime.block_on(async {
        let namespace = variable(NAMESPACE).unwrap_or_default();
        let client = Client::connect(address).namespace(namespace).await;
        let worker = Worker::new(&client.expect("it answers"), queue);
        let worker = worker.activities(crate::activities::Bank::with(1));
        let worker = worker.graceful_shutdown("30s");
        worker.run().await.expect("it is killed, or asked to end");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_workflows_outlive_workers_that_are_killed() {
    let world = World::without_worker().await;
    let mut worker = worker_process(&world);
    let mut runs = Vec::new();
    for number in 0..RUNS {
        let id = world.id(&format!("steps-{number}"));
        let run = world.client.workflow(counts_in_steps, id);
        runs.push(run.start(2).await.expect("it starts"));
        if number % 200 == 199 {
            worker.kill().expect("it runs");
            worker.wait().expect("it was killed");
            worker = worker_process(&world);
        }
    }
    for run in runs {
        assert_eq!(run.result().await.expect("it completes"), 2);
    }
    worker.kill().expect("it runs");
    worker.wait().expect("it was killed");
}

async fn appears(file: &Path) {
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Says in a folder that it has begun, and waits until it may end.
#[activity(start_to_close = "1m", retry(initial_interval = "10ms"))]
async fn lingers(folder: String) -> Result<u32, ActivityError> {
    let attempt = activity::info().attempt;
    let folder = Path::new(&folder);
    std::fs::write(folder.join("begun"), "")?;
    appears(&folder.join("end")).await;
    Ok(attempt)
}

#[workflow]
async fn waits_for_what_lingers(folder: String) -> Result<u32> {
    Ok(lingers(folder).await?)
}

#[cfg(unix)]
#[tokio::test]
async fn a_worker_that_is_asked_to_end_finishes_what_it_does() {
    for signal in ["-TERM", "-INT"] {
        let mut world = World::without_worker().await;
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().display().to_string();
        let mut worker = worker_process(&world);
        let run = world
            .client
            .workflow(waits_for_what_lingers, world.id("lingers"));
        let run = run.start(path).await.expect("it starts");
        appears(&folder.path().join("begun")).await;
        let pid = worker.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("there is such a program").success());
        // It is on its way out, and still there for the activity.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(worker.try_wait().expect("it is ours").is_none());
        std::fs::write(folder.path().join("end"), "").expect("there is room");
        let ended = tokio::task::spawn_blocking(move || worker.wait()).await;
        let ended = ended.expect("no panic").expect("it is ours");
        assert!(ended.success(), "{ended}");
        world.start(|worker| worker);
        assert_eq!(
            run.result().await.expect("it completes"),
            1,
            "at the first attempt"
        );
    }
}
