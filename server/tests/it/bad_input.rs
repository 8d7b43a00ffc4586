//! Requests that make no sense: the code and the detail that clients read, and a server that goes
//! on.

use std::time::Duration;

use mainspring_proto::{
    common::v1::{Callback, Payload, Payloads, WorkerVersionCapabilities, WorkflowExecution},
    errordetails::v1::{NamespaceNotFoundFailure, NotFoundFailure, PermissionDeniedFailure},
    taskqueue::v1::TaskQueue,
    update,
    workflowservice::v1::{execute_multi_operation_request::operation::Operation, *},
};
use tonic::{Code, Request};

use crate::{
    support::{TestServer, detail, start},
    support_workflow::{execution, queue, seconds, start_request},
};

#[track_caller]
fn is_invalid<T: std::fmt::Debug>(answer: Result<T, tonic::Status>, message: &str) {
    let status = answer.expect_err("it makes no sense");
    assert_eq!(
        (status.code(), status.message()),
        (Code::InvalidArgument, message)
    );
}

async fn start_fails(server: &mut TestServer, request: StartWorkflowExecutionRequest, why: &str) {
    is_invalid(server.client.start_workflow_execution(request).await, why);
}

#[tokio::test]
async fn a_start_that_asks_to_be_called_back_is_refused_rather_than_forgotten() {
    let mut server = start().await;
    let request = StartWorkflowExecutionRequest {
        completion_callbacks: vec![Callback::default()],
        ..start_request("w")
    };
    let answer = server.client.start_workflow_execution(request).await;
    let status = answer.expect_err("nobody would be called");
    assert_eq!(status.code(), Code::Unimplemented);
    let started = server.client.start_workflow_execution(start_request("w"));
    assert!(
        started
            .await
            .expect("nothing was started")
            .into_inner()
            .started
    );
}

#[tokio::test]
async fn an_update_that_asks_to_be_called_back_is_refused_rather_than_forgotten() {
    let mut server = start().await;
    let started = server.client.start_workflow_execution(start_request("w"));
    started.await.expect("it starts");
    let update = |callbacks| UpdateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w"),
        request: Some(update::v1::Request {
            meta: Some(update::v1::Meta::default()),
            input: Some(update::v1::Input {
                name: "change".to_owned(),
                ..update::v1::Input::default()
            }),
            completion_callbacks: callbacks,
            ..update::v1::Request::default()
        }),
        ..UpdateWorkflowExecutionRequest::default()
    };
    let called_back = update(vec![Callback::default()]);
    let answer = server.client.update_workflow_execution(called_back.clone());
    let status = answer.await.expect_err("nobody would be called");
    assert_eq!(status.code(), Code::Unimplemented);

    let with_start = |callbacks, update| ExecuteMultiOperationRequest {
        namespace: "default".to_owned(),
        operations: [
            Operation::StartWorkflow(StartWorkflowExecutionRequest {
                completion_callbacks: callbacks,
                ..start_request("w")
            }),
            Operation::UpdateWorkflow(update),
        ]
        .map(|it| execute_multi_operation_request::Operation {
            operation: Some(it),
        })
        .into(),
        ..ExecuteMultiOperationRequest::default()
    };
    for request in [
        with_start(vec![Callback::default()], update(vec![])),
        with_start(vec![], called_back),
    ] {
        let answer = server.client.execute_multi_operation(request).await;
        let status = answer.expect_err("nobody would be called");
        assert_eq!(status.code(), Code::Unimplemented);
    }
}

