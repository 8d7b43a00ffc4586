//! A history event with its encoding, and what kinds of events there are.

use std::sync::Arc;

use bytes::Bytes;
use mainspring_proto::{
    enums::v1::EventType,
    history::v1::{HistoryEvent, history_event::Attributes},
    prost::{DecodeError, Message},
};

use super::ids::EventId;

/// An event as it is stored: encoded once, when it is made, because every event is written, counted
/// and served in that form.
#[derive(Clone, Debug)]
pub struct Event {
    proto: HistoryEvent,
    encoded: Bytes,
}

impl Event {
    /// Encodes `proto`.
    pub fn new(proto: HistoryEvent) -> Arc<Self> {
        let encoded = proto.encode_to_vec().into();
        Arc::new(Self { proto, encoded })
    }

    /// Decodes a stored event.
    ///
    /// # Errors
    /// When the bytes are no event.
    pub fn decode(encoded: Bytes) -> Result<Arc<Self>, DecodeError> {
        let proto = HistoryEvent::decode(encoded.clone())?;
        Ok(Arc::new(Self { proto, encoded }))
    }

    /// The event.
    pub fn proto(&self) -> &HistoryEvent {
        &self.proto
    }

    /// The event's encoding.
    pub fn encoded(&self) -> &Bytes {
        &self.encoded
    }

    /// Its number; 0 while it is buffered.
    pub fn id(&self) -> EventId {
        self.proto.event_id
    }

    /// Its kind.
    pub fn kind(&self) -> EventType {
        self.proto.event_type()
    }

    /// What it says; every event that this server makes has attributes.
    pub fn attributes(&self) -> Option<&Attributes> {
        self.proto.attributes.as_ref()
    }

    /// When it happened.
    pub fn time(&self) -> super::time::Time {
        let time = self.proto.event_time.as_ref();
        time.map_or(super::time::Time::ZERO, super::time::Time::from_proto)
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.encoded == other.encoded
    }
}

/// The event type that goes with these attributes.
pub fn event_type(attributes: &Attributes) -> EventType {
    use Attributes::*;
    match attributes {
        WorkflowExecutionStartedEventAttributes(_) => EventType::WorkflowExecutionStarted,
        WorkflowExecutionCompletedEventAttributes(_) => EventType::WorkflowExecutionCompleted,
        WorkflowExecutionFailedEventAttributes(_) => EventType::WorkflowExecutionFailed,
        WorkflowExecutionTimedOutEventAttributes(_) => EventType::WorkflowExecutionTimedOut,
        WorkflowTaskScheduledEventAttributes(_) => EventType::WorkflowTaskScheduled,
        WorkflowTaskStartedEventAttributes(_) => EventType::WorkflowTaskStarted,
        WorkflowTaskCompletedEventAttributes(_) => EventType::WorkflowTaskCompleted,
        WorkflowTaskTimedOutEventAttributes(_) => EventType::WorkflowTaskTimedOut,
        WorkflowTaskFailedEventAttributes(_) => EventType::WorkflowTaskFailed,
        ActivityTaskScheduledEventAttributes(_) => EventType::ActivityTaskScheduled,
        ActivityTaskStartedEventAttributes(_) => EventType::ActivityTaskStarted,
        ActivityTaskCompletedEventAttributes(_) => EventType::ActivityTaskCompleted,
        ActivityTaskFailedEventAttributes(_) => EventType::ActivityTaskFailed,
        ActivityTaskTimedOutEventAttributes(_) => EventType::ActivityTaskTimedOut,
        TimerStartedEventAttributes(_) => EventType::TimerStarted,
        TimerFiredEventAttributes(_) => EventType::TimerFired,
        ActivityTaskCancelRequestedEventAttributes(_) => EventType::ActivityTaskCancelRequested,
        ActivityTaskCanceledEventAttributes(_) => EventType::ActivityTaskCanceled,
        TimerCanceledEventAttributes(_) => EventType::TimerCanceled,
        MarkerRecordedEventAttributes(_) => EventType::MarkerRecorded,
        WorkflowExecutionSignaledEventAttributes(_) => EventType::WorkflowExecutionSignaled,
        WorkflowExecutionTerminatedEventAttributes(_) => EventType::WorkflowExecutionTerminated,
        WorkflowExecutionCancelRequestedEventAttributes(_) => {
            EventType::WorkflowExecutionCancelRequested
        }
        WorkflowExecutionCanceledEventAttributes(_) => EventType::WorkflowExecutionCanceled,
        RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_) => {
            EventType::RequestCancelExternalWorkflowExecutionInitiated
        }
        RequestCancelExternalWorkflowExecutionFailedEventAttributes(_) => {
            EventType::RequestCancelExternalWorkflowExecutionFailed
        }
        ExternalWorkflowExecutionCancelRequestedEventAttributes(_) => {
            EventType::ExternalWorkflowExecutionCancelRequested
        }
        WorkflowExecutionContinuedAsNewEventAttributes(_) => {
            EventType::WorkflowExecutionContinuedAsNew
        }
        StartChildWorkflowExecutionInitiatedEventAttributes(_) => {
            EventType::StartChildWorkflowExecutionInitiated
        }
        StartChildWorkflowExecutionFailedEventAttributes(_) => {
            EventType::StartChildWorkflowExecutionFailed
        }
        ChildWorkflowExecutionStartedEventAttributes(_) => EventType::ChildWorkflowExecutionStarted,
        ChildWorkflowExecutionCompletedEventAttributes(_) => {
            EventType::ChildWorkflowExecutionCompleted
        }
        ChildWorkflowExecutionFailedEventAttributes(_) => EventType::ChildWorkflowExecutionFailed,
        ChildWorkflowExecutionCanceledEventAttributes(_) => {
            EventType::ChildWorkflowExecutionCanceled
        }
        ChildWorkflowExecutionTimedOutEventAttributes(_) => {
            EventType::ChildWorkflowExecutionTimedOut
        }
        ChildWorkflowExecutionTerminatedEventAttributes(_) => {
            EventType::ChildWorkflowExecutionTerminated
        }
        SignalExternalWorkflowExecutionInitiatedEventAttributes(_) => {
            EventType::SignalExternalWorkflowExecutionInitiated
        }
        SignalExternalWorkflowExecutionFailedEventAttributes(_) => {
            EventType::SignalExternalWorkflowExecutionFailed
        }
        ExternalWorkflowExecutionSignaledEventAttributes(_) => {
            EventType::ExternalWorkflowExecutionSignaled
        }
        UpsertWorkflowSearchAttributesEventAttributes(_) => {
            EventType::UpsertWorkflowSearchAttributes
        }
        WorkflowExecutionUpdateAcceptedEventAttributes(_) => {
            EventType::WorkflowExecutionUpdateAccepted
        }
        WorkflowExecutionUpdateRejectedEventAttributes(_) => {
            EventType::WorkflowExecutionUpdateRejected
        }
        WorkflowExecutionUpdateCompletedEventAttributes(_) => {
            EventType::WorkflowExecutionUpdateCompleted
        }
        WorkflowPropertiesModifiedExternallyEventAttributes(_) => {
            EventType::WorkflowPropertiesModifiedExternally
        }
        ActivityPropertiesModifiedExternallyEventAttributes(_) => {
            EventType::ActivityPropertiesModifiedExternally
        }
        WorkflowPropertiesModifiedEventAttributes(_) => EventType::WorkflowPropertiesModified,
        WorkflowExecutionUpdateAdmittedEventAttributes(_) => {
            EventType::WorkflowExecutionUpdateAdmitted
        }
        NexusOperationScheduledEventAttributes(_) => EventType::NexusOperationScheduled,
        NexusOperationStartedEventAttributes(_) => EventType::NexusOperationStarted,
        NexusOperationCompletedEventAttributes(_) => EventType::NexusOperationCompleted,
        NexusOperationFailedEventAttributes(_) => EventType::NexusOperationFailed,
        NexusOperationCanceledEventAttributes(_) => EventType::NexusOperationCanceled,
        NexusOperationTimedOutEventAttributes(_) => EventType::NexusOperationTimedOut,
        NexusOperationCancelRequestedEventAttributes(_) => EventType::NexusOperationCancelRequested,
        WorkflowExecutionOptionsUpdatedEventAttributes(_) => {
            EventType::WorkflowExecutionOptionsUpdated
        }
        NexusOperationCancelRequestCompletedEventAttributes(_) => {
            EventType::NexusOperationCancelRequestCompleted
        }
        NexusOperationCancelRequestFailedEventAttributes(_) => {
            EventType::NexusOperationCancelRequestFailed
        }
        WorkflowExecutionPausedEventAttributes(_) => EventType::WorkflowExecutionPaused,
        WorkflowExecutionUnpausedEventAttributes(_) => EventType::WorkflowExecutionUnpaused,
        WorkflowExecutionTimeSkippingTransitionedEventAttributes(_) => {
            EventType::WorkflowExecutionTimeSkippingTransitioned
        }
    }
}

