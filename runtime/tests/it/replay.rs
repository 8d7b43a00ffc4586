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

#[activity(start_to_close = "10s")]
async fn confirm_rate(rate: f64) -> Result<bool, ActivityError> {
    unreachable!("that {rate} is confirmed is in the history")
}

#[activity(start_to_close = "10s")]
async fn publish(text: String) -> Result<(), ActivityError> {
    unreachable!("that {text} is published is in the history")
}

/// As its author wrote it in Python.
#[workflow]
async fn quote(currency: String) -> Result<String> {
    publish("soon".into()).await?;
    // The second one answers first.
    let of = |currency: &str| look_up_rate(currency.to_owned()).local();
    let (rate, other) = try_join!(of(&currency), of("USD"))?;
    match workflow::patched("rest-first") {
        true => workflow::sleep("1s").await?,
        false => drop(look_up_rate(currency.clone()).await?),
    }
    confirm_rate(rate).local().await?;
    workflow::deprecate_patch("announced");
    let text = format!("{currency} at {rate}, USD at {other}");
    publish(text.clone()).await?;
    Ok(text)
}

/// What a worker of the Python SDK 1.35 has made on Temporal's development server, as its `fetch_history().to_json()`
/// prints it; only the paths in stack traces are others. The SDKs of the core mark local activities and patches in the same
/// way. The second local activity fails twice: the next attempts come at once, and after a timer of the workflow.
const OF_PYTHON: &str = include_str!("replay/of_python.json");
/// Where its first marker says which activity it is of, in base64.
const LOOK_UP_RATE: &str =
    "iJsb29rX3VwX3JhdGUiLCJjb21wbGV0ZV90aW1lIjp7InNlY29uZHMiOjE3OTU4OTAwNzAsIm5hbm9zIjo2";
/// The same of another activity.
const LOOK_UP_NEWS: &str =
    "iJsb29rX3VwX25ld3MiLCJjb21wbGV0ZV90aW1lIjp7InNlY29uZHMiOjE3OTU4OTAwNzAsIm5hbm9zIjo2";

#[tokio::test]
async fn a_history_of_another_sdk_of_the_core_is_replayed() {
    let replayed = Replayer::new().replay_json(OF_PYTHON).await;
    assert!(replayed.is_ok(), "{replayed:?}");
    // Its marker is read, not just let pass.
    let renamed = OF_PYTHON.replace(LOOK_UP_RATE, LOOK_UP_NEWS);
    let replayed = Replayer::new().replay_json(&renamed).await;
    let message = replayed.expect_err("it is another activity").to_string();
    assert!(
        message.contains("with activity type \"look_up_news\""),
        "{message}"
    );
    // And so is that of the patch: without it, code goes the old way.
    let unmarked = OF_PYTHON.replacen("core_patch", "of_another_kind", 1);
    let replayed = Replayer::new().replay_json(&unmarked).await;
    let message = replayed.expect_err("the old way is another").to_string();
    assert!(
        message.contains("event 13 MarkerRecorded, but the code asks for an activity"),
        "{message}"
    );
}
