//! The client beyond starting workflows.

use mainspring::client::WorkflowStatus;
use mainspring::prelude::*;
use mainspring::workflow::IdConflictPolicy;

use crate::World;

#[activity(start_to_close = "1m")]
async fn ask_somebody(topic: String) -> Result<String, ActivityError> {
    activity::heartbeat(topic);
    activity::complete_async()
}

#[workflow]
async fn ask(topic: String) -> Result<String> {
    Ok(ask_somebody(topic).await?)
}

#[workflow]
async fn sleepy() -> Result<()> {
    workflow::upsert_memo("mood", "sleepy".to_owned());
    workflow::sleep("1h").await?;
    Ok(())
}

/// Tries until it succeeds: what a client asks for may take the server a moment.
pub async fn eventually<T, F: Future<Output = Option<T>>>(mut attempt: impl FnMut() -> F) -> T {
    for _ in 0..200 {
        if let Some(value) = attempt().await {
            return value;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it does not happen");
}

#[tokio::test]
async fn an_activity_is_completed_from_elsewhere() {
    let world = World::new().await;
    let id = world.id("ask");
    let run = world.client.workflow(ask, &id).start("weather").await;
    let run = run.expect("it starts");
    let pending = world.client.async_activity_by_id(&id, "", "1");
    eventually(|| async { pending.complete("sunny".to_owned()).await.ok() }).await;
    assert_eq!(run.result().await.expect("it completes"), "sunny");
}

#[tokio::test]
async fn describe_says_what_the_workflow_is_doing() {
    let world = World::new().await;
    let run = world.client.workflow(sleepy, world.id("describe"));
    let run = run
        .execute(())
        .memo("reason", "a test".to_owned())
        .start()
        .await;
    let run = run.expect("it starts");
    let described = eventually(|| async {
        let described = run.describe().await.expect("there is such a workflow");
        let mood = described.memo::<String>("mood").expect("it is a text");
        mood.is_some().then_some(described)
    })
    .await;
    assert_eq!(described.status(), WorkflowStatus::Running);
    assert_eq!(described.workflow_type(), "sleepy");
    assert_eq!(
        described
            .memo::<String>("reason")
            .expect("it is a text")
            .as_deref(),
        Some("a test")
    );
    assert_eq!(described.run_id(), run.run_id());
    run.terminate("seen enough").await.expect("it runs");
}

#[tokio::test]
async fn list_and_count_find_workflows() {
    let world = World::without_worker().await;
    for number in 0..3 {
        let run = world
            .client
            .workflow(sleepy, world.id(&format!("list-{number}")));
        run.start(()).await.expect("it starts");
    }
    let query = format!(
        "TaskQueue = '{}' AND ExecutionStatus = 'Running'",
        world.queue
    );
    let count = eventually(|| async {
        let count = world
            .client
            .count_workflows(&query)
            .await
            .expect("it is a query");
        (count.count == 3).then_some(count.count)
    })
    .await;
    let found = world.client.list_workflows(&query).all().await;
    assert_eq!(found.expect("it is a query").len() as i64, count);
}

#[tokio::test]
async fn a_start_may_use_the_workflow_that_runs() {
    let world = World::without_worker().await;
    let id = world.id("existing");
    let first = world
        .client
        .workflow(sleepy, &id)
        .start(())
        .await
        .expect("it starts");
    let second = world.client.workflow(sleepy, &id).execute(());
    let second = second
        .id_conflict_policy(IdConflictPolicy::UseExisting)
        .start()
        .await;
    assert_eq!(second.expect("it runs").run_id(), first.run_id());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let connected = Client::connect("127.0.0.1:1").await;
    let error = connected.expect_err("nobody listens there").to_string();
    assert!(
        error.starts_with("cannot connect to 127.0.0.1:1"),
        "{error}"
    );
}
