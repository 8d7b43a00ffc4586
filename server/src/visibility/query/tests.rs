//! Queries as users write them, each with what comes of it.

use std::collections::BTreeMap;

use mainspring_proto::{
    common::v1::{Payload, SearchAttributes, WorkflowExecution, WorkflowType},
    enums::v1::WorkflowExecutionStatus,
    prost_types::Timestamp,
    workflow::v1::WorkflowExecutionInfo,
};
use proptest::prelude::*;

use super::*;
use crate::visibility::record::{Examined, Record};

fn custom() -> CustomTypes {
    use IndexedValueType as T;
    CustomTypes::from([
        ("Age".into(), T::Int),
        ("Bio".into(), T::Text),
        ("Born".into(), T::Datetime),
        ("Email".into(), T::Keyword),
        ("Member".into(), T::Bool),
        ("Odd name".into(), T::Int),
        ("Rate".into(), T::Double),
        ("Tags".into(), T::KeywordList),
    ])
}

/// A closed execution with every attribute.
fn ada() -> WorkflowExecutionInfo {
    let json = |text: &str| Payload {
        metadata: BTreeMap::from([("encoding".into(), "json/plain".into())]),
        data: text.to_owned().into(),
        ..Default::default()
    };
    let attributes = [
        ("Age", "36"),
        ("Bio", "\"Wrote the first Program, by hand\""),
        ("Born", "\"1815-12-10T00:00:00Z\""),
        ("Email", "\"ada@example.com\""),
        ("Member", "true"),
        ("Odd name", "1"),
        ("Rate", "0.5"),
        ("Tags", "[\"math\", \"poet's daughter\"]"),
    ];
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    WorkflowExecutionInfo {
        execution: Some(execution("order-1", "run-1")),
        r#type: Some(WorkflowType {
            name: "Order".into(),
        }),
        start_time: at(1_000),
        execution_time: at(1_000),
        close_time: at(1_060),
        status: WorkflowExecutionStatus::Completed as i32,
        history_length: 11,
        history_size_bytes: 2_048,
        state_transition_count: 7,
        task_queue: "orders".into(),
        parent_execution: Some(execution("cart-1", "run-0")),
        root_execution: Some(execution("cart-1", "run-0")),
        search_attributes: Some(SearchAttributes {
            indexed_fields: attributes
                .map(|(name, value)| (name.to_owned(), json(value)))
                .into(),
        }),
        ..Default::default()
    }
}

/// An open one without any.
fn bare() -> WorkflowExecutionInfo {
    WorkflowExecutionInfo {
        execution: Some(execution("order-2", "run-2")),
        status: WorkflowExecutionStatus::Running as i32,
        start_time: Some(Timestamp::default()),
        ..Default::default()
    }
}

fn execution(workflow_id: &str, run_id: &str) -> WorkflowExecution {
    WorkflowExecution {
        workflow_id: workflow_id.into(),
        run_id: run_id.into(),
    }
}

#[track_caller]
fn matches(info: WorkflowExecutionInfo, text: &str) -> bool {
    let query = parse(text, &custom()).unwrap_or_else(|error| panic!("{text}: {error}"));
    query
        .filter
        .matches(&Examined::new(&Record::new(info, &custom())))
}

