//! How workflow tasks get to workers: eagerly, with the answer to the last one, on sticky queues.

use mainspring_proto::{
    command::v1::{StartTimerCommandAttributes, command::Attributes},
    enums::v1::{EventType, TaskQueueKind, TaskQueueType, WorkflowIdReusePolicy},
    taskqueue::v1::{StickyExecutionAttributes, TaskQueue},
    workflowservice::v1::*,
};
use mainspring_server::history::decide::commands::command;
use tonic::{Code, Request};

use crate::{
    support::{TestServer, start},
    support_workflow::{execution, seconds, start_request},
};

fn eager(id: &str) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        request_eager_execution: true,
        identity: "client".to_owned(),
        ..start_request(id)
    }
}

fn timer(id: &str, seconds_from_now: i64) -> Attributes {
    Attributes::StartTimerCommandAttributes(Box::new(StartTimerCommandAttributes {
        timer_id: id.to_owned(),
        start_to_fire_timeout: seconds(seconds_from_now),
    }))
}

fn sticky() -> Option<TaskQueue> {
    Some(TaskQueue {
        name: "worker-1".to_owned(),
        kind: TaskQueueKind::Sticky.into(),
        normal_name: "queue".to_owned(),
    })
}

impl TestServer {
    async fn try_start(
        &mut self,
        request: StartWorkflowExecutionRequest,
    ) -> StartWorkflowExecutionResponse {
        let started = self.client.start_workflow_execution(request).await;
        started.expect("it is started").into_inner()
    }

    /// Parks a poll at the sticky queue; what it brings.
    async fn poll_sticky(&mut self) -> tokio::task::JoinHandle<PollWorkflowTaskQueueResponse> {
        let mut request = Request::new(PollWorkflowTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: sticky(),
            identity: "worker".to_owned(),
            ..PollWorkflowTaskQueueRequest::default()
        });
        request.set_timeout(std::time::Duration::from_secs(20));
        let mut client = self.client.clone();
        let polling = tokio::spawn(async move {
            let polled = client.poll_workflow_task_queue(request).await;
            polled.expect("the poll is taken").into_inner()
        });
        let describe = DescribeTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: sticky(),
            task_queue_type: TaskQueueType::Workflow.into(),
            ..DescribeTaskQueueRequest::default()
        };
        loop {
            let described = self.client.describe_task_queue(describe.clone()).await;
            if !described
                .expect("it is described")
                .into_inner()
                .pollers
                .is_empty()
            {
                return polling;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Completes a task, and keeps the run in the cache of the worker with the sticky queue.
    async fn complete_sticky(&mut self, task: &PollWorkflowTaskQueueResponse) {
        let request = RespondWorkflowTaskCompletedRequest {
            namespace: "default".to_owned(),
            task_token: task.task_token.clone(),
            sticky_attributes: Some(StickyExecutionAttributes {
                worker_task_queue: sticky(),
                schedule_to_start_timeout: seconds(10),
            }),
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        let done = self.client.respond_workflow_task_completed(request).await;
        done.expect("it is completed");
    }
}

fn events(task: &PollWorkflowTaskQueueResponse) -> Vec<EventType> {
    let history = task.history.iter().flat_map(|it| &it.events);
    history.map(|event| event.event_type()).collect()
}

#[tokio::test]
async fn an_eager_start_brings_the_first_task_and_again_if_it_is_sent_again() {
    let mut server = start().await;
    let first = server.try_start(eager("w")).await;
    let again = server.try_start(eager("w")).await;
    assert_eq!(first.run_id, again.run_id);
    let task = first.eager_workflow_task.expect("it comes with the answer");
    assert_eq!(Some(&task), again.eager_workflow_task.as_ref());
    use EventType::*;
    assert_eq!(
        events(&task),
        [
            WorkflowExecutionStarted,
            WorkflowTaskScheduled,
            WorkflowTaskStarted
        ]
    );
    server
        .complete(&task, vec![])
        .await
        .expect("it is completed");
    let late = server.try_start(eager("w")).await;
    assert_eq!(late.eager_workflow_task, None);
}

#[tokio::test]
async fn a_start_that_waits_is_not_eager() {
    let mut server = start().await;
    let delayed = StartWorkflowExecutionRequest {
        workflow_start_delay: seconds(100),
        ..eager("delayed")
    };
    let cron = StartWorkflowExecutionRequest {
        cron_schedule: "0 0 1 1 *".to_owned(),
        ..eager("cron")
    };
    for request in [delayed, cron] {
        let started = server.try_start(request).await;
        assert_eq!(started.eager_workflow_task, None);
    }
}

#[tokio::test]
async fn a_worker_that_asks_for_it_gets_the_next_task_with_the_answer() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    // Without news there is no next task.
    let request =
        |task: &PollWorkflowTaskQueueResponse, commands| RespondWorkflowTaskCompletedRequest {
            namespace: "default".to_owned(),
            task_token: task.task_token.clone(),
            return_new_workflow_task: true,
            commands,
            ..RespondWorkflowTaskCompletedRequest::default()
        };
    server.signal("w", "s").await;
    let done = server
        .client
        .respond_workflow_task_completed(request(&task, vec![command(timer("t", 100))]))
        .await;
    let next = done
        .expect("it is completed")
        .into_inner()
        .workflow_task
        .expect("there is news");
    use EventType::*;
    assert_eq!(
        events(&next)[3..],
        [
            WorkflowTaskCompleted,
            TimerStarted,
            WorkflowExecutionSignaled,
            WorkflowTaskScheduled,
            WorkflowTaskStarted,
        ]
    );
    let done = server
        .client
        .respond_workflow_task_completed(request(&next, vec![]))
        .await;
    assert_eq!(
        done.expect("it is completed").into_inner().workflow_task,
        None
    );
}

#[tokio::test]
async fn a_worker_with_the_run_in_its_cache_gets_only_what_is_new() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let polling = server.poll_sticky().await;
    server.complete_sticky(&task).await;
    server.signal("w", "s").await;
    let task = polling.await.expect("it lives");
    use EventType::*;
    assert_eq!(
        events(&task),
        [
            WorkflowTaskCompleted,
            WorkflowExecutionSignaled,
            WorkflowTaskScheduled,
            WorkflowTaskStarted,
        ]
    );
    let first = task
        .history
        .iter()
        .flat_map(|it| &it.events)
        .next()
        .map(|it| it.event_id);
    assert_eq!((first, task.previous_started_event_id), (Some(4), 3));
}

