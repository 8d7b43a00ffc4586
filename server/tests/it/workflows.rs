//! Workflows through gRPC: starts and their policies, tasks, signals, queries, histories.

use mainspring_proto::{
    command::v1::{
        ScheduleActivityTaskCommandAttributes, StartTimerCommandAttributes, command::Attributes,
    },
    common::v1::ActivityType,
    enums::v1::{
        EventType, HistoryEventFilterType, WorkflowExecutionStatus, WorkflowIdConflictPolicy,
        WorkflowIdReusePolicy,
    },
    errordetails::v1::WorkflowExecutionAlreadyStartedFailure,
    query::v1::WorkflowQuery,
    workflow::v1::OnConflictOptions,
    workflowservice::v1::*,
};
use tonic::Code;

use crate::{
    support::{detail, start},
    support_workflow::{completes, execution, queue, seconds, start_request},
};

#[tokio::test]
async fn a_workflow_with_an_activity_runs_to_its_end() {
    let mut server = start().await;
    let run_id = server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    assert_eq!(
        task.workflow_execution.as_ref().map(|it| it.run_id.clone()),
        Some(run_id)
    );
    assert_eq!(task.history.as_ref().map(|it| it.events.len()), Some(3));
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: "a".to_owned(),
        activity_type: Some(ActivityType {
            name: "activity".to_owned(),
        }),
        task_queue: queue(),
        start_to_close_timeout: seconds(10),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    let schedule = Attributes::ScheduleActivityTaskCommandAttributes(Box::new(activity));
    server
        .complete(&task, vec![schedule])
        .await
        .expect("the task is completed");
    let activity = server.poll_activity().await;
    assert_eq!((activity.activity_id.as_str(), activity.attempt), ("a", 1));
    let request = RespondActivityTaskCompletedRequest {
        namespace: "default".to_owned(),
        task_token: activity.task_token,
        ..RespondActivityTaskCompletedRequest::default()
    };
    server
        .client
        .respond_activity_task_completed(request)
        .await
        .expect("it is taken");
    let task = server.poll_workflow().await;
    server
        .complete(&task, completes())
        .await
        .expect("the task is completed");
    use EventType::*;
    assert_eq!(
        server.kinds("w").await,
        [
            WorkflowExecutionStarted,
            WorkflowTaskScheduled,
            WorkflowTaskStarted,
            WorkflowTaskCompleted,
            ActivityTaskScheduled,
            ActivityTaskStarted,
            ActivityTaskCompleted,
            WorkflowTaskScheduled,
            WorkflowTaskStarted,
            WorkflowTaskCompleted,
            WorkflowExecutionCompleted,
        ]
    );
}

#[tokio::test]
async fn runs_that_do_not_fit_into_memory_are_read_back() {
    let mut config = mainspring_server::Config::in_memory();
    config.cache_mib = 0;
    let mut server = crate::support::start_with(config).await;
    for number in 0..20 {
        server.start_workflow(&format!("w{number}")).await;
    }
    // Each is taken, waits for a timer, is taken again and ends, out of memory whenever it can be.
    let mut ended = 0;
    while ended < 20 {
        let task = server.poll_workflow().await;
        let first = task.previous_started_event_id == 0;
        let timer = StartTimerCommandAttributes {
            timer_id: "t".to_owned(),
            start_to_fire_timeout: Some(mainspring_proto::prost_types::Duration {
                seconds: 0,
                nanos: 1_000_000,
            }),
        };
        let commands = if first {
            vec![Attributes::StartTimerCommandAttributes(Box::new(timer))]
        } else {
            ended += 1;
            completes()
        };
        server
            .complete(&task, commands)
            .await
            .expect("the task is completed");
    }
    for number in 0..20 {
        let kinds = server.kinds(&format!("w{number}")).await;
        assert_eq!(kinds.len(), 10);
        assert_eq!(kinds.last(), Some(&EventType::WorkflowExecutionCompleted));
    }
}

