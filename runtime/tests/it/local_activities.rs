//! Local activities.

use mainspring::prelude::*;

use crate::World;

#[activity(start_to_close = "10s")]
async fn lookup(key: String) -> Result<String, ActivityError> {
    Ok(format!("value of {key}"))
}

#[activity(start_to_close = "10s", retry(initial_interval = "10ms"))]
async fn flaky() -> Result<u32, ActivityError> {
    let attempt = activity::info().attempt;
    if attempt < 3 {
        return Err(ActivityError::new("Flaky", "again"));
    }
    Ok(attempt)
}

#[workflow]
async fn look_up(key: String) -> Result<String> {
    let value = lookup(key).local().await?;
    // The result must survive a replay.
    workflow::sleep("10ms").await?;
    let attempts = flaky().local().await?;
    Ok(format!("{value} after {attempts}"))
}

#[tokio::test]
async fn a_local_activity_runs_within_the_task() {
    let world = World::new().await;
    let run = world.client.workflow(look_up, world.id("local"));
    let value = run.execute("a").await.expect("it completes");
    assert_eq!(value, "value of a after 3");
}

#[tokio::test]
async fn its_result_is_replayed_from_its_marker() {
    let world = World::with(|worker| worker.max_cached_workflows(0)).await;
    let run = world.client.workflow(look_up, world.id("replayed"));
    let value = run.execute("a").await.expect("it completes");
    assert_eq!(value, "value of a after 3");
}
