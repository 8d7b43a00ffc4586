//! The short form: functions.

use mainspring::prelude::*;

use crate::World;

#[activity(start_to_close = "10s")]
pub async fn compose_greeting(greeting: String, name: String) -> Result<String, ActivityError> {
    Ok(format!("{greeting}, {name}!"))
}

#[workflow]
pub async fn greet(name: String) -> Result<String> {
    Ok(compose_greeting("Hello".into(), name).await?)
}

#[workflow]
pub async fn greet_later(name: String) -> Result<String> {
    workflow::sleep("1s").await?;
    let mut greetings = workflow::signals::<(String,)>("greeting");
    let (greeting,) = greetings.recv().await;
    Ok(compose_greeting(greeting, name).await?)
}

#[tokio::test]
async fn a_workflow_calls_an_activity() {
    let world = World::new().await;
    let hello = world.client.workflow(greet, world.id("hello"));
    let hello = hello
        .execute("World")
        .await
        .expect("the workflow completes");
    assert_eq!(hello, "Hello, World!");
}

#[tokio::test]
async fn a_workflow_waits_for_a_timer_and_a_signal() {
    let world = World::new().await;
    let id = world.id("later");
    let run = world.client.workflow(greet_later, &id).start("World").await;
    let run = run.expect("the workflow starts");
    let untyped = world.client.untyped_workflow("greet_later", &id);
    let signal = untyped.signal("greeting", ("Good day".to_owned(),));
    signal.await.expect("the signal is taken");
    let greeting = run.result().await.expect("the workflow completes");
    assert_eq!(greeting, "Good day, World!");
}

#[tokio::test]
async fn a_workflow_that_runs_cannot_be_started_again() {
    let world = World::without_worker().await;
    let id = world.id("twice");
    let first = world.client.workflow(greet, &id).start("World").await;
    let first = first.expect("the workflow starts");
    let second = world.client.workflow(greet, &id).start("World").await;
    let error = second.expect_err("it runs already").to_string();
    let expected = format!(
        "workflow {id:?} is started already (run {})",
        first.run_id()
    );
    assert_eq!(error, expected);
}

#[tokio::test]
async fn without_a_task_queue_there_is_no_start() {
    let world = World::without_worker().await;
    let client = Client::connect(world.address()).await.expect("it answers");
    let started = client.workflow(greet, "nowhere").start("World").await;
    let error = started.expect_err("no queue is known").to_string();
    assert!(
        error.starts_with("no task queue for workflow `greet`"),
        "{error}"
    );
}
