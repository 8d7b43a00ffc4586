//! What a worker and the process of an activity tell each other: each message with its length in front.

use std::io;

use bytes::Bytes;
use mainspring_proto::common::v1 as common;
use mainspring_proto::failure::v1::Failure;
use mainspring_proto::workflowservice::v1::PollActivityTaskQueueResponse;
use prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::activity::{ActivityInfo, CancelReason};
use crate::converter::{EncodedValues, Payload};
use crate::time::{duration_to_proto, time_to_proto};

/// What no message reaches: servers take a few MiB at most. More is no message of ours.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// To the process: first `start`, then perhaps `cancel`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ToProcess {
    #[prost(message, optional, tag = "1")]
    pub(super) start: Option<Start>,
    /// As [`reason_to_wire`] says.
    #[prost(uint32, optional, tag = "2")]
    pub(super) cancel: Option<u32>,
}

/// The attempt, as a server would hand it out.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Start {
    #[prost(message, required, tag = "1")]
    pub(super) task: PollActivityTaskQueueResponse,
    #[prost(string, tag = "2")]
    pub(super) task_queue: String,
    #[prost(bool, tag = "3")]
    pub(super) is_local: bool,
}

/// From the process: one of the three; `outcome` is the last.
#[derive(Clone, PartialEq, Message)]
pub(super) struct FromProcess {
    #[prost(message, optional, tag = "1")]
    pub(super) heartbeat: Option<common::Payloads>,
    #[prost(message, optional, tag = "2")]
    pub(super) measured: Option<Measured>,
    #[prost(message, optional, tag = "3")]
    pub(super) outcome: Option<Outcome>,
}

/// One of the first two; neither if the activity is completed by someone else.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Outcome {
    #[prost(message, optional, tag = "1")]
    pub(super) result: Option<common::Payload>,
    #[prost(message, optional, tag = "2")]
    pub(super) failure: Option<Failure>,
}

/// A measurement: the method of `Metrics`, and its arguments.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Measured {
    #[prost(enumeration = "Measure", tag = "1")]
    pub(super) measure: i32,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(string, repeated, tag = "3")]
    pub(super) label_names: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub(super) label_values: Vec<String>,
    #[prost(double, tag = "5")]
    pub(super) value: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Measure {
    Count = 0,
    Gauge = 1,
    Record = 2,
    /// In seconds.
    Latency = 3,
}

impl Start {
    pub(super) fn new(
        info: &ActivityInfo,
        last_heartbeat: &EncodedValues,
        input: Vec<Payload>,
    ) -> Self {
        let task = PollActivityTaskQueueResponse {
            task_token: info.task_token.clone().into(),
            workflow_namespace: info.namespace.clone(),
            workflow_type: Some(common::WorkflowType {
                name: info.workflow_type.clone(),
            }),
            workflow_execution: Some(common::WorkflowExecution {
                workflow_id: info.workflow_id.clone(),
                run_id: info.workflow_run_id.clone(),
            }),
            activity_type: Some(common::ActivityType {
                name: info.activity_type.clone(),
            }),
            activity_id: info.activity_id.clone(),
            header: Some(common::Header {
                fields: info.headers.clone(),
            }),
            input: EncodedValues::new(input).into_proto(),
            heartbeat_details: last_heartbeat.clone().into_proto(),
            scheduled_time: info.scheduled.map(time_to_proto),
            started_time: info.started.map(time_to_proto),
            attempt: i32::try_from(info.attempt).unwrap_or(i32::MAX),
            schedule_to_close_timeout: info.schedule_to_close.map(duration_to_proto),
            start_to_close_timeout: info.start_to_close.map(duration_to_proto),
            heartbeat_timeout: info.heartbeat.map(duration_to_proto),
            ..Default::default()
        };
        Self {
            task,
            task_queue: info.task_queue.clone(),
            is_local: info.is_local,
        }
    }
}

pub(super) fn reason_to_wire(reason: CancelReason) -> u32 {
    match reason {
        CancelReason::Requested => 1,
        CancelReason::Gone => 2,
        CancelReason::Paused => 3,
        CancelReason::WorkerShutdown => 4,
    }
}

pub(super) fn reason_from_wire(reason: u32) -> CancelReason {
    match reason {
        1 => CancelReason::Requested,
        3 => CancelReason::Paused,
        4 => CancelReason::WorkerShutdown,
        _ => CancelReason::Gone,
    }
}

pub(super) async fn send(
    to: &mut (impl AsyncWrite + Unpin),
    message: &impl Message,
) -> io::Result<()> {
    let body = message.encode_to_vec();
    let length = u32::try_from(body.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    to.write_u32(length).await?;
    to.write_all(&body).await?;
    to.flush().await
}

/// The next message.
///
/// # Errors
/// `UnexpectedEof` if the other side is gone.
pub(super) async fn receive<M: Message + Default>(
    from: &mut (impl AsyncRead + Unpin),
) -> io::Result<M> {
    let length = from.read_u32().await? as usize;
    if length > MAX_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    Ok(M::decode(Bytes::from(body))?)
}
