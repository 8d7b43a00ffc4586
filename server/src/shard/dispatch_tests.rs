//! What becomes of a task that was started for a worker, if the worker or the server goes away.

use std::{
    pin::{Pin, pin},
    task::Waker,
};

use mainspring_proto::{
    command::v1::{ScheduleActivityTaskCommandAttributes, command::Attributes},
    common::v1::{ActivityType, WorkflowExecution, WorkflowType},
    prost_types::Duration,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{workflow_service_server::WorkflowService, *},
};
use tonic::{Code, Request, Response, Status};

use super::*;
use crate::{
    config::{Config, TimeSkipping},
    frontend::{Frontend, tests::ready_over},
    history::{decide::commands::command, ids::WorkflowKey},
    persistence::MemoryStore,
    shard::hands::Tasks,
};

async fn frontend() -> Frontend {
    let store = Arc::new(MemoryStore::default());
    ready_over(store, Config::in_memory(), None).await.0
}

fn queue() -> Option<TaskQueue> {
    Some(TaskQueue {
        name: "orders".to_owned(),
        ..TaskQueue::default()
    })
}

async fn start(frontend: &Frontend, workflow_id: &str) {
    let request = StartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: workflow_id.to_owned(),
        workflow_type: Some(WorkflowType {
            name: "Order".to_owned(),
        }),
        task_queue: queue(),
        ..StartWorkflowExecutionRequest::default()
    };
    let started = frontend.start_workflow_execution(Request::new(request));
    started.await.expect("started");
}

async fn terminate(frontend: &Frontend, workflow_id: &str) {
    let request = TerminateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: Some(WorkflowExecution {
            workflow_id: workflow_id.to_owned(),
            run_id: String::new(),
        }),
        ..TerminateWorkflowExecutionRequest::default()
    };
    let terminated = frontend.terminate_workflow_execution(Request::new(request));
    terminated.await.expect("terminated");
}

fn long<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(std::time::Duration::from_secs(20));
    request
}

async fn poll_workflow(frontend: &Frontend) -> PollWorkflowTaskQueueResponse {
    let request = PollWorkflowTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        ..PollWorkflowTaskQueueRequest::default()
    };
    let polled = frontend.poll_workflow_task_queue(long(request));
    polled.await.expect("an answer").into_inner()
}

async fn poll_activity(frontend: &Frontend) -> PollActivityTaskQueueResponse {
    let polled = try_poll_activity(frontend).await;
    polled.expect("an answer")
}

async fn try_poll_activity(frontend: &Frontend) -> Result<PollActivityTaskQueueResponse, Status> {
    let request = PollActivityTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        ..PollActivityTaskQueueRequest::default()
    };
    let polled = frontend.poll_activity_task_queue(long(request)).await;
    polled.map(Response::into_inner)
}

/// Answers a workflow task by an activity of this id.
async fn schedule(frontend: &Frontend, task: PollWorkflowTaskQueueResponse, id: &str) {
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: id.to_owned(),
        activity_type: Some(ActivityType {
            name: "charge".to_owned(),
        }),
        task_queue: queue(),
        start_to_close_timeout: Some(Duration {
            seconds: 10,
            nanos: 0,
        }),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    let activity = Attributes::ScheduleActivityTaskCommandAttributes(activity.into());
    let request = RespondWorkflowTaskCompletedRequest {
        namespace: "default".to_owned(),
        task_token: task.task_token,
        commands: vec![command(activity)],
        ..RespondWorkflowTaskCompletedRequest::default()
    };
    let done = frontend.respond_workflow_task_completed(Request::new(request));
    done.await.expect("completed");
}

/// Lets a poll come to its queue.
fn park<F: Future>(poll: Pin<&mut F>) {
    let mut cx = std::task::Context::from_waker(Waker::noop());
    assert!(poll.poll(&mut cx).is_pending());
}