#[test]
fn conditions_that_hold() {
    for text in [
        "",
        "   ",
        "WorkflowId = 'order-1'",
        "WorkflowId='order-1'",
        "WorkflowId = \"order-1\"",
        "`WorkflowId` = 'order-1'",
        "ScheduleId = 'order-1'",
        "WorkflowId != 'order-2'",
        "WorkflowId <> 'order-2'",
        "WorkflowId > 'order-0'",
        "WorkflowId in ('a', 'order-1')",
        "WorkflowId NOT IN ('a','b')",
        "WorkflowId STARTS_WITH 'ord'",
        "WorkflowId not starts_with 'cart'",
        "WorkflowId BETWEEN 'order-0' AND 'order-2'",
        "RunId = 'run-1'",
        "WorkflowType = 'Order'",
        "TaskQueue = 'orders'",
        "ParentWorkflowId = 'cart-1' AND ParentRunId = 'run-0'",
        "RootWorkflowId = 'cart-1' and RootRunId = 'run-0'",
        "ExecutionStatus = 'Completed'",
        "ExecutionStatus = \"completed\"",
        "ExecutionStatus = 2",
        "ExecutionStatus IN ('Running', 'Completed')",
        "ExecutionStatus IN (1, 2)",
        "ExecutionStatus != 'Running'",
        "HistoryLength = 11",
        "HistoryLength >= 11 AND HistoryLength < 12",
        "HistoryLength BETWEEN 11 AND 11",
        "HistoryLength NOT BETWEEN 12 AND 20",
        "HistorySizeBytes > 2000",
        "StateTransitionCount = 7",
        "StartTime = '1970-01-01T00:16:40Z'",
        "StartTime = 1000000000000",
        "StartTime = '1000000000000'",
        "StartTime < '1970-01-01T00:16:40.000000001Z'",
        "StartTime BETWEEN '1970-01-01T00:00:00Z' AND '1970-01-02T00:00:00Z'",
        "CloseTime IS NOT NULL",
        "ExecutionTime IS NOT NULL",
        "ExecutionDuration = '1m'",
        "ExecutionDuration = '60s'",
        "ExecutionDuration = '00:01:00'",
        "ExecutionDuration = 60000000000",
        "ExecutionDuration < '1h30m'",
        "Age = 36",
        "Age = '36'",
        "Age IN (1, 36)",
        "Age > -1",
        "Age != 37",
        "`Odd name` = 1",
        "Rate = 0.5",
        "Rate = 5e-1",
        "Rate > 0",
        "Member = true",
        "Member = TRUE",
        "Member = 'true'",
        "Member != false",
        "Born < '1900-01-01T00:00:00+02:00'",
        "Email = 'ada@example.com'",
        "Email STARTS_WITH 'ada'",
        "Tags = 'math'",
        "Tags = 'poet\\'s daughter'",
        "Tags = 'poet''s daughter'",
        "Tags IN ('x', 'math')",
        "Tags != 'x'",
        "Tags NOT IN ('x', 'y')",
        "Bio = 'program'",
        "Bio = 'no such words but FIRST'",
        "Bio != 'machine'",
        "BuildIds IS NULL",
        "NOT Age = 37",
        "NOT (Age = 37 OR Age = 38)",
        "not not Age = 36",
        "Age = 1 OR Age = 36 AND Member = true",
        "(Age = 1 OR Age = 36) AND Member = true",
        "Age = 1\n\tOR\n Age = 36",
        "BuildIds != 'x'",
        "TemporalNamespaceDivision IS NULL",
    ] {
        assert!(matches(ada(), text), "{text}");
    }
}

#[test]
fn conditions_that_do_not_hold() {
    for text in [
        "WorkflowId = 'order-2'",
        "WorkflowId = 'ORDER-1'",
        "WorkflowId NOT IN ('order-1')",
        "WorkflowId NOT STARTS_WITH 'order'",
        "ExecutionStatus = 'Running'",
        "HistoryLength NOT BETWEEN 1 AND 11",
        "CloseTime IS NULL",
        "ExecutionDuration > '1m'",
        "Age != 36",
        "Tags != 'math'",
        "Tags NOT IN ('math')",
        "Tags = 'mat'",
        "Bio != 'program'",
        "Bio = 'prog'",
        "BuildIds = 'x'",
        "TemporalScheduledById = 'x'",
        "TemporalScheduledById != 'x'",
        "NOT TemporalScheduledById = 'x'",
        "TemporalScheduledById NOT IN ('x')",
        "Age = 36 AND Age = 37",
        "NOT (Age = 36 OR TemporalScheduledById = 'x')",
    ] {
        assert!(!matches(ada(), text), "{text}");
    }
}

