//! Activities that run in the workflow's own worker, recorded as markers as the other SDKs of the core do.

use std::collections::BTreeMap;
use std::panic::Location;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use mainspring_proto::command::v1 as command;
use mainspring_proto::common::v1 as common;
use mainspring_proto::enums::v1 as enums;
use mainspring_proto::failure::v1 as failure;
use mainspring_proto::history::v1 as history;
use serde::{Deserialize, Serialize};

use super::activity::{LOCAL, Outcome, wrap};
use super::{ActivityRequest, Seq, Table};
#[cfg(feature = "testing")]
use crate::converter::EncodedValues;
use crate::converter::{DataConverter, Payload};
use crate::engine::Run;
use crate::engine::commands::{Attributes, CommandId, MarkerId};
use crate::engine::nondeterminism::Mismatch;
use crate::engine::run::ScopeId;
use crate::error::Failure;
use crate::interceptor::WorkflowCall;
use crate::retry::RetryPolicy;
use crate::time::{time_from_proto, time_to_proto};
use crate::workflow::CancellationType;

/// The name that marks a local activity in histories of the SDKs that share the core.
pub(crate) const MARKER: &str = "core_local_activity";

#[derive(Debug, Default)]
pub(crate) struct LocalActivities {
    table: Table<LocalActivity>,
    /// To be started by the worker, unless history turns out to have the result.
    to_start: Vec<Seq>,
    to_cancel: Vec<Seq>,
}

impl LocalActivities {
    /// The number that is not taken yet.
    pub(super) fn next_seq(&self) -> Seq {
        self.table.next_seq()
    }
}

#[derive(Debug)]
struct LocalActivity {
    task: LocalActivityTask,
    cancellation: CancellationType,
    scope: ScopeId,
    at: &'static Location<'static>,
    state: State,
    outcome: Option<Outcome>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// The code goes on.
    Requested,
    /// The code waits; a worker runs it, now or when this is replayed from.
    Running,
    /// Between two attempts that lie far apart: a timer of the workflow runs.
    BackingOff {
        timer: Seq,
    },
    /// A later attempt has taken its place.
    Superseded {
        by: Seq,
    },
    Closed,
}

/// What the worker needs to run a local activity.
#[derive(Clone, Debug, Default)]
pub struct LocalActivityTask {
    /// Which one it is; the result must name it.
    pub seq: u32,
    /// Its id.
    pub activity_id: String,
    /// Its type.
    pub activity_type: String,
    /// Its arguments.
    pub input: Vec<Payload>,
    /// Its headers.
    pub headers: BTreeMap<String, Payload>,
    /// The attempt to begin with, from 1.
    pub attempt: u32,
    /// When it was first asked for.
    pub original_schedule_time: Option<SystemTime>,
    /// How long ago that is by the workflow's clock: not nothing for an attempt after a timer, or in another worker.
    pub waited: Duration,
    /// The longest that one attempt may take.
    pub start_to_close: Option<Duration>,
    /// The longest that all attempts may take together.
    pub schedule_to_close: Option<Duration>,
    /// How its failures are retried.
    pub retry: RetryPolicy,
    /// Longer waits than this are timers of the workflow.
    pub local_retry_threshold: Duration,
}

/// How a local activity ended.
#[derive(Clone, Debug)]
pub struct LocalActivityResult {
    /// Which one.
    pub seq: u32,
    /// How many attempts there were.
    pub attempt: u32,
    /// When it ended.
    pub complete_time: Option<SystemTime>,
    /// What it returned, or how it failed.
    pub outcome: Result<Payload, Box<failure::Failure>>,
    /// Set if it is to be tried again, after a timer of the workflow.
    pub backoff: Option<Duration>,
}

/// A call of a local activity. History has it only once it has ended, and never its parameters.
#[cfg(feature = "testing")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LocalCall {
    seq: Seq,
    activity_type: String,
    input: Vec<Payload>,
}

#[cfg(feature = "testing")]
impl std::fmt::Display for LocalCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let activity = crate::engine::operation::Operation::Activity {
            name: self.activity_type.clone(),
            input: EncodedValues::new(self.input.clone()),
        };
        write!(f, "local {activity}")
    }
}

