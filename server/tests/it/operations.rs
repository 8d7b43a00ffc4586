//! What operators do to activities and to options of runs, and what everybody sees of it.

use mainspring_proto::{
    activity::v1::ActivityOptions,
    command::v1::{ScheduleActivityTaskCommandAttributes, command::Attributes},
    common::v1::{ActivityType, Priority},
    deployment::v1::WorkerDeploymentVersion,
    enums::v1::{EventType, PendingActivityState},
    errordetails::v1::NotFoundFailure,
    prost_types::FieldMask,
    workflow::v1::{
        PendingActivityInfo, VersioningOverride, WorkflowExecutionOptions,
        pending_activity_info::pause_info::{Manual, PausedBy},
        versioning_override::{Override, PinnedOverride, PinnedOverrideBehavior},
    },
    workflowservice::v1::*,
};
use mainspring_server::Config;
use tonic::Code;

use crate::{
    support::{TestServer, detail, start, start_with},
    support_workflow::{execution, queue, seconds},
};

async fn schedule(server: &mut TestServer, workflow_id: &str) {
    server.start_workflow(workflow_id).await;
    let task = server.poll_workflow().await;
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: "a".to_owned(),
        activity_type: Some(ActivityType {
            name: "activity".to_owned(),
        }),
        task_queue: queue(),
        start_to_close_timeout: seconds(100),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    let schedule = Attributes::ScheduleActivityTaskCommandAttributes(Box::new(activity));
    let done = server.complete(&task, vec![schedule]).await;
    done.expect("the task is completed");
}

async fn pending(server: &mut TestServer, workflow_id: &str) -> PendingActivityInfo {
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: execution(workflow_id),
    };
    let described = server.client.describe_workflow_execution(request).await;
    let described = described.expect("it is there").into_inner();
    let mut activities = described.pending_activities.into_iter();
    activities.next().expect("it is pending")
}

fn pause(workflow_id: &str) -> PauseActivityRequest {
    PauseActivityRequest {
        namespace: "default".to_owned(),
        execution: execution(workflow_id),
        identity: "me".to_owned(),
        reason: "because".to_owned(),
        activity: Some(pause_activity_request::Activity::Id("a".to_owned())),
        ..PauseActivityRequest::default()
    }
}

fn unpause(workflow_id: &str) -> UnpauseActivityRequest {
    UnpauseActivityRequest {
        namespace: "default".to_owned(),
        execution: execution(workflow_id),
        activity: Some(unpause_activity_request::Activity::Type(
            "activity".to_owned(),
        )),
        ..UnpauseActivityRequest::default()
    }
}

async fn heartbeat(server: &mut TestServer) -> RecordActivityTaskHeartbeatByIdResponse {
    let request = RecordActivityTaskHeartbeatByIdRequest {
        namespace: "default".to_owned(),
        workflow_id: "w".to_owned(),
        activity_id: "a".to_owned(),
        ..RecordActivityTaskHeartbeatByIdRequest::default()
    };
    let reply = server.client.record_activity_task_heartbeat_by_id(request);
    reply.await.expect("a worker is at it").into_inner()
}

#[tokio::test]
async fn a_paused_activity_is_shown_and_stays_so_in_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = || Config::in_file(directory.path().join("data.db"));
    let mut server = start_with(config()).await;
    schedule(&mut server, "w").await;
    server
        .client
        .pause_activity(pause("w"))
        .await
        .expect("it is pending");
    let before = pending(&mut server, "w").await;
    assert_eq!(before.state(), PendingActivityState::Paused);
    assert!(before.paused);
    let info = before.pause_info.clone().expect("it is paused");
    assert_eq!(
        info.paused_by,
        Some(PausedBy::Manual(Manual {
            identity: "me".to_owned(),
            reason: "because".to_owned()
        }))
    );
    let query = "TemporalPauseInfo = 'property:activityType=activity'";
    let count = CountWorkflowExecutionsRequest {
        namespace: "default".to_owned(),
        query: query.to_owned(),
    };
    let counted = server.client.count_workflow_executions(count).await;
    assert_eq!(counted.expect("a query").into_inner().count, 1);

    server.server.shutdown().await;
    let mut server = start_with(config()).await;
    assert_eq!(pending(&mut server, "w").await, before);
    server
        .client
        .unpause_activity(unpause("w"))
        .await
        .expect("it is pending");
    let task = server.poll_activity().await;
    assert_eq!((task.activity_id.as_str(), task.attempt), ("a", 1));
    let after = pending(&mut server, "w").await;
    assert_eq!(after.state(), PendingActivityState::Started);
}

