//! Activities in processes of their own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mainspring::converter::DataConverter;
use mainspring::metrics::Prometheus;
use mainspring::prelude::*;
use mainspring::worker::activity_process;
use mainspring::workflow::CancellationType;

use crate::World;

#[activity(start_to_close = "30s")]
fn square(number: u32) -> Result<(u32, u32), ActivityError> {
    activity::metrics().count("squares", u64::from(number));
    Ok((number * number, std::process::id()))
}

#[activity(start_to_close = "30s", retry(maximum_attempts = 1))]
async fn go_wrong(how: String) -> Result<(), ActivityError> {
    match how.as_str() {
        "fail" => {
            let error = ApplicationError::non_retryable("Broken", "as asked");
            Err(error.details(7_u32).into())
        }
        "panic" => panic!("boom"),
        "abort" => std::process::abort(),
        _ => std::process::exit(3),
    }
}

/// Crashes once it has reported something, and then goes on from there.
#[activity(
    start_to_close = "30s",
    heartbeat = "20s",
    retry(maximum_attempts = 2, initial_interval = "1ms")
)]
async fn crash_once() -> Result<u32, ActivityError> {
    if let Some(done) = activity::heartbeat_details::<u32>()? {
        return Ok(done);
    }
    activity::heartbeat(42_u32);
    // Until the worker has it: it is told through the process's input.
    tokio::time::sleep(Duration::from_millis(100)).await;
    std::process::abort()
}

