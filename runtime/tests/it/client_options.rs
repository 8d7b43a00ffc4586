//! What clients can ask for beyond starting a workflow and waiting.

use std::time::Duration;

use mainspring::converter::Proto;
use mainspring::prelude::*;
use mainspring::testing::Replayer;
use mainspring_proto::common::v1::WorkflowExecution;

use crate::World;

#[workflow_interface]
pub trait Counter {
    #[run]
    async fn count(&self) -> Result<u32>;
    #[update]
    async fn add(&self, amount: u32) -> Result<u32>;
    #[signal]
    fn stop(&self);
}

#[derive(Default)]
pub struct CounterWorkflow {
    count: State<u32>,
    stopped: State<bool>,
}

#[workflow]
impl Counter for CounterWorkflow {
    async fn count(&self) -> Result<u32> {
        workflow::wait_until(|| self.stopped.get()).await?;
        Ok(self.count.get())
    }

    async fn add(&self, amount: u32) -> Result<u32> {
        workflow::sleep("50ms").await?;
        self.count.update(|count| *count += amount);
        Ok(self.count.get())
    }

    fn stop(&self) {
        self.stopped.set(true);
    }
}

#[tokio::test]
async fn an_update_starts_its_workflow_and_is_asked_after_by_another_process() {
    let world = World::new().await;
    let id = world.id("counter");
    let counter = world.client.workflow(Counter, &id);
    let update = counter.add(5).id("first");
    let (run, update) = update
        .with_start(counter.count())
        .await
        .expect("it is accepted");
    assert_eq!(update.id(), "first");
    // As another process would: with nothing but ids.
    let elsewhere = world.client_with(|it| it).await;
    let attached = elsewhere.workflow(Counter, &id).handle();
    let same = attached.update_handle::<u32>("first");
    assert_eq!(same.result().await.expect("it completes"), 5);
    assert_eq!(update.result().await.expect("it completes"), 5);
    counter.stop().await.expect("it is taken");
    assert_eq!(run.result().await.expect("it completes"), 5);
}

/// Fails in its third run, and does not end in its fourth.
#[workflow]
async fn every_second() -> Result<u32> {
    let before = workflow::last_completion_result::<u32>().unwrap_or(0);
    if let Some(failure) = workflow::last_failure() {
        let memory = format!("{before}, then {}", failure.message);
        workflow::upsert_memo("memory", memory);
        workflow::sleep("1h").await?;
    }
    if before == 2 {
        return Err(ApplicationError::new("Third", "as planned").into());
    }
    Ok(before + 1)
}

