//! Recorded histories against code.

use mainspring::prelude::*;
use mainspring::testing::{ReplayError, Replayer};

use crate::World;

/// The same workflow, as a later release might have it.
fn changed() -> mainspring::workflow::WorkflowDefinition {
    mainspring::workflow::WorkflowDefinition::builder::<(), (String,)>(
        "greet",
        mainspring::location!(),
    )
    .init_default()
    .run(|_, (name,)| async move {
        let _ = mainspring::__private::Gate::__durable(workflow::sleep("1s")).await;
        Ok(name)
    })
    .build()
}

#[tokio::test]
async fn a_history_replays_against_the_code_that_wrote_it() {
    let world = World::new().await;
    let run = world
        .client
        .workflow(crate::hello::greet, world.id("replay"));
    let run = run.start("World").await.expect("it starts");
    run.result().await.expect("it completes");
    let replayed = Replayer::new().replay_run(&run).await;
    assert!(replayed.is_ok(), "{replayed:?}");
    let replayed = Replayer::new().workflow(changed()).replay_run(&run).await;
    let Err(ReplayError::Nondeterminism(message)) = replayed else {
        panic!("{replayed:?}");
    };
    assert!(
        message.contains(
            "the history has event 5 ActivityTaskScheduled, but the code asks for a timer"
        ),
        "{message}"
    );
}

#[tokio::test]
async fn a_history_in_json_is_replayed_too() {
    let json = r#"{"events": [
        {"eventId": "1", "eventTime": "2024-05-01T10:00:00Z", "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
         "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "greet"},
           "input": {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "IldvcmxkIg=="}]}}},
        {"eventId": "2", "eventType": "WorkflowTaskScheduled", "workflowTaskScheduledEventAttributes": {}},
        {"eventId": "3", "eventType": "WorkflowTaskStarted", "workflowTaskStartedEventAttributes": {}},
        {"eventId": "4", "eventType": "WorkflowTaskCompleted", "workflowTaskCompletedEventAttributes": {}},
        {"eventId": "5", "eventType": "ActivityTaskScheduled", "activityTaskScheduledEventAttributes":
           {"activityId": "1", "activityType": {"name": "compose_greeting"}}}
    ]}"#;
    let replayed = Replayer::new().replay_json(json).await;
    assert!(replayed.is_ok(), "{replayed:?}");
    let renamed = json.replace("compose_greeting", "compose_ode");
    let replayed = Replayer::new().replay_json(&renamed).await;
    let message = replayed
        .expect_err("the activity has another name")
        .to_string();
    assert!(
        message.contains("with activity type \"compose_ode\""),
        "{message}"
    );
}

#[activity(start_to_close = "10s")]
async fn look_up_rate(currency: String) -> Result<f64, ActivityError> {
    unreachable!("the rate of {currency} is in the history")
}

#[workflow]
async fn quote(currency: String) -> Result<String> {
    let rate = look_up_rate(currency.clone()).local().await?;
    match workflow::patched("rest-first") {
        true => workflow::sleep("1s").await?,
        false => drop(look_up_rate(currency.clone()).await?),
    }
    Ok(format!("{currency} at {rate}"))
}

/// In the form in which `temporal workflow show --output json` prints what a worker of the Python SDK has made: the SDKs of
/// the core mark local activities and patches in the same way.
const OF_THE_CORE: &str = include_str!("replay/core_markers.json");
/// What its marker of a local activity records, in base64.
const LOCAL_ACTIVITY: &str = "eyJzZXEiOjEsImF0dGVtcHQiOjEsImFjdGl2aXR5X2lkIjoiMSIsImFjdGl2aXR5X3R5cGUiOiJsb29rX3VwX3JhdGUiLCJjb21wbGV0ZV90aW1lIjp7InNlY29uZHMiOjE3MTcyMzYwMDEsIm5hbm9zIjoyNTAwMDAwMDB9LCJiYWNrb2ZmIjpudWxsLCJvcmlnaW5hbF9zY2hlZHVsZV90aW1lIjp7InNlY29uZHMiOjE3MTcyMzYwMDAsIm5hbm9zIjo4MDAwMDAwMDB9fQ==";
/// The same of another activity.
const OTHER_ACTIVITY: &str = "eyJzZXEiOjEsImF0dGVtcHQiOjEsImFjdGl2aXR5X2lkIjoiMSIsImFjdGl2aXR5X3R5cGUiOiJsb29rX3VwX25ld3MiLCJjb21wbGV0ZV90aW1lIjp7InNlY29uZHMiOjE3MTcyMzYwMDEsIm5hbm9zIjoyNTAwMDAwMDB9LCJiYWNrb2ZmIjpudWxsLCJvcmlnaW5hbF9zY2hlZHVsZV90aW1lIjp7InNlY29uZHMiOjE3MTcyMzYwMDAsIm5hbm9zIjo4MDAwMDAwMDB9fQ==";

#[tokio::test]
async fn a_history_of_another_sdk_of_the_core_is_replayed() {
    let replayed = Replayer::new().replay_json(OF_THE_CORE).await;
    assert!(replayed.is_ok(), "{replayed:?}");
    // Its marker is read, not just let pass.
    let renamed = OF_THE_CORE.replace(LOCAL_ACTIVITY, OTHER_ACTIVITY);
    let replayed = Replayer::new().replay_json(&renamed).await;
    let message = replayed.expect_err("it is another activity").to_string();
    assert!(
        message.contains("with activity type \"look_up_news\""),
        "{message}"
    );
    // And so is that of the patch: without it, code goes the old way.
    let unmarked = OF_THE_CORE.replace("core_patch", "of_another_kind");
    let replayed = Replayer::new().replay_json(&unmarked).await;
    let message = replayed.expect_err("the old way is another").to_string();
    assert!(
        message.contains("event 6 MarkerRecorded, but the code asks for an activity"),
        "{message}"
    );
}
