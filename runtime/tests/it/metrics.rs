//! What a worker counts and measures.

use mainspring::metrics::Prometheus;
use mainspring::prelude::*;

use crate::World;

#[tokio::test]
async fn a_worker_counts_and_measures_what_it_runs() {
    let world = World::without_worker().await;
    let metrics = Prometheus::new();
    let client = world.client_with(|it| it.metrics(metrics.clone())).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    let run = client.workflow(crate::hello::greet, world.id("metrics"));
    run.execute("Ada").await.expect("it completes");
    worker.shutdown().await.expect("the worker was well");
    let text = metrics.to_string();
    let (namespace, queue) = (client.namespace(), &world.queue);
    let labels = format!("namespace=\"{namespace}\",task_queue=\"{queue}\"");
    for expected in [
        format!("temporal_workflow_completed{{{labels},workflow_type=\"greet\"}} 1\n"),
        format!("temporal_sticky_cache_hit{{{labels},workflow_type=\"greet\"}} 1\n"),
        format!(
            "temporal_workflow_task_execution_latency_seconds_count{{{labels},workflow_type=\"greet\"}} 2\n"
        ),
        format!(
            "temporal_activity_execution_latency_seconds_count{{{labels},activity_type=\"compose_greeting\"}} 1\n"
        ),
    ] {
        assert!(text.contains(&expected), "{expected}\n{text}");
    }
}
