//! A server whose time can be skipped, through its test service.

use std::time::Duration;

use mainspring_proto::{
    command::v1::{
        ScheduleActivityTaskCommandAttributes, StartTimerCommandAttributes, command::Attributes,
    },
    common::v1::{ActivityType, RetryPolicy},
    enums::v1::{EventType, HistoryEventFilterType, WorkflowExecutionStatus},
    prost_types::Timestamp,
    query::v1::WorkflowQuery,
    testservice::v1::{test_service_client::TestServiceClient, *},
    workflowservice::v1::{workflow_service_client::WorkflowServiceClient, *},
};
use mainspring_server::{Config, TimeSkipping};
use tonic::{Code, Request, metadata::MetadataValue, transport::Channel};

use crate::{
    support::{TestServer, channel, start_with},
    support_workflow::{execution, queue, seconds, start_request},
};

const DAY: i64 = 24 * 60 * 60;

async fn server(mode: TimeSkipping) -> (TestServer, TestServiceClient<Channel>) {
    let server = start_with(Config::for_tests(mode)).await;
    let time = TestServiceClient::new(channel(&server.server).await);
    (server, time)
}

async fn now(time: &mut TestServiceClient<Channel>) -> i64 {
    let now = time.get_current_time(()).await.expect("it tells the time");
    let Some(Timestamp { seconds, .. }) = now.into_inner().time else {
        unreachable!("the time is set")
    };
    seconds
}

fn timer(id: &str, delay: i64) -> Attributes {
    Attributes::StartTimerCommandAttributes(Box::new(StartTimerCommandAttributes {
        timer_id: id.to_owned(),
        start_to_fire_timeout: seconds(delay),
    }))
}

fn complete() -> Vec<Attributes> {
    vec![Attributes::CompleteWorkflowExecutionCommandAttributes(
        Box::default(),
    )]
}

#[tokio::test]
async fn without_the_mode_there_is_no_test_service() {
    let server = crate::support::start().await;
    let mut time = TestServiceClient::new(channel(&server.server).await);
    let refused = time.get_current_time(()).await.expect_err("it is real");
    assert_eq!(refused.code(), Code::Unimplemented);
}