#[tokio::test]
async fn a_rate_limited_queue_works_on_a_file_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = mainspring_server::Config::in_file(folder.path().join("mainspring.db"));
    let mut server = crate::support::start_with(config).await;
    let request = || PollActivityTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        task_queue_metadata: Some(mainspring_proto::taskqueue::v1::TaskQueueMetadata {
            max_tasks_per_second: Some(2.0),
        }),
        ..PollActivityTaskQueueRequest::default()
    };
    let mut polls = Vec::new();
    for _ in 0..3 {
        let mut client = server.client.clone();
        let mut poll = tonic::Request::new(request());
        poll.set_timeout(std::time::Duration::from_secs(20));
        polls.push(tokio::spawn(async move {
            client.poll_activity_task_queue(poll).await
        }));
    }
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let activities = ["a", "b", "c"].map(|id| {
        Attributes::ScheduleActivityTaskCommandAttributes(Box::new(
            ScheduleActivityTaskCommandAttributes {
                activity_id: id.to_owned(),
                activity_type: Some(ActivityType {
                    name: "activity".to_owned(),
                }),
                task_queue: queue(),
                start_to_close_timeout: seconds(10),
                ..ScheduleActivityTaskCommandAttributes::default()
            },
        ))
    });
    server
        .complete(&task, activities.into())
        .await
        .expect("the task is completed");
    let mut taken = Vec::new();
    for poll in polls {
        let task = poll
            .await
            .expect("it lives")
            .expect("it is answered")
            .into_inner();
        taken.push(task.activity_id);
    }
    taken.sort();
    assert_eq!(taken, ["a", "b", "c"]);
}

#[tokio::test]
async fn the_wait_for_the_close_event_ends_with_the_workflow() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let mut waiter = server.client.clone();
    let waiting = tokio::spawn(async move {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution("w"),
            wait_new_event: true,
            history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        waiter.get_workflow_execution_history(request).await
    });
    let task = server.poll_workflow().await;
    server
        .complete(&task, completes())
        .await
        .expect("the task is completed");
    let found = waiting
        .await
        .expect("the waiter lives")
        .expect("it is answered")
        .into_inner();
    let events = found.history.unwrap_or_default().events;
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].event_type(),
        EventType::WorkflowExecutionCompleted
    );
    assert!(found.next_page_token.is_empty());
}