/// Whether the event waits in the buffer while a workflow task is started, so that the worker's
/// commands follow directly on the history that it saw.
pub fn is_bufferable(kind: EventType) -> bool {
    use EventType::*;
    matches!(
        kind,
        WorkflowExecutionSignaled
            | WorkflowExecutionCancelRequested
            | WorkflowExecutionOptionsUpdated
            | WorkflowExecutionPaused
            | WorkflowExecutionUnpaused
            | WorkflowExecutionUpdateAdmitted
            | ActivityTaskStarted
            | ActivityTaskCompleted
            | ActivityTaskFailed
            | ActivityTaskTimedOut
            | ActivityTaskCanceled
            | TimerFired
            | RequestCancelExternalWorkflowExecutionFailed
            | ExternalWorkflowExecutionCancelRequested
            | SignalExternalWorkflowExecutionFailed
            | ExternalWorkflowExecutionSignaled
            | StartChildWorkflowExecutionFailed
            | ChildWorkflowExecutionStarted
            | ChildWorkflowExecutionCompleted
            | ChildWorkflowExecutionFailed
            | ChildWorkflowExecutionCanceled
            | ChildWorkflowExecutionTimedOut
            | ChildWorkflowExecutionTerminated
    )
}

/// Whether a buffered event of this kind is moved behind the others when the buffer is flushed: a
/// completion must follow the start it refers to, and the signals that came before it.
pub fn is_completion(kind: EventType) -> bool {
    use EventType::*;
    matches!(
        kind,
        ActivityTaskCompleted
            | ActivityTaskFailed
            | ActivityTaskTimedOut
            | ActivityTaskCanceled
            | ChildWorkflowExecutionCompleted
            | ChildWorkflowExecutionFailed
            | ChildWorkflowExecutionCanceled
            | ChildWorkflowExecutionTimedOut
            | ChildWorkflowExecutionTerminated
    )
}

/// Whether the event ends its run.
pub fn is_close(kind: EventType) -> bool {
    use EventType::*;
    matches!(
        kind,
        WorkflowExecutionCompleted
            | WorkflowExecutionFailed
            | WorkflowExecutionTimedOut
            | WorkflowExecutionCanceled
            | WorkflowExecutionTerminated
            | WorkflowExecutionContinuedAsNew
    )
}