#[tokio::test]
async fn locks_are_counted() {
    let (_server, mut time) = server(TimeSkipping::Locked).await;
    let lock = LockTimeSkippingRequest {};
    let unlock = UnlockTimeSkippingRequest {};
    time.lock_time_skipping(lock).await.expect("it locks");
    time.unlock_time_skipping(unlock)
        .await
        .expect("there are two");
    time.unlock_time_skipping(unlock)
        .await
        .expect("there is one");
    let refused = time.unlock_time_skipping(unlock).await;
    let refused = refused.expect_err("there is none left");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let sleep = SleepRequest {
        duration: seconds(1),
    };
    let refused = time.unlock_time_skipping_with_sleep(sleep).await;
    let refused = refused.expect_err("there is still none");
    assert_eq!(refused.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn sleeping_moves_the_time_on() {
    let (_server, mut time) = server(TimeSkipping::Locked).await;
    let before = now(&mut time).await;
    let sleep = SleepRequest {
        duration: seconds(30 * DAY),
    };
    let slept = time.unlock_time_skipping_with_sleep(sleep).await;
    slept.expect("it sleeps");
    let after = now(&mut time).await;
    assert!(after - before >= 30 * DAY);
    let unlock = UnlockTimeSkippingRequest {};
    time.unlock_time_skipping(unlock)
        .await
        .expect("it is locked again");
    let until = SleepUntilRequest {
        timestamp: Some(Timestamp {
            seconds: after + DAY,
            nanos: 0,
        }),
    };
    time.sleep_until(until).await.expect("it sleeps");
    assert!(now(&mut time).await >= after + DAY);
    time.sleep(sleep).await.expect("it sleeps");
    assert!(now(&mut time).await >= after + 31 * DAY);
}

#[tokio::test]
async fn sleeping_does_not_go_past_its_end() {
    let (mut server, mut time) = server(TimeSkipping::Locked).await;
    let before = now(&mut time).await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let timers = vec![timer("t", 60 * DAY)];
    let started = server.complete(&task, timers).await;
    started.expect("a timer starts");
    let sleep = SleepRequest {
        duration: seconds(30 * DAY),
    };
    let slept = time.unlock_time_skipping_with_sleep(sleep).await;
    slept.expect("it sleeps");
    let passed = now(&mut time).await - before;
    assert!((30 * DAY..31 * DAY).contains(&passed), "{passed}");
}

#[tokio::test]
async fn a_timer_is_skipped_to_and_a_workflow_task_is_not() {
    let (mut server, mut time) = server(TimeSkipping::Unlocked).await;
    let before = now(&mut time).await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    assert!(now(&mut time).await - before < DAY);
    let timers = vec![timer("late", 60 * DAY), timer("soon", 30 * DAY)];
    server.complete(&task, timers).await.expect("timers start");
    let task = server.poll_workflow().await;
    let passed = now(&mut time).await - before;
    assert!((30 * DAY..60 * DAY).contains(&passed), "{passed}");
    server.complete(&task, complete()).await.expect("it ends");
    // Neither the timer that is gone nor the run's own timeout is waited for any more.
    let passed = now(&mut time).await - before;
    assert!(passed < 60 * DAY, "{passed}");
    let found = server.kinds("w").await;
    assert_eq!(found.last(), Some(&EventType::WorkflowExecutionCompleted));
}

#[tokio::test]
async fn a_week_of_retries_passes_while_no_attempt_is_made() {
    let (mut server, mut time) = server(TimeSkipping::Unlocked).await;
    let before = now(&mut time).await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: "a".to_owned(),
        activity_type: Some(ActivityType {
            name: "activity".to_owned(),
        }),
        task_queue: queue(),
        start_to_close_timeout: seconds(10),
        retry_policy: Some(RetryPolicy {
            initial_interval: seconds(DAY),
            backoff_coefficient: 1.0,
            maximum_attempts: 8,
            ..RetryPolicy::default()
        }),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    let schedule = Attributes::ScheduleActivityTaskCommandAttributes(Box::new(activity));
    let scheduled = server.complete(&task, vec![schedule]).await;
    scheduled.expect("the activity is scheduled");
    for attempt in 1..=8 {
        let activity = server.poll_activity().await;
        assert_eq!(activity.attempt, attempt);
        let fail = RespondActivityTaskFailedRequest {
            namespace: "default".to_owned(),
            task_token: activity.task_token,
            ..RespondActivityTaskFailedRequest::default()
        };
        let failed = server.client.respond_activity_task_failed(fail).await;
        failed.expect("the attempt fails");
    }
    let passed = now(&mut time).await - before;
    assert!((7 * DAY..8 * DAY).contains(&passed), "{passed}");
    server.poll_workflow().await;
}

#[tokio::test]
async fn a_delayed_start_and_a_run_that_hangs() {
    let (mut server, mut time) = server(TimeSkipping::Unlocked).await;
    let before = now(&mut time).await;
    let request = StartWorkflowExecutionRequest {
        workflow_start_delay: seconds(3 * DAY),
        ..start_request("delayed")
    };
    let started = server.client.start_workflow_execution(request).await;
    started.expect("it is started");
    let task = server.poll_workflow().await;
    let passed = now(&mut time).await - before;
    assert!((3 * DAY..4 * DAY).contains(&passed), "{passed}");
    // It waits for a signal that never comes.
    server.complete(&task, vec![]).await.expect("it waits");
    let passed = now(&mut time).await - before;
    assert!(passed >= 3650 * DAY, "{passed}");
    let describe = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: execution("delayed"),
    };
    wait_for_the_end(server.client.clone(), "delayed").await;
    let described = server.client.describe_workflow_execution(describe).await;
    let info = described.expect("it is there").into_inner();
    let info = info.workflow_execution_info.expect("it has a status");
    assert_eq!(info.status(), WorkflowExecutionStatus::TimedOut);
}

async fn wait_for_the_end(mut client: WorkflowServiceClient<Channel>, id: &str) {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".to_owned(),
        execution: execution(id),
        wait_new_event: true,
        history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
        ..GetWorkflowExecutionHistoryRequest::default()
    };
    let ended = client.get_workflow_execution_history(request).await;
    assert!(ended.expect("it waits").into_inner().history.is_some());
}