/// The JSON beside the result in a marker, as the other SDKs of the core write and read it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct MarkerData {
    seq: u32,
    #[serde(default)]
    attempt: u32,
    #[serde(default)]
    activity_id: String,
    #[serde(default)]
    activity_type: String,
    #[serde(default)]
    complete_time: Option<Stamp>,
    #[serde(default)]
    backoff: Option<Span>,
    #[serde(default)]
    original_schedule_time: Option<Stamp>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Stamp {
    seconds: i64,
    nanos: i32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Span {
    seconds: i64,
    nanos: i32,
}

/// Waits between retries that are shorter than this are spent in the worker, as in the other SDKs.
const DEFAULT_RETRY_THRESHOLD: Duration = Duration::from_secs(60);

impl Run {
    pub(super) fn schedule_local_activity(&mut self, request: ActivityRequest) -> Seq {
        let ActivityRequest {
            name,
            input,
            settings,
            at,
        } = request;
        self.assert_may_command("a local activity call");
        let scope = self.scope();
        let seq = self.next_activity();
        let call = WorkflowCall::LocalActivity {
            activity_type: &name,
        };
        let sent = self.sent(&call, settings.headers, input);
        let task = LocalActivityTask {
            seq,
            activity_id: settings.activity_id.unwrap_or_else(|| seq.to_string()),
            activity_type: name,
            input: sent.args,
            headers: sent.headers,
            attempt: 1,
            original_schedule_time: Some(self.now()),
            waited: Duration::ZERO,
            start_to_close: settings.start_to_close,
            schedule_to_close: settings.schedule_to_close,
            retry: settings.retry.unwrap_or_default(),
            local_retry_threshold: settings
                .local_retry_threshold
                .unwrap_or(DEFAULT_RETRY_THRESHOLD),
        };
        let cancelled = self.is_cancelled(scope);
        self.push_local(LocalActivity {
            task,
            cancellation: settings.cancellation.unwrap_or_default(),
            scope,
            at,
            state: State::Requested,
            outcome: None,
        });
        if cancelled {
            self.close_local_as_cancelled(seq);
        }
        seq | LOCAL
    }

    fn push_local(&mut self, activity: LocalActivity) {
        let seq = activity.task.seq;
        self.local_activities.table.insert(seq, activity);
        self.local_activities.to_start.push(seq);
    }

    pub(super) fn poll_local_activity(&mut self, seq: Seq) -> Poll<Outcome> {
        let seq = self.advance_local(seq & !LOCAL);
        let activity = self.local_activities.table.get(seq);
        let Some(mut outcome) = activity.outcome.take() else {
            return Poll::Pending;
        };
        self.progressed();
        if !self.has_interceptors() {
            return Poll::Ready(outcome);
        }
        let task = &self.local_activities.table.get(seq).task;
        let activity_type = task.activity_type.clone();
        let call = WorkflowCall::LocalActivity {
            activity_type: &activity_type,
        };
        self.learn_of_activity(&call, &mut outcome);
        Poll::Ready(outcome)
    }

    /// Follows an activity through its attempts, and begins the next one when its timer has fired.
    fn advance_local(&mut self, mut seq: Seq) -> Seq {
        loop {
            match self.local_activities.table.get(seq).state {
                State::Superseded { by } => seq = by,
                State::BackingOff { timer } => match self.poll_timer(timer) {
                    Poll::Pending => return seq,
                    Poll::Ready(Ok(())) => self.next_attempt(seq),
                    Poll::Ready(Err(_)) => {
                        self.close_local_as_cancelled(seq);
                        return seq;
                    }
                },
                State::Requested | State::Running | State::Closed => return seq,
            }
        }
    }

    fn next_attempt(&mut self, seq: Seq) {
        let by = self.next_activity();
        let earlier = self.local_activities.table.get(seq);
        earlier.state = State::Superseded { by };
        let next = LocalActivity {
            task: LocalActivityTask {
                seq: by,
                attempt: earlier.task.attempt + 1,
                ..earlier.task.clone()
            },
            cancellation: earlier.cancellation,
            scope: earlier.scope,
            at: earlier.at,
            state: State::Requested,
            outcome: None,
        };
        self.push_local(next);
    }

    pub(super) fn local_activity_is_done(&mut self, seq: Seq) -> bool {
        let seq = self.advance_local(seq & !LOCAL);
        self.local_activities.table.get(seq).outcome.is_some()
    }

    pub(super) fn cancel_local_activity(&mut self, seq: Seq) {
        let seq = self.advance_local(seq & !LOCAL);
        let activity = self.local_activities.table.get(seq);
        let (state, cancellation) = (activity.state, activity.cancellation);
        match state {
            State::Requested => self.close_local_as_cancelled(seq),
            State::BackingOff { timer } => {
                self.cancel_timer(timer);
                self.close_local_as_cancelled(seq);
            }
            // Running code is asked to stop; how it ends is what the marker records, so that a replay sees the same.
            State::Running if cancellation != CancellationType::Abandon => {
                self.local_activities.to_cancel.push(seq);
            }
            State::Running | State::Superseded { .. } | State::Closed => {}
        }
    }

    pub(crate) fn cancel_local_activities_of(&mut self, in_scope: &dyn Fn(ScopeId) -> bool) {
        let open = self.local_activities.table.iter();
        let open: Vec<Seq> = open
            .filter(|(_, it)| it.outcome.is_none() && it.state != State::Closed)
            .filter(|(_, it)| in_scope(it.scope))
            .map(|(seq, _)| seq)
            .collect();
        for seq in open {
            self.cancel_local_activity(seq);
        }
    }

    fn close_local_as_cancelled(&mut self, seq: Seq) {
        self.local_activities.to_start.retain(|it| *it != seq);
        let activity = self.local_activities.table.get(seq);
        activity.state = State::Closed;
        let cause = Failure::canceled("local activity cancelled").into_proto();
        activity.outcome = Some(Err(wrap_local(
            &activity.task,
            cause,
            enums::RetryState::CancelRequested,
        )));
        self.progressed();
    }

    /// Code has gone as far as it can without the results of its local activities. From here on whoever cancels one has to
    /// wait for its end, in a replay too.
    pub(crate) fn begin_local_activities(&mut self) {
        for seq in &self.local_activities.to_start {
            self.local_activities.table.get(*seq).state = State::Running;
        }
    }

    /// Those that the worker has to start now, as history does not have their results.
    pub(crate) fn take_local_activities_to_start(&mut self) -> Vec<LocalActivityTask> {
        let now = self.now();
        let to_start = std::mem::take(&mut self.local_activities.to_start);
        to_start
            .into_iter()
            .map(|seq| {
                let activity = self.local_activities.table.get(seq);
                let asked = activity.task.original_schedule_time;
                let waited = asked.and_then(|it| now.duration_since(it).ok());
                activity.task.waited = waited.unwrap_or_default();
                activity.task.clone()
            })
            .collect()
    }

    pub(crate) fn take_local_activities_to_cancel(&mut self) -> Vec<Seq> {
        std::mem::take(&mut self.local_activities.to_cancel)
    }

    /// Whether the worker runs one whose result the workflow task has to wait for.
    pub(crate) fn local_activities_run(&self) -> bool {
        let mut all = self.local_activities.table.iter();
        all.any(|(_, it)| matches!(it.state, State::Requested | State::Running))
    }

    /// Takes a result, live or from a marker, and records it.
    pub(crate) fn resolve_local_activity(&mut self, result: LocalActivityResult) {
        let seq = result.seq;
        let Some(activity) = self.local_activities.table.find(seq) else {
            return;
        };
        if !matches!(activity.state, State::Requested | State::Running) {
            return;
        }
        activity.task.attempt = result.attempt;
        let at = activity.at;
        let attributes = marker(&activity.task, &result);
        let outcome = result.outcome.map_err(|cause| {
            let state = enums::RetryState::Unspecified;
            wrap_local(&activity.task, *cause, state)
        });
        self.local_activities.to_start.retain(|it| *it != seq);
        self.local_activities.to_cancel.retain(|it| *it != seq);
        self.command(
            CommandId::Marker(MarkerId::LocalActivity(seq)),
            Attributes::RecordMarkerCommandAttributes(Box::new(attributes)),
            at,
        );
        if let Some(after) = result.backoff {
            let timer = self.start_timer(super::TimerRequest {
                duration: after,
                summary: None,
                at,
            });
            self.local_activities.table.get(seq).state = State::BackingOff { timer };
            return;
        }
        let activity = self.local_activities.table.get(seq);
        activity.state = State::Closed;
        activity.outcome = Some(outcome);
    }

    /// All calls so far.
    #[cfg(feature = "testing")]
    pub(crate) fn local_calls(&self) -> Vec<LocalCall> {
        let all = self.local_activities.table.iter();
        let calls = all.map(|(seq, it)| LocalCall {
            seq,
            activity_type: it.task.activity_type.clone(),
            input: it.task.input.clone(),
        });
        calls.collect()
    }

    /// The lines of `__stack_trace` for what is being waited for.
    pub(crate) fn waiting_local_activities(&self) -> impl Iterator<Item = String> + '_ {
        let open = self.local_activities.table.iter();
        open.filter(|(_, it)| !matches!(it.state, State::Closed | State::Superseded { .. }))
            .map(|(_, it)| {
                format!(
                    "local activity `{}` (id {}) at {}",
                    it.task.activity_type, it.task.activity_id, it.at
                )
            })
    }

    pub(crate) fn on_local_activity_recorded(
        &mut self,
        seq: Seq,
        event: &history::MarkerRecordedEventAttributes,
    ) -> Result<(), Mismatch> {
        let Some(found) = data_of(event) else {
            return Ok(());
        };
        let activity = self.local_activities.table.get(seq);
        let expected = seq.to_string();
        Mismatch::check("local activity number", &expected, &found.seq.to_string())?;
        Mismatch::check(
            "activity type",
            &activity.task.activity_type,
            &found.activity_type,
        )
    }
}

