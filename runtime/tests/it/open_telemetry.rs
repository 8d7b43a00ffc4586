//! Traces through clients, workflows, activities and children.

use std::collections::{BTreeMap, HashMap};

use mainspring::opentelemetry::{Tracing, workflow_span_id};
use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use opentelemetry::trace::{FutureExt, SpanId, TraceContextExt, TraceId, Tracer, TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    IdGenerator, InMemorySpanExporter, RandomIdGenerator, SdkTracerProvider, SpanData,
};

use crate::World;

/// The span that an activity runs in.
fn current_span() -> String {
    let here = opentelemetry::Context::current();
    here.span().span_context().span_id().to_string()
}

#[activity(start_to_close = "10s")]
async fn drive(_to: String) -> Result<String, ActivityError> {
    Ok(current_span())
}

/// On the blocking pool.
#[activity(start_to_close = "10s")]
fn refuel() -> Result<String, ActivityError> {
    Ok(current_span())
}

#[activity(start_to_close = "10s", retry(maximum_attempts = 1))]
async fn break_down() -> Result<(), ActivityError> {
    Err(ActivityError::new("Engine", "smoke"))
}

#[workflow]
async fn detour() -> Result<()> {
    drive("village".into()).await?;
    Ok(())
}

#[workflow_interface]
pub trait Trip {
    #[run]
    async fn travel(&self) -> Result<Vec<String>>;
    #[signal]
    async fn turn_back(&self);
    #[query]
    fn turned(&self) -> bool;
    #[update(validator = check_board)]
    async fn board(&self, name: String) -> Result<()>;
}

#[derive(Default)]
pub struct RoadTrip {
    turned: State<bool>,
    name: State<String>,
}

#[workflow]
impl Trip for RoadTrip {
    async fn travel(&self) -> Result<Vec<String>> {
        let mut spans = vec![drive("sea".into()).await?, refuel().await?];
        spans.push(refuel().local().await?);
        break_down().await.expect_err("there is smoke");
        detour().await?;
        workflow::wait_until(|| self.turned.get() && !self.name.borrow().is_empty()).await?;
        spans.push(drive("home".into()).await?);
        Ok(spans)
    }

    async fn turn_back(&self) {
        workflow::sleep("1ms").await.expect("it is not cancelled");
        drive("gate".into()).await.expect("it arrives");
        self.turned.set(true);
    }

    fn turned(&self) -> bool {
        self.turned.get()
    }

    async fn board(&self, name: String) -> Result<()> {
        self.name.set(name);
        Ok(())
    }

    fn check_board(&self, name: &String) -> Result<()> {
        if name.is_empty() {
            return Err(ApplicationError::new("Nobody", "who?").into());
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Ids(RandomIdGenerator);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        self.0.new_trace_id()
    }

    fn new_span_id(&self) -> SpanId {
        workflow_span_id().unwrap_or_else(|| self.0.new_span_id())
    }
}

/// Goes on a trip with a worker that keeps nothing, so that each task is replayed; returns what the activities saw, and
/// the spans.
async fn trip(deterministic: bool) -> (Vec<String>, Vec<SpanData>) {
    let world = World::without_worker().await;
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone());
    let provider = match deterministic {
        true => provider.with_id_generator(Ids::default()).build(),
        false => provider.build(),
    };
    let tracer = provider.tracer("it");
    let mut tracing = Tracing::new(tracer.clone(), TraceContextPropagator::new());
    if deterministic {
        tracing = tracing.with_ids_of_workflows();
    }
    let client = world.client_with(|it| it.interceptor(tracing)).await;
    let worker = Worker::new(&client, &world.queue).max_cached_workflows(0);
    let worker = worker.activities(crate::activities::Bank::with(1)).start();
    let worker = worker.expect("the worker starts");
    let root = opentelemetry::Context::new().with_span(tracer.start("root"));
    let stub = client.workflow(Trip, world.id("trip"));
    let saw = async {
        let run = stub.travel().start().await.expect("it starts");
        stub.turn_back().await.expect("it is taken");
        stub.turned().await.expect("it is answered");
        stub.board("").await.expect_err("it is rejected");
        stub.board("Ada").await.expect("it is accepted");
        run.result().await.expect("it completes")
    };
    let saw = saw.with_context(root.clone()).await;
    root.span().end();
    worker.shutdown().await.expect("the worker was well");
    provider.force_flush().expect("it keeps them in memory");
    (
        saw,
        exporter.get_finished_spans().expect("it is not shut down"),
    )
}

/// How often there is a span with a parent, by both names.
fn tree(spans: &[SpanData]) -> Vec<(String, usize)> {
    let names: HashMap<SpanId, &str> = spans
        .iter()
        .map(|span| (span.span_context.span_id(), &*span.name))
        .collect();
    let mut tree = BTreeMap::new();
    for span in spans {
        let parent = names.get(&span.parent_span_id).unwrap_or(&"-");
        *tree.entry(format!("{parent} > {}", span.name)).or_default() += 1;
    }
    tree.into_iter().collect()
}