#[tokio::test]
async fn histories_are_paged_forwards_and_backwards() {
    let mut server = start().await;
    server.start_workflow("w").await;
    for number in 0..10 {
        let request = SignalWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_execution: execution("w"),
            signal_name: format!("s{number}"),
            ..SignalWorkflowExecutionRequest::default()
        };
        server
            .client
            .signal_workflow_execution(request)
            .await
            .expect("it is taken");
    }
    let mut token = bytes::Bytes::new();
    let mut ids = Vec::new();
    loop {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution("w"),
            maximum_page_size: 5,
            next_page_token: token,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let page = server.client.get_workflow_execution_history(request).await;
        let page = page.expect("a page").into_inner();
        ids.extend(
            page.history
                .unwrap_or_default()
                .events
                .iter()
                .map(|it| it.event_id),
        );
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(ids, (1..=12).collect::<Vec<_>>());
    let mut reversed = Vec::new();
    loop {
        let request = GetWorkflowExecutionHistoryReverseRequest {
            namespace: "default".to_owned(),
            execution: execution("w"),
            maximum_page_size: 5,
            next_page_token: token,
        };
        let page = server
            .client
            .get_workflow_execution_history_reverse(request)
            .await;
        let page = page.expect("a page").into_inner();
        reversed.extend(
            page.history
                .unwrap_or_default()
                .events
                .iter()
                .map(|it| it.event_id),
        );
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    reversed.reverse();
    assert_eq!(reversed, ids);
}

#[tokio::test]
async fn a_start_that_is_sent_twice_starts_once() {
    let mut server = start().await;
    let first = server
        .client
        .start_workflow_execution(start_request("w"))
        .await;
    let second = server
        .client
        .start_workflow_execution(start_request("w"))
        .await;
    let (first, second) = (
        first.expect("started").into_inner(),
        second.expect("found").into_inner(),
    );
    assert!(first.started && second.started);
    assert_eq!(first.run_id, second.run_id);
}

#[tokio::test]
async fn a_running_workflow_keeps_its_id_as_the_policy_says() {
    let mut server = start().await;
    let run_id = server.start_workflow("w").await;
    let request = |policy: WorkflowIdConflictPolicy| StartWorkflowExecutionRequest {
        request_id: "another".to_owned(),
        workflow_id_conflict_policy: policy.into(),
        ..start_request("w")
    };
    let refused = server
        .client
        .start_workflow_execution(request(WorkflowIdConflictPolicy::Fail))
        .await
        .expect_err("it runs");
    assert_eq!(refused.code(), Code::AlreadyExists);
    let found: WorkflowExecutionAlreadyStartedFailure = detail(&refused);
    assert_eq!(
        (found.run_id, found.start_request_id),
        (run_id.clone(), "start-w".to_owned())
    );
    let existing = server
        .client
        .start_workflow_execution(request(WorkflowIdConflictPolicy::UseExisting))
        .await
        .expect("it is found")
        .into_inner();
    assert_eq!(
        (existing.run_id.clone(), existing.started),
        (run_id.clone(), false)
    );
    let replaced = server
        .client
        .start_workflow_execution(request(WorkflowIdConflictPolicy::TerminateExisting))
        .await
        .expect("it is replaced")
        .into_inner();
    assert_ne!(replaced.run_id, run_id);
    let described = server
        .client
        .describe_workflow_execution(DescribeWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            execution: Some(mainspring_proto::common::v1::WorkflowExecution {
                workflow_id: "w".to_owned(),
                run_id,
            }),
        })
        .await
        .expect("the old run is there")
        .into_inner();
    let status = described.workflow_execution_info.map(|info| info.status());
    assert_eq!(status, Some(WorkflowExecutionStatus::Terminated));
}

#[tokio::test]
async fn a_start_attaches_itself_to_the_run_it_finds() {
    let mut server = start().await;
    let run_id = server.start_workflow("w").await;
    let request = StartWorkflowExecutionRequest {
        request_id: "attached".to_owned(),
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::UseExisting.into(),
        on_conflict_options: Some(OnConflictOptions {
            attach_request_id: true,
            ..OnConflictOptions::default()
        }),
        ..start_request("w")
    };
    for _ in 0..2 {
        let found = server
            .client
            .start_workflow_execution(request.clone())
            .await;
        let found = found.expect("it is found").into_inner();
        assert_eq!((found.run_id, found.started), (run_id.clone(), false));
    }
    let kinds = server.kinds("w").await;
    let attached = kinds
        .iter()
        .filter(|it| **it == EventType::WorkflowExecutionOptionsUpdated);
    assert_eq!(attached.count(), 1);
}

#[tokio::test]
async fn a_finished_workflow_gives_its_id_up_as_the_policy_says() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    server
        .complete(&task, completes())
        .await
        .expect("the task is completed");
    for (policy, taken) in [
        (WorkflowIdReusePolicy::RejectDuplicate, false),
        (WorkflowIdReusePolicy::AllowDuplicateFailedOnly, false),
        (WorkflowIdReusePolicy::AllowDuplicate, true),
    ] {
        let request = StartWorkflowExecutionRequest {
            request_id: format!("{policy:?}"),
            workflow_id_reuse_policy: policy.into(),
            ..start_request("w")
        };
        let started = server.client.start_workflow_execution(request).await;
        assert_eq!(started.is_ok(), taken, "{policy:?}");
        if let Err(refused) = started {
            assert_eq!(refused.code(), Code::AlreadyExists);
            let _: WorkflowExecutionAlreadyStartedFailure = detail(&refused);
        }
    }
}