#[tokio::test]
async fn a_cron_run_knows_how_those_before_it_ended() {
    let world = World::new().await;
    let id = world.id("cron");
    let start = world.client.workflow(every_second, &id).execute(());
    start.cron("@every 1s").start().await.expect("it starts");
    let current = world
        .client
        .untyped_workflow("every_second", &id)
        .raw_handle();
    let memory = loop {
        let described = current.describe().await.expect("it is there");
        match described.memo::<String>("memory").expect("it is a text") {
            Some(memory) => break memory,
            None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    assert_eq!(memory, "2, then as planned");
    current
        .terminate("it was to be seen")
        .await
        .expect("it runs");
}

#[workflow]
async fn swap(execution: Proto<WorkflowExecution>) -> Result<Proto<WorkflowExecution>> {
    let Proto(WorkflowExecution {
        workflow_id,
        run_id,
    }) = execution;
    Ok(Proto(WorkflowExecution {
        workflow_id: run_id,
        run_id: workflow_id,
    }))
}

#[tokio::test]
async fn messages_of_protobuf_are_arguments_and_results() {
    let world = World::new().await;
    let given = WorkflowExecution {
        workflow_id: "a".to_owned(),
        run_id: "b".to_owned(),
    };
    let run = world.client.workflow(swap, world.id("proto"));
    let run = run.start(Proto(given)).await.expect("it starts");
    let Proto(swapped) = run.result().await.expect("it completes");
    assert_eq!((&*swapped.workflow_id, &*swapped.run_id), ("b", "a"));
    let history = run.history().await.expect("there is one").into_proto();
    let bytes = prost::Message::encode_to_vec(&history);
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("binary/protobuf"), "{text}");
    assert!(
        text.contains("temporal.api.common.v1.WorkflowExecution"),
        "{text}"
    );
}

#[tokio::test]
async fn all_that_a_query_finds_is_replayed_with_a_report_for_each() {
    let world = World::new().await;
    for number in 0..3 {
        let id = world.id(&format!("replayed-{number}"));
        let run = world.client.workflow(crate::hello::greet, id);
        run.execute("World").await.expect("it completes");
    }
    let query = format!(
        "TaskQueue = '{}' AND ExecutionStatus = 'Completed'",
        world.queue
    );
    let report = loop {
        let report = Replayer::new().replay_query(&world.client, &query).await;
        let report = report.expect("it is a query");
        // Lists may lag behind.
        if report.len() == 3 {
            break report;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    for one in report {
        assert!(one.outcome.is_ok(), "{one:?}");
    }
}

#[tokio::test]
async fn clients_of_two_namespaces_share_a_connection() {
    let world = World::without_worker().await;
    let name = format!("it-{}", uuid::Uuid::new_v4());
    let request = mainspring_proto::workflowservice::v1::RegisterNamespaceRequest {
        namespace: name.clone(),
        workflow_execution_retention_period: Some(prost_types::Duration {
            seconds: 24 * 3600,
            nanos: 0,
        }),
        ..Default::default()
    };
    let registered = world.client.service().register_namespace(request).await;
    registered.expect("it is new");
    let other = world
        .client
        .with_namespace(&name)
        .with_task_queue(&world.queue);
    let id = world.id("both");
    // A new namespace may take a server a moment.
    let there = loop {
        let start = other
            .workflow(crate::hello::greet, &id)
            .start("there")
            .await;
        match start {
            Ok(run) => break run,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let here = world
        .client
        .workflow(crate::hello::greet, &id)
        .start("here")
        .await;
    let here = here.expect("the id is free here");
    let worker = |client: &Client| {
        let worker = Worker::new(client, &world.queue);
        let worker = worker.activities(crate::activities::Bank::with(1)).start();
        worker.expect("the worker starts")
    };
    let (near, far) = (worker(&world.client), worker(&other));
    assert_eq!(here.result().await.expect("it completes"), "Hello, here!");
    assert_eq!(there.result().await.expect("it completes"), "Hello, there!");
    near.shutdown().await.expect("the worker was well");
    far.shutdown().await.expect("the worker was well");
}

#[activity(start_to_close = "10s")]
async fn served() -> Result<(), ActivityError> {
    Ok(())
}

#[workflow]
async fn serves(alone: bool) -> Result<()> {
    served().priority(2).fairness("b", 3.0).await?;
    if !alone {
        serves(true).fairness("c", 0.5).await?;
    }
    Ok(())
}

#[tokio::test]
async fn whose_turn_it_is_is_said_of_workflows_activities_and_children() {
    use mainspring_proto::common::v1::Priority;
    use mainspring_proto::history::v1::history_event::Attributes;
    let world = World::new().await;
    let stub = world.client.workflow(serves, world.id("serves"));
    let run = stub.execute(false).priority(1).fairness("a", 2.0);
    let run = run.start().await.expect("it starts");
    run.result().await.expect("it completes");
    let history = run.history().await.expect("there is one");
    let said = history
        .events()
        .iter()
        .filter_map(|it| match &it.attributes {
            Some(Attributes::WorkflowExecutionStartedEventAttributes(it)) => it.priority.clone(),
            Some(Attributes::ActivityTaskScheduledEventAttributes(it)) => it.priority.clone(),
            Some(Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(it)) => {
                it.priority.clone()
            }
            _ => None,
        });
    let said: Vec<_> = said.collect();
    let priority = |priority_key, key: &str, fairness_weight| Priority {
        priority_key,
        fairness_key: key.to_owned(),
        fairness_weight,
    };
    assert_eq!(said[0], priority(1, "a", 2.0));
    assert_eq!(said[1], priority(2, "b", 3.0));
    assert_eq!(
        (said[2].fairness_key.as_str(), said[2].fairness_weight),
        ("c", 0.5)
    );
}
