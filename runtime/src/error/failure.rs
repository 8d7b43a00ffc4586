//! The failure tree, as every SDK sees it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use mainspring_proto::enums::v1 as enums;
use mainspring_proto::failure::v1 as proto;
use mainspring_proto::failure::v1::failure::FailureInfo;

use crate::converter::{DataConverter, EncodedValues, Payload};
use crate::time::{duration_from_proto, duration_to_proto};

/// A failure as it is recorded in histories: Temporal's `Failure`, decoded.
///
/// The conversion from and to the protocol's message keeps everything that either side can express.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failure {
    /// What went wrong, for people.
    pub message: String,
    /// The SDK that made the failure, such as `GoSDK`.
    pub source: String,
    /// The stack of the code that failed, in the form of its language.
    pub stack_trace: String,
    /// What kind of failure it is, and what belongs to that kind.
    pub kind: FailureKind,
    /// What caused it.
    pub cause: Option<Box<Failure>>,
    /// Message and stack trace as a payload, where a failure converter moved them out of sight.
    pub encoded_attributes: Option<Payload>,
}

pub(super) const BENIGN: i32 = enums::ApplicationErrorCategory::Benign as i32;

/// What kind of failure it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FailureKind {
    /// No kind is recorded.
    #[default]
    Unspecified,
    /// Code of the application failed.
    Application {
        /// The type to match on, in retry policies too.
        error_type: String,
        /// Set if a retry policy must not retry it.
        non_retryable: bool,
        /// Values that the code attached.
        details: EncodedValues,
        /// When to retry instead of what the retry policy says.
        next_retry_delay: Option<Duration>,
        /// How loudly to report it.
        category: i32,
    },
    /// Something took too long.
    Timeout {
        /// Which of the timeouts.
        kind: TimeoutKind,
        /// What the activity reported last.
        last_heartbeat: EncodedValues,
    },
    /// It was cancelled.
    Canceled {
        /// Values that the code attached.
        details: EncodedValues,
        /// Who cancelled it, where the server recorded that.
        identity: String,
    },
    /// The workflow was terminated.
    Terminated {
        /// Who terminated it, where the server recorded that.
        identity: String,
    },
    /// The server refused or gave up.
    Server {
        /// Set if trying again is of no use.
        non_retryable: bool,
    },
    /// The workflow was reset.
    ResetWorkflow {
        /// What the activity reported last.
        last_heartbeat: EncodedValues,
    },
    /// An activity failed; the cause says how.
    Activity {
        /// The event that scheduled it.
        scheduled_event_id: i64,
        /// The event that started it.
        started_event_id: i64,
        /// The worker that ran it.
        identity: String,
        /// The activity's type.
        activity_type: String,
        /// The activity's id.
        activity_id: String,
        /// Why it was not retried again.
        retry_state: RetryState,
    },
    /// A child workflow failed; the cause says how.
    ChildWorkflow {
        /// The child's namespace.
        namespace: String,
        /// The child's workflow id.
        workflow_id: String,
        /// The child's run id.
        run_id: String,
        /// The child's type.
        workflow_type: String,
        /// The event that asked for it.
        initiated_event_id: i64,
        /// The event that started it.
        started_event_id: i64,
        /// Why it was not retried again.
        retry_state: RetryState,
    },
    /// A Nexus operation failed; the cause says how.
    NexusOperation(Box<proto::NexusOperationFailureInfo>),
    /// The handler of a Nexus operation failed.
    NexusHandler(Box<proto::NexusHandlerFailureInfo>),
}

/// Which timeout it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeoutKind {
    /// Not recorded.
    #[default]
    Unspecified,
    /// An attempt took longer than its `start_to_close`.
    StartToClose,
    /// No worker took it within its `schedule_to_start`.
    ScheduleToStart,
    /// All attempts together took longer than `schedule_to_close`.
    ScheduleToClose,
    /// No heartbeat came within `heartbeat`.
    Heartbeat,
}

/// Why the server did not retry again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryState {
    /// Not recorded.
    #[default]
    Unspecified,
    /// It is being retried.
    InProgress,
    /// The failure is one that must not be retried.
    NonRetryableFailure,
    /// The next attempt would start after the timeout.
    Timeout,
    /// All attempts are used up.
    MaximumAttemptsReached,
    /// There is no retry policy.
    RetryPolicyNotSet,
    /// The server failed.
    InternalServerError,
    /// It was asked to cancel.
    CancelRequested,
}

