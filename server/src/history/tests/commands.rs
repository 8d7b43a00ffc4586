//! The commands of a script, as a worker sends them.

use std::time::Duration;

use mainspring_proto::{
    command::v1::{Command, command::Attributes as CommandAttributes, *},
    common::v1::{ActivityType, RetryPolicy, WorkflowExecution, WorkflowType},
    failure::v1::Failure,
};

use crate::history::{decide::commands::command, time::proto_duration};

use super::{
    script::Cmd,
    world::{World, payload_of},
};

impl World {
    pub(super) fn command(&self, it: &Cmd) -> Command {
        use CommandAttributes::*;
        let millis = |ms: u64| Some(proto_duration(Duration::from_millis(ms)));
        let activity = |id: &str| self::ScheduleActivityTaskCommandAttributes {
            activity_id: id.to_owned(),
            activity_type: Some(ActivityType {
                name: "activity".to_owned(),
            }),
            start_to_close_timeout: millis(1000),
            schedule_to_close_timeout: millis(3000),
            ..Default::default()
        };
        command(match it {
            Cmd::Activity(id) => ScheduleActivityTaskCommandAttributes(Box::new(activity(id))),
            Cmd::TwiceActivity(id) => ScheduleActivityTaskCommandAttributes(Box::new(
                self::ScheduleActivityTaskCommandAttributes {
                    retry_policy: Some(RetryPolicy {
                        initial_interval: millis(100),
                        maximum_attempts: 2,
                        ..Default::default()
                    }),
                    ..activity(id)
                },
            )),
            Cmd::BeatingActivity(id) => ScheduleActivityTaskCommandAttributes(Box::new(
                self::ScheduleActivityTaskCommandAttributes {
                    heartbeat_timeout: millis(500),
                    retry_policy: Some(RetryPolicy {
                        maximum_attempts: 1,
                        ..Default::default()
                    }),
                    ..activity(id)
                },
            )),
            Cmd::HugeActivity(id) => ScheduleActivityTaskCommandAttributes(Box::new(
                self::ScheduleActivityTaskCommandAttributes {
                    input: Some(payload_of(self.limits.blob_size + 1)),
                    ..activity(id)
                },
            )),
            Cmd::EagerActivity(id) => ScheduleActivityTaskCommandAttributes(Box::new(
                self::ScheduleActivityTaskCommandAttributes {
                    request_eager_execution: true,
                    ..activity(id)
                },
            )),
            Cmd::CancelActivity(id) => RequestCancelActivityTaskCommandAttributes(Box::new(
                self::RequestCancelActivityTaskCommandAttributes {
                    scheduled_event_id: self.state.activity_ids.get(*id).copied().unwrap_or(0),
                },
            )),
            Cmd::CancelActivityOf(event) => RequestCancelActivityTaskCommandAttributes(Box::new(
                self::RequestCancelActivityTaskCommandAttributes {
                    scheduled_event_id: *event,
                },
            )),
            Cmd::Timer(id, ms) => {
                StartTimerCommandAttributes(Box::new(self::StartTimerCommandAttributes {
                    timer_id: (*id).to_owned(),
                    start_to_fire_timeout: millis(*ms),
                }))
            }
            Cmd::CancelTimer(id) => {
                CancelTimerCommandAttributes(Box::new(self::CancelTimerCommandAttributes {
                    timer_id: (*id).to_owned(),
                }))
            }
            Cmd::Marker(name) => {
                RecordMarkerCommandAttributes(Box::new(self::RecordMarkerCommandAttributes {
                    marker_name: (*name).to_owned(),
                    ..Default::default()
                }))
            }
            Cmd::Child(id) => StartChildWorkflowExecutionCommandAttributes(Box::new(
                self::StartChildWorkflowExecutionCommandAttributes {
                    workflow_id: (*id).to_owned(),
                    workflow_type: Some(WorkflowType {
                        name: "child".to_owned(),
                    }),
                    ..Default::default()
                },
            )),
            Cmd::SignalExternal(id) => SignalExternalWorkflowExecutionCommandAttributes(Box::new(
                self::SignalExternalWorkflowExecutionCommandAttributes {
                    execution: Some(WorkflowExecution {
                        workflow_id: (*id).to_owned(),
                        run_id: String::new(),
                    }),
                    signal_name: "signal".to_owned(),
                    ..Default::default()
                },
            )),
            Cmd::CancelExternal(id) => {
                RequestCancelExternalWorkflowExecutionCommandAttributes(Box::new(
                    self::RequestCancelExternalWorkflowExecutionCommandAttributes {
                        workflow_id: (*id).to_owned(),
                        ..Default::default()
                    },
                ))
            }
            Cmd::Complete => CompleteWorkflowExecutionCommandAttributes(Box::default()),
            Cmd::FailRun => FailWorkflowExecutionCommandAttributes(Box::new(
                self::FailWorkflowExecutionCommandAttributes {
                    failure: Some(Failure::default()),
                },
            )),
            Cmd::CancelRun => CancelWorkflowExecutionCommandAttributes(Box::default()),
            Cmd::ContinueAsNew => ContinueAsNewWorkflowExecutionCommandAttributes(Box::default()),
            Cmd::Nonsense => StartTimerCommandAttributes(Box::default()),
        })
    }
}
