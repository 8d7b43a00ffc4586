//! A server that is away for longer than requests are retried, and answers that it does not take.

use mainspring::client::ClientError;
use mainspring::error::FailureKind;
use mainspring::prelude::*;
use mainspring_proto::history::v1::history_event::Attributes;

use crate::gate::Outage;
use crate::{World, hello};

/// Its waits add up to more than requests are retried for.
const REQUESTS: u32 = 4;

/// A client that an outage can keep from the server, and that gives up soon.
async fn client_through(outage: &Outage, world: &World) -> Client {
    let options = mainspring::client::ConnectOptions::new(outage.gate(world).await)
        .namespace(world.client.namespace())
        .retry_for("100ms");
    let client = options.connect().await.expect("it answers");
    client.with_task_queue(&world.queue)
}

#[tokio::test]
async fn waiting_for_a_result_outlasts_an_outage() {
    let world = World::new().await;
    let outage = Outage::default();
    let client = client_through(&outage, &world).await;
    let id = world.id("result");
    let run = client
        .workflow(hello::greet_later, &id)
        .start("World")
        .await;
    let run = run.expect("it starts");
    outage.begin("/GetWorkflowExecutionHistory");
    let waiting = tokio::spawn(async move { run.result().await });
    outage.has_refused(REQUESTS).await;
    outage.end();
    let untyped = client.untyped_workflow("greet_later", &id);
    let signal = untyped.signal("greeting", ("Hi".to_owned(),)).await;
    signal.expect("the signal is taken");
    let greeting = waiting.await.expect("no panic").expect("it completes");
    assert_eq!(greeting, "Hi, World!");
}

#[tokio::test]
async fn other_requests_say_that_the_server_is_away() {
    let world = World::without_worker().await;
    let outage = Outage::default();
    let client = client_through(&outage, &world).await;
    outage.begin("/StartWorkflowExecution");
    let workflow = client.workflow(hello::greet, world.id("away"));
    let error = workflow.start("World").await.expect_err("it is away");
    assert_eq!(error.code(), Some(tonic::Code::Unavailable), "{error}");
    outage.has_refused(2).await;
}

#[tokio::test]
async fn the_result_of_an_activity_outlasts_an_outage() {
    let world = World::without_worker().await;
    let outage = Outage::default();
    let client = client_through(&outage, &world).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    outage.begin("/RespondActivityTaskCompleted");
    let workflow = world.client.workflow(hello::greet, world.id("answer"));
    let run = workflow.start("World").await.expect("it starts");
    outage.has_refused(REQUESTS).await;
    outage.end();
    assert_eq!(run.result().await.expect("it completes"), "Hello, World!");
    let history = run.history().await.expect("there is one");
    let attempts = history.events().iter().filter_map(|it| {
        let Some(Attributes::ActivityTaskStartedEventAttributes(started)) = &it.attributes else {
            return None;
        };
        Some(started.attempt)
    });
    assert_eq!(attempts.collect::<Vec<_>>(), [1]);
    worker.shutdown().await.expect("the worker was well");
}

#[tokio::test]
async fn a_shutdown_waits_for_answers_that_the_server_has_not() {
    let world = World::without_worker().await;
    let outage = Outage::default();
    let client = client_through(&outage, &world).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.graceful_shutdown("1m").start();
    let worker = worker.expect("the worker starts");
    outage.begin("/RespondActivityTaskCompleted");
    let workflow = world.client.workflow(hello::greet, world.id("last"));
    let run = workflow.start("World").await.expect("it starts");
    outage.has_refused(1).await;
    let stopping = tokio::spawn(worker.shutdown());
    outage.has_refused(1 + REQUESTS).await;
    outage.end();
    let stopped = stopping.await.expect("no panic");
    stopped.expect("the worker was well");
    let history = run.history().await.expect("there is one");
    let names = history.event_names();
    assert!(
        names.iter().any(|it| it == "ActivityTaskCompleted"),
        "{names:?}"
    );
}

#[tokio::test]
async fn the_answer_to_a_workflow_task_outlasts_an_outage() {
    let world = World::without_worker().await;
    let outage = Outage::default();
    let client = client_through(&outage, &world).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    outage.begin("/RespondWorkflowTaskCompleted");
    let workflow = world.client.workflow(hello::greet, world.id("task"));
    let run = workflow.execute("World").task_timeout("1h");
    let run = run.start().await.expect("it starts");
    outage.has_refused(REQUESTS).await;
    outage.end();
    assert_eq!(run.result().await.expect("it completes"), "Hello, World!");
    worker.shutdown().await.expect("the worker was well");
}