/// The result that a marker records.
pub(crate) fn result_of(
    event: &history::MarkerRecordedEventAttributes,
) -> Option<LocalActivityResult> {
    let data = data_of(event)?;
    let outcome = match &event.failure {
        Some(failure) => Err(Box::new(failure.clone())),
        None => Ok(first(event, "result").unwrap_or_default()),
    };
    Some(LocalActivityResult {
        seq: data.seq,
        attempt: data.attempt,
        complete_time: data.complete_time.map(|it| {
            time_from_proto(prost_types::Timestamp {
                seconds: it.seconds,
                nanos: it.nanos,
            })
        }),
        outcome,
        backoff: data.backoff.map(|it| {
            crate::time::duration_from_proto(prost_types::Duration {
                seconds: it.seconds,
                nanos: it.nanos,
            })
        }),
    })
}

/// The result that a command records.
#[cfg(feature = "testing")]
pub(crate) fn result_in(command: &command::Command) -> Option<LocalActivityResult> {
    match command.attributes.clone()? {
        Attributes::RecordMarkerCommandAttributes(it) if it.marker_name == MARKER => {
            result_of(&crate::engine::operation::history_of(*it))
        }
        _ => None,
    }
}

/// The type of the local activity whose end a marker records.
#[cfg(feature = "testing")]
pub(crate) fn activity_type_of(event: &history::MarkerRecordedEventAttributes) -> Option<String> {
    data_of(event).map(|data| data.activity_type)
}

