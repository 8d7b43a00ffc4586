//! Updates through gRPC, answered by a worker by hand.

use mainspring_proto::{
    command::v1::{
        ContinueAsNewWorkflowExecutionCommandAttributes, ProtocolMessageCommandAttributes,
        command::Attributes,
    },
    common::v1::WorkflowExecution,
    enums::v1::{
        EventType, UpdateWorkflowExecutionLifecycleStage as Stage, WorkflowIdConflictPolicy,
    },
    errordetails::v1::{MultiOperationExecutionFailure, NotFoundFailure},
    failure::v1::{Failure, MultiOperationExecutionAborted, failure::FailureInfo},
    prost::{Message as _, Name},
    prost_types::Any,
    protocol::v1::{Message, message::SequencingId},
    update::v1 as update,
    workflowservice::v1::{execute_multi_operation_request::operation::Operation, *},
};
use mainspring_server::history::decide::commands::command;
use tonic::{Code, Status};

use crate::{
    support::{TestServer, detail, start},
    support_workflow::{completes, execution, seconds, start_request},
};

fn update_request(update_id: &str, wait: Stage) -> UpdateWorkflowExecutionRequest {
    UpdateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w"),
        wait_policy: Some(update::WaitPolicy {
            lifecycle_stage: wait.into(),
        }),
        request: Some(update::Request {
            meta: Some(update::Meta {
                update_id: update_id.to_owned(),
                identity: String::new(),
            }),
            input: Some(update::Input {
                name: "u".to_owned(),
                ..update::Input::default()
            }),
            ..update::Request::default()
        }),
        ..UpdateWorkflowExecutionRequest::default()
    }
}

fn poll_request(update_id: &str, wait: Stage) -> PollWorkflowExecutionUpdateRequest {
    PollWorkflowExecutionUpdateRequest {
        namespace: "default".to_owned(),
        update_ref: Some(update::UpdateRef {
            workflow_execution: execution("w"),
            update_id: update_id.to_owned(),
        }),
        wait_policy: Some(update::WaitPolicy {
            lifecycle_stage: wait.into(),
        }),
        ..PollWorkflowExecutionUpdateRequest::default()
    }
}

type Answer<T> = tokio::task::JoinHandle<Result<T, Status>>;

/// What a worker makes of an update.
#[derive(Clone, Copy, PartialEq)]
enum Handling {
    Accept,
    Complete,
    Reject,
}

impl TestServer {
    /// Sends an update, and waits until the run has it.
    async fn send_update(
        &mut self,
        update_id: &str,
        wait: Stage,
    ) -> Answer<UpdateWorkflowExecutionResponse> {
        let mut client = self.client.clone();
        let request = update_request(update_id, wait);
        let sent = tokio::spawn(async move {
            let answer = client.update_workflow_execution(request).await;
            answer.map(tonic::Response::into_inner)
        });
        self.until_admitted(update_id).await;
        sent
    }

    async fn until_admitted(&mut self, update_id: &str) {
        let request = poll_request(update_id, Stage::Unspecified);
        while self
            .client
            .poll_workflow_execution_update(request.clone())
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    }

    async fn poll_update(
        &mut self,
        update_id: &str,
        wait: Stage,
    ) -> Result<PollWorkflowExecutionUpdateResponse, Status> {
        let polled = self
            .client
            .poll_workflow_execution_update(poll_request(update_id, wait))
            .await;
        polled.map(tonic::Response::into_inner)
    }