#[tokio::test]
async fn waiting_for_an_update_outlasts_an_outage() {
    let world = World::new().await;
    let outage = Outage::default();
    let client = client_through(&outage, &world).await;
    let hoard = client.workflow(Hoard, world.id("update"));
    let run = hoard.hoard().start().await.expect("it starts");
    let counted = hoard.count().start().await.expect("it is accepted");
    outage.begin("/PollWorkflowExecutionUpdate");
    let waiting = tokio::spawn(counted.result());
    outage.has_refused(REQUESTS).await;
    outage.end();
    hoard.open().await.expect("the signal is taken");
    let counted = waiting.await.expect("no panic");
    assert_eq!(counted.expect("it is handled"), TOO_LARGE);
    run.terminate("seen enough").await.expect("it runs");
}

#[tokio::test]
async fn a_termination_whose_answer_was_lost_is_one() {
    let world = World::without_worker().await;
    let outage = Outage::default();
    let client = client_through(&outage, &world).await;
    let workflow = client.workflow(hello::greet, world.id("ended"));
    let run = workflow.start("World").await.expect("it starts");
    outage.lose_answer("/TerminateWorkflowExecution");
    run.terminate("enough").await.expect("it was running");
    assert_eq!(outage.passed("/TerminateWorkflowExecution"), 2);
    // To end it again is a mistake, whoever has ended it.
    let again = run.terminate("enough").await;
    assert!(
        matches!(again, Err(ClientError::NotFound { .. })),
        "{again:?}"
    );
    outage.lose_answer("/TerminateWorkflowExecution");
    let again = run.terminate("for another reason").await;
    assert!(
        matches!(again, Err(ClientError::NotFound { .. })),
        "{again:?}"
    );
}

/// More than servers take in one message, unless they are told to.
const TOO_LARGE: u32 = 5 * 1024 * 1024;

#[activity(start_to_close = "1h")]
async fn make(size: u32) -> Result<String, ActivityError> {
    Ok("x".repeat(size as usize))
}

#[activity(start_to_close = "1h")]
async fn measure(text: String) -> Result<u32, ActivityError> {
    Ok(text.len() as u32)
}

#[workflow]
async fn makes_too_much() -> Result<String> {
    Ok(make(TOO_LARGE).await?)
}

#[workflow]
async fn passes_on_too_much() -> Result<u32> {
    Ok(measure("x".repeat(TOO_LARGE as usize)).await?)
}

#[tokio::test]
async fn an_activity_whose_result_is_too_large_fails_for_good() {
    let world = World::new().await;
    let run = world.client.workflow(makes_too_much, world.id("large"));
    let error = run.execute(()).await.expect_err("nobody takes it");
    let cause = error.failure().expect("it failed").root_cause();
    assert_eq!(cause.error_type(), "GrpcMessageTooLarge", "{cause}");
    assert!(matches!(
        cause.kind,
        FailureKind::Application {
            non_retryable: true,
            ..
        }
    ));
}

#[tokio::test]
async fn a_workflow_whose_task_makes_too_much_is_ended() {
    let world = World::new().await;
    let run = world.client.workflow(passes_on_too_much, world.id("large"));
    // It would make as much again: servers terminate it when they are told.
    let ended = run.execute(()).await.expect_err("nobody takes it");
    assert!(
        matches!(&ended, ClientError::WorkflowTerminated { reason } if reason == "GrpcMessageTooLarge"),
        "{ended}"
    );
}

#[workflow_interface]
pub trait Hoard {
    #[run]
    async fn hoard(&self) -> Result<()>;
    #[query]
    fn all(&self) -> String;
    #[signal]
    fn open(&self);
    /// Once it is open.
    #[update]
    async fn count(&self) -> Result<u32>;
}

#[derive(Default)]
pub struct HoardWorkflow {
    is_open: State<bool>,
}

#[workflow]
impl Hoard for HoardWorkflow {
    async fn hoard(&self) -> Result<()> {
        workflow::wait_until(|| false).await?;
        Ok(())
    }

    fn all(&self) -> String {
        "x".repeat(TOO_LARGE as usize)
    }

    fn open(&self) {
        self.is_open.set(true);
    }

    async fn count(&self) -> Result<u32> {
        workflow::wait_until(|| self.is_open.get()).await?;
        Ok(TOO_LARGE)
    }
}

#[tokio::test]
async fn a_query_whose_answer_is_too_large_says_so() {
    let world = World::new().await;
    let hoard = world.client.workflow(Hoard, world.id("hoard"));
    let run = hoard.hoard().start().await.expect("it starts");
    let error = hoard.all().await.expect_err("nobody takes it");
    assert!(
        error.to_string().contains("the answer is too large"),
        "{error}"
    );
    run.terminate("seen enough").await.expect("it runs");
}