#[tokio::test]
async fn a_worker_learns_of_a_pause_and_of_a_reset_by_its_heartbeat() {
    let mut server = start().await;
    schedule(&mut server, "w").await;
    server.poll_activity().await;
    assert_eq!(heartbeat(&mut server).await, Default::default());
    let request = PauseActivityExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "w".to_owned(),
        activity_id: "a".to_owned(),
        ..PauseActivityExecutionRequest::default()
    };
    let paused = server.client.pause_activity_execution(request).await;
    paused.expect("it is pending");
    assert!(heartbeat(&mut server).await.activity_paused);
    let shown = pending(&mut server, "w").await.state();
    assert_eq!(shown, PendingActivityState::PauseRequested);
    let request = ResetActivityRequest {
        namespace: "default".to_owned(),
        execution: execution("w"),
        activity: Some(reset_activity_request::Activity::MatchAll(true)),
        ..ResetActivityRequest::default()
    };
    server
        .client
        .reset_activity(request)
        .await
        .expect("it is pending");
    let reply = heartbeat(&mut server).await;
    assert!(reply.activity_reset && !reply.activity_paused);
}

#[tokio::test]
async fn an_activity_goes_to_the_queue_that_its_options_name() {
    let mut server = start().await;
    schedule(&mut server, "w").await;
    let other = mainspring_proto::taskqueue::v1::TaskQueue {
        name: "other".to_owned(),
        ..Default::default()
    };
    let request = UpdateActivityOptionsRequest {
        namespace: "default".to_owned(),
        execution: execution("w"),
        activity: Some(update_activity_options_request::Activity::Id(
            "a".to_owned(),
        )),
        activity_options: Some(ActivityOptions {
            task_queue: Some(other.clone()),
            heartbeat_timeout: seconds(7),
            ..ActivityOptions::default()
        }),
        // As JSON spells the first.
        update_mask: Some(FieldMask {
            paths: vec!["taskQueue.name".to_owned(), "heartbeat_timeout".to_owned()],
        }),
        ..UpdateActivityOptionsRequest::default()
    };
    let updated = server.client.update_activity_options(request.clone()).await;
    let options = updated
        .expect("it is pending")
        .into_inner()
        .activity_options;
    assert_eq!(pending(&mut server, "w").await.activity_options, options);
    let mut poll = tonic::Request::new(PollActivityTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: Some(other),
        ..PollActivityTaskQueueRequest::default()
    });
    poll.set_timeout(std::time::Duration::from_secs(20));
    let task = server.client.poll_activity_task_queue(poll).await;
    let task = task.expect("a poll").into_inner();
    assert_eq!(
        (task.activity_id.as_str(), task.heartbeat_timeout),
        ("a", seconds(7))
    );

    let both = UpdateActivityOptionsRequest {
        restore_original: true,
        ..request
    };
    let refused = server.client.update_activity_options(both.clone()).await;
    assert_eq!(
        refused.expect_err("a contradiction").message(),
        "RestoreOriginal cannot be combined with other options"
    );
    let restore = UpdateActivityOptionsRequest {
        activity_options: None,
        update_mask: None,
        ..both
    };
    let restored = server.client.update_activity_options(restore).await;
    let options = restored
        .expect("it is pending")
        .into_inner()
        .activity_options;
    assert_eq!(
        options
            .and_then(|it| it.task_queue)
            .map(|it| it.name)
            .as_deref(),
        Some("queue")
    );
}

