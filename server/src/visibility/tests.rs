//! Lists, pages and counts over the index.

use mainspring_proto::{
    common::v1::{WorkflowExecution, WorkflowType},
    enums::v1::{IndexedValueType, WorkflowExecutionStatus},
    prost_types::Timestamp,
};
use proptest::prelude::*;

use super::*;

const NAMESPACE: &str = "ns";

#[derive(Clone, Debug)]
struct Run {
    workflow: u8,
    run: u8,
    start: u8,
    close: Option<u8>,
}

impl Run {
    fn info(&self) -> WorkflowExecutionInfo {
        let at = |seconds: u8| Timestamp {
            seconds: seconds.into(),
            nanos: 0,
        };
        let status = match self.close {
            None => WorkflowExecutionStatus::Running,
            Some(close) if close % 2 == 0 => WorkflowExecutionStatus::Completed,
            Some(_) => WorkflowExecutionStatus::Failed,
        };
        WorkflowExecutionInfo {
            execution: Some(WorkflowExecution {
                workflow_id: format!("wf-{}", self.workflow),
                run_id: format!("run-{:03}", self.run),
            }),
            r#type: Some(WorkflowType {
                name: format!("type-{}", self.workflow % 3),
            }),
            status: status as i32,
            start_time: Some(at(self.start)),
            close_time: self.close.map(at),
            ..Default::default()
        }
    }
}

fn visibility(runs: &[Run]) -> Visibility {
    let visibility = Visibility::default();
    for run in runs {
        visibility.upsert(&NAMESPACE.into(), run.info(), &CustomTypes::new());
    }
    visibility
}

fn query(text: &str) -> Query {
    query::parse(text, &CustomTypes::new()).expect("a query")
}

fn run_ids(visibility: &Visibility, text: &str, page_size: usize) -> Vec<String> {
    let query = query(text);
    let mut ids = Vec::new();
    let mut token = Bytes::new();
    loop {
        let page = visibility
            .list(NAMESPACE, &query, page_size, &token)
            .expect("our own token");
        assert!(page.executions.len() <= page_size);
        let executions = page.executions.into_iter();
        ids.extend(executions.filter_map(|info| Some(info.execution?.run_id)));
        token = page.next_page_token;
        if token.is_empty() {
            return ids;
        }
    }
}

#[test]
fn open_runs_come_first_then_the_latest_closed() {
    let run = |run, start, close| Run {
        workflow: 1,
        run,
        start,
        close,
    };
    let visibility = visibility(&[
        run(1, 1, Some(9)),
        run(2, 2, None),
        run(3, 3, Some(5)),
        run(4, 4, None),
        run(5, 6, Some(9)),
    ]);
    let expected = ["run-004", "run-002", "run-005", "run-001", "run-003"];
    assert_eq!(run_ids(&visibility, "", 10), expected);
    assert_eq!(run_ids(&visibility, "", 2), expected);
    assert_eq!(run_ids(&visibility, "WorkflowId = 'wf-1'", 1), expected);
    assert_eq!(
        run_ids(&visibility, "ExecutionStatus = 'Running'", 1),
        expected[..2]
    );
    assert_eq!(run_ids(&visibility, "CloseTime > 0", 2), expected[2..]);
}

#[test]
fn a_run_is_shown_as_it_was_reported_last_and_then_no_more() {
    let mut run = Run {
        workflow: 1,
        run: 1,
        start: 1,
        close: None,
    };
    let visibility = visibility(&[run.clone()]);
    run.close = Some(2);
    visibility.upsert(&NAMESPACE.into(), run.info(), &CustomTypes::new());
    assert_eq!(
        run_ids(&visibility, "ExecutionStatus = 'Running'", 1).len(),
        0
    );
    assert_eq!(
        run_ids(&visibility, "ExecutionStatus = 'Completed'", 1).len(),
        1
    );
    visibility.delete(NAMESPACE, "run-001");
    assert_eq!(run_ids(&visibility, "", 1).len(), 0);
    assert_eq!(visibility.count(NAMESPACE, &query("")), 0);
    visibility.delete(NAMESPACE, "run-001");
}

#[test]
fn a_page_token_of_somebody_else_is_refused() {
    let visibility = visibility(&[]);
    let refused = visibility.list(NAMESPACE, &query(""), 1, b"elsewhere");
    assert!(refused.is_err());
}

