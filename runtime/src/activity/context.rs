//! What activity code can ask and tell.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, watch};

use crate::client::Client;
use crate::converter::{ConverterError, DataConverter, EncodedValues, Payload, Value};
use crate::error::ActivityError;
use crate::metrics::{Meter, Sink};

/// What is known of an activity's execution.
#[derive(Clone, Debug, Default)]
pub struct ActivityInfo {
    /// What completes it from elsewhere.
    pub task_token: Vec<u8>,
    /// Its id.
    pub activity_id: String,
    /// Its type.
    pub activity_type: String,
    /// Its task queue.
    pub task_queue: String,
    /// The namespace of the workflow that called it.
    pub namespace: String,
    /// The type of the workflow that called it.
    pub workflow_type: String,
    /// The id of the workflow that called it.
    pub workflow_id: String,
    /// The run id of the workflow that called it.
    pub workflow_run_id: String,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// When it was first asked for.
    pub scheduled: Option<SystemTime>,
    /// When this attempt was given to this worker.
    pub started: Option<SystemTime>,
    /// The longest that this attempt may take.
    pub start_to_close: Option<Duration>,
    /// The longest that all attempts may take together.
    pub schedule_to_close: Option<Duration>,
    /// The longest time between two heartbeats.
    pub heartbeat: Option<Duration>,
    /// Whether it runs within the workflow task.
    pub is_local: bool,
    /// The headers that it was called with.
    pub headers: std::collections::BTreeMap<String, Payload>,
}

/// Why an activity should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReason {
    /// Its workflow asked for it.
    Requested,
    /// The server does not know it any more: it timed out, or its workflow is closed.
    Gone,
    /// It is paused: it may end now, and is started again later.
    Paused,
    /// The worker is being shut down, and its patience is over.
    WorkerShutdown,
}

/// The execution of an activity, shared by its code and the worker's heartbeats.
pub(crate) struct Execution {
    pub(crate) info: ActivityInfo,
    /// None in a process of its own.
    pub(crate) client: Option<Client>,
    pub(crate) metrics: Sink,
    pub(crate) converter: DataConverter,
    pub(crate) last_heartbeat: EncodedValues,
    pub(crate) reported: Mutex<Reported>,
    pub(crate) beat: Notify,
    pub(crate) cancel: watch::Sender<Option<CancelReason>>,
}

/// What an activity has reported last.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    pub(crate) details: Option<Vec<Payload>>,
    /// Set until it is sent.
    is_new: bool,
    /// All that it has reported, if somebody wants to know.
    #[cfg(feature = "testing")]
    pub(crate) all: Option<Vec<Vec<Payload>>>,
}

#[cfg(feature = "testing")]
impl Reported {
    /// Nothing so far, and all of it will be kept.
    pub(crate) fn keeping_all() -> Self {
        Self {
            all: Some(Vec::new()),
            ..Self::default()
        }
    }
}

impl Execution {
    /// Reports progress.
    pub(crate) fn report(&self, details: Vec<Payload>) {
        {
            let mut reported = self.reported();
            #[cfg(feature = "testing")]
            if let Some(all) = &mut reported.all {
                all.push(details.clone());
            }
            reported.details = Some(details);
            reported.is_new = true;
        }
        self.beat.notify_one();
    }

    /// What is to be sent, once.
    pub(crate) fn take_new_report(&self) -> Option<Vec<Payload>> {
        let mut reported = self.reported();
        let is_new = std::mem::take(&mut reported.is_new);
        reported.details.clone().filter(|_| is_new)
    }

    /// What was reported last.
    pub(crate) fn last_report(&self) -> Option<Vec<Payload>> {
        self.reported().details.clone()
    }

    pub(crate) fn reported(&self) -> MutexGuard<'_, Reported> {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

tokio::task_local! {
    pub(crate) static CURRENT: Arc<Execution>;
}

#[track_caller]
fn current(item: &str) -> Arc<Execution> {
    match CURRENT.try_with(Arc::clone) {
        Ok(execution) => execution,
        Err(_) => panic!(
            "{item} was used outside an activity: it acts on the activity whose code runs in this task, and none \
             does. In a task or thread that you spawned yourself, pass in what you need from it"
        ),
    }
}

/// What is known of this execution.
///
/// # Panics
/// Outside an activity.
#[track_caller]
pub fn info() -> ActivityInfo {
    current("activity::info").info.clone()
}

/// Tells the server that the activity makes progress, with a value that the next attempt can read. Call it as often as
/// you like: it is sent only as often as the heartbeat timeout needs.
///
/// # Panics
/// Outside an activity, or if the value does not encode.
#[track_caller]
pub fn heartbeat<T: Value>(details: T) {
    let execution = current("activity::heartbeat");
    let payload = match execution.converter.to_payload(&details) {
        Ok(payload) => payload,
        Err(error) => panic!("the details of a heartbeat do not encode: {error}"),
    };
    execution.report(vec![payload]);
}

/// What the attempt before this one reported last.
///
/// # Errors
/// If it does not decode as `T`.
///
/// # Panics
/// Outside an activity.
#[track_caller]
pub fn heartbeat_details<T: Value>() -> Result<Option<T>, ConverterError> {
    let execution = current("activity::heartbeat_details");
    if execution.last_heartbeat.is_empty() {
        return Ok(None);
    }
    execution.last_heartbeat.get(0).map(Some)
}

/// Waits until the activity should stop, and says why. Only activities that send heartbeats hear of it.
///
/// # Panics
/// Outside an activity.
pub async fn cancelled() -> CancelReason {
    let mut reason = current("activity::cancelled").cancel.subscribe();
    loop {
        if let Some(reason) = *reason.borrow_and_update() {
            return reason;
        }
        if reason.changed().await.is_err() {
            // The worker lets go of an execution only when its code has ended.
            std::future::pending::<()>().await;
        }
    }
}

/// Whether the activity should stop.
///
/// # Panics
/// Outside an activity.
#[track_caller]
pub fn is_cancelled() -> bool {
    current("activity::is_cancelled").cancel.borrow().is_some()
}

/// Why the activity should stop, if it should.
///
/// # Panics
/// Outside an activity.
#[track_caller]
pub fn cancel_reason() -> Option<CancelReason> {
    *current("activity::cancel_reason").cancel.borrow()
}

/// The worker's client.
///
/// # Panics
/// Outside an activity, or in an [isolated](crate::Worker::isolated) one.
#[track_caller]
pub fn client() -> Client {
    match &current("activity::client").client {
        Some(client) => client.clone(),
        None => panic!(
            "activity::client was used in an isolated activity: the worker's client is in another process. Connect one of \
             your own"
        ),
    }
}

/// Counters, gauges and histograms of your own, labelled with the activity's type.
///
/// # Panics
/// Outside an activity.
#[track_caller]
pub fn metrics() -> Meter {
    let execution = current("activity::metrics");
    let info = &execution.info;
    let labels = [
        ("namespace", info.namespace.as_str()),
        ("task_queue", info.task_queue.as_str()),
        ("activity_type", info.activity_type.as_str()),
    ];
    Meter::new(execution.metrics.clone(), &labels, || false)
}

/// Ends the code, but not the activity: someone else completes it later, by its task token or its ids. Return what
/// this returns.
///
/// # Errors
/// Always: the error is what tells the worker.
pub fn complete_async<T>() -> Result<T, ActivityError> {
    Err(ActivityError::will_complete_async())
}