#[tokio::test]
async fn operations_that_make_no_sense_are_refused() {
    let mut server = start().await;
    schedule(&mut server, "w").await;
    let unnamed = PauseActivityRequest {
        activity: None,
        ..pause("w")
    };
    let unknown = PauseActivityRequest {
        activity: Some(pause_activity_request::Activity::Id("b".to_owned())),
        ..pause("w")
    };
    let standalone = UnpauseActivityExecutionRequest {
        namespace: "default".to_owned(),
        activity_id: "a".to_owned(),
        ..UnpauseActivityExecutionRequest::default()
    };
    let client = &mut server.client;
    let status = client
        .pause_activity(unnamed)
        .await
        .expect_err("which one?");
    assert_eq!(
        (status.code(), status.message()),
        (
            Code::InvalidArgument,
            "Either Activity.Id or Activity.Type should be set on request."
        )
    );
    let status = client
        .pause_activity(unknown)
        .await
        .expect_err("there is none");
    assert_eq!(status.code(), Code::NotFound);
    let _: NotFoundFailure = detail(&status);
    let status = client
        .pause_activity(pause("none"))
        .await
        .expect_err("no workflow");
    assert_eq!(status.code(), Code::NotFound);
    let status = client.unpause_activity_execution(standalone).await;
    assert_eq!(status.expect_err("not built").code(), Code::Unimplemented);
    client
        .pause_activity(pause("w"))
        .await
        .expect("it is pending");
    let again = PauseActivityRequest {
        request_id: "another".to_owned(),
        ..pause("w")
    };
    let status = client
        .pause_activity(again)
        .await
        .expect_err("it is paused");
    assert_eq!(
        (status.code(), status.message()),
        (Code::FailedPrecondition, "activity is already paused")
    );
}

fn pinned(build_id: &str) -> VersioningOverride {
    VersioningOverride {
        r#override: Some(Override::Pinned(PinnedOverride {
            behavior: PinnedOverrideBehavior::Pinned.into(),
            version: Some(WorkerDeploymentVersion {
                deployment_name: "orders".to_owned(),
                build_id: build_id.to_owned(),
            }),
        })),
        ..VersioningOverride::default()
    }
}

fn set(options: WorkflowExecutionOptions, paths: &[&str]) -> UpdateWorkflowExecutionOptionsRequest {
    UpdateWorkflowExecutionOptionsRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w"),
        workflow_execution_options: Some(options),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        ..UpdateWorkflowExecutionOptionsRequest::default()
    }
}

#[tokio::test]
async fn options_of_a_run_are_events_and_shown() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let options = WorkflowExecutionOptions {
        versioning_override: Some(pinned("1")),
        priority: Some(Priority {
            priority_key: 2,
            ..Priority::default()
        }),
        ..WorkflowExecutionOptions::default()
    };
    let request = set(
        options.clone(),
        &["versioningOverride", "priority.priorityKey"],
    );
    let updated = server
        .client
        .update_workflow_execution_options(request)
        .await;
    let updated = updated.expect("it is open").into_inner();
    assert_eq!(updated.workflow_execution_options, Some(options.clone()));
    let last = server.kinds("w").await.pop();
    assert_eq!(last, Some(EventType::WorkflowExecutionOptionsUpdated));
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: execution("w"),
    };
    let described = server.client.describe_workflow_execution(request).await;
    let info = described
        .expect("it is there")
        .into_inner()
        .workflow_execution_info;
    let info = info.expect("what is described");
    assert_eq!(info.priority, options.priority);
    let shown = info.versioning_info.and_then(|it| it.versioning_override);
    assert_eq!(shown, options.versioning_override);

    for (options, paths) in [
        (
            WorkflowExecutionOptions {
                priority: Some(Priority {
                    priority_key: -1,
                    ..Priority::default()
                }),
                ..WorkflowExecutionOptions::default()
            },
            &["priority"][..],
        ),
        (
            WorkflowExecutionOptions::default(),
            &["time_skipping_config"],
        ),
        (
            WorkflowExecutionOptions {
                versioning_override: Some(pinned("")),
                ..WorkflowExecutionOptions::default()
            },
            &["versioning_override"],
        ),
    ] {
        let refused = server
            .client
            .update_workflow_execution_options(set(options, paths));
        let status = refused.await.expect_err("it makes no sense");
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    assert_eq!(server.kinds("w").await.len(), 3);
}