impl Failure {
    /// An application failure of a type, as code would return it.
    pub fn application(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: crate::SDK_SOURCE.to_owned(),
            kind: FailureKind::Application {
                error_type: error_type.into(),
                non_retryable: false,
                details: EncodedValues::default(),
                next_retry_delay: None,
                category: 0,
            },
            ..Self::default()
        }
    }

    /// An application failure that no retry policy retries.
    pub(crate) fn non_retryable(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        let mut failure = Self::application(error_type, message);
        if let FailureKind::Application { non_retryable, .. } = &mut failure.kind {
            *non_retryable = true;
        }
        failure
    }

    /// A cancellation.
    pub fn canceled(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: crate::SDK_SOURCE.to_owned(),
            kind: FailureKind::Canceled {
                details: EncodedValues::default(),
                identity: String::new(),
            },
            ..Self::default()
        }
    }

    /// What the code attached to a cancellation.
    pub(crate) fn cancellation_details(self) -> EncodedValues {
        match self.kind {
            FailureKind::Canceled { details, .. } => details,
            _ => EncodedValues::default(),
        }
    }

    /// The failure at the bottom of the tree, which is where code failed first.
    pub fn root_cause(&self) -> &Self {
        let mut at = self;
        while let Some(cause) = &at.cause {
            at = cause;
        }
        at
    }

    /// The type of an application failure; empty for the other kinds.
    pub fn error_type(&self) -> &str {
        match &self.kind {
            FailureKind::Application { error_type, .. } => error_type,
            _ => "",
        }
    }

    /// Whether this failure is a cancellation, of its own or of the activity or child that it tells of.
    pub fn is_cancellation(&self) -> bool {
        match &self.kind {
            FailureKind::Canceled { .. } => true,
            FailureKind::Activity { .. } | FailureKind::ChildWorkflow { .. } => {
                self.cause.as_ref().is_some_and(|it| it.is_cancellation())
            }
            _ => false,
        }
    }

    /// Whether its author calls it part of normal operation.
    pub(crate) fn is_benign(&self) -> bool {
        match self.kind {
            FailureKind::Application { category, .. } => category == BENIGN,
            _ => false,
        }
    }

    /// Decodes the protocol's message.
    pub fn from_proto(from: proto::Failure) -> Self {
        Self {
            message: from.message,
            source: from.source,
            stack_trace: from.stack_trace,
            kind: from.failure_info.map(kind_from_proto).unwrap_or_default(),
            cause: from.cause.map(|cause| Box::new(Self::from_proto(*cause))),
            encoded_attributes: from.encoded_attributes,
        }
    }

    /// The same, whose details are decoded by this converter.
    #[must_use]
    pub fn read_by(mut self, converter: &DataConverter) -> Self {
        if let FailureKind::Application { details, .. }
        | FailureKind::Canceled { details, .. }
        | FailureKind::Timeout {
            last_heartbeat: details,
            ..
        }
        | FailureKind::ResetWorkflow {
            last_heartbeat: details,
        } = &mut self.kind
        {
            *details = std::mem::take(details).read_by(converter);
        }
        self.cause = self.cause.map(|it| Box::new(it.read_by(converter)));
        self
    }

    /// Encodes into the protocol's message.
    pub fn into_proto(self) -> proto::Failure {
        proto::Failure {
            message: self.message,
            source: self.source,
            stack_trace: self.stack_trace,
            encoded_attributes: self.encoded_attributes,
            cause: self.cause.map(|cause| Box::new(cause.into_proto())),
            failure_info: kind_into_proto(self.kind),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FailureKind::Application { error_type, .. } if !error_type.is_empty() => {
                write!(f, "{error_type}: {}", self.message)
            }
            FailureKind::Activity { activity_type, .. } => {
                write!(f, "activity `{activity_type}` failed: {}", self.reason())
            }
            FailureKind::ChildWorkflow { workflow_type, .. } => {
                write!(
                    f,
                    "child workflow `{workflow_type}` failed: {}",
                    self.reason()
                )
            }
            _ => f.write_str(&self.message),
        }
    }
}

impl Failure {
    /// A wrapper, which the server puts around the failure of an activity or a child, says where it happened; its
    /// cause says what happened.
    fn wrapped(&self) -> Option<&Failure> {
        match self.kind {
            FailureKind::Activity { .. } | FailureKind::ChildWorkflow { .. } => {
                self.cause.as_deref()
            }
            _ => None,
        }
    }