#[test]
fn a_division_hides_an_execution_from_queries_that_do_not_name_it() {
    let mut info = Run {
        workflow: 1,
        run: 1,
        start: 1,
        close: None,
    }
    .info();
    let division = mainspring_proto::common::v1::Payload {
        data: "\"TemporalScheduler\"".into(),
        ..Default::default()
    };
    let fields = [(NAMESPACE_DIVISION.to_owned(), division)];
    info.search_attributes = Some(mainspring_proto::common::v1::SearchAttributes {
        indexed_fields: fields.into(),
    });
    let visibility = Visibility::default();
    visibility.upsert(&NAMESPACE.into(), info, &CustomTypes::new());
    for (text, expected) in [
        ("", 0),
        ("ExecutionStatus = 'Running'", 0),
        ("TemporalNamespaceDivision = 'TemporalScheduler'", 1),
        ("TemporalNamespaceDivision IS NOT NULL", 1),
    ] {
        assert_eq!(run_ids(&visibility, text, 5).len(), expected, "{text}");
        assert_eq!(
            visibility.count(NAMESPACE, &query(text)),
            expected,
            "{text}"
        );
    }
    let groups = query("GROUP BY ExecutionStatus");
    let counted = visibility.count_groups(NAMESPACE, &groups, &Field::ExecutionStatus);
    assert!(counted.is_empty());
}

#[test]
fn a_removed_attribute_s_values_are_of_no_type() {
    let mut info = Run {
        workflow: 1,
        run: 1,
        start: 1,
        close: None,
    }
    .info();
    let age = mainspring_proto::common::v1::Payload {
        data: "36".into(),
        ..Default::default()
    };
    let fields = [("Age".to_owned(), age)];
    info.search_attributes = Some(mainspring_proto::common::v1::SearchAttributes {
        indexed_fields: fields.into(),
    });
    let visibility = Visibility::default();
    let registered = CustomTypes::from([("Age".into(), IndexedValueType::Int)]);
    visibility.upsert(&NAMESPACE.into(), info, &registered);
    let asked = |text: &str, types: &CustomTypes| {
        let query = query::parse(text, types).expect("a query");
        visibility.count(NAMESPACE, &query)
    };
    assert_eq!(asked("Age = 36", &registered), 1);
    let anew = CustomTypes::from([("Age".into(), IndexedValueType::Keyword)]);
    assert_eq!(asked("Age = '36'", &anew), 0);
}

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let run = (0..6_u8, 0..60_u8, 0..10_u8, prop::option::of(10..20_u8));
    let run = run.prop_map(|(workflow, run, start, close)| Run {
        workflow,
        run,
        start,
        close,
    });
    prop::collection::vec(run, 0..80)
}

proptest! {
    /// Whichever index answers, it is what looking at everything answers.
    #[test]
    fn indexes_change_nothing_but_the_speed(runs in runs(), page_size in 1..7_usize) {
        let visibility = visibility(&runs);
        for text in [
            "WorkflowId = 'wf-3'",
            "WorkflowId IN ('wf-1', 'wf-2', 'wf-9')",
            "WorkflowId STARTS_WITH 'wf'",
            "RunId = 'run-007'",
            "RunId IN ('run-001', 'run-002') AND ExecutionStatus = 'Failed'",
            "ExecutionStatus = 'Failed'",
            "WorkflowType = 'type-1'",
            "WorkflowType = 'type-1' AND ExecutionStatus = 'Running'",
            "WorkflowType = 'type-1' AND NOT WorkflowId = 'wf-1'",
        ] {
            let indexed = run_ids(&visibility, text, page_size);
            // A disjunction has no index.
            let scanned = format!("({text}) OR RunId = 'none'");
            prop_assert_eq!(&indexed, &run_ids(&visibility, &scanned, 100));
            prop_assert_eq!(visibility.count(NAMESPACE, &query(text)), indexed.len());
        }
        let groups = query("GROUP BY ExecutionStatus");
        let quick = visibility.count_groups(NAMESPACE, &groups, &Field::ExecutionStatus);
        let slow = query("StartTime >= 0 GROUP BY ExecutionStatus");
        let slow = visibility.count_groups(NAMESPACE, &slow, &Field::ExecutionStatus);
        prop_assert_eq!(quick, slow);
    }
}

#[test]
fn common_queries_look_at_few_of_many_executions() {
    let visibility = Visibility::default();
    for index in 0..5_000_u32 {
        let mut info = Run {
            workflow: 1,
            run: 1,
            start: 1,
            close: Some(2),
        }
        .info();
        info.execution = Some(WorkflowExecution {
            workflow_id: format!("order-{index}"),
            run_id: format!("run-{index}"),
        });
        visibility.upsert(&NAMESPACE.into(), info, &CustomTypes::new());
    }
    let index = visibility.existing(NAMESPACE).expect("it was just filled");
    let index = index.read();
    for (text, expected) in [
        ("WorkflowId = 'order-7'", 1),
        ("WorkflowId IN ('order-7', 'order-8', 'none')", 2),
        ("WorkflowId STARTS_WITH 'order-123'", 11),
        ("RunId = 'run-9' AND ExecutionStatus = 'Completed'", 1),
        ("ExecutionStatus = 'Running'", 0),
        ("WorkflowType = 'other' AND StartTime > 0", 0),
    ] {
        let access = index.access(&query(text).filter);
        assert_eq!(index.size(&access), expected, "{text}");
    }
}
