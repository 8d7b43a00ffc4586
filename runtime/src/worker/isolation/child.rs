//! The activity's side: the process that the worker has started.

use std::any::TypeId;
use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mainspring_proto::common::v1::Payloads;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc, watch};

use super::WORKER_PID;
use super::wire::{
    FromProcess, Measure, Measured, Outcome, Start, ToProcess, reason_from_wire, receive, send,
};
use crate::activity::{ActivityDefinition, Execution, Instance};
use crate::converter::{DataConverter, EncodedValues, Payload};
use crate::error::{ActivityError, ActivityErrorKind};
use crate::metrics::{Label, Metrics, Sink};
use crate::worker::activity_task::{body_of, info_of, joined};
use crate::worker::registry::Registry;

/// What a process of an activity needs to run it.
#[must_use]
#[derive(Default)]
pub struct ActivityProcess {
    definitions: Vec<ActivityDefinition>,
    instances: HashMap<TypeId, Instance>,
    converter: DataConverter,
}

impl ActivityProcess {
    /// The value on which activities of its type are called, as [`Worker::activities`](crate::Worker::activities) gives
    /// it to those in the worker's process.
    pub fn activities<T: Send + Sync + 'static>(mut self, instance: T) -> Self {
        self.instances.insert(TypeId::of::<T>(), Arc::new(instance));
        self
    }

    /// How payloads are made, if not by default: as the worker's client makes them. The worker does what the codec does.
    pub fn data_converter(mut self, converter: DataConverter) -> Self {
        self.converter = converter;
        self
    }

    /// Adds an activity that was defined by hand.
    pub fn activity(mut self, definition: ActivityDefinition) -> Self {
        self.definitions.push(definition);
        self
    }
}

static HOOKED: AtomicBool = AtomicBool::new(false);

/// Whether a process that this one starts from its own program would run its activity.
pub(in crate::worker) fn is_hooked() -> bool {
    HOOKED.load(Ordering::Relaxed)
}

/// Makes this program one whose [isolated](crate::Worker::isolated) activities run in processes of their own. Call it
/// first of all in `main`.
///
/// In the process that a worker starts for an activity it runs the activity, and exits. In all others it returns at once;
/// `prepare` is not called there.
///
/// ```no_run
/// use mainspring::prelude::*;
/// use mainspring::worker::activity_process;
///
/// #[activity(start_to_close = "10m", heartbeat = "10s")]
/// fn render(page: String) -> Result<Vec<u8>, ActivityError> {
///     // Code that may crash, or that cannot be stopped.
///     # Ok(page.into())
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<()> {
///     activity_process(|process| process);
///     let client = Client::connect_from_env().await?;
///     Ok(Worker::new(&client, "pages").isolated::<render>().run().await?)
/// }
/// ```
pub fn activity_process(prepare: impl FnOnce(ActivityProcess) -> ActivityProcess) {
    HOOKED.store(true, Ordering::Relaxed);
    // What the activity itself starts inherits the variable, but has another parent.
    let worker = std::env::var(WORKER_PID).ok();
    if worker != Some(std::os::unix::process::parent_id().to_string()) {
        return;
    }
    let process = prepare(ActivityProcess::default());
    // On a thread of its own, because `main` may be asynchronous already.
    let served = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(serve(process))
    });
    let code = match served.join() {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            eprintln!("the process of an activity has lost its worker: {error}");
            1
        }
        Err(_) => 101,
    };
    std::process::exit(code)
}

async fn serve(process: ActivityProcess) -> io::Result<()> {
    let socket = std::io::stdin().as_fd().try_clone_to_owned()?;
    let socket = std::os::unix::net::UnixStream::from(socket);
    socket.set_nonblocking(true)?;
    let (mut from, to) = UnixStream::from_std(socket)?.into_split();
    let start = receive::<ToProcess>(&mut from).await?.start;
    let start = start.ok_or(io::ErrorKind::InvalidData)?;
    let (say, said) = mpsc::unbounded_channel();
    let saying = tokio::spawn(write(to, said));
    let outcome = attempt(process, start, from, &say).await;
    let outcome = match outcome.map_err(ActivityError::into_kind) {
        Ok(payload) => Outcome {
            result: Some(payload),
            failure: None,
        },
        Err(ActivityErrorKind::Failure(failure)) => Outcome {
            result: None,
            failure: Some(failure.into_proto()),
        },
        Err(ActivityErrorKind::WillCompleteAsync | ActivityErrorKind::TimedOut) => {
            Outcome::default()
        }
    };
    let _ = say.send(FromProcess {
        outcome: Some(outcome),
        ..FromProcess::default()
    });
    saying.await?
}