    fn reason(&self) -> &dyn fmt::Display {
        match self.wrapped() {
            Some(cause) => cause,
            None => &self.message,
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.wrapped() {
            // It is part of the text already.
            Some(cause) => cause.source(),
            None => self.cause.as_deref().map(|cause| cause as &dyn Error),
        }
    }
}

impl fmt::Display for TimeoutKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "timeout",
            Self::StartToClose => "start-to-close timeout",
            Self::ScheduleToStart => "schedule-to-start timeout",
            Self::ScheduleToClose => "schedule-to-close timeout",
            Self::Heartbeat => "heartbeat timeout",
        })
    }
}

impl TimeoutKind {
    fn from_proto(value: i32) -> Self {
        match enums::TimeoutType::try_from(value) {
            Ok(enums::TimeoutType::StartToClose) => Self::StartToClose,
            Ok(enums::TimeoutType::ScheduleToStart) => Self::ScheduleToStart,
            Ok(enums::TimeoutType::ScheduleToClose) => Self::ScheduleToClose,
            Ok(enums::TimeoutType::Heartbeat) => Self::Heartbeat,
            Ok(enums::TimeoutType::Unspecified) | Err(_) => Self::Unspecified,
        }
    }

    fn into_proto(self) -> i32 {
        (match self {
            Self::Unspecified => enums::TimeoutType::Unspecified,
            Self::StartToClose => enums::TimeoutType::StartToClose,
            Self::ScheduleToStart => enums::TimeoutType::ScheduleToStart,
            Self::ScheduleToClose => enums::TimeoutType::ScheduleToClose,
            Self::Heartbeat => enums::TimeoutType::Heartbeat,
        }) as i32
    }
}

impl RetryState {
    pub(crate) fn from_proto(value: i32) -> Self {
        match enums::RetryState::try_from(value) {
            Ok(enums::RetryState::InProgress) => Self::InProgress,
            Ok(enums::RetryState::NonRetryableFailure) => Self::NonRetryableFailure,
            Ok(enums::RetryState::Timeout) => Self::Timeout,
            Ok(enums::RetryState::MaximumAttemptsReached) => Self::MaximumAttemptsReached,
            Ok(enums::RetryState::RetryPolicyNotSet) => Self::RetryPolicyNotSet,
            Ok(enums::RetryState::InternalServerError) => Self::InternalServerError,
            Ok(enums::RetryState::CancelRequested) => Self::CancelRequested,
            Ok(enums::RetryState::Unspecified) | Err(_) => Self::Unspecified,
        }
    }

    fn into_proto(self) -> i32 {
        (match self {
            Self::Unspecified => enums::RetryState::Unspecified,
            Self::InProgress => enums::RetryState::InProgress,
            Self::NonRetryableFailure => enums::RetryState::NonRetryableFailure,
            Self::Timeout => enums::RetryState::Timeout,
            Self::MaximumAttemptsReached => enums::RetryState::MaximumAttemptsReached,
            Self::RetryPolicyNotSet => enums::RetryState::RetryPolicyNotSet,
            Self::InternalServerError => enums::RetryState::InternalServerError,
            Self::CancelRequested => enums::RetryState::CancelRequested,
        }) as i32
    }
}

fn kind_from_proto(info: FailureInfo) -> FailureKind {
    match info {
        FailureInfo::ApplicationFailureInfo(info) => FailureKind::Application {
            error_type: info.r#type,
            non_retryable: info.non_retryable,
            details: EncodedValues::from(info.details),
            next_retry_delay: info.next_retry_delay.map(duration_from_proto),
            category: info.category,
        },
        FailureInfo::TimeoutFailureInfo(info) => FailureKind::Timeout {
            kind: TimeoutKind::from_proto(info.timeout_type),
            last_heartbeat: EncodedValues::from(info.last_heartbeat_details),
        },
        FailureInfo::CanceledFailureInfo(info) => FailureKind::Canceled {
            details: EncodedValues::from(info.details),
            identity: info.identity,
        },
        FailureInfo::TerminatedFailureInfo(info) => FailureKind::Terminated {
            identity: info.identity,
        },
        FailureInfo::ServerFailureInfo(info) => FailureKind::Server {
            non_retryable: info.non_retryable,
        },
        FailureInfo::ResetWorkflowFailureInfo(info) => FailureKind::ResetWorkflow {
            last_heartbeat: EncodedValues::from(info.last_heartbeat_details),
        },
        FailureInfo::ActivityFailureInfo(info) => FailureKind::Activity {
            scheduled_event_id: info.scheduled_event_id,
            started_event_id: info.started_event_id,
            identity: info.identity,
            activity_type: info.activity_type.unwrap_or_default().name,
            activity_id: info.activity_id,
            retry_state: RetryState::from_proto(info.retry_state),
        },
        FailureInfo::ChildWorkflowExecutionFailureInfo(info) => {
            let execution = info.workflow_execution.unwrap_or_default();
            FailureKind::ChildWorkflow {
                namespace: info.namespace,
                workflow_id: execution.workflow_id,
                run_id: execution.run_id,
                workflow_type: info.workflow_type.unwrap_or_default().name,
                initiated_event_id: info.initiated_event_id,
                started_event_id: info.started_event_id,
                retry_state: RetryState::from_proto(info.retry_state),
            }
        }
        FailureInfo::NexusOperationExecutionFailureInfo(info) => {
            FailureKind::NexusOperation(Box::new(info))
        }
        FailureInfo::NexusHandlerFailureInfo(info) => FailureKind::NexusHandler(Box::new(info)),
    }
}

