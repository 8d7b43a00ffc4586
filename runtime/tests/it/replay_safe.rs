//! What workflow code tells the outside: once, and not again on replay.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::SystemTime;

use mainspring::metrics::Prometheus;
use mainspring::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span;

use crate::World;

/// A sink: ordinary code of the process.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, text: &str) {
        self.0.lock().expect("no panic").push(text.to_owned());
    }

    fn notes(&self) -> Vec<String> {
        self.0.lock().expect("no panic").clone()
    }
}

#[activity(start_to_close = "10s")]
async fn weigh(parcel: u32) -> Result<u32, ActivityError> {
    let metrics = activity::metrics();
    metrics.record("parcel_weight", f64::from(parcel));
    Ok(parcel)
}

#[workflow]
async fn send_parcels(parcels: u32) -> Result<u32> {
    let metrics = workflow::metrics().with_label("carrier", "post");
    let mut weight = 0;
    for parcel in 1..=parcels {
        weight += weigh(parcel).await?;
        metrics.count("parcels_sent", 1);
        metrics.gauge("weight", f64::from(weight));
        workflow::sink::<Diary>(move |diary| diary.note(&format!("parcel {parcel}")));
        tracing::info!(parcel, "sent");
        workflow::info!(parcel, "sent again");
    }
    let span = tracing::info_span!("resting");
    workflow::in_span(span, async {
        tracing::info!("asleep");
        workflow::sleep("1ms").await?;
        tracing::info!("awake");
        Ok::<_, WorkflowError>(())
    })
    .await?;
    Ok(weight)
}

#[workflow]
async fn note_to_nobody() -> Result<()> {
    workflow::sink::<Diary>(|diary| diary.note("unheard"));
    Ok(())
}

#[tokio::test]
async fn metrics_and_sinks_are_silent_on_replay() {
    let world = World::without_worker().await;
    let (prometheus, diary) = (Prometheus::new(), Diary::default());
    let client = world.client_with(|it| it.metrics(prometheus.clone())).await;
    // Without a cache every task is replayed.
    let worker = Worker::new(&client, &world.queue).max_cached_workflows(0);
    let worker = worker
        .activities(crate::activities::Bank::with(1))
        .sink(diary.clone());
    let worker = worker.start().expect("the worker starts");
    let run = client.workflow(send_parcels, world.id("parcels"));
    assert_eq!(run.execute(3).await.expect("it completes"), 6);
    worker.shutdown().await.expect("the worker was well");
    assert_eq!(diary.notes(), ["parcel 1", "parcel 2", "parcel 3"]);
    let text = prometheus.to_string();
    let of = |name: &str, kind: &str| {
        let (namespace, queue) = (client.namespace(), &world.queue);
        format!("{name}{{namespace=\"{namespace}\",task_queue=\"{queue}\",{kind}")
    };
    let workflow = "workflow_type=\"send_parcels\",carrier=\"post\"}";
    let activity = "activity_type=\"weigh\"}";
    for expected in [
        format!("{} 3\n", of("parcels_sent", workflow)),
        format!("{} 6\n", of("weight", workflow)),
        format!("{} 3\n", of("parcel_weight_count", activity)),
        format!("{} 6\n", of("parcel_weight_sum", activity)),
    ] {
        assert!(text.contains(&expected), "{expected}\n{text}");
    }
}

#[tokio::test]
async fn a_sink_that_the_worker_was_not_given_fails_the_task() {
    let world = World::new().await;
    let run = world.client.workflow(note_to_nobody, world.id("nobody"));
    let run = run.start(()).await.expect("it starts");
    let failure = crate::task_failure(&run).await;
    assert!(
        failure.contains("give the worker one with `Worker::sink(…)`"),
        "{failure}"
    );
    run.terminate("it was to be seen").await.expect("it runs");
}

thread_local! {
    static LOG: RefCell<Log> = RefCell::default();
}

/// The events of this thread, each with the names of the spans that it is in.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
    /// When the last one was written.
    last: Option<SystemTime>,
    spans: HashMap<u64, &'static str>,
    entered: Vec<&'static str>,
}

/// Keeps a log for each thread. One for the whole program: `tracing` remembers of each place whether anybody listens, and
/// other tests come by the same places.
struct LogOfThread(AtomicU64);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl tracing::Subscriber for LogOfThread {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        let is_ours = |test: &str| metadata.target().starts_with(test);
        is_ours("it::replay_safe") || is_ours("it::determinism") || metadata.name() == "workflow"
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let id = self.0.fetch_add(1, Ordering::Relaxed);
        let name = attributes.metadata().name();
        LOG.with_borrow_mut(|log| log.spans.insert(id, name));
        span::Id::from_u64(id)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        LOG.with_borrow_mut(|log| {
            let line = format!("{}:{}", log.entered.join("/"), text.0);
            log.lines.push(line);
            log.last = Some(SystemTime::now());
        });
    }

    fn enter(&self, span: &span::Id) {
        LOG.with_borrow_mut(|log| {
            let name = log.spans.get(&span.into_u64());
            let name = name.copied().unwrap_or("a span of another thread");
            log.entered.push(name);
        });
    }

    fn exit(&self, _: &span::Id) {
        LOG.with_borrow_mut(|log| log.entered.pop());
    }
}

/// Keeps the log from now on.
pub(crate) fn log_of_threads() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let log = LogOfThread(AtomicU64::new(1));
        tracing::subscriber::set_global_default(log).expect("no other test sets one");
    });
}

#[test]
fn logs_and_spans_are_silent_on_replay() {
    log_of_threads();
    // All on this thread.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("it starts").block_on(async {
        let world = World::with(|it| it.max_cached_workflows(0).sink(Diary::default())).await;
        let run = world.client.workflow(send_parcels, world.id("logged"));
        run.execute(2).await.expect("it completes");
    });
    let expected = [
        "workflow: message=sent parcel=1",
        "workflow: message=sent again parcel=1",
        "workflow: message=sent parcel=2",
        "workflow: message=sent again parcel=2",
        "workflow/resting: message=asleep",
        "workflow: message=awake",
    ];
    assert_eq!(LOG.with_borrow(|log| log.lines.clone()), expected);
}