fn expected(parent_of_replayed_run: &str, parent_of_replayed_signal: &str) -> Vec<(String, usize)> {
    let mut expected = vec![
        ("- > root".to_owned(), 1),
        ("root > StartWorkflow:Trip".to_owned(), 1),
        ("root > SignalWorkflow:turn_back".to_owned(), 1),
        ("root > QueryWorkflow:turned".to_owned(), 1),
        ("root > UpdateWorkflow:board".to_owned(), 2),
        ("StartWorkflow:Trip > RunWorkflow:Trip".to_owned(), 1),
        (
            "SignalWorkflow:turn_back > HandleSignal:turn_back".to_owned(),
            1,
        ),
        ("QueryWorkflow:turned > HandleQuery:turned".to_owned(), 1),
        ("UpdateWorkflow:board > ValidateUpdate:board".to_owned(), 2),
        ("UpdateWorkflow:board > HandleUpdate:board".to_owned(), 1),
        ("RunWorkflow:Trip > StartActivity:drive".to_owned(), 1),
        (format!("{parent_of_replayed_run} > StartActivity:drive"), 1),
        (
            format!("{parent_of_replayed_run} > StartActivity:refuel"),
            2,
        ),
        (
            format!("{parent_of_replayed_run} > StartActivity:break_down"),
            1,
        ),
        (
            format!("{parent_of_replayed_run} > StartChildWorkflow:detour"),
            1,
        ),
        (
            format!("{parent_of_replayed_run} > CompleteWorkflow:Trip"),
            1,
        ),
        (
            format!("{parent_of_replayed_signal} > StartActivity:drive"),
            1,
        ),
        (
            "StartChildWorkflow:detour > RunWorkflow:detour".to_owned(),
            1,
        ),
        ("RunWorkflow:detour > StartActivity:drive".to_owned(), 1),
        (
            match parent_of_replayed_run {
                "RunWorkflow:Trip" => "RunWorkflow:detour > CompleteWorkflow:detour".to_owned(),
                _ => "StartChildWorkflow:detour > CompleteWorkflow:detour".to_owned(),
            },
            1,
        ),
        ("StartActivity:drive > RunActivity:drive".to_owned(), 4),
        ("StartActivity:refuel > RunActivity:refuel".to_owned(), 2),
        (
            "StartActivity:break_down > RunActivity:break_down".to_owned(),
            1,
        ),
    ];
    expected.sort();
    // What is listed twice counts together.
    let mut sums: BTreeMap<String, usize> = BTreeMap::new();
    for (edge, count) in expected {
        *sums.entry(edge).or_default() += count;
    }
    sums.into_iter().collect()
}

#[tokio::test]
async fn a_trace_goes_through_all_calls_and_each_span_is_emitted_once() {
    let (saw, spans) = trip(true).await;
    assert_eq!(
        tree(&spans),
        expected("RunWorkflow:Trip", "HandleSignal:turn_back")
    );
    let root = spans
        .iter()
        .find(|it| it.name == "root")
        .expect("there is one");
    let trace = root.span_context.trace_id();
    assert!(spans.iter().all(|it| it.span_context.trace_id() == trace));
    let ids = |name: &str| -> Vec<String> {
        let spans = spans.iter().filter(|it| it.name == name);
        spans
            .map(|it| it.span_context.span_id().to_string())
            .collect()
    };
    assert!(ids("RunActivity:drive").contains(&saw[0]));
    assert!(ids("RunActivity:refuel").contains(&saw[1]), "on its thread");
    assert!(ids("RunActivity:refuel").contains(&saw[2]), "local");
    let failed: Vec<&str> = spans
        .iter()
        .filter(|it| matches!(it.status, opentelemetry::trace::Status::Error { .. }))
        .map(|it| &*it.name)
        .collect();
    let mut failed = failed;
    failed.sort_unstable();
    let expected = [
        "RunActivity:break_down",
        "UpdateWorkflow:board",
        "ValidateUpdate:board",
    ];
    assert_eq!(failed, expected);
}

#[tokio::test]
async fn without_ids_of_workflows_what_follows_a_replay_hangs_from_the_caller() {
    let (_, spans) = trip(false).await;
    assert_eq!(
        tree(&spans),
        expected("StartWorkflow:Trip", "SignalWorkflow:turn_back")
    );
}

/// Its headers name spans, which are others when the task is looked at a second time.
#[mainspring::test]
async fn a_trace_does_not_look_like_nondeterminism(env: TestEnv) -> Result<()> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone());
    let provider = provider.build();
    let tracing = Tracing::new(provider.tracer("it"), TraceContextPropagator::new());
    let env = env.with_client(|options| options.interceptor(tracing))?;
    let run = env.client().workflow(detour, "d").start(()).await?;
    run.result().await?;
    env.replay(&run).await?;
    provider.force_flush().expect("it keeps them in memory");
    let spans = exporter.get_finished_spans().expect("it is not shut down");
    assert!(spans.iter().any(|span| span.name == "RunActivity:drive"));
    Ok(())
}