#[tokio::test]
async fn starts_with_something_wrong_are_refused() {
    let mut server = start().await;
    let good = || start_request("w");
    let cases: Vec<(StartWorkflowExecutionRequest, &str)> = vec![
        (
            StartWorkflowExecutionRequest {
                workflow_id: String::new(),
                ..good()
            },
            "WorkflowId is not set on request.",
        ),
        (
            StartWorkflowExecutionRequest {
                workflow_id: "x".repeat(1001),
                ..good()
            },
            "WorkflowId exceeds maximum allowed length (1001/1000)",
        ),
        (
            StartWorkflowExecutionRequest {
                workflow_type: None,
                ..good()
            },
            "WorkflowType is not set on request.",
        ),
        (
            StartWorkflowExecutionRequest {
                task_queue: None,
                ..good()
            },
            "taskQueue is not set",
        ),
        (
            StartWorkflowExecutionRequest {
                task_queue: Some(TaskQueue::default()),
                ..good()
            },
            "missing task queue name",
        ),
        (
            StartWorkflowExecutionRequest {
                workflow_run_timeout: seconds(-1),
                ..good()
            },
            "An invalid WorkflowRunTimeoutSeconds is set on request. cause: negative duration",
        ),
        (
            StartWorkflowExecutionRequest {
                cron_schedule: "* * * *".to_owned(),
                ..good()
            },
            "",
        ),
        (
            StartWorkflowExecutionRequest {
                cron_schedule: "* * * * *".to_owned(),
                workflow_start_delay: seconds(1),
                ..good()
            },
            "CronSchedule and WorkflowStartDelay may not be used together.",
        ),
        (
            StartWorkflowExecutionRequest {
                retry_policy: Some(mainspring_proto::common::v1::RetryPolicy {
                    backoff_coefficient: 0.5,
                    ..Default::default()
                }),
                ..good()
            },
            "BackoffCoefficient cannot be less than 1 on retry policy.",
        ),
        (
            StartWorkflowExecutionRequest {
                input: Some(Payloads {
                    payloads: vec![Payload {
                        data: vec![0; 2 * 1024 * 1024].into(),
                        ..Payload::default()
                    }],
                }),
                ..good()
            },
            "",
        ),
        (
            StartWorkflowExecutionRequest {
                search_attributes: Some(mainspring_proto::common::v1::SearchAttributes {
                    indexed_fields: [("Unknown".to_owned(), Payload::default())].into(),
                }),
                ..good()
            },
            "",
        ),
    ];
    for (request, why) in cases {
        if why.is_empty() {
            let refused = server.client.start_workflow_execution(request).await;
            assert_eq!(
                refused.expect_err("it makes no sense").code(),
                Code::InvalidArgument
            );
        } else {
            start_fails(&mut server, request, why).await;
        }
    }
    // Nothing of all that left a trace.
    server.start_workflow("w").await;
}

#[tokio::test]
async fn an_unknown_namespace_says_so() {
    let mut server = start().await;
    let request = StartWorkflowExecutionRequest {
        namespace: "nowhere".to_owned(),
        ..start_request("w")
    };
    let status = server
        .client
        .start_workflow_execution(request)
        .await
        .expect_err("no such place");
    assert_eq!(status.code(), Code::NotFound);
    let found: NamespaceNotFoundFailure = detail(&status);
    assert_eq!(found.namespace, "nowhere");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let mut server = start().await;
    let namespace = || "default".to_owned();
    let client = &mut server.client;
    let statuses = [
        client
            .signal_workflow_execution(SignalWorkflowExecutionRequest {
                namespace: namespace(),
                workflow_execution: execution("none"),
                signal_name: "s".to_owned(),
                ..Default::default()
            })
            .await
            .err(),
        client
            .terminate_workflow_execution(TerminateWorkflowExecutionRequest {
                namespace: namespace(),
                workflow_execution: execution("none"),
                ..Default::default()
            })
            .await
            .err(),
        client
            .request_cancel_workflow_execution(RequestCancelWorkflowExecutionRequest {
                namespace: namespace(),
                workflow_execution: execution("none"),
                ..Default::default()
            })
            .await
            .err(),
        client
            .describe_workflow_execution(DescribeWorkflowExecutionRequest {
                namespace: namespace(),
                execution: execution("none"),
            })
            .await
            .err(),
        client
            .get_workflow_execution_history(GetWorkflowExecutionHistoryRequest {
                namespace: namespace(),
                execution: execution("none"),
                ..Default::default()
            })
            .await
            .err(),
        client
            .respond_activity_task_completed_by_id(RespondActivityTaskCompletedByIdRequest {
                namespace: namespace(),
                workflow_id: "none".to_owned(),
                activity_id: "a".to_owned(),
                ..Default::default()
            })
            .await
            .err(),
    ];
    for status in statuses {
        let status = status.expect("there is nothing of that name");
        assert_eq!(status.code(), Code::NotFound, "{status}");
        let _: NotFoundFailure = detail(&status);
    }
}

#[tokio::test]
async fn ids_must_be_well_formed() {
    let mut server = start().await;
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: Some(WorkflowExecution {
            workflow_id: "w".to_owned(),
            run_id: "not a uuid".to_owned(),
        }),
    };
    is_invalid(
        server.client.describe_workflow_execution(request).await,
        "Invalid RunId.",
    );
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: None,
    };
    is_invalid(
        server.client.describe_workflow_execution(request).await,
        "Execution is not set on request.",
    );
    let request = SignalWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w"),
        ..Default::default()
    };
    is_invalid(
        server.client.signal_workflow_execution(request).await,
        "SignalName is not set on request.",
    );
}

#[tokio::test]
async fn polls_need_a_deadline() {
    let mut server = start().await;
    let poll = || PollWorkflowTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        ..Default::default()
    };
    is_invalid(
        server.client.poll_workflow_task_queue(poll()).await,
        "Context timeout is not set for a long poll.",
    );
    let mut request = Request::new(poll());
    request.set_timeout(std::time::Duration::from_secs(1));
    let status = server
        .client
        .poll_workflow_task_queue(request)
        .await
        .expect_err("too short");
    assert_eq!(status.code(), Code::FailedPrecondition);
}

