//! How changes are stored: one record per transition. The tags are part of the file format and
//! never change their meaning.

use std::sync::Arc;

use bytes::Bytes;
use prost::{DecodeError, Message};

use super::{
    change::{
        ActivityHeartbeat, ActivityOptionsSet, ActivityPaused, ActivityRef, ActivityReset,
        ActivityRetryScheduled, ActivityStarted, ActivityUnpaused, BufferedRemoved, Change,
        Created, ProblemsReported, ResetTo, StickySet, TimeoutsRenewed, UpdateRemoved,
        WorkflowTaskClosed, WorkflowTaskScheduled, WorkflowTaskStarted,
    },
    event::Event,
};

#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(message, repeated, tag = "1")]
    changes: Vec<RecordedChange>,
}

#[derive(Clone, PartialEq, Message)]
struct RecordedChange {
    #[prost(
        oneof = "Kind",
        tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23"
    )]
    kind: Option<Kind>,
}

// Lives only while a record is encoded or decoded.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    /// An encoded `HistoryEvent`, as are the next two.
    #[prost(bytes = "bytes", tag = "1")]
    Event(Bytes),
    #[prost(bytes = "bytes", tag = "2")]
    Buffered(Bytes),
    #[prost(bytes = "bytes", tag = "3")]
    Flushed(Bytes),
    #[prost(message, tag = "4")]
    Created(Created),
    #[prost(message, tag = "5")]
    BufferedRemoved(BufferedRemoved),
    #[prost(message, tag = "6")]
    BufferTaken(Nothing),
    #[prost(message, tag = "7")]
    WorkflowTaskScheduled(WorkflowTaskScheduled),
    #[prost(message, tag = "8")]
    WorkflowTaskStarted(WorkflowTaskStarted),
    #[prost(message, tag = "9")]
    WorkflowTaskClosed(WorkflowTaskClosed),
    #[prost(message, tag = "10")]
    Sticky(StickySet),
    #[prost(message, tag = "11")]
    ActivityStarted(ActivityStarted),
    #[prost(message, tag = "12")]
    ActivityRetryScheduled(ActivityRetryScheduled),
    #[prost(message, tag = "13")]
    ActivityDispatched(ActivityRef),
    #[prost(message, tag = "14")]
    ActivityHeartbeat(ActivityHeartbeat),
    #[prost(message, tag = "15")]
    CloseAnnounced(Nothing),
    #[prost(message, tag = "16")]
    ResetTo(ResetTo),
    #[prost(message, tag = "17")]
    ProblemsReported(ProblemsReported),
    #[prost(message, tag = "18")]
    ActivityPaused(ActivityPaused),
    #[prost(message, tag = "19")]
    ActivityUnpaused(ActivityUnpaused),
    #[prost(message, tag = "20")]
    ActivityReset(ActivityReset),
    #[prost(message, tag = "21")]
    ActivityOptionsSet(ActivityOptionsSet),
    #[prost(message, tag = "22")]
    TimeoutsRenewed(TimeoutsRenewed),
    #[prost(message, tag = "23")]
    UpdateRemoved(UpdateRemoved),
}

#[derive(Clone, PartialEq, Message)]
struct Nothing {}

/// Encodes the durable ones among `changes`.
pub fn encode(changes: &[Change]) -> Bytes {
    let record = Record {
        changes: changes
            .iter()
            .filter(|change| change.is_durable())
            .map(|change| RecordedChange {
                kind: recorded(change),
            })
            .collect(),
    };
    record.encode_to_vec().into()
}

/// The changes of a stored record.
///
/// # Errors
/// When the bytes are no record, or one that a newer server wrote.
pub fn decode(record: Bytes) -> Result<Vec<Change>, DecodeError> {
    let record = Record::decode(record)?;
    record.changes.into_iter().map(restored).collect()
}

/// The encoded history events of a stored record, in order.
///
/// # Errors
/// When the bytes are no record.
pub fn events(record: Bytes) -> Result<Vec<Bytes>, DecodeError> {
    let record = Record::decode(record)?;
    Ok(record
        .changes
        .into_iter()
        .filter_map(|change| match change.kind {
            Some(Kind::Event(event) | Kind::Flushed(event)) => Some(event),
            _ => None,
        })
        .collect())
}