    /// Completes the next workflow task with answers to its updates, and these commands.
    async fn answer_updates(&mut self, handling: Handling, commands: Vec<Attributes>) {
        let task = self.poll_workflow().await;
        let messages = task.messages.iter().flat_map(|it| answers(it, handling));
        let messages: Vec<_> = messages.collect();
        // Where among the commands the workflow accepted or completed them.
        let order = messages
            .iter()
            .filter(|_| handling != Handling::Reject)
            .map(|message| {
                let message_id = message.id.clone();
                let it = ProtocolMessageCommandAttributes { message_id };
                Attributes::ProtocolMessageCommandAttributes(Box::new(it))
            });
        let commands: Vec<_> = order.chain(commands).collect();
        let request = RespondWorkflowTaskCompletedRequest {
            namespace: "default".to_owned(),
            messages,
            commands: commands.into_iter().map(command).collect(),
            task_token: task.task_token,
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        let done = self.client.respond_workflow_task_completed(request).await;
        done.expect("it is completed");
    }
}

/// The messages by which a worker answers an update.
fn answers(request: &Message, handling: Handling) -> Vec<Message> {
    let id = &request.protocol_instance_id;
    let body = request.body.as_ref().expect("it has a body");
    let asked = update::Request::decode(body.value.as_slice()).expect("it is an update");
    let message = |name: &str, body: Any| Message {
        id: format!("{id}/{name}"),
        protocol_instance_id: id.clone(),
        body: Some(body),
        ..Message::default()
    };
    if handling == Handling::Reject {
        let rejection = update::Rejection {
            rejected_request: Some(asked),
            failure: Some(Failure {
                message: "no".to_owned(),
                ..Failure::default()
            }),
            ..update::Rejection::default()
        };
        return vec![message("reject", any(&rejection))];
    }
    let acceptance = update::Acceptance {
        accepted_request_message_id: request.id.clone(),
        accepted_request_sequencing_event_id: match request.sequencing_id {
            Some(SequencingId::EventId(id)) => id,
            _ => 0,
        },
        accepted_request: Some(asked),
    };
    let mut messages = vec![message("accept", any(&acceptance))];
    if handling == Handling::Complete {
        let response = update::Response {
            outcome: Some(update::Outcome {
                value: Some(update::outcome::Value::Success(Default::default())),
            }),
            ..update::Response::default()
        };
        messages.push(message("complete", any(&response)));
    }
    messages
}

fn any<M: mainspring_proto::prost::Message + Name>(message: &M) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}