#[tokio::test]
async fn time_is_skipped_while_a_client_waits_for_a_result() {
    let (mut server, mut time) = server(TimeSkipping::WhileWaiting).await;
    let before = now(&mut time).await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let timers = vec![timer("t", 30 * DAY)];
    server
        .complete(&task, timers)
        .await
        .expect("a timer starts");
    assert!(now(&mut time).await - before < DAY);

    let result = wait_for_the_end(server.client.clone(), "w");
    let work = async {
        let task = server.poll_workflow().await;
        server.complete(&task, complete()).await.expect("it ends");
    };
    tokio::join!(result, work);
    let passed = now(&mut time).await - before;
    assert!((30 * DAY..31 * DAY).contains(&passed), "{passed}");
}

/// Less than a query may take, and more than what is done at once.
const PATIENCE: Duration = Duration::from_secs(15);

#[tokio::test]
async fn time_does_not_wait_for_a_query_whose_caller_is_gone() {
    let (mut server, mut time) = server(TimeSkipping::WhileWaiting).await;
    let before = now(&mut time).await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let timers = vec![timer("t", 30 * DAY)];
    let started = server.complete(&task, timers).await;
    started.expect("a timer starts");

    let mut client = server.client.clone();
    let query = client.query_workflow(QueryWorkflowRequest {
        namespace: "default".to_owned(),
        execution: execution("w"),
        query: Some(WorkflowQuery {
            query_type: "state".to_owned(),
            ..WorkflowQuery::default()
        }),
        ..QueryWorkflowRequest::default()
    });
    // A worker takes it, and does not answer.
    tokio::select! {
        answer = query => unreachable!("nobody answers: {answer:?}"),
        task = server.poll_workflow() => assert!(task.query.is_some()),
    }
    let clock = server.server.time("default").expect("it skips time");
    let month = Duration::from_secs(30 * DAY as u64);
    let advanced = tokio::time::timeout(PATIENCE, clock.advance(month));
    advanced.await.expect("nothing is at work");
    let passed = now(&mut time).await - before;
    assert!((30 * DAY..31 * DAY).contains(&passed), "{passed}");
}

/// A request of the test service that means the clock of a namespace.
fn of<T>(namespace: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let name = MetadataValue::from_static(namespace);
    request.metadata_mut().insert("temporal-namespace", name);
    request
}

async fn now_in(time: &mut TestServiceClient<Channel>, namespace: &'static str) -> i64 {
    let now = time.get_current_time(of(namespace, ())).await;
    let now = now.expect("it tells the time").into_inner().time;
    now.expect("the time is set").seconds
}

#[tokio::test]
async fn namespaces_may_have_clocks_of_their_own() {
    let mut config = Config::for_tests(TimeSkipping::Locked).with_namespace("other");
    config.clock_per_namespace = true;
    let mut server = start_with(config).await;
    let mut time = TestServiceClient::new(channel(&server.server).await);
    let before = now(&mut time).await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let timers = vec![timer("t", 10 * DAY)];
    let started = server.complete(&task, timers).await;
    started.expect("a timer starts");

    let sleep = SleepRequest {
        duration: seconds(30 * DAY),
    };
    let slept = time.unlock_time_skipping_with_sleep(of("other", sleep));
    slept.await.expect("it sleeps");
    assert!(now_in(&mut time, "other").await - before >= 30 * DAY);
    let passed = now_in(&mut time, "default").await - before;
    assert!(passed < DAY, "a month elsewhere is none here: {passed}");
    assert_eq!(
        server.kinds("w").await.last(),
        Some(&EventType::TimerStarted)
    );

    // Without a header it is the namespace `default`.
    let mut default = time.clone();
    let slept = default.unlock_time_skipping_with_sleep(sleep);
    let work = async {
        let task = server.poll_workflow().await;
        server.complete(&task, complete()).await.expect("it ends");
    };
    let (slept, ()) = tokio::join!(slept, work);
    slept.expect("it sleeps");
    assert!(now(&mut time).await - before >= 30 * DAY);

    let refused = time.get_current_time(of("nowhere", ())).await;
    let refused = refused.expect_err("there is no such namespace");
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn one_clock_is_for_all_namespaces_unless_it_is_said_otherwise() {
    let config = Config::for_tests(TimeSkipping::Locked).with_namespace("other");
    let server = start_with(config).await;
    let mut time = TestServiceClient::new(channel(&server.server).await);
    let before = now(&mut time).await;
    let sleep = SleepRequest {
        duration: seconds(30 * DAY),
    };
    let slept = time.unlock_time_skipping_with_sleep(of("other", sleep));
    slept.await.expect("it sleeps");
    assert!(now(&mut time).await - before >= 30 * DAY);
}