fn recorded(change: &Change) -> Option<Kind> {
    Some(match change {
        Change::Created(it) => Kind::Created(it.clone()),
        Change::Event(event) => Kind::Event(event.encoded().clone()),
        Change::Buffered(event) => Kind::Buffered(event.encoded().clone()),
        Change::Flushed(event) => Kind::Flushed(event.encoded().clone()),
        Change::BufferedRemoved(it) => Kind::BufferedRemoved(it.clone()),
        Change::BufferTaken => Kind::BufferTaken(Nothing {}),
        Change::WorkflowTaskScheduled(it) => Kind::WorkflowTaskScheduled(it.clone()),
        Change::WorkflowTaskStarted(it) => Kind::WorkflowTaskStarted(it.clone()),
        Change::WorkflowTaskClosed(it) => Kind::WorkflowTaskClosed(it.clone()),
        Change::Sticky(it) => Kind::Sticky(it.clone()),
        Change::ActivityStarted(it) => Kind::ActivityStarted(it.clone()),
        Change::ActivityRetryScheduled(it) => Kind::ActivityRetryScheduled(it.clone()),
        Change::ActivityDispatched(it) => Kind::ActivityDispatched(it.clone()),
        Change::ActivityHeartbeat(it) => Kind::ActivityHeartbeat(it.clone()),
        Change::CloseAnnounced => Kind::CloseAnnounced(Nothing {}),
        Change::ResetTo(it) => Kind::ResetTo(it.clone()),
        Change::ProblemsReported(it) => Kind::ProblemsReported(it.clone()),
        Change::ActivityPaused(it) => Kind::ActivityPaused(it.clone()),
        Change::ActivityUnpaused(it) => Kind::ActivityUnpaused(it.clone()),
        Change::ActivityReset(it) => Kind::ActivityReset(it.clone()),
        Change::ActivityOptionsSet(it) => Kind::ActivityOptionsSet(it.clone()),
        Change::TimeoutsRenewed(it) => Kind::TimeoutsRenewed(it.clone()),
        Change::UpdateRemoved(it) => Kind::UpdateRemoved(it.clone()),
        Change::UpdateAdmitted(_) | Change::UpdateSent(_) | Change::UpdateReturned(_) => {
            return None;
        }
    })
}

fn restored(change: RecordedChange) -> Result<Change, DecodeError> {
    let kind = change
        .kind
        .ok_or_else(|| DecodeError::new("a change of an unknown kind"))?;
    let event = |bytes| -> Result<Arc<Event>, DecodeError> { Event::decode(bytes) };
    Ok(match kind {
        Kind::Created(it) => Change::Created(it),
        Kind::Event(bytes) => Change::Event(event(bytes)?),
        Kind::Buffered(bytes) => Change::Buffered(event(bytes)?),
        Kind::Flushed(bytes) => Change::Flushed(event(bytes)?),
        Kind::BufferedRemoved(it) => Change::BufferedRemoved(it),
        Kind::BufferTaken(_) => Change::BufferTaken,
        Kind::WorkflowTaskScheduled(it) => Change::WorkflowTaskScheduled(it),
        Kind::WorkflowTaskStarted(it) => Change::WorkflowTaskStarted(it),
        Kind::WorkflowTaskClosed(it) => Change::WorkflowTaskClosed(it),
        Kind::Sticky(it) => Change::Sticky(it),
        Kind::ActivityStarted(it) => Change::ActivityStarted(it),
        Kind::ActivityRetryScheduled(it) => Change::ActivityRetryScheduled(it),
        Kind::ActivityDispatched(it) => Change::ActivityDispatched(it),
        Kind::ActivityHeartbeat(it) => Change::ActivityHeartbeat(it),
        Kind::CloseAnnounced(_) => Change::CloseAnnounced,
        Kind::ResetTo(it) => Change::ResetTo(it),
        Kind::ProblemsReported(it) => Change::ProblemsReported(it),
        Kind::ActivityPaused(it) => Change::ActivityPaused(it),
        Kind::ActivityUnpaused(it) => Change::ActivityUnpaused(it),
        Kind::ActivityReset(it) => Change::ActivityReset(it),
        Kind::ActivityOptionsSet(it) => Change::ActivityOptionsSet(it),
        Kind::TimeoutsRenewed(it) => Change::TimeoutsRenewed(it),
        Kind::UpdateRemoved(it) => Change::UpdateRemoved(it),
    })
}