#[tokio::test]
async fn many_queries_ride_on_one_task() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let mut asking = Vec::new();
    for number in 0..5 {
        let mut client = server.client.clone();
        asking.push(tokio::spawn(async move {
            let request = QueryWorkflowRequest {
                namespace: "default".to_owned(),
                execution: execution("w"),
                query: Some(WorkflowQuery {
                    query_type: format!("q{number}"),
                    ..WorkflowQuery::default()
                }),
                ..QueryWorkflowRequest::default()
            };
            client.query_workflow(request).await
        }));
    }
    // The queries arrive in any order, before or after the task is taken: those that come late get
    // tasks of their own.
    let mut answered = 0;
    while answered < 5 {
        let task = server.poll_workflow().await;
        if task.query.is_some() {
            let request = RespondQueryTaskCompletedRequest {
                namespace: "default".to_owned(),
                task_token: task.task_token,
                completed_type: mainspring_proto::enums::v1::QueryResultType::Answered.into(),
                ..RespondQueryTaskCompletedRequest::default()
            };
            server
                .client
                .respond_query_task_completed(request)
                .await
                .expect("it is waited for");
            answered += 1;
            continue;
        }
        answered += task.queries.len();
        let request = RespondWorkflowTaskCompletedRequest {
            namespace: "default".to_owned(),
            query_results: task
                .queries
                .keys()
                .map(|id| {
                    let result = mainspring_proto::query::v1::WorkflowQueryResult {
                        result_type: mainspring_proto::enums::v1::QueryResultType::Answered.into(),
                        ..Default::default()
                    };
                    (id.clone(), result)
                })
                .collect(),
            task_token: task.task_token,
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        server
            .client
            .respond_workflow_task_completed(request)
            .await
            .expect("it is completed");
    }
    for asked in asking {
        asked.await.expect("it lives").expect("it is answered");
    }
}

#[tokio::test]
async fn a_query_that_waited_for_a_task_is_answered_by_the_ended_run() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    server
        .complete(&task, Vec::new())
        .await
        .expect("the task is completed");
    let signal = SignalWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w"),
        signal_name: "s".to_owned(),
        ..SignalWorkflowExecutionRequest::default()
    };
    server
        .client
        .signal_workflow_execution(signal)
        .await
        .expect("it is taken");
    // A worker has the task that the query would ride on, and never answers.
    server.poll_workflow().await;
    let mut client = server.client.clone();
    let asking = tokio::spawn(async move {
        let request = QueryWorkflowRequest {
            namespace: "default".to_owned(),
            execution: execution("w"),
            query: Some(WorkflowQuery {
                query_type: "q".to_owned(),
                ..WorkflowQuery::default()
            }),
            ..QueryWorkflowRequest::default()
        };
        client.query_workflow(request).await
    });
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
    let task = server.poll_workflow().await;
    assert!(task.query.is_some());
    let answer = RespondQueryTaskCompletedRequest {
        namespace: "default".to_owned(),
        task_token: task.task_token,
        completed_type: mainspring_proto::enums::v1::QueryResultType::Answered.into(),
        ..RespondQueryTaskCompletedRequest::default()
    };
    server
        .client
        .respond_query_task_completed(answer)
        .await
        .expect("it is waited for");
    asking.await.expect("it lives").expect("it is answered");
}

#[tokio::test]
async fn a_timer_wakes_the_workflow() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let timer = StartTimerCommandAttributes {
        timer_id: "t".to_owned(),
        start_to_fire_timeout: Some(mainspring_proto::prost_types::Duration {
            seconds: 0,
            nanos: 1_000_000,
        }),
    };
    let timer = Attributes::StartTimerCommandAttributes(Box::new(timer));
    server
        .complete(&task, vec![timer])
        .await
        .expect("the task is completed");
    let task = server.poll_workflow().await;
    let events = task.history.unwrap_or_default().events;
    assert!(
        events
            .iter()
            .any(|event| event.event_type() == EventType::TimerFired)
    );
}
