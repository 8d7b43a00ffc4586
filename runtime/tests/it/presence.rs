//! Workers say that they are there.

use mainspring_proto::enums::v1::WorkerStatus;
use mainspring_proto::worker::v1::WorkerHeartbeat;
use mainspring_proto::workflowservice::v1 as service;

use crate::World;

/// What the worker of a queue said last, if anything.
async fn said(world: &World) -> Option<WorkerHeartbeat> {
    let mut client = world.client.service();
    let query = format!("TaskQueue = '{}'", world.queue);
    let list = service::ListWorkersRequest {
        namespace: world.client.namespace().to_owned(),
        query,
        ..Default::default()
    };
    let list = client.list_workers(list).await.expect("workers are listed");
    let worker = list.into_inner().workers.pop()?;
    let describe = service::DescribeWorkerRequest {
        namespace: world.client.namespace().to_owned(),
        worker_instance_key: worker.worker_instance_key,
    };
    let described = client.describe_worker(describe).await.ok()?.into_inner();
    described.worker_info?.worker_heartbeat
}

async fn is_wanted(world: &World) -> bool {
    let request = service::DescribeNamespaceRequest {
        namespace: world.client.namespace().to_owned(),
        ..Default::default()
    };
    let described = world.client.service().describe_namespace(request).await;
    let info = described.expect("it is there").into_inner().namespace_info;
    let capabilities = info.unwrap_or_default().capabilities;
    capabilities.is_some_and(|it| it.worker_heartbeats)
}

#[tokio::test]
async fn a_worker_says_what_it_does_until_it_stops() {
    let mut world = World::with(|it| it.heartbeat_interval("10ms")).await;
    if !is_wanted(&world).await {
        assert!(!crate::is_bundled_server(), "ours wants to know");
        let why = "the server does not want heartbeats of workers";
        return crate::skipped("a_worker_says_what_it_does_until_it_stops", why);
    }
    let run = world
        .client
        .workflow(crate::hello::greet, world.id("there"));
    run.execute("Ada").await.expect("it completes");
    let heartbeat = loop {
        let said = said(&world).await;
        let done = said.filter(|it| {
            let activities = it.activity_task_slots_info.clone().unwrap_or_default();
            activities.total_processed_tasks > 0
        });
        match done {
            Some(heartbeat) => break heartbeat,
            None => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    };
    assert_eq!(heartbeat.status(), WorkerStatus::Running);
    assert_eq!(heartbeat.worker_identity, world.client.identity());
    let activities = heartbeat.activity_task_slots_info.unwrap_or_default();
    assert_eq!(activities.total_processed_tasks, 1);
    assert_eq!(activities.total_failed_tasks, 0);
    assert_eq!(activities.current_used_slots, 0);
    assert_eq!(activities.current_available_slots, 100);
    world.stop().await;
    let last = said(&world).await.map(|it| it.status());
    assert_ne!(last, Some(WorkerStatus::Running));
}

#[tokio::test]
async fn a_worker_that_is_told_so_says_nothing() {
    let world = World::with(|it| it.heartbeat_interval("0s")).await;
    if !is_wanted(&world).await {
        assert!(!crate::is_bundled_server(), "ours wants to know");
        let why = "the server does not want heartbeats of workers";
        return crate::skipped("a_worker_that_is_told_so_says_nothing", why);
    }
    let run = world
        .client
        .workflow(crate::hello::greet, world.id("silent"));
    run.execute("Ada").await.expect("it completes");
    assert_eq!(said(&world).await, None);
}
