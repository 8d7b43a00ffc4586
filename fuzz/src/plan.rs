//! Calls of clients and workers that know the protocol: few ids, so that calls meet; tasks that the server gave away,
//! most of them answered once. What is wrong with a call is left to [`spoil`](crate::spoil).

use arbitrary::{Result, Unstructured};
use mainspring_proto::{
    activity::v1::ActivityOptions,
    command::v1::{Command, command::Attributes, *},
    common::v1::{
        ActivityType, Memo, Payload, Payloads, RetryPolicy, WorkflowExecution, WorkflowType,
    },
    enums::v1::TaskQueueKind,
    failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    prost::{Message, Name},
    prost_types::{Any, Duration, FieldMask},
    protocol::v1::Message as ProtocolMessage,
    query::v1::{WorkflowQuery, WorkflowQueryResult},
    taskqueue::v1::{StickyExecutionAttributes, TaskQueue},
    update::v1 as update,
    workflowservice::v1::{
        execute_multi_operation_request::{Operation, operation},
        respond_workflow_task_completed_request::Capabilities,
        *,
    },
};
use mainspring_server::history::decide::commands::command;

use crate::Seen;

/// The name of an RPC, and a request.
type Call = (&'static str, Vec<u8>);

/// A call that makes sense where it comes, or might have a moment before.
///
/// # Errors
/// Never by itself; those of the noise.
pub fn plausible(noise: &mut Unstructured<'_>, seen: &mut Seen) -> Result<Call> {
    Plan { noise, seen }.call()
}

struct Plan<'p, 'n> {
    noise: &'p mut Unstructured<'n>,
    seen: &'p mut Seen,
}

impl Plan<'_, '_> {
    fn call(&mut self) -> Result<Call> {
        if self.seen.run_ids.is_empty() {
            return Ok(("StartWorkflowExecution", bytes(&self.start()?)));
        }
        Ok(match self.below(24)? {
            0..=7 => return self.workflow_worker(),
            8..=11 => return self.activity_worker(),
            12 => return self.operate(),
            13 => ("StartWorkflowExecution", bytes(&self.start()?)),
            14 => ("ResetWorkflowExecution", bytes(&self.reset()?)),
            15 | 16 => ("SignalWorkflowExecution", bytes(&self.signal()?)),
            17 => self.signal_with_start()?,
            18 | 19 => ("UpdateWorkflowExecution", bytes(&self.update()?)),
            20 => self.poll_update()?,
            21 => ("QueryWorkflow", bytes(&self.query()?)),
            22 => self.end()?,
            _ => self.start_with_update()?,
        })
    }

    fn start(&mut self) -> Result<StartWorkflowExecutionRequest> {
        let retry = self.rarely()?;
        Ok(StartWorkflowExecutionRequest {
            namespace: namespace(),
            workflow_id: self.id()?,
            workflow_type: workflow_type(),
            task_queue: queue(),
            workflow_execution_timeout: self.maybe_duration()?,
            workflow_run_timeout: self.maybe_duration()?,
            workflow_task_timeout: self.maybe_duration()?,
            request_id: self.item_id()?,
            workflow_id_reuse_policy: self.below(5)?,
            workflow_id_conflict_policy: self.below(4)?,
            retry_policy: retry.then(|| self.retry()).transpose()?,
            cron_schedule: self.cron()?,
            request_eager_execution: self.rarely()?,
            workflow_start_delay: self.maybe_duration()?,
            ..StartWorkflowExecutionRequest::default()
        })
    }

    /// A worker answers a task, or asks for one if it has none.
    fn workflow_worker(&mut self) -> Result<Call> {
        let Some(task) = self.seen.tasks.take(self.noise)? else {
            return match self.seen.tasks.is_dry() {
                true => Ok(("SignalWorkflowExecution", bytes(&self.signal()?))),
                false => Ok(("PollWorkflowTaskQueue", bytes(&self.poll()?))),
            };
        };
        if task.query.is_none() && self.below(8)? == 7 {
            return Ok(("RespondWorkflowTaskFailed", bytes(&self.failed(task)?)));
        }
        self.completed(task)
    }

    fn poll(&mut self) -> Result<PollWorkflowTaskQueueRequest> {
        Ok(PollWorkflowTaskQueueRequest {
            namespace: namespace(),
            task_queue: match self.rarely()? {
                true => sticky_queue(),
                false => queue(),
            },
            ..PollWorkflowTaskQueueRequest::default()
        })
    }

    fn poll_activity(&mut self) -> Result<PollActivityTaskQueueRequest> {
        Ok(PollActivityTaskQueueRequest {
            namespace: namespace(),
            task_queue: queue(),
            ..PollActivityTaskQueueRequest::default()
        })
    }

    /// The answer to a query, or all that there is to be done.
    fn completed(&mut self, task: PollWorkflowTaskQueueResponse) -> Result<Call> {
        if task.query.is_some() {
            let answer = RespondQueryTaskCompletedRequest {
                namespace: namespace(),
                task_token: task.task_token,
                completed_type: self.below(3)?,
                ..RespondQueryTaskCompletedRequest::default()
            };
            return Ok(("RespondQueryTaskCompleted", bytes(&answer)));
        }
        let sticky = self.rarely()?;
        let mut messages = Vec::new();
        for message in &task.messages {
            self.answer_update(message, &mut messages)?;
        }
        if let Some(id) = self.seen.accepted_updates.take(self.noise)? {
            messages.push(message(&id, "complete", &outcome()));
        }
        let mut commands = Vec::new();
        for _ in 0..self.below(4)? {
            commands.push(self.command()?);
        }
        let answered = |id: &String| (id.clone(), WorkflowQueryResult::default());
        let completed = RespondWorkflowTaskCompletedRequest {
            namespace: namespace(),
            task_token: task.task_token,
            commands,
            messages,
            query_results: task.queries.keys().map(answered).collect(),
            sticky_attributes: sticky.then(|| StickyExecutionAttributes {
                worker_task_queue: sticky_queue(),
                schedule_to_start_timeout: seconds(5),
            }),
            return_new_workflow_task: self.noise.arbitrary()?,
            force_create_new_workflow_task: self.rarely()?,
            capabilities: self.noise.ratio(1, 2)?.then_some(Capabilities {
                discard_speculative_workflow_task_with_events: true,
            }),
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        Ok(("RespondWorkflowTaskCompleted", bytes(&completed)))
    }

    fn answer_update(
        &mut self,
        request: &ProtocolMessage,
        answers: &mut Vec<ProtocolMessage>,
    ) -> Result<()> {
        let id = &request.protocol_instance_id;
        let body = request.body.as_ref().map(|body| body.value.as_slice());
        let acceptance = update::Acceptance {
            accepted_request_message_id: request.id.clone(),
            accepted_request_sequencing_event_id: 1,
            accepted_request: body.and_then(|body| update::Request::decode(body).ok()),
        };
        let rejection = update::Rejection {
            failure: Some(Failure::default()),
            ..update::Rejection::default()
        };
        match self.below(5)? {
            0 => {}
            1 => answers.push(message(id, "reject", &rejection)),
            2 => {
                answers.push(message(id, "accept", &acceptance));
                self.seen.accepted_updates.add(id.clone());
            }
            _ => {
                answers.push(message(id, "accept", &acceptance));
                answers.push(message(id, "complete", &outcome()));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Command> {
        use Attributes::*;
        let attributes = match self.below(24)? {
            0..=5 => StartTimerCommandAttributes(Box::new(self::StartTimerCommandAttributes {
                timer_id: self.item_id()?,
                start_to_fire_timeout: seconds(self.below(12)?),
            })),
            6 => RequestCancelActivityTaskCommandAttributes(Box::new(
                self::RequestCancelActivityTaskCommandAttributes {
                    scheduled_event_id: self.event_id()?,
                },
            )),
            7 => CancelTimerCommandAttributes(Box::new(self::CancelTimerCommandAttributes {
                timer_id: self.item_id()?,
            })),
            8 => RecordMarkerCommandAttributes(Box::new(self::RecordMarkerCommandAttributes {
                marker_name: "n".to_owned(),
                ..Default::default()
            })),
            9 | 10 => StartChildWorkflowExecutionCommandAttributes(Box::new(self.child()?)),
            11 => SignalExternalWorkflowExecutionCommandAttributes(Box::new(
                self::SignalExternalWorkflowExecutionCommandAttributes {
                    execution: self.execution()?,
                    signal_name: "n".to_owned(),
                    child_workflow_only: self.rarely()?,
                    ..Default::default()
                },
            )),
            12 => RequestCancelExternalWorkflowExecutionCommandAttributes(Box::new(
                self::RequestCancelExternalWorkflowExecutionCommandAttributes {
                    workflow_id: self.id()?,
                    child_workflow_only: self.rarely()?,
                    ..Default::default()
                },
            )),
            13 => CompleteWorkflowExecutionCommandAttributes(Box::default()),
            14 => FailWorkflowExecutionCommandAttributes(Box::new(
                self::FailWorkflowExecutionCommandAttributes {
                    failure: self.failure()?,
                },
            )),
            15 => CancelWorkflowExecutionCommandAttributes(Box::default()),
            16 => ContinueAsNewWorkflowExecutionCommandAttributes(Box::new(
                self::ContinueAsNewWorkflowExecutionCommandAttributes {
                    backoff_start_interval: self.maybe_duration()?,
                    workflow_run_timeout: self.maybe_duration()?,
                    ..Default::default()
                },
            )),
            17 => UpsertWorkflowSearchAttributesCommandAttributes(Box::default()),
            18 => ModifyWorkflowPropertiesCommandAttributes(Box::new(
                self::ModifyWorkflowPropertiesCommandAttributes {
                    upserted_memo: Some(Memo {
                        fields: [("n".to_owned(), Payload::default())].into(),
                    }),
                },
            )),
            19 => {
                ProtocolMessageCommandAttributes(Box::new(self::ProtocolMessageCommandAttributes {
                    message_id: format!("{}/accept", self.item_id()?),
                }))
            }
            _ => ScheduleActivityTaskCommandAttributes(Box::new(self.schedule_activity()?)),
        };
        Ok(command(attributes))
    }

    fn schedule_activity(&mut self) -> Result<ScheduleActivityTaskCommandAttributes> {
        Ok(ScheduleActivityTaskCommandAttributes {
            activity_id: self.item_id()?,
            activity_type: Some(ActivityType {
                name: "n".to_owned(),
            }),
            task_queue: queue(),
            schedule_to_close_timeout: self.maybe_duration()?,
            schedule_to_start_timeout: self.maybe_duration()?,
            start_to_close_timeout: seconds(5),
            heartbeat_timeout: self.maybe_duration()?,
            retry_policy: Some(self.retry()?),
            request_eager_execution: self.rarely()?,
            ..ScheduleActivityTaskCommandAttributes::default()
        })
    }

    fn child(&mut self) -> Result<StartChildWorkflowExecutionCommandAttributes> {
        Ok(StartChildWorkflowExecutionCommandAttributes {
            workflow_id: self.id()?,
            workflow_type: workflow_type(),
            workflow_run_timeout: self.maybe_duration()?,
            parent_close_policy: self.below(4)?,
            workflow_id_reuse_policy: self.below(5)?,
            cron_schedule: self.cron()?,
            ..StartChildWorkflowExecutionCommandAttributes::default()
        })
    }

    fn failed(
        &mut self,
        task: PollWorkflowTaskQueueResponse,
    ) -> Result<RespondWorkflowTaskFailedRequest> {
        Ok(RespondWorkflowTaskFailedRequest {
            namespace: namespace(),
            task_token: task.task_token,
            failure: self.failure()?,
            ..RespondWorkflowTaskFailedRequest::default()
        })
    }

    /// What a worker has to say of an activity, if it has one.
    fn activity_worker(&mut self) -> Result<Call> {
        let Some(task_token) = self.seen.activities.take(self.noise)? else {
            return match self.seen.activities.is_dry() {
                true => self.workflow_worker(),
                false => Ok(("PollActivityTaskQueue", bytes(&self.poll_activity()?))),
            };
        };
        let namespace = namespace();
        Ok(match self.below(6)? {
            0 => {
                let beat = RecordActivityTaskHeartbeatRequest {
                    namespace,
                    task_token,
                    details: payloads(),
                    ..RecordActivityTaskHeartbeatRequest::default()
                };
                self.seen.activities.add(beat.task_token.clone());
                ("RecordActivityTaskHeartbeat", bytes(&beat))
            }
            1 | 2 => {
                let failed = RespondActivityTaskFailedRequest {
                    namespace,
                    task_token,
                    failure: self.failure()?,
                    ..RespondActivityTaskFailedRequest::default()
                };
                ("RespondActivityTaskFailed", bytes(&failed))
            }
            3 => {
                let canceled = RespondActivityTaskCanceledRequest {
                    namespace,
                    task_token,
                    ..RespondActivityTaskCanceledRequest::default()
                };
                ("RespondActivityTaskCanceled", bytes(&canceled))
            }
            _ => {
                let completed = RespondActivityTaskCompletedRequest {
                    namespace,
                    task_token,
                    result: payloads(),
                    ..RespondActivityTaskCompletedRequest::default()
                };
                ("RespondActivityTaskCompleted", bytes(&completed))
            }
        })
    }

    /// An operator steps in.
    fn operate(&mut self) -> Result<Call> {
        let (namespace, execution) = (namespace(), self.execution()?);
        let id = self.item_id()?;
        Ok(match self.below(4)? {
            0 => {
                let pause = PauseActivityRequest {
                    namespace,
                    execution,
                    activity: Some(pause_activity_request::Activity::Id(id)),
                    ..PauseActivityRequest::default()
                };
                ("PauseActivity", bytes(&pause))
            }
            1 => {
                let unpause = UnpauseActivityRequest {
                    namespace,
                    execution,
                    reset_attempts: self.noise.arbitrary()?,
                    jitter: self.maybe_duration()?,
                    activity: Some(unpause_activity_request::Activity::Id(id)),
                    ..UnpauseActivityRequest::default()
                };
                ("UnpauseActivity", bytes(&unpause))
            }
            2 => {
                let reset = ResetActivityRequest {
                    namespace,
                    execution,
                    keep_paused: self.noise.arbitrary()?,
                    jitter: self.maybe_duration()?,
                    restore_original_options: self.rarely()?,
                    activity: Some(reset_activity_request::Activity::Id(id)),
                    ..ResetActivityRequest::default()
                };
                ("ResetActivity", bytes(&reset))
            }
            _ => {
                let update = UpdateActivityOptionsRequest {
                    namespace,
                    execution,
                    activity_options: Some(ActivityOptions {
                        schedule_to_start_timeout: seconds(3),
                        start_to_close_timeout: seconds(2),
                        ..ActivityOptions::default()
                    }),
                    update_mask: Some(FieldMask {
                        paths: vec!["start_to_close_timeout".to_owned()],
                    }),
                    activity: Some(update_activity_options_request::Activity::Id(id)),
                    ..UpdateActivityOptionsRequest::default()
                };
                ("UpdateActivityOptions", bytes(&update))
            }
        })
    }

    fn signal(&mut self) -> Result<SignalWorkflowExecutionRequest> {
        Ok(SignalWorkflowExecutionRequest {
            namespace: namespace(),
            workflow_execution: self.execution()?,
            signal_name: "n".to_owned(),
            input: payloads(),
            request_id: self.id()?,
            ..SignalWorkflowExecutionRequest::default()
        })
    }

    fn signal_with_start(&mut self) -> Result<Call> {
        let start = self.start()?;
        let request = SignalWithStartWorkflowExecutionRequest {
            namespace: start.namespace,
            workflow_id: start.workflow_id,
            workflow_type: start.workflow_type,
            task_queue: start.task_queue,
            workflow_run_timeout: start.workflow_run_timeout,
            request_id: start.request_id,
            workflow_id_reuse_policy: start.workflow_id_reuse_policy,
            workflow_id_conflict_policy: start.workflow_id_conflict_policy,
            retry_policy: start.retry_policy,
            cron_schedule: start.cron_schedule,
            workflow_start_delay: start.workflow_start_delay,
            signal_name: "n".to_owned(),
            ..SignalWithStartWorkflowExecutionRequest::default()
        };
        Ok(("SignalWithStartWorkflowExecution", bytes(&request)))
    }

    fn update(&mut self) -> Result<UpdateWorkflowExecutionRequest> {
        Ok(UpdateWorkflowExecutionRequest {
            namespace: namespace(),
            workflow_execution: self.execution()?,
            wait_policy: self.wait()?,
            request: Some(update::Request {
                meta: Some(update::Meta {
                    update_id: self.item_id()?,
                    ..update::Meta::default()
                }),
                input: Some(update::Input {
                    name: "n".to_owned(),
                    ..update::Input::default()
                }),
                ..update::Request::default()
            }),
            ..UpdateWorkflowExecutionRequest::default()
        })
    }

    fn poll_update(&mut self) -> Result<Call> {
        let request = PollWorkflowExecutionUpdateRequest {
            namespace: namespace(),
            update_ref: Some(update::UpdateRef {
                workflow_execution: self.execution()?,
                update_id: self.item_id()?,
            }),
            wait_policy: self.wait()?,
            ..PollWorkflowExecutionUpdateRequest::default()
        };
        Ok(("PollWorkflowExecutionUpdate", bytes(&request)))
    }

    fn start_with_update(&mut self) -> Result<Call> {
        let start = StartWorkflowExecutionRequest {
            cron_schedule: String::new(),
            request_eager_execution: false,
            workflow_start_delay: None,
            ..self.start()?
        };
        let update = UpdateWorkflowExecutionRequest {
            workflow_execution: Some(WorkflowExecution {
                workflow_id: start.workflow_id.clone(),
                run_id: String::new(),
            }),
            ..self.update()?
        };
        let operations = [
            operation::Operation::StartWorkflow(start),
            operation::Operation::UpdateWorkflow(update),
        ];
        let operations = operations.map(|operation| Operation {
            operation: Some(operation),
        });
        let request = ExecuteMultiOperationRequest {
            namespace: namespace(),
            operations: operations.into(),
            ..ExecuteMultiOperationRequest::default()
        };
        Ok(("ExecuteMultiOperation", bytes(&request)))
    }

    fn query(&mut self) -> Result<QueryWorkflowRequest> {
        Ok(QueryWorkflowRequest {
            namespace: namespace(),
            execution: self.execution()?,
            query: Some(WorkflowQuery {
                query_type: "n".to_owned(),
                ..WorkflowQuery::default()
            }),
            query_reject_condition: self.below(4)?,
        })
    }

    /// Somebody wants a workflow to end.
    fn end(&mut self) -> Result<Call> {
        let workflow_execution = self.execution()?;
        Ok(match self.below(4)? {
            0 => {
                let request = TerminateWorkflowExecutionRequest {
                    namespace: namespace(),
                    workflow_execution,
                    ..TerminateWorkflowExecutionRequest::default()
                };
                ("TerminateWorkflowExecution", bytes(&request))
            }
            1 => {
                let request = DeleteWorkflowExecutionRequest {
                    namespace: namespace(),
                    workflow_execution,
                };
                ("DeleteWorkflowExecution", bytes(&request))
            }
            _ => {
                let request = RequestCancelWorkflowExecutionRequest {
                    namespace: namespace(),
                    workflow_execution,
                    ..RequestCancelWorkflowExecutionRequest::default()
                };
                ("RequestCancelWorkflowExecution", bytes(&request))
            }
        })
    }

    fn reset(&mut self) -> Result<ResetWorkflowExecutionRequest> {
        Ok(ResetWorkflowExecutionRequest {
            namespace: namespace(),
            workflow_execution: self.execution()?,
            workflow_task_finish_event_id: self.event_id()?,
            request_id: self.id()?,
            reset_reapply_exclude_types: vec![self.below(5)?],
            ..ResetWorkflowExecutionRequest::default()
        })
    }

    fn wait(&mut self) -> Result<Option<update::WaitPolicy>> {
        Ok(Some(update::WaitPolicy {
            lifecycle_stage: if self.rarely()? { 3 } else { 2 },
        }))
    }

    fn execution(&mut self) -> Result<Option<WorkflowExecution>> {
        let run_id = match self.rarely()? {
            true => self.noise.choose(&self.seen.run_ids)?.clone(),
            false => String::new(),
        };
        Ok(Some(WorkflowExecution {
            workflow_id: self.id()?,
            run_id,
        }))
    }

    fn failure(&mut self) -> Result<Option<Failure>> {
        let info = ApplicationFailureInfo {
            non_retryable: self.rarely()?,
            ..ApplicationFailureInfo::default()
        };
        Ok(Some(Failure {
            failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
            ..Failure::default()
        }))
    }

    fn retry(&mut self) -> Result<RetryPolicy> {
        Ok(RetryPolicy {
            initial_interval: seconds(1),
            backoff_coefficient: 2.0,
            maximum_attempts: self.below(4)?,
            ..RetryPolicy::default()
        })
    }

    fn cron(&mut self) -> Result<String> {
        Ok(match self.below(12)? {
            11 => "@every 3s".to_owned(),
            _ => String::new(),
        })
    }

    fn id(&mut self) -> Result<String> {
        Ok(match self.below(8)? {
            6 => "m".to_owned(),
            7 => "o".to_owned(),
            _ => "n".to_owned(),
        })
    }

    /// The id of something of which a run has several.
    fn item_id(&mut self) -> Result<String> {
        Ok(format!("{}", self.below(4)?))
    }

    fn event_id(&mut self) -> Result<i64> {
        Ok(3 + i64::from(self.below(12)?))
    }

    fn maybe_duration(&mut self) -> Result<Option<Duration>> {
        Ok(match self.below(8)? {
            6 => seconds(2),
            7 => seconds(8),
            _ => None,
        })
    }

    fn rarely(&mut self) -> Result<bool> {
        Ok(!self.noise.ratio(3, 4)?)
    }

    fn below(&mut self, bound: i32) -> Result<i32> {
        self.noise.int_in_range(0..=bound - 1)
    }
}

fn bytes(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}

fn namespace() -> String {
    "default".to_owned()
}

fn workflow_type() -> Option<WorkflowType> {
    Some(WorkflowType {
        name: "n".to_owned(),
    })
}

fn queue() -> Option<TaskQueue> {
    Some(TaskQueue {
        name: "n".to_owned(),
        ..TaskQueue::default()
    })
}

fn sticky_queue() -> Option<TaskQueue> {
    Some(TaskQueue {
        name: "sticky".to_owned(),
        kind: TaskQueueKind::Sticky.into(),
        normal_name: "n".to_owned(),
    })
}

fn seconds(seconds: i32) -> Option<Duration> {
    Some(Duration {
        seconds: seconds.into(),
        nanos: 0,
    })
}

fn payloads() -> Option<Payloads> {
    Some(Payloads {
        payloads: vec![Payload::default()],
    })
}

fn outcome() -> update::Response {
    update::Response {
        outcome: Some(update::Outcome::default()),
        ..update::Response::default()
    }
}

fn message<M: Message + Name>(update_id: &str, kind: &str, body: &M) -> ProtocolMessage {
    ProtocolMessage {
        id: format!("{update_id}/{kind}"),
        protocol_instance_id: update_id.to_owned(),
        body: Some(Any {
            type_url: format!("type.googleapis.com/{}", M::full_name()),
            value: body.encode_to_vec(),
        }),
        sequencing_id: None,
    }
}