fn workflow_id(execution: Option<WorkflowExecution>) -> String {
    execution.expect("a task").workflow_id
}

#[tokio::test]
async fn a_workflow_task_goes_to_the_next_worker_unless_it_is_over() {
    let frontend = frontend().await;
    for over in [false, true] {
        {
            let mut gone = pin!(poll_workflow(&frontend));
            park(gone.as_mut());
            start(&frontend, "order").await;
        }
        if over {
            terminate(&frontend, "order").await;
            start(&frontend, "another").await;
        }
        let task = poll_workflow(&frontend).await;
        let expected = if over { "another" } else { "order" };
        assert_eq!(workflow_id(task.workflow_execution), expected);
        terminate(&frontend, expected).await;
    }
}

#[tokio::test]
async fn an_activity_goes_to_the_next_worker_unless_it_is_over() {
    let frontend = frontend().await;
    for over in [false, true] {
        start(&frontend, "order").await;
        let task = poll_workflow(&frontend).await;
        {
            let mut gone = pin!(poll_activity(&frontend));
            park(gone.as_mut());
            schedule(&frontend, task, "first").await;
        }
        if over {
            terminate(&frontend, "order").await;
            start(&frontend, "another").await;
            schedule(&frontend, poll_workflow(&frontend).await, "second").await;
        }
        let expected = if over { "second" } else { "first" };
        assert_eq!(poll_activity(&frontend).await.activity_id, expected);
        terminate(&frontend, if over { "another" } else { "order" }).await;
    }
}

/// What a server that is killed leaves to the next one, where the activity of a workflow was started.
async fn after_a_crash(store: Arc<MemoryStore>, killed: Frontend) -> (Tasks, Tasks, bool) {
    let held = killed.shard.held_tasks();
    let config = Config::for_tests(TimeSkipping::Locked);
    let (next, namespace) = ready_over(store, config, Some(&held)).await;
    let workflow = WorkflowKey {
        namespace_id: Arc::clone(&namespace.id),
        workflow_id: "order".into(),
    };
    let handle = next.shard.workflow(&workflow);
    let mut chain = handle.lock();
    let runs = next.shard.cache.runs();
    let run = chain.hot(&runs[0].run_id).expect("it is open");
    (run.held.clone(), run.lost.clone(), run.at_work.is_some())
}

#[tokio::test]
async fn a_clock_does_not_wait_for_what_a_server_did_not_hand_out_any_more() {
    for handed_out in [false, true] {
        let store = Arc::new(MemoryStore::default());
        let config = Config::for_tests(TimeSkipping::Locked);
        let (killed, _) = ready_over(Arc::clone(&store) as _, config, None).await;
        start(&killed, "order").await;
        let task = poll_workflow(&killed).await;
        {
            let mut poll = pin!(try_poll_activity(&killed));
            park(poll.as_mut());
            schedule(&killed, task, "first").await;
            if handed_out {
                assert_eq!(poll.as_mut().await.expect("a task").activity_id, "first");
                killed.kill();
            } else {
                killed.kill();
                let cut = poll.await.expect_err("it was killed");
                assert_eq!(cut.code(), Code::Unavailable);
            }
        }
        let activity = Tasks::from([(5, 1)]);
        let (held, lost) = match handed_out {
            true => (activity, Tasks::new()),
            false => (Tasks::new(), activity),
        };
        let left = after_a_crash(store, killed).await;
        assert_eq!(left, (held, lost, handed_out));
    }
}

#[tokio::test]
async fn a_server_that_was_killed_answers_nobody() {
    let store = Arc::new(MemoryStore::default());
    let config = Config::for_tests(TimeSkipping::Locked);
    let (killed, _) = ready_over(store, config, None).await;
    killed.kill();
    let asked = killed.get_system_info(Request::new(GetSystemInfoRequest {}));
    let cut = asked.await.expect_err("it was killed");
    assert_eq!(cut.code(), Code::Unavailable);
}