fn failure_of(outcome: Option<update::Outcome>) -> Failure {
    match outcome.and_then(|it| it.value) {
        Some(update::outcome::Value::Failure(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

fn type_of(failure: &Failure) -> &str {
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => &info.r#type,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_worker_is_sent_the_request_with_the_event_it_follows() {
    let mut server = start().await;
    server.start_workflow("w").await;
    server.answer_updates(Handling::Accept, vec![]).await;
    let sent = server.send_update("u", Stage::Completed).await;
    let task = server.poll_workflow().await;
    let [message] = task.messages.as_slice() else {
        panic!("{:?}", task.messages);
    };
    assert_eq!(
        (&*message.id, &*message.protocol_instance_id),
        ("u/request", "u")
    );
    assert_eq!(
        message.sequencing_id,
        Some(SequencingId::EventId(task.started_event_id - 1))
    );
    let url = message.body.as_ref().map(|it| &*it.type_url);
    assert_eq!(
        url,
        Some("type.googleapis.com/temporal.api.update.v1.Request")
    );
    sent.abort();
}

#[tokio::test]
async fn whoever_waits_is_answered_when_the_stage_is_reached() {
    let mut server = start().await;
    server.start_workflow("w").await;
    for (id, wait, handling, stage) in [
        ("a", Stage::Accepted, Handling::Accept, Stage::Accepted),
        ("b", Stage::Completed, Handling::Complete, Stage::Completed),
        ("c", Stage::Accepted, Handling::Complete, Stage::Completed),
        ("d", Stage::Accepted, Handling::Reject, Stage::Completed),
    ] {
        let sent = server.send_update(id, wait).await;
        server.answer_updates(handling, vec![]).await;
        let answer = sent.await.expect("it lives").expect("it is answered");
        assert_eq!(answer.stage(), stage, "{id}");
        assert_eq!(answer.outcome.is_some(), stage == Stage::Completed, "{id}");
        if handling == Handling::Reject {
            assert_eq!(failure_of(answer.outcome).message, "no");
            // Nothing is kept of it.
            let unknown = server
                .poll_update(id, Stage::Unspecified)
                .await
                .expect_err("it is gone");
            let _: NotFoundFailure = detail(&unknown);
        }
    }
}

#[tokio::test]
async fn who_waits_for_less_than_acceptance_is_refused() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let request = update_request("u", Stage::Admitted);
    let refused = server.client.update_workflow_execution(request).await;
    assert_eq!(
        refused.expect_err("it is not offered").code(),
        Code::PermissionDenied
    );
}

#[tokio::test]
async fn an_answer_says_how_far_it_has_come_when_time_is_up() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let mut request = tonic::Request::new(update_request("u", Stage::Completed));
    request.set_timeout(std::time::Duration::from_millis(300));
    let answer = server.client.update_workflow_execution(request).await;
    let answer = answer
        .expect("it is answered before the caller gives up")
        .into_inner();
    assert_eq!(answer.stage(), Stage::Admitted);
    server.answer_updates(Handling::Accept, vec![]).await;
    let mut request = tonic::Request::new(poll_request("u", Stage::Completed));
    request.set_timeout(std::time::Duration::from_millis(300));
    let answer = server.client.poll_workflow_execution_update(request).await;
    let answer = answer
        .expect("it is answered before the caller gives up")
        .into_inner();
    assert_eq!(answer.stage(), Stage::Accepted);
}

#[tokio::test]
async fn an_update_with_an_outcome_keeps_it_after_the_end_and_one_without_fails() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let done = server.send_update("done", Stage::Completed).await;
    server.answer_updates(Handling::Complete, vec![]).await;
    done.await.expect("it lives").expect("it is answered");
    let left = server.send_update("left", Stage::Completed).await;
    server.answer_updates(Handling::Accept, completes()).await;
    let answer = left.await.expect("it lives").expect("it is answered");
    let failure = failure_of(answer.outcome);
    assert_eq!(type_of(&failure), "AcceptedUpdateCompletedWorkflow");

    // Sent again, and polled, they are what they were.
    let again = server
        .client
        .update_workflow_execution(update_request("done", Stage::Completed))
        .await;
    let again = again.expect("it is known").into_inner();
    assert!(matches!(
        again.outcome.and_then(|it| it.value),
        Some(update::outcome::Value::Success(_))
    ));
    let polled = server
        .poll_update("left", Stage::Completed)
        .await
        .expect("it is known");
    assert_eq!(
        type_of(&failure_of(polled.outcome)),
        "AcceptedUpdateCompletedWorkflow"
    );
    let late = server
        .client
        .update_workflow_execution(update_request("late", Stage::Completed))
        .await;
    let late = late.expect_err("the run has ended");
    assert_eq!(
        (late.code(), late.message()),
        (Code::NotFound, "workflow execution already completed")
    );
}

#[tokio::test]
async fn an_update_that_was_not_accepted_is_aborted_by_the_end_and_moves_on_with_a_chain() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let aborted = server.send_update("u", Stage::Completed).await;
    let terminate = TerminateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w"),
        ..TerminateWorkflowExecutionRequest::default()
    };
    server
        .client
        .terminate_workflow_execution(terminate)
        .await
        .expect("it is ended");
    let aborted = aborted
        .await
        .expect("it lives")
        .expect_err("the run has ended");
    assert_eq!(
        aborted.message(),
        "workflow update was aborted by closing workflow"
    );
    let _: NotFoundFailure = detail(&aborted);

    let request = StartWorkflowExecutionRequest {
        request_id: "again".to_owned(),
        ..start_request("w")
    };
    server
        .client
        .start_workflow_execution(request)
        .await
        .expect("it is started");
    let moved = server.send_update("m", Stage::Accepted).await;
    // The worker has seen it, and continues as new without an answer.
    let task = server.poll_workflow().await;
    assert_eq!(task.messages.len(), 1);
    let next = ContinueAsNewWorkflowExecutionCommandAttributes::default();
    let next = Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(Box::new(next));
    server
        .complete(&task, vec![next])
        .await
        .expect("it is completed");
    server.answer_updates(Handling::Accept, vec![]).await;
    let answer = moved.await.expect("it lives").expect("it is answered");
    assert_eq!(answer.stage(), Stage::Accepted);
    let run = answer
        .update_ref
        .and_then(|it| it.workflow_execution)
        .unwrap_or_default()
        .run_id;
    assert_ne!(Some(run), task.workflow_execution.map(|it| it.run_id));
}

fn update_with_start(update_id: &str) -> ExecuteMultiOperationRequest {
    let start = StartWorkflowExecutionRequest {
        request_id: format!("start-for-{update_id}"),
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::UseExisting.into(),
        ..start_request("w")
    };
    both(start, update_request(update_id, Stage::Accepted))
}

fn both(
    start: StartWorkflowExecutionRequest,
    update: UpdateWorkflowExecutionRequest,
) -> ExecuteMultiOperationRequest {
    multi(vec![
        Operation::StartWorkflow(start),
        Operation::UpdateWorkflow(update),
    ])
}

fn multi(operations: Vec<Operation>) -> ExecuteMultiOperationRequest {
    ExecuteMultiOperationRequest {
        namespace: "default".to_owned(),
        operations: operations
            .into_iter()
            .map(|operation| execute_multi_operation_request::Operation {
                operation: Some(operation),
            })
            .collect(),
        ..ExecuteMultiOperationRequest::default()
    }
}

