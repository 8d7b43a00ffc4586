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
