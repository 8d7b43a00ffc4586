//! Resets: what the new run takes over, what happens again, and what becomes of the others.

use mainspring_proto::{
    command::v1::{
        ContinueAsNewWorkflowExecutionCommandAttributes,
        StartChildWorkflowExecutionCommandAttributes, command::Attributes,
    },
    common::v1::{Priority, WorkflowExecution, WorkflowType},
    enums::v1::{
        EventType, ParentClosePolicy, ResetReapplyExcludeType, ResetReapplyType,
        WorkflowExecutionStatus, WorkflowTaskFailedCause,
    },
    history::v1::{HistoryEvent, history_event},
    prost_types::FieldMask,
    workflow::v1::{PostResetOperation, WorkflowExecutionOptions, post_reset_operation},
    workflowservice::v1::*,
};
use tonic::{Code, Status};

use crate::{
    support::{TestServer, start},
    support_workflow::{completes, execution, queue, seconds, start_request},
};

/// A reset to the end of the first workflow task.
fn reset_request(workflow_id: &str) -> ResetWorkflowExecutionRequest {
    ResetWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution(workflow_id),
        reason: "because".to_owned(),
        workflow_task_finish_event_id: 4,
        request_id: "reset".to_owned(),
        ..ResetWorkflowExecutionRequest::default()
    }
}

impl TestServer {
    async fn reset(&mut self, request: ResetWorkflowExecutionRequest) -> Result<String, Status> {
        let reset = self.client.reset_workflow_execution(request).await;
        reset.map(|it| it.into_inner().run_id)
    }