fn kind_into_proto(kind: FailureKind) -> Option<FailureInfo> {
    Some(match kind {
        FailureKind::Unspecified => return None,
        FailureKind::Application {
            error_type,
            non_retryable,
            details,
            next_retry_delay,
            category,
        } => FailureInfo::ApplicationFailureInfo(proto::ApplicationFailureInfo {
            r#type: error_type,
            non_retryable,
            details: details.into_proto(),
            next_retry_delay: next_retry_delay.map(duration_to_proto),
            category,
        }),
        FailureKind::Timeout {
            kind,
            last_heartbeat,
        } => FailureInfo::TimeoutFailureInfo(proto::TimeoutFailureInfo {
            timeout_type: kind.into_proto(),
            last_heartbeat_details: last_heartbeat.into_proto(),
        }),
        FailureKind::Canceled { details, identity } => {
            FailureInfo::CanceledFailureInfo(proto::CanceledFailureInfo {
                details: details.into_proto(),
                identity,
            })
        }
        FailureKind::Terminated { identity } => {
            FailureInfo::TerminatedFailureInfo(proto::TerminatedFailureInfo { identity })
        }
        FailureKind::Server { non_retryable } => {
            FailureInfo::ServerFailureInfo(proto::ServerFailureInfo { non_retryable })
        }
        FailureKind::ResetWorkflow { last_heartbeat } => {
            FailureInfo::ResetWorkflowFailureInfo(proto::ResetWorkflowFailureInfo {
                last_heartbeat_details: last_heartbeat.into_proto(),
            })
        }
        FailureKind::Activity {
            scheduled_event_id,
            started_event_id,
            identity,
            activity_type,
            activity_id,
            retry_state,
        } => FailureInfo::ActivityFailureInfo(proto::ActivityFailureInfo {
            scheduled_event_id,
            started_event_id,
            identity,
            activity_type: Some(mainspring_proto::common::v1::ActivityType {
                name: activity_type,
            }),
            activity_id,
            retry_state: retry_state.into_proto(),
        }),
        FailureKind::ChildWorkflow {
            namespace,
            workflow_id,
            run_id,
            workflow_type,
            initiated_event_id,
            started_event_id,
            retry_state,
        } => FailureInfo::ChildWorkflowExecutionFailureInfo(
            proto::ChildWorkflowExecutionFailureInfo {
                namespace,
                workflow_execution: Some(mainspring_proto::common::v1::WorkflowExecution {
                    workflow_id,
                    run_id,
                }),
                workflow_type: Some(mainspring_proto::common::v1::WorkflowType {
                    name: workflow_type,
                }),
                initiated_event_id,
                started_event_id,
                retry_state: retry_state.into_proto(),
            },
        ),
        FailureKind::NexusOperation(info) => FailureInfo::NexusOperationExecutionFailureInfo(*info),
        FailureKind::NexusHandler(info) => FailureInfo::NexusHandlerFailureInfo(*info),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_down_to_what_the_code_said() {
        let root = Failure::application("IoError", "the disk is full");
        let surface = Failure {
            cause: Some(Box::new(root)),
            ..Failure::application("Unsaved", "could not save")
        };
        let activity = Failure {
            message: "activity failed".into(),
            kind: FailureKind::Activity {
                scheduled_event_id: 5,
                started_event_id: 6,
                identity: String::new(),
                activity_type: "save".into(),
                activity_id: "1".into(),
                retry_state: RetryState::default(),
            },
            cause: Some(Box::new(surface)),
            ..Failure::default()
        };
        assert_eq!(
            activity.to_string(),
            "activity `save` failed: Unsaved: could not save"
        );
        let source = activity.source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("IoError: the disk is full"));
    }
}
