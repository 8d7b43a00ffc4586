//! What many workflows cost: how long a server takes to be back with those that are open, and how
//! much memory it keeps for those that have ended.
//!
//! `MAINSPRING_WORKFLOWS` says how many; `cargo xtask recovery` and `cargo xtask finished` do so.

use std::{
    path::Path,
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use mainspring_proto::{
    command::v1::{
        Command, CompleteWorkflowExecutionCommandAttributes, ScheduleActivityTaskCommandAttributes,
        StartTimerCommandAttributes, command::Attributes,
    },
    common::v1::{ActivityType, WorkflowType},
    enums::v1::CommandType,
    prost_types,
    workflowservice::v1::*,
};

use super::{
    client::{NAMESPACE, Persistent},
    process::Process,
    setting,
    worker::{poll, queue},
};

/// How many workflows there are unless `MAINSPRING_WORKFLOWS` says otherwise.
const WORKFLOWS: u64 = 400;

/// How many are under way at a time.
const CLIENTS: u64 = 64;

/// How many rows the table of the finished has.
const SAMPLES: u64 = 10;

#[tokio::test]
async fn open_workflows_are_back_after_a_kill() {
    tokio::task::LocalSet::new()
        .run_until(kill_and_recover())
        .await;
}

async fn kill_and_recover() {
    let workflows = setting("MAINSPRING_WORKFLOWS", WORKFLOWS);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut server = Process::start(directory.path()).await;
    let address = server.address.clone();
    advance(&address, 0, workflows, waits).await;
    server.kill();
    let begin = Instant::now();
    let server = Process::start_again(directory.path(), &address).await;
    let took = begin.elapsed();
    println!(
        "recovered={workflows}, seconds={:.2}, memory_mib={}, file_mib={:.0}",
        took.as_secs_f64(),
        server.resources().memory_mib,
        super::soak::size_of(directory.path()) as f64 / (1024.0 * 1024.0),
    );
    assert_eq!(
        count(&address, "ExecutionStatus = 'Running'").await,
        workflows as i64
    );
    // Their activities are offered again: each goes on.
    let mut client = Persistent::new(address);
    for _ in 0..workflows.min(100) {
        let task = client
            .once(async |client| {
                let request = PollActivityTaskQueueRequest {
                    namespace: NAMESPACE.into(),
                    task_queue: queue(),
                    ..Default::default()
                };
                client.poll_activity_task_queue(poll(request)).await
            })
            .await;
        let task = task.expect("a task").into_inner();
        assert_eq!(task.activity_id, "activity");
    }
}

#[tokio::test]
async fn finished_workflows_take_no_memory() {
    tokio::task::LocalSet::new()
        .run_until(finish_and_sample())
        .await;
}

async fn finish_and_sample() {
    let workflows = setting("MAINSPRING_WORKFLOWS", WORKFLOWS);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = Process::start(directory.path()).await;
    let address = server.address.clone();
    println!("  finished  cpu_ms_each  memory_mib  file_mib");
    let step = workflows / SAMPLES;
    for sample in 0..SAMPLES {
        let before = server.resources().cpu;
        advance(&address, sample * step, (sample + 1) * step, completes).await;
        Sample::take(&server, before, directory.path()).print((sample + 1) * step, step);
    }
    let finished = (SAMPLES * step) as i64;
    let begin = Instant::now();
    assert_eq!(
        count(&address, "ExecutionStatus = 'Completed'").await,
        finished
    );
    assert_eq!(count(&address, "ExecutionStatus = 'Running'").await, 0);
    assert_eq!(count(&address, "WorkflowId = 'workflow-7'").await, 1);
    println!(
        "three counts took {:.0} ms",
        begin.elapsed().as_secs_f64() * 1000.0
    );
}

/// One row of the table.
struct Sample {
    cpu: Duration,
    memory_mib: u64,
    file_mib: f64,
}

impl Sample {
    fn take(server: &Process, before: Duration, directory: &Path) -> Self {
        let resources = server.resources();
        Self {
            cpu: resources.cpu.saturating_sub(before),
            memory_mib: resources.memory_mib,
            file_mib: super::soak::size_of(directory) as f64 / (1024.0 * 1024.0),
        }
    }

    fn print(&self, finished: u64, of: u64) {
        println!(
            "  {finished:8}  {:11.3}  {:10}  {:8.1}",
            self.cpu.as_secs_f64() * 1000.0 / of as f64,
            self.memory_mib,
            self.file_mib
        );
    }
}

async fn count(address: &str, query: &str) -> i64 {
    let mut client = Persistent::new(address.to_owned());
    let counted = client
        .insist(async |client| {
            let request = CountWorkflowExecutionsRequest {
                namespace: NAMESPACE.into(),
                query: query.to_owned(),
            };
            client.count_workflow_executions(request).await
        })
        .await;
    counted.expect("counted").into_inner().count
}

/// Starts the workflows with these numbers, and answers one workflow task for each.
async fn advance(address: &str, from: u64, to: u64, answer: fn() -> Vec<Command>) {
    let next = Rc::new(AtomicU64::new(from));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (address, next) = (address.to_owned(), Rc::clone(&next));
            tokio::task::spawn_local(async move {
                let mut client = Persistent::new(address);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= to {
                        return;
                    }
                    start(&mut client, number).await;
                    // Not always the task of the workflow just started; but one for each.
                    answer_one(&mut client, answer).await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("no client panics");
    }
}

async fn start(client: &mut Persistent, number: u64) {
    let started = client
        .insist(async |client| {
            let request = StartWorkflowExecutionRequest {
                namespace: NAMESPACE.into(),
                workflow_id: format!("workflow-{number}"),
                workflow_type: Some(WorkflowType {
                    name: "Order".into(),
                }),
                task_queue: queue(),
                request_id: format!("start-{number}"),
                ..Default::default()
            };
            client.start_workflow_execution(request).await
        })
        .await;
    started.expect("started");
}

async fn answer_one(client: &mut Persistent, answer: fn() -> Vec<Command>) {
    loop {
        let task = client
            .once(async |client| {
                let request = PollWorkflowTaskQueueRequest {
                    namespace: NAMESPACE.into(),
                    task_queue: queue(),
                    ..Default::default()
                };
                client.poll_workflow_task_queue(poll(request)).await
            })
            .await;
        let task_token = match task {
            Ok(task) => task.into_inner().task_token,
            Err(_) => continue,
        };
        if task_token.is_empty() {
            continue;
        }
        let answered = client
            .insist(async |client| {
                let request = RespondWorkflowTaskCompletedRequest {
                    namespace: NAMESPACE.into(),
                    task_token: task_token.clone(),
                    commands: answer(),
                    ..Default::default()
                };
                client.respond_workflow_task_completed(request).await
            })
            .await;
        answered.expect("answered");
        return;
    }
}

fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

/// An activity and a timer, both of which take long.
fn waits() -> Vec<Command> {
    let timer = StartTimerCommandAttributes {
        timer_id: "timer".into(),
        start_to_fire_timeout: seconds(24 * 3600),
    };
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: "activity".into(),
        activity_type: Some(ActivityType {
            name: "ship".into(),
        }),
        task_queue: queue(),
        start_to_close_timeout: seconds(3600),
        ..Default::default()
    };
    vec![
        command(
            CommandType::StartTimer,
            Attributes::StartTimerCommandAttributes(Box::new(timer)),
        ),
        command(
            CommandType::ScheduleActivityTask,
            Attributes::ScheduleActivityTaskCommandAttributes(Box::new(activity)),
        ),
    ]
}

fn completes() -> Vec<Command> {
    let complete = CompleteWorkflowExecutionCommandAttributes::default();
    vec![command(
        CommandType::CompleteWorkflowExecution,
        Attributes::CompleteWorkflowExecutionCommandAttributes(Box::new(complete)),
    )]
}

fn command(command_type: CommandType, attributes: Attributes) -> Command {
    Command {
        command_type: command_type as i32,
        attributes: Some(attributes),
        ..Default::default()
    }
}