    async fn describe_run(
        &mut self,
        workflow_id: &str,
        run_id: &str,
    ) -> DescribeWorkflowExecutionResponse {
        let request = DescribeWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            execution: Some(WorkflowExecution {
                workflow_id: workflow_id.to_owned(),
                run_id: run_id.to_owned(),
            }),
        };
        let described = self.client.describe_workflow_execution(request).await;
        described.expect("it is there").into_inner()
    }

    async fn status(&mut self, workflow_id: &str, run_id: &str) -> WorkflowExecutionStatus {
        let described = self.describe_run(workflow_id, run_id).await;
        described
            .workflow_execution_info
            .unwrap_or_default()
            .status()
    }

    /// Waits until the history of a workflow holds an event of this kind.
    async fn wait_for(&mut self, workflow_id: &str, kind: EventType) -> Vec<HistoryEvent> {
        loop {
            let history = self.history(workflow_id).await;
            if history.iter().any(|event| event.event_type() == kind) {
                return history;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn signals(history: &[HistoryEvent]) -> Vec<&str> {
    let names = history.iter().filter_map(|event| match &event.attributes {
        Some(history_event::Attributes::WorkflowExecutionSignaledEventAttributes(it)) => {
            Some(it.signal_name.as_str())
        }
        _ => None,
    });
    names.collect()
}

fn child(workflow_id: &str, policy: ParentClosePolicy) -> Attributes {
    Attributes::StartChildWorkflowExecutionCommandAttributes(Box::new(
        StartChildWorkflowExecutionCommandAttributes {
            workflow_id: workflow_id.to_owned(),
            workflow_type: Some(WorkflowType {
                name: "type".to_owned(),
            }),
            task_queue: queue(),
            parent_close_policy: policy.into(),
            ..StartChildWorkflowExecutionCommandAttributes::default()
        },
    ))
}

#[tokio::test]
async fn a_signal_that_waits_for_a_worker_is_not_lost() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let completed = server.complete(&task, vec![]).await;
    completed.expect("it is completed");
    server.signal("w", "wakes").await;
    server.poll_workflow().await;
    server.signal("w", "waits").await;
    server.reset(reset_request("w")).await.expect("it is reset");
    assert_eq!(signals(&server.history("w").await), ["wakes", "waits"]);
}

#[tokio::test]
async fn nothing_is_reset_to_before_its_first_task() {
    let mut server = start().await;
    server.start_workflow("w").await;
    server.poll_workflow().await;
    let request = ResetWorkflowExecutionRequest {
        workflow_task_finish_event_id: 2,
        ..reset_request("w")
    };
    let refused = server.reset(request).await.expect_err("nothing to replay");
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(server.kinds("w").await.len(), 3);
}

#[tokio::test]
async fn signals_from_after_the_point_happen_again_unless_they_are_excluded() {
    for (exclude, reapply, again) in [
        (vec![], ResetReapplyType::AllEligible, 2),
        (vec![], ResetReapplyType::Signal, 2),
        (
            vec![ResetReapplyExcludeType::Signal],
            ResetReapplyType::AllEligible,
            0,
        ),
        (vec![], ResetReapplyType::None, 0),
    ] {
        let mut server = start().await;
        let base = server.start_workflow("w").await;
        let task = server.poll_workflow().await;
        // One waits in the buffer while the task is under way, the other comes after it.
        server.signal("w", "during").await;
        server
            .complete(&task, vec![])
            .await
            .expect("it is completed");
        server.signal("w", "after").await;
        #[allow(deprecated)] // What is excluded was told by one kind once.
        let request = ResetWorkflowExecutionRequest {
            reset_reapply_exclude_types: exclude.into_iter().map(Into::into).collect(),
            reset_reapply_type: reapply.into(),
            ..reset_request("w")
        };
        let run_id = server.reset(request).await.expect("it is reset");
        let history = server.history("w").await;
        assert_eq!(signals(&history), &["during", "after"][..again]);
        let Some(history_event::Attributes::WorkflowTaskFailedEventAttributes(failed)) =
            &history[3].attributes
        else {
            panic!("{:?}", history[3]);
        };
        assert_eq!(failed.cause(), WorkflowTaskFailedCause::ResetWorkflow);
        assert_eq!((&failed.base_run_id, &failed.new_run_id), (&base, &run_id));
        let last = history.last().map(HistoryEvent::event_type);
        assert_eq!(last, Some(EventType::WorkflowTaskScheduled));
        let terminated = server.status("w", &base).await;
        assert_eq!(terminated, WorkflowExecutionStatus::Terminated);
    }
}

#[tokio::test]
async fn a_reset_that_is_sent_twice_resets_once_and_points_out_of_bounds_are_refused() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    server
        .complete(&task, vec![])
        .await
        .expect("it is completed");
    for finish in [0, 1, 5, 100] {
        let request = ResetWorkflowExecutionRequest {
            workflow_task_finish_event_id: finish,
            ..reset_request("w")
        };
        let refused = server
            .reset(request)
            .await
            .expect_err("there is no such point");
        assert_eq!(refused.code(), Code::InvalidArgument, "{finish}");
    }
    let first = server.reset(reset_request("w")).await.expect("it is reset");
    let second = server.reset(reset_request("w")).await.expect("it is known");
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_reset_gives_the_run_its_whole_time_again() {
    let mut server = start().await;
    let request = StartWorkflowExecutionRequest {
        workflow_run_timeout: seconds(3600),
        workflow_execution_timeout: seconds(7200),
        ..start_request("w")
    };
    let started = server.client.start_workflow_execution(request).await;
    let base = started.expect("it is started").into_inner().run_id;
    let task = server.poll_workflow().await;
    server
        .complete(&task, vec![])
        .await
        .expect("it is completed");
    let reset = server.reset(reset_request("w")).await.expect("it is reset");
    let nanos = |described: DescribeWorkflowExecutionResponse| {
        let info = described.workflow_extended_info.unwrap_or_default();
        [info.run_expiration_time, info.execution_expiration_time].map(|at| {
            let at = at.expect("it has a timeout");
            i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos)
        })
    };
    let before = nanos(server.describe_run("w", &base).await);
    let after = nanos(server.describe_run("w", &reset).await);
    assert!(
        before[0] < after[0] && before[1] < after[1],
        "{before:?} {after:?}"
    );
}

#[tokio::test]
async fn a_child_from_before_the_point_is_not_started_again() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let commands = vec![child("c", ParentClosePolicy::Terminate)];
    server
        .complete(&task, commands)
        .await
        .expect("it is completed");
    server
        .wait_for("w", EventType::ChildWorkflowExecutionStarted)
        .await;
    // That of the parent, which is completed first, and that of the child.
    let mut tasks = [server.poll_workflow().await, server.poll_workflow().await];
    tasks.sort_by_key(|task| {
        task.workflow_execution
            .clone()
            .unwrap_or_default()
            .workflow_id
            == "c"
    });
    let [parent, child] = tasks;
    server
        .complete(&parent, vec![])
        .await
        .expect("it is completed");
    server
        .complete(&child, completes())
        .await
        .expect("it is completed");
    server
        .wait_for("w", EventType::ChildWorkflowExecutionCompleted)
        .await;
    let started = child_run(&server.history("w").await);
    // To the end of the task that the child's start made: the child ended after that.
    let finish = server
        .history("w")
        .await
        .iter()
        .rposition(|event| event.event_type() == EventType::WorkflowTaskCompleted);
    let request = ResetWorkflowExecutionRequest {
        workflow_task_finish_event_id: finish.expect("it was completed") as i64 + 1,
        ..reset_request("w")
    };
    server.reset(request).await.expect("it is reset");
    let history = server.history("w").await;
    let kinds: Vec<_> = history.iter().map(HistoryEvent::event_type).collect();
    let of = |kind| kinds.iter().filter(|it| **it == kind).count();
    assert_eq!(of(EventType::ChildWorkflowExecutionStarted), 1);
    assert_eq!(of(EventType::ChildWorkflowExecutionCompleted), 1);
    assert_eq!(child_run(&history), started);

    // And to the end of the task that asked for it: the start happens again, the child does not.
    let request = ResetWorkflowExecutionRequest {
        request_id: "earlier".to_owned(),
        workflow_task_finish_event_id: 4,
        ..reset_request("w")
    };
    server.reset(request).await.expect("it is reset");
    let kinds = server.kinds("w").await;
    assert!(!kinds.contains(&EventType::StartChildWorkflowExecutionInitiated));
}

