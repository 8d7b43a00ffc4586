//! What a worker says of the items that it is given, before it asks for any work.

use mainspring::prelude::*;
use mainspring::worker::{RunningWorker, WorkerError};
use mainspring::workflow::WorkflowDefinition;
use mainspring_proto::enums::v1::TaskQueueType;
use mainspring_proto::taskqueue::v1::TaskQueue;
use mainspring_proto::workflowservice::v1::DescribeTaskQueueRequest;

use crate::World;

fn named_twice() -> WorkflowDefinition {
    WorkflowDefinition::builder::<(), ()>("named_twice", mainspring::location!())
        .init_default()
        .run(|_, ()| async { Ok(()) })
        .build()
}

/// Whether any worker has asked for workflow tasks of the world's queue.
async fn is_polled(world: &World) -> bool {
    let request = DescribeTaskQueueRequest {
        namespace: world.client.namespace().to_owned(),
        task_queue: Some(TaskQueue {
            name: world.queue.clone(),
            ..Default::default()
        }),
        task_queue_type: TaskQueueType::Workflow.into(),
        ..Default::default()
    };
    let described = world.client.service().describe_task_queue(request).await;
    let described = described.expect("it is described").into_inner();
    !described.pollers.is_empty()
}

#[track_caller]
fn refused(started: Result<RunningWorker, WorkerError>) -> WorkerError {
    match started {
        Ok(_) => panic!("it is refused"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_is_asked_for() {
    let mut world = World::without_worker().await;
    let worker = || Worker::new(&world.client, &world.queue);

    let error = refused(worker().start());
    assert!(
        matches!(&error, WorkerError::MissingInstance { type_name, .. } if type_name.ends_with("Bank")),
        "{error}"
    );
    let twice = worker()
        .without_discovery()
        .workflow(named_twice())
        .workflow(named_twice());
    let error = refused(twice.start());
    assert!(
        matches!(&error, WorkerError::Duplicate { kind: "workflow", name, .. } if name == "named_twice"),
        "{error}"
    );
    let error = refused(worker().without_discovery().start());
    assert!(
        matches!(&error, WorkerError::Nothing { task_queue } if *task_queue == world.queue),
        "{error}"
    );

    assert!(!is_polled(&world).await, "no worker has started");
    world.start(|worker| worker);
    while !is_polled(&world).await {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