#[test]
fn what_an_execution_lacks_is_unknown_and_not_different() {
    for (text, expected) in [
        ("Age IS NULL", true),
        ("Age IS NOT NULL", false),
        ("Age != 1", false),
        ("NOT Age = 1", false),
        ("Age = 1 OR ExecutionStatus = 'Running'", true),
        ("Age = 1 AND ExecutionStatus = 'Running'", false),
        ("NOT (Age = 1 AND ExecutionStatus = 'Failed')", true),
        ("Tags != 'x'", true),
        ("Bio != 'x'", true),
        ("CloseTime > 0", false),
        ("ExecutionDuration > 0", false),
        ("ParentWorkflowId IS NULL", true),
    ] {
        assert_eq!(matches(bare(), text), expected, "{text}");
    }
}

#[test]
fn mistakes_are_explained() {
    for (text, expected) in [
        ("Colour = 'red'", "search attribute Colour is not defined"),
        (
            "WorkflowId",
            "at the end: expected an operator: =, !=, <, <=, >, >=, [NOT] IN, [NOT] BETWEEN, \
             [NOT] STARTS_WITH, IS [NOT] NULL",
        ),
        (
            "WorkflowId = ",
            "at the end: expected a value: 'text', a number, true or false",
        ),
        (
            "WorkflowId = order-1",
            "at position 14, near \"order-1\": expected a value: 'text', a number, true or false",
        ),
        (
            "CloseTime > StartTime",
            "at position 13, near \"StartTime\": expected a value: 'text', a number, true or false",
        ),
        (
            "WorkflowId = 'order",
            "at the end: expected the closing quote",
        ),
        ("(Age = 1", "at the end: expected AND, OR or ')'"),
        (
            "Age = 1)",
            "at position 8, near \")\": expected AND, OR, or the end of the query",
        ),
        (
            "Age = 1 Member = true",
            "at position 9, near \"Member = true\": expected AND, OR, or the end of the query",
        ),
        (
            "Age = 1 AND",
            "at the end: expected the name of a search attribute",
        ),
        (
            "AND Age = 1",
            "at position 1, near \"AND Age = 1\": expected the name of a search attribute",
        ),
        (
            "Age IN ()",
            "at position 9, near \")\": expected a value: 'text', a number, true or false",
        ),
        (
            "Age IN 1",
            "at position 8, near \"1\": expected '(' and a list of values",
        ),
        (
            "Age BETWEEN 1",
            "at the end: expected AND and the upper bound of BETWEEN",
        ),
        (
            "Age IS 1",
            "at position 8, near \"1\": expected IS NULL or IS NOT NULL",
        ),
        (
            "Age = 'old'",
            "invalid value 'old' for search attribute Age of type Int: expected a whole number",
        ),
        (
            "Age = 1.5",
            "invalid value 1.5 for search attribute Age of type Int: expected a whole number",
        ),
        (
            "Email = 1",
            "invalid value 1 for search attribute Email of type Keyword: expected a text in quotes",
        ),
        (
            "Member = 1",
            "invalid value 1 for search attribute Member of type Bool: expected true or false",
        ),
        (
            "Born > 'yesterday'",
            "invalid value 'yesterday' for search attribute Born of type Datetime: expected a time \
             such as '2030-01-31T12:00:00Z'",
        ),
        (
            "ExecutionDuration > 'long'",
            "invalid value 'long' for search attribute ExecutionDuration of type Int: expected a \
             duration such as '1h30m', or nanoseconds",
        ),
        (
            "ExecutionStatus = 'Done'",
            "'Done' is not an execution status; it is one of Running, Completed, Failed, Canceled, \
             Terminated, ContinuedAsNew, TimedOut, Paused",
        ),
        (
            "Bio > 'a'",
            "operator > is not supported for search attribute Bio of type Text",
        ),
        (
            "Bio IN ('a')",
            "operator IN is not supported for search attribute Bio of type Text",
        ),
        (
            "Tags STARTS_WITH 'a'",
            "operator STARTS_WITH is not supported for search attribute Tags of type KeywordList",
        ),
        (
            "Age STARTS_WITH '1'",
            "operator STARTS_WITH is not supported for search attribute Age of type Int",
        ),
        (
            "Member BETWEEN true AND false",
            "operator BETWEEN is not supported for search attribute Member of type Bool",
        ),
        ("Email STARTS_WITH 1", "STARTS_WITH takes a text in quotes"),
        (
            "Age = 1 ORDER BY Age",
            "at position 9, near \"ORDER BY Age\": expected no ORDER BY: the order is fixed",
        ),
        (
            "LIMIT 5",
            "at position 1, near \"LIMIT 5\": expected no LIMIT: ask for pages instead",
        ),
        (
            "GROUP BY WorkflowType",
            "GROUP BY is not supported for search attribute WorkflowType; it is for ExecutionStatus",
        ),
        (
            "GROUP BY ExecutionStatus, WorkflowType",
            "GROUP BY takes a single field",
        ),
    ] {
        let error = parse(text, &custom()).expect_err(text);
        assert_eq!(
            error.to_string(),
            format!("invalid query: {expected}"),
            "{text}"
        );
    }
}