fn started(answer: &ExecuteMultiOperationResponse) -> &StartWorkflowExecutionResponse {
    match &answer.responses[0].response {
        Some(execute_multi_operation_response::response::Response::StartWorkflow(it)) => it,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_update_with_start_outlives_the_run_it_found() {
    let mut server = start().await;
    let found = server.start_workflow("w").await;
    server.poll_workflow().await;
    let mut client = server.client.clone();
    let updating =
        tokio::spawn(async move { client.execute_multi_operation(update_with_start("u")).await });
    server.until_admitted("u").await;
    let terminate = TerminateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: Some(WorkflowExecution {
            workflow_id: "w".to_owned(),
            run_id: found.clone(),
        }),
        ..TerminateWorkflowExecutionRequest::default()
    };
    server
        .client
        .terminate_workflow_execution(terminate)
        .await
        .expect("it is ended");
    server.answer_updates(Handling::Accept, vec![]).await;
    let answer = updating
        .await
        .expect("it lives")
        .expect("it is answered")
        .into_inner();
    assert!(started(&answer).started);
    assert_ne!(started(&answer).run_id, found);
}

#[tokio::test]
async fn an_update_with_start_that_is_sent_twice_starts_and_updates_once() {
    let mut server = start().await;
    let mut runs = Vec::new();
    for again in [false, true] {
        let mut client = server.client.clone();
        let updating =
            tokio::spawn(
                async move { client.execute_multi_operation(update_with_start("u")).await },
            );
        if !again {
            server.until_admitted("u").await;
            server.answer_updates(Handling::Complete, completes()).await;
        }
        let answer = updating
            .await
            .expect("it lives")
            .expect("it is answered")
            .into_inner();
        runs.push(started(&answer).run_id.clone());
    }
    assert_eq!(runs[0], runs[1]);
    let accepted = server
        .kinds("w")
        .await
        .into_iter()
        .filter(|it| *it == EventType::WorkflowExecutionUpdateAccepted);
    assert_eq!(accepted.count(), 1);
}

#[tokio::test]
async fn a_refused_update_with_start_says_which_of_the_two_is_to_blame() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let start = start_request("w");
    let update = update_request("u", Stage::Accepted);
    let taken = StartWorkflowExecutionRequest {
        request_id: "another".to_owned(),
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::Fail.into(),
        ..start.clone()
    };
    let cron = StartWorkflowExecutionRequest {
        cron_schedule: "* * * * *".to_owned(),
        ..start.clone()
    };
    let eager = StartWorkflowExecutionRequest {
        request_eager_execution: true,
        ..start.clone()
    };
    let delayed = StartWorkflowExecutionRequest {
        workflow_start_delay: seconds(1),
        ..start.clone()
    };
    let mut of_a_run = update.clone();
    of_a_run.workflow_execution = Some(WorkflowExecution {
        workflow_id: "w".to_owned(),
        run_id: "run".to_owned(),
    });
    let of_a_chain = UpdateWorkflowExecutionRequest {
        first_execution_run_id: "run".to_owned(),
        ..update.clone()
    };
    let elsewhere = UpdateWorkflowExecutionRequest {
        workflow_execution: execution("v"),
        ..update.clone()
    };
    for (start, update, blamed, code) in [
        (taken, update.clone(), 0, Code::AlreadyExists),
        (cron, update.clone(), 0, Code::InvalidArgument),
        (eager, update.clone(), 0, Code::InvalidArgument),
        (delayed, update.clone(), 0, Code::InvalidArgument),
        (start.clone(), of_a_run, 1, Code::InvalidArgument),
        (start.clone(), of_a_chain, 1, Code::InvalidArgument),
        (start.clone(), elsewhere, 1, Code::InvalidArgument),
    ] {
        let refused = server
            .client
            .execute_multi_operation(both(start, update))
            .await;
        let refused = refused.expect_err("it is refused");
        assert_eq!(refused.code(), code);
        let found: MultiOperationExecutionFailure = detail(&refused);
        assert_eq!(found.statuses[blamed].code, code as i32, "{found:?}");
        let other = &found.statuses[1 - blamed];
        assert_eq!(other.code, Code::Aborted as i32);
        let aborted = format!(
            "type.googleapis.com/{}",
            MultiOperationExecutionAborted::full_name()
        );
        assert_eq!(other.details[0].type_url, aborted);
    }
    let backwards = multi(vec![
        Operation::UpdateWorkflow(update),
        Operation::StartWorkflow(start),
    ]);
    let refused = server.client.execute_multi_operation(backwards).await;
    assert_eq!(
        refused.expect_err("it is the wrong order").code(),
        Code::InvalidArgument
    );
}