/// Does not care for anything.
#[activity(heartbeat = "1s", retry(maximum_attempts = 1))]
fn run_on(pid_file: String) -> Result<(), ActivityError> {
    std::fs::write(pid_file, std::process::id().to_string())?;
    loop {
        activity::heartbeat(());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[workflow]
async fn squared(number: u32) -> Result<(u32, u32)> {
    Ok(square(number).await?)
}

#[workflow]
async fn gone_wrong(how: String) -> Result<String> {
    let failure = go_wrong(how).await.expect_err("it goes wrong");
    let cause = failure.failure().root_cause();
    Ok(format!("{}: {}", failure.error_type(), cause.message))
}

#[workflow]
async fn crashed_once() -> Result<u32> {
    Ok(crash_once().await?)
}

#[workflow]
async fn run_on_until_cancelled(pid_file: String) -> Result<String> {
    let running = run_on(pid_file)
        .start_to_close("60s")
        .cancellation(CancellationType::WaitCancellationCompleted)
        .start();
    let mut stop = workflow::signals::<()>("stop");
    stop.recv().await;
    running.cancel();
    Ok(format!("{:?}", running.await.expect_err("it is cancelled")))
}

#[workflow]
async fn run_on_until_late(pid_file: String) -> Result<String> {
    let outcome = run_on(pid_file).start_to_close("500ms").await;
    match outcome.expect_err("it is late") {
        ActivityFailure::Timeout(kind, _) => Ok(kind.to_string()),
        other => Ok(format!("{other:?}")),
    }
}

/// A worker with its activities isolated; their processes run the test below.
fn isolated(worker: Worker) -> Worker {
    let test = "isolation::a_process_that_no_worker_has_started_goes_on";
    isolated_by(worker, test)
}

fn isolated_by(worker: Worker, test: &str) -> Worker {
    let program = std::env::current_exe().expect("there is one");
    worker
        .isolated::<square>()
        .isolated::<go_wrong>()
        .isolated::<crash_once>()
        .isolated::<run_on>()
        .isolation_command(program, [test, "--exact", "--nocapture"])
        .isolation_patience("50ms")
}

#[test]
fn a_process_that_no_worker_has_started_goes_on() {
    let mut is_prepared = false;
    activity_process(|process| {
        is_prepared = true;
        process.activities(crate::activities::Bank::with(1))
    });
    assert!(!is_prepared);
}

fn message_pack() -> DataConverter {
    DataConverter::default().with_payload_converter(crate::converters::MessagePack)
}

/// What the processes of the test below run.
#[test]
fn a_process_of_another_encoding() {
    let mut is_prepared = false;
    activity_process(|process| {
        is_prepared = true;
        process
            .activities(crate::activities::Bank::with(1))
            .data_converter(message_pack())
    });
    assert!(!is_prepared);
}

#[tokio::test]
async fn a_process_converts_as_its_worker_does() {
    let world = World::without_worker().await;
    let client = world.client_with(|it| it.data_converter(message_pack()));
    let client = client.await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = isolated_by(worker, "isolation::a_process_of_another_encoding");
    let worker = worker.start().expect("the worker starts");
    let run = client.workflow(squared, world.id("converted"));
    let (square, pid) = run.execute(7).await.expect("it completes");
    assert_eq!(square, 49);
    assert_ne!(pid, std::process::id());
    worker.shutdown().await.expect("the worker was well");
}

#[tokio::test]
async fn an_isolated_activity_returns_from_another_process() {
    let world = World::without_worker().await;
    let metrics = Prometheus::new();
    let client = world.client_with(|it| it.metrics(metrics.clone())).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = isolated(worker).start().expect("the worker starts");
    let run = client.workflow(squared, world.id("squared"));
    let (square, pid) = run.execute(7).await.expect("it completes");
    assert_eq!(square, 49);
    assert_ne!(pid, std::process::id());
    worker.shutdown().await.expect("the worker was well");
    let text = metrics.to_string();
    assert!(text.contains("activity_type=\"square\"} 7\n"), "{text}");
}

#[tokio::test]
async fn a_crash_is_a_failure_that_says_how_the_process_ended() {
    let world = World::with(isolated).await;
    for (how, expected) in [
        ("fail", "Broken: as asked"),
        ("panic", "Panic: the activity panicked: boom"),
        (
            "abort",
            "Process: the process of the activity ended before it had a result: signal: 6 (SIGABRT)",
        ),
        (
            "exit",
            "Process: the process of the activity ended before it had a result: exit status: 3",
        ),
    ] {
        let run = world.client.workflow(gone_wrong, world.id(how));
        let outcome = run.execute(how).await.expect("it completes");
        // Whether the core was dumped is the machine's affair.
        assert_eq!(outcome.trim_end_matches(" (core dumped)"), expected);
    }
}

#[tokio::test]
async fn what_was_reported_before_a_crash_is_not_lost() {
    let world = World::with(isolated).await;
    let run = world.client.workflow(crashed_once, world.id("crashed"));
    assert_eq!(run.execute(()).await.expect("it completes"), 42);
}

/// The process that has written its number there.
async fn process_of(pid_file: &Path) -> PathBuf {
    loop {
        match std::fs::read_to_string(pid_file) {
            Ok(pid) if !pid.is_empty() => return Path::new("/proc").join(pid),
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

#[tokio::test]
async fn an_isolated_activity_that_does_not_stop_is_killed() {
    let world = World::with(isolated).await;
    let folder = tempfile::tempdir().expect("there is room");
    let pid_file = folder.path().join("pid");
    let path = pid_file.display().to_string();
    let id = world.id("cancelled");
    let run = world.client.workflow(run_on_until_cancelled, &id);
    let run = run.start(path).await.expect("it starts");
    let process = process_of(&pid_file).await;
    let untyped = world.client.untyped_workflow("run_on_until_cancelled", &id);
    untyped.signal("stop", ()).await.expect("it is taken");
    let outcome = run.result().await.expect("it completes");
    assert!(outcome.starts_with("Cancelled("), "{outcome}");
    assert!(!process.exists());
}

#[tokio::test]
async fn an_isolated_activity_is_killed_when_its_time_is_over() {
    let world = World::with(isolated).await;
    let folder = tempfile::tempdir().expect("there is room");
    let pid_file = folder.path().join("pid");
    let path = pid_file.display().to_string();
    let run = world.client.workflow(run_on_until_late, world.id("late"));
    let outcome = run.execute(path).await.expect("it completes");
    assert_eq!(outcome, "start-to-close timeout");
    let process = process_of(&pid_file).await;
    while process.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Set in the process of a program without the hook.
const UNHOOKED: &str = "IT_UNHOOKED";

/// Does something only in a process of its own: in this one, other tests are hooked.
#[tokio::test]
async fn a_program_without_the_hook() {
    if std::env::var_os(UNHOOKED).is_none() {
        return;
    }
    let world = World::without_worker().await;
    let worker = Worker::new(&world.client, &world.queue).isolated::<square>();
    let worker = worker.activities(crate::activities::Bank::with(1));
    match worker.start() {
        Ok(_) => panic!("a process would not run the activity"),
        Err(error) => eprintln!("it says: {error}"),
    }
}

#[test]
fn a_program_that_does_not_run_activities_is_told_how() {
    let program = std::env::current_exe().expect("there is one");
    let test = "isolation::a_program_without_the_hook";
    let output = std::process::Command::new(program)
        .args([test, "--exact", "--nocapture"])
        .env(UNHOOKED, "1")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().find(|line| line.starts_with("it says: "));
    let said = said.expect("the worker does not start");
    for expected in ["`square`", "activity_process", "first of all in `main`"] {
        assert!(said.contains(expected), "{said}");
    }
}