#[tokio::test]
async fn a_run_whose_stickiness_is_reset_or_whose_worker_says_goodbye_is_anybodys() {
    for goodbye in [false, true] {
        let mut server = start().await;
        server.start_workflow("w").await;
        let task = server.poll_workflow().await;
        // The worker has polled, and is expected to poll again.
        let polling = server.poll_sticky().await;
        polling.abort();
        assert!(polling.await.is_err());
        server.complete_sticky(&task).await;
        if goodbye {
            // The task waits for the worker already.
            server.signal("w", "s").await;
            let request = ShutdownWorkerRequest {
                namespace: "default".to_owned(),
                sticky_task_queue: "worker-1".to_owned(),
                identity: "worker".to_owned(),
                ..ShutdownWorkerRequest::default()
            };
            server
                .client
                .shutdown_worker(request)
                .await
                .expect("it may go");
        } else {
            let request = ResetStickyTaskQueueRequest {
                namespace: "default".to_owned(),
                execution: execution("w"),
            };
            server
                .client
                .reset_sticky_task_queue(request)
                .await
                .expect("it is reset");
            server.signal("w", "s").await;
        }
        let task = server.poll_workflow().await;
        assert_eq!(
            events(&task)[0],
            EventType::WorkflowExecutionStarted,
            "{goodbye}"
        );
    }
}

#[tokio::test]
#[allow(deprecated)] // Old clients still use it.
async fn a_running_workflow_makes_way_under_the_old_policy_and_none_beside_it() {
    let mut server = start().await;
    let first = server.start_workflow("w").await;
    let request = StartWorkflowExecutionRequest {
        request_id: "second".to_owned(),
        workflow_id_reuse_policy: WorkflowIdReusePolicy::TerminateIfRunning.into(),
        ..start_request("w")
    };
    let second = server.try_start(request.clone()).await;
    assert_ne!(first, second.run_id);
    let task = server.poll_workflow().await;
    assert_eq!(
        task.workflow_execution.map(|it| it.run_id),
        Some(second.run_id)
    );
    let both = StartWorkflowExecutionRequest {
        request_id: "third".to_owned(),
        workflow_id_conflict_policy:
            mainspring_proto::enums::v1::WorkflowIdConflictPolicy::UseExisting.into(),
        ..request
    };
    let refused = server.client.start_workflow_execution(both).await;
    assert_eq!(
        refused.expect_err("they contradict").code(),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn a_signal_with_start_ends_the_delay_of_a_start() {
    let mut server = start().await;
    let delayed = StartWorkflowExecutionRequest {
        workflow_start_delay: seconds(1000),
        ..start_request("w")
    };
    server.try_start(delayed).await;
    let request = SignalWithStartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "w".to_owned(),
        workflow_type: start_request("w").workflow_type,
        task_queue: start_request("w").task_queue,
        signal_name: "s".to_owned(),
        ..SignalWithStartWorkflowExecutionRequest::default()
    };
    let signal = server
        .client
        .signal_with_start_workflow_execution(request)
        .await;
    signal.expect("it is taken");
    use EventType::*;
    assert_eq!(
        server.kinds("w").await,
        [
            WorkflowExecutionStarted,
            WorkflowExecutionSignaled,
            WorkflowTaskScheduled
        ]
    );
}

#[tokio::test]
async fn a_cancel_request_ends_the_wait_for_the_first_task() {
    let delayed = StartWorkflowExecutionRequest {
        workflow_start_delay: seconds(1000),
        ..start_request("w")
    };
    let cron = StartWorkflowExecutionRequest {
        cron_schedule: "0 0 1 1 *".to_owned(),
        ..start_request("w")
    };
    for request in [delayed, cron] {
        let mut server = start().await;
        server.try_start(request).await;
        let cancel = RequestCancelWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_execution: execution("w"),
            ..RequestCancelWorkflowExecutionRequest::default()
        };
        let cancel = server.client.request_cancel_workflow_execution(cancel);
        cancel.await.expect("it is taken");
        use EventType::*;
        assert_eq!(
            server.kinds("w").await,
            [
                WorkflowExecutionStarted,
                WorkflowExecutionCancelRequested,
                WorkflowTaskScheduled
            ]
        );
    }
}