/// Writes what is said, up to the outcome.
async fn write(
    mut to: OwnedWriteHalf,
    mut said: mpsc::UnboundedReceiver<FromProcess>,
) -> io::Result<()> {
    while let Some(message) = said.recv().await {
        send(&mut to, &message).await?;
        if message.outcome.is_some() {
            break;
        }
    }
    Ok(())
}

async fn attempt(
    process: ActivityProcess,
    start: Start,
    from: OwnedReadHalf,
    say: &mpsc::UnboundedSender<FromProcess>,
) -> Result<Payload, ActivityError> {
    let mut task = start.task;
    let input = task.input.take().unwrap_or_default().payloads;
    let last_heartbeat = EncodedValues::from(task.heartbeat_details.take());
    let mut info = info_of(&task, &start.task_queue);
    info.is_local = start.is_local;
    let name = info.activity_type.clone();
    let mut definitions = process.definitions;
    definitions.extend(crate::registry::activities());
    let wanted = |it: &ActivityDefinition| it.name == name || it.dynamic;
    definitions.retain(|it| {
        wanted(it) && crate::worker::belongs(it.task_queue.as_ref(), Some(&start.task_queue))
    });
    let registry = Registry::new(Vec::new(), definitions, &process.instances)?;
    let activity = registry.activity(&name);
    let activity = activity.ok_or_else(|| {
        ActivityError::new(
            "Process",
            format!("the program of the process has no activity `{name}`"),
        )
    })?;
    let execution = Arc::new(Execution {
        info,
        client: None,
        metrics: Sink::new(Measures(say.clone())),
        converter: process.converter,
        last_heartbeat,
        reported: Mutex::default(),
        beat: Notify::new(),
        cancel: watch::channel(None).0,
    });
    tokio::spawn(hear(from, Arc::clone(&execution)));
    let beats = tokio::spawn(beat(Arc::clone(&execution), say.clone()));
    let body = body_of(&activity, &execution, input);
    let outcome = joined(execution, body).await;
    beats.abort();
    outcome
}

/// Hears that the activity should stop. Without a worker nobody wants its outcome.
async fn hear(mut from: OwnedReadHalf, execution: Arc<Execution>) {
    loop {
        match receive::<ToProcess>(&mut from).await {
            Ok(message) => {
                if let Some(reason) = message.cancel {
                    execution
                        .cancel
                        .send_replace(Some(reason_from_wire(reason)));
                }
            }
            Err(_) => std::process::exit(1),
        }
    }
}

/// Passes heartbeats on; the worker sends them to the server as often as needed.
async fn beat(execution: Arc<Execution>, say: mpsc::UnboundedSender<FromProcess>) {
    loop {
        execution.beat.notified().await;
        if let Some(payloads) = execution.take_new_report() {
            let _ = say.send(FromProcess {
                heartbeat: Some(Payloads { payloads }),
                ..FromProcess::default()
            });
        }
    }
}

/// Passes measurements on to the worker.
struct Measures(mpsc::UnboundedSender<FromProcess>);

impl Measures {
    fn say(&self, measure: Measure, name: &str, labels: &[Label<'_>], value: f64) {
        let measured = Measured {
            measure: measure as i32,
            name: name.to_owned(),
            label_names: labels.iter().map(|(name, _)| (*name).to_owned()).collect(),
            label_values: labels
                .iter()
                .map(|(_, value)| (*value).to_owned())
                .collect(),
            value,
        };
        let _ = self.0.send(FromProcess {
            measured: Some(measured),
            ..FromProcess::default()
        });
    }
}

impl Metrics for Measures {
    fn count(&self, name: &str, labels: &[Label<'_>], by: u64) {
        self.say(Measure::Count, name, labels, by as f64);
    }

    fn gauge(&self, name: &str, labels: &[Label<'_>], value: f64) {
        self.say(Measure::Gauge, name, labels, value);
    }

    fn record(&self, name: &str, labels: &[Label<'_>], value: f64) {
        self.say(Measure::Record, name, labels, value);
    }

    fn latency(&self, name: &str, labels: &[Label<'_>], took: Duration) {
        self.say(Measure::Latency, name, labels, took.as_secs_f64());
    }
}
