//! A workflow of activities in sequence, played to the server's core: every request that a server would have of its
//! client and its worker, and every record that it would store.

use std::time::Duration;

use bytes::Bytes;
use mainspring::converter::{DataConverter, Value};
use mainspring_proto::command::v1::{
    CompleteWorkflowExecutionCommandAttributes, ScheduleActivityTaskCommandAttributes,
    command::Attributes,
};
use mainspring_proto::common::v1::{ActivityType, Payloads, WorkflowType};
use mainspring_proto::history::v1::WorkflowExecutionStartedEventAttributes;
use mainspring_server::history::{
    decide::{
        activity::{ActivitySelector, CompleteActivity, StartActivityTask},
        commands,
        complete_workflow_task::CompleteWorkflowTask,
        fail_workflow_task::WorkflowTaskRef,
        start_run::{NewRun, start_run},
        start_workflow_task::StartWorkflowTask,
    },
    ids::{Ids, WorkflowKey},
    limits::Limits,
    record,
    state::MutableState,
    time::{Time, proto_duration},
    transition::{Cx, Extras, Request, any_search_attributes, decide},
};

/// Plays a chain of so many activities to its end; the records that are stored, in order.
pub(crate) fn records(activities: u32) -> Vec<Bytes> {
    let mut run = Run::start(activities);
    for step in 0..activities {
        let task = run.poll();
        run.complete(task, activity(step));
        run.perform(step);
    }
    let task = run.poll();
    run.complete(
        task,
        Attributes::CompleteWorkflowExecutionCommandAttributes(Box::new(
            CompleteWorkflowExecutionCommandAttributes {
                result: payloads(last(activities)),
            },
        )),
    );
    run.records
}

/// What the last of so many activities returns.
fn last(activities: u32) -> String {
    activities
        .checked_sub(1)
        .map_or_else(String::new, |it| it.to_string())
}

struct Run {
    state: MutableState,
    ids: Ids,
    limits: Limits,
    records: Vec<Bytes>,
}

const NOW: Time = Time::from_nanos(1_700_000_000_000_000_000);

fn cx<'a>(ids: &'a Ids, limits: &'a Limits) -> Cx<'a> {
    Cx {
        now: NOW,
        ids,
        limits,
        namespace: "default",
        retention: std::time::Duration::from_secs(24 * 60 * 60),
        admit_search_attributes: &any_search_attributes,
    }
}

impl Run {
    fn start(activities: u32) -> Self {
        let (ids, limits) = (Ids::from_seed(1), Limits::default());
        let key = WorkflowKey {
            namespace_id: "namespace".into(),
            workflow_id: "chain".into(),
        };
        let started = WorkflowExecutionStartedEventAttributes {
            workflow_type: Some(WorkflowType {
                name: "chain".to_owned(),
            }),
            input: payloads(activities),
            workflow_task_timeout: Some(proto_duration(Duration::from_secs(10))),
            original_execution_run_id: "run".to_owned(),
            attempt: 1,
            ..Default::default()
        };
        let new = NewRun {
            started,
            request_id: "start".to_owned(),
            ..NewRun::default()
        };
        let begun = start_run(key.run("run"), new, Extras::default(), cx(&ids, &limits));
        let records = vec![record::encode(&begun.changes)];
        Self {
            state: begun.state,
            ids,
            limits,
            records,
        }
    }

    fn send<R: Request>(&mut self, request: R) -> R::Reply {
        let decided = decide(&self.state, request, &cx(&self.ids, &self.limits));
        let Ok(transition) = decided else {
            panic!("every request of a chain is in order")
        };
        self.records.push(record::encode(&transition.changes));
        self.state = transition.state;
        transition.reply
    }

    fn poll(&mut self) -> WorkflowTaskRef {
        let waiting = self
            .state
            .workflow_task
            .as_ref()
            .expect("something has happened");
        let started = self.send(StartWorkflowTask {
            scheduled_event_id: waiting.scheduled_event_id,
            attempt: waiting.attempt,
            worker: "worker".to_owned().into(),
            request_id: "poll".to_owned(),
        });
        WorkflowTaskRef {
            scheduled_event_id: started.scheduled_event_id,
            started_event_id: started.started_event_id,
            attempt: started.attempt,
            started_time: started.started_time,
        }
    }

    fn complete(&mut self, task: WorkflowTaskRef, command: Attributes) {
        self.send(CompleteWorkflowTask {
            commands: vec![commands::command(command)],
            worker: "worker".to_owned().into(),
            task,
            ..CompleteWorkflowTask::default()
        });
    }

    fn perform(&mut self, step: u32) {
        let activity = self
            .state
            .activity_by_id(&id(step))
            .expect("it is scheduled");
        let (scheduled_event_id, stamp) = (activity.scheduled_event_id(), activity.stamp);
        self.send(StartActivityTask {
            scheduled_event_id,
            stamp,
            identity: "worker".to_owned(),
        });
        self.send(CompleteActivity {
            activity: ActivitySelector::Token {
                scheduled_event_id,
                attempt: 1,
            },
            result: payloads(step.to_string()),
            worker: "worker".to_owned().into(),
        });
    }
}

/// As the engine counts them: from 1.
fn id(step: u32) -> String {
    (step + 1).to_string()
}

fn activity(step: u32) -> Attributes {
    Attributes::ScheduleActivityTaskCommandAttributes(Box::new(
        ScheduleActivityTaskCommandAttributes {
            activity_id: id(step),
            activity_type: Some(ActivityType {
                name: "say".to_owned(),
            }),
            input: payloads(step.to_string()),
            start_to_close_timeout: Some(proto_duration(Duration::from_secs(60))),
            ..Default::default()
        },
    ))
}

fn payloads<T: Value>(value: T) -> Option<Payloads> {
    let payload = DataConverter::default()
        .to_payload(&value)
        .expect("it is plain data");
    Some(Payloads {
        payloads: vec![payload],
    })
}