#[test]
fn a_count_may_be_grouped() {
    let query = parse("Age > 1 GROUP BY ExecutionStatus", &custom()).expect("a query");
    assert_eq!(query.group_by, Some(Field::ExecutionStatus));
    let query = parse("group by ExecutionStatus", &custom()).expect("a query");
    assert_eq!(
        (query.filter, query.group_by),
        (Filter::All, Some(Field::ExecutionStatus))
    );
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}Age = 1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(60), &custom()).is_ok());
    for text in [
        nested(100_000 / 4),
        nested(100),
        "NOT ".repeat(1_000) + "Age = 1",
    ] {
        assert!(parse(&text, &custom()).is_err());
    }
    let long = format!("Email = '{}'", "x".repeat(70_000));
    let error = parse(&long, &custom()).expect_err("too long").to_string();
    assert_eq!(
        error,
        "invalid query: it is 70010 bytes long, and the limit is 65536 bytes"
    );
}

/// Text made of the language's own pieces, so that most of it gets past the first word.
fn almost_a_query() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Age".to_owned()),
        Just("Email".into()),
        Just("Tags".into()),
        Just("`".into()),
        Just("=".into()),
        Just("!=".into()),
        Just("<".into()),
        Just(">=".into()),
        Just("AND".into()),
        Just("OR".into()),
        Just("NOT".into()),
        Just("IN".into()),
        Just("BETWEEN".into()),
        Just("STARTS_WITH".into()),
        Just("IS".into()),
        Just("NULL".into()),
        Just("(".into()),
        Just(")".into()),
        Just(",".into()),
        Just("'".into()),
        Just("\\".into()),
        Just("GROUP BY".into()),
        Just("ExecutionStatus".into()),
        "[0-9.eE+-]{1,5}",
        "'[a-zé\\\\']{0,4}'",
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn any_text_is_a_query_or_a_mistake_that_is_explained(text in "\\PC{0,60}") {
        let _ = parse(&text, &custom());
    }

    #[test]
    fn almost_queries_are_queries_or_mistakes(text in almost_a_query()) {
        if let Err(error) = parse(&text, &custom()) {
            prop_assert!(error.to_string().starts_with("invalid query: "));
        }
    }

    #[test]
    fn quoted_text_is_read_as_it_was_meant(text in "\\PC{0,20}") {
        let quoted = text.replace('\\', "\\\\").replace('\'', "''");
        let query = parse(&format!("Email = '{quoted}'"), &custom()).expect("a query");
        let expected = Test::Compare(Comparison::Equal, Value::Keyword(text));
        let field = Field::Attribute("Email".into(), IndexedValueType::Keyword);
        prop_assert_eq!(query.filter, Filter::Is(field, expected));
    }

    #[test]
    fn a_negated_condition_never_holds_with_the_condition(age in 0..80_i64, other in 0..80_i64) {
        for condition in [
            format!("Age < {age}"),
            format!("Age BETWEEN {age} AND {other}"),
            format!("Age IN ({age}, {other})"),
            format!("Age = {age} OR Rate > 1"),
            format!("Age > {age} AND Tags = 'math'"),
        ] {
            let holds = matches(ada(), &condition);
            prop_assert_eq!(matches(ada(), &format!("NOT ({condition})")), !holds);
            prop_assert!(!matches(bare(), &condition));
        }
    }
}