fn child_run(history: &[HistoryEvent]) -> Option<String> {
    history.iter().find_map(|event| match &event.attributes {
        Some(history_event::Attributes::ChildWorkflowExecutionStartedEventAttributes(it)) => {
            it.workflow_execution.as_ref().map(|it| it.run_id.clone())
        }
        _ => None,
    })
}

#[tokio::test]
async fn the_children_of_a_run_that_makes_way_are_treated_as_their_policies_say() {
    let mut server = start().await;
    let base = server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let next = ContinueAsNewWorkflowExecutionCommandAttributes::default();
    let next = Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(Box::new(next));
    server
        .complete(&task, vec![next])
        .await
        .expect("it is completed");
    let task = server.poll_workflow().await;
    let commands = vec![
        child("gone", ParentClosePolicy::Terminate),
        child("left", ParentClosePolicy::Abandon),
    ];
    server
        .complete(&task, commands)
        .await
        .expect("it is completed");
    loop {
        let history = server.history("w").await;
        let started = history
            .iter()
            .filter(|event| event.event_type() == EventType::ChildWorkflowExecutionStarted);
        if started.count() == 2 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let request = ResetWorkflowExecutionRequest {
        workflow_execution: Some(WorkflowExecution {
            workflow_id: "w".to_owned(),
            run_id: base,
        }),
        ..reset_request("w")
    };
    server.reset(request).await.expect("it is reset");
    server
        .wait_for("gone", EventType::WorkflowExecutionTerminated)
        .await;
    let left = server.status("left", "").await;
    assert_eq!(left, WorkflowExecutionStatus::Running);
}

#[tokio::test]
async fn what_is_asked_for_with_a_reset_is_done_before_its_worker_sees_the_run() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    server
        .complete(&task, vec![])
        .await
        .expect("it is completed");
    let signal = post_reset_operation::SignalWorkflow {
        signal_name: "s".to_owned(),
        ..Default::default()
    };
    let options = post_reset_operation::UpdateWorkflowOptions {
        workflow_execution_options: Some(WorkflowExecutionOptions {
            priority: Some(Priority {
                priority_key: 2,
                ..Priority::default()
            }),
            ..WorkflowExecutionOptions::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["priority".to_owned()],
        }),
    };
    use post_reset_operation::Variant::{SignalWorkflow, UpdateWorkflowOptions};
    let operations = [SignalWorkflow(signal), UpdateWorkflowOptions(options)];
    let request = ResetWorkflowExecutionRequest {
        post_reset_operations: operations
            .into_iter()
            .map(|variant| PostResetOperation {
                variant: Some(variant),
            })
            .collect(),
        ..reset_request("w")
    };
    let run_id = server.reset(request).await.expect("it is reset");
    let kinds = server.kinds("w").await;
    use EventType::*;
    assert_eq!(
        kinds[3..],
        [
            WorkflowTaskFailed,
            WorkflowExecutionSignaled,
            WorkflowExecutionOptionsUpdated,
            WorkflowTaskScheduled,
        ]
    );
    let described = server.describe_run("w", &run_id).await;
    let info = described.workflow_execution_info.unwrap_or_default();
    assert_eq!(info.priority.unwrap_or_default().priority_key, 2);
}