/// There are no rules that would give each build its tasks: it would get those of all.
#[allow(deprecated, reason = "what older workers send")]
#[tokio::test]
async fn a_worker_that_wants_only_what_is_for_its_build_is_refused() {
    let mut server = start().await;
    let capabilities = Some(WorkerVersionCapabilities {
        build_id: "build".to_owned(),
        use_versioning: true,
        ..WorkerVersionCapabilities::default()
    });
    let mut for_workflows = Request::new(PollWorkflowTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        worker_version_capabilities: capabilities.clone(),
        ..PollWorkflowTaskQueueRequest::default()
    });
    for_workflows.set_timeout(Duration::from_secs(70));
    let mut for_activities = Request::new(PollActivityTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        worker_version_capabilities: capabilities,
        ..PollActivityTaskQueueRequest::default()
    });
    for_activities.set_timeout(Duration::from_secs(70));
    let answers = [
        (server.client.poll_workflow_task_queue(for_workflows).await).err(),
        (server.client.poll_activity_task_queue(for_activities).await).err(),
    ];
    for refusal in answers {
        let status = refusal.expect("there is nothing that is for it");
        assert_eq!(status.code(), Code::PermissionDenied);
        let _: PermissionDeniedFailure = detail(&status);
    }
}

#[tokio::test]
async fn forged_and_stale_tokens_change_nothing() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    for token in [&b""[..], b"garbage", &[0xff; 64]] {
        let request = RespondWorkflowTaskCompletedRequest {
            namespace: "default".to_owned(),
            task_token: bytes::Bytes::copy_from_slice(token),
            ..Default::default()
        };
        let status = server.client.respond_workflow_task_completed(request).await;
        assert_eq!(status.expect_err("a forgery").code(), Code::InvalidArgument);
        let request = RespondActivityTaskCompletedRequest {
            namespace: "default".to_owned(),
            task_token: bytes::Bytes::copy_from_slice(token),
            ..Default::default()
        };
        let status = server.client.respond_activity_task_completed(request).await;
        assert_eq!(status.expect_err("a forgery").code(), Code::InvalidArgument);
    }
    let before = server.kinds("w").await;
    // The token of a workflow task is not that of an activity.
    let request = RespondActivityTaskCompletedRequest {
        namespace: "default".to_owned(),
        task_token: task.task_token.clone(),
        ..Default::default()
    };
    let status = server.client.respond_activity_task_completed(request).await;
    assert_eq!(status.expect_err("no activity").code(), Code::NotFound);
    assert_eq!(server.kinds("w").await, before);
    server
        .complete(&task, Vec::new())
        .await
        .expect("the token is still good");
    let status = server
        .complete(&task, Vec::new())
        .await
        .expect_err("it is over");
    assert_eq!(
        (status.code(), status.message()),
        (Code::NotFound, "Workflow task not found.")
    );
    let _: NotFoundFailure = detail(&status);
}

#[tokio::test]
async fn contradictory_policies_are_refused() {
    use mainspring_proto::enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
    let mut server = start().await;
    let request = StartWorkflowExecutionRequest {
        workflow_id_reuse_policy: WorkflowIdReusePolicy::RejectDuplicate.into(),
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::TerminateExisting.into(),
        ..start_request("w")
    };
    let status = server
        .client
        .start_workflow_execution(request)
        .await
        .expect_err("a contradiction");
    assert_eq!(status.code(), Code::InvalidArgument);
    let request = SignalWithStartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "w".to_owned(),
        workflow_type: start_request("w").workflow_type,
        task_queue: queue(),
        signal_name: "s".to_owned(),
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::Fail.into(),
        ..Default::default()
    };
    let status = server
        .client
        .signal_with_start_workflow_execution(request)
        .await;
    assert_eq!(
        status.expect_err("a contradiction").code(),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn nothing_can_be_asked_of_a_run_that_never_began() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let request = TerminateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w"),
        ..Default::default()
    };
    server
        .client
        .terminate_workflow_execution(request)
        .await
        .expect("it is ended");
    let request = QueryWorkflowRequest {
        namespace: "default".to_owned(),
        execution: execution("w"),
        query: Some(mainspring_proto::query::v1::WorkflowQuery {
            query_type: "q".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let status = server
        .client
        .query_workflow(request)
        .await
        .expect_err("nobody can tell");
    assert_eq!(status.code(), Code::FailedPrecondition);
    let _: mainspring_proto::errordetails::v1::WorkflowNotReadyFailure = detail(&status);
}