fn data_of(event: &history::MarkerRecordedEventAttributes) -> Option<MarkerData> {
    let data = first(event, "data").or_else(|| first(event, "la-data"))?;
    serde_json::from_slice(&data.data).ok()
}

fn first(event: &history::MarkerRecordedEventAttributes, key: &str) -> Option<Payload> {
    event.details.get(key)?.payloads.first().cloned()
}

fn marker(
    task: &LocalActivityTask,
    result: &LocalActivityResult,
) -> command::RecordMarkerCommandAttributes {
    let stamp = |time: SystemTime| {
        let time = time_to_proto(time);
        Stamp {
            seconds: time.seconds,
            nanos: time.nanos,
        }
    };
    let data = MarkerData {
        seq: task.seq,
        attempt: result.attempt,
        activity_id: task.activity_id.clone(),
        activity_type: task.activity_type.clone(),
        complete_time: result.complete_time.map(stamp),
        backoff: result.backoff.map(|it| {
            let it = crate::time::duration_to_proto(it);
            Span {
                seconds: it.seconds,
                nanos: it.nanos,
            }
        }),
        original_schedule_time: task.original_schedule_time.map(stamp),
    };
    let data = DataConverter::default()
        .to_payload(&data)
        .expect("a struct of numbers and texts is JSON");
    let one = |payload: Payload| common::Payloads {
        payloads: vec![payload],
    };
    let mut details = BTreeMap::from([("data".to_owned(), one(data))]);
    let failure = match &result.outcome {
        Ok(payload) => {
            details.insert("result".to_owned(), one(payload.clone()));
            None
        }
        Err(failure) => Some((**failure).clone()),
    };
    command::RecordMarkerCommandAttributes {
        marker_name: MARKER.to_owned(),
        details,
        header: None,
        failure,
    }
}

fn wrap_local(
    task: &LocalActivityTask,
    cause: failure::Failure,
    retry_state: enums::RetryState,
) -> failure::Failure {
    let info = failure::ActivityFailureInfo {
        activity_type: Some(common::ActivityType {
            name: task.activity_type.clone(),
        }),
        activity_id: task.activity_id.clone(),
        retry_state: retry_state as i32,
        ..Default::default()
    };
    wrap(info, Some(cause), "local activity failed")
}
