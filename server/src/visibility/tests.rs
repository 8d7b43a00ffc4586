//! Lists, pages and counts, over every store.

use std::sync::mpsc;

use mainspring_proto::{
    common::v1::{WorkflowExecution, WorkflowType},
    enums::v1::{IndexedValueType, WorkflowExecutionStatus},
    prost_types::Timestamp,
};
use proptest::prelude::*;

use super::{search_attributes::CustomTypes, *};
use crate::{
    history::ids::WorkflowKey,
    persistence::{
        Commit, MemoryStore, RunWrite, Store,
        sqlite::{SqliteConfig, SqliteStore},
    },
};

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

/// A store, and its folder if it has one.
struct Shelf {
    store: Box<dyn Store>,
    written: std::cell::Cell<u64>,
    _directory: Option<tempfile::TempDir>,
}

impl Shelf {
    /// One of each kind, empty.
    fn each() -> [Self; 2] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let config = SqliteConfig::new(directory.path().join("data.db"));
        let file = SqliteStore::open(&config).expect("a new file");
        [
            (Box::new(MemoryStore::default()) as Box<dyn Store>, None),
            (Box::new(file), Some(directory)),
        ]
        .map(|(store, directory)| Self {
            store,
            written: std::cell::Cell::new(0),
            _directory: directory,
        })
    }

    /// The same with these runs.
    fn with(runs: &[Run]) -> [Self; 2] {
        Self::each().map(|shelf| {
            let none = CustomTypes::new();
            shelf.upsert(runs.iter().map(|run| (run.info(), &none)));
            shelf
        })
    }

    /// Shows executions as the messages say.
    fn upsert<'a>(
        &self,
        infos: impl IntoIterator<Item = (WorkflowExecutionInfo, &'a CustomTypes)>,
    ) {
        let (done, finished) = mpsc::channel();
        for (info, custom) in infos {
            let record = Record::new(info, custom);
            self.written.set(self.written.get() + 1);
            let write = RunWrite {
                // A run has one record of each number, and is made by its first.
                seq: if self.is_there(&record) {
                    self.written.get() + 1
                } else {
                    1
                },
                run: run_key(&record),
                record: Bytes::new(),
                events: (1, 1),
                active: true,
                visibility: Some(Arc::new(record)),
            };
            let commit = Commit {
                runs: vec![write],
                current: None,
            };
            let done = done.clone();
            self.store.commit(
                commit,
                Box::new(move |result| {
                    let _ = done.send(result);
                }),
            );
        }
        drop(done);
        assert!(finished.iter().all(|result| result.is_ok()));
    }

    fn is_there(&self, record: &Record) -> bool {
        let stored = self.store.load(&run_key(record));
        stored.expect("readable").is_some()
    }

    fn delete(&self, info: WorkflowExecutionInfo) {
        let run = run_key(&Record::new(info, &CustomTypes::new()));
        let (done, finished) = mpsc::channel();
        let tell = Box::new(move |result| {
            let _ = done.send(result);
        });
        self.store.delete(&[run], tell);
        assert_eq!(finished.recv(), Ok(Ok(())));
    }

    fn count(&self, query: &Query) -> usize {
        count(&*self.store, NAMESPACE, query).expect("readable")
    }

    fn count_statuses(&self, query: &Query) -> BTreeMap<String, usize> {
        let counted = count_groups(&*self.store, NAMESPACE, query, &Field::ExecutionStatus);
        counted.expect("readable")
    }
}

fn run_key(record: &Record) -> crate::history::ids::RunKey {
    let workflow = WorkflowKey {
        namespace_id: NAMESPACE.into(),
        workflow_id: Arc::clone(&record.workflow_id),
    };
    workflow.run(Arc::clone(record.run_id()))
}

fn query(text: &str) -> Query {
    query::parse(text, &CustomTypes::new()).expect("a query")
}

fn run_ids(shelf: &Shelf, text: &str, page_size: usize) -> Vec<String> {
    let query = query(text);
    let mut ids = Vec::new();
    let mut token = Bytes::new();
    loop {
        let page =
            list(&*shelf.store, NAMESPACE, &query, page_size, &token).expect("our own token");
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
    let shelves = Shelf::with(&[
        run(1, 1, Some(9)),
        run(2, 2, None),
        run(3, 3, Some(5)),
        run(4, 4, None),
        run(5, 6, Some(9)),
    ]);
    let expected = ["run-004", "run-002", "run-005", "run-001", "run-003"];
    for shelf in shelves {
        assert_eq!(run_ids(&shelf, "", 10), expected);
        assert_eq!(run_ids(&shelf, "", 2), expected);
        assert_eq!(run_ids(&shelf, "WorkflowId = 'wf-1'", 1), expected);
        let running = run_ids(&shelf, "ExecutionStatus = 'Running'", 1);
        assert_eq!(running, expected[..2]);
        assert_eq!(run_ids(&shelf, "CloseTime > 0", 2), expected[2..]);
        let old = shelf
            .store
            .closed_before(NAMESPACE, 9_000_000_000, 5)
            .expect("readable");
        assert_eq!(old.len(), 1);
        assert_eq!(&**old[0].run_id(), "run-003");
        let older = shelf
            .store
            .closed_before(NAMESPACE, i64::MAX, 2)
            .expect("readable");
        let older: Vec<_> = older.iter().map(|it| &**it.run_id()).collect();
        assert_eq!(older, ["run-003", "run-001"]);
    }
}

#[test]
fn a_run_is_shown_as_it_was_reported_last_and_then_no_more() {
    let mut run = Run {
        workflow: 1,
        run: 1,
        start: 1,
        close: None,
    };
    for shelf in Shelf::with(&[run.clone()]) {
        run.close = Some(2);
        shelf.upsert([(run.info(), &CustomTypes::new())]);
        assert_eq!(run_ids(&shelf, "ExecutionStatus = 'Running'", 1).len(), 0);
        assert_eq!(run_ids(&shelf, "ExecutionStatus = 'Completed'", 1).len(), 1);
        shelf.delete(run.info());
        assert_eq!(run_ids(&shelf, "", 1).len(), 0);
        assert_eq!(shelf.count(&query("")), 0);
        shelf.delete(run.info());
    }
}

#[test]
fn a_page_token_of_somebody_else_is_refused() {
    for shelf in Shelf::each() {
        let refused = list(&*shelf.store, NAMESPACE, &query(""), 1, b"elsewhere");
        assert!(matches!(refused, Err(ListError::InvalidPageToken)));
    }
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
    for shelf in Shelf::each() {
        shelf.upsert([(info.clone(), &CustomTypes::new())]);
        for (text, expected) in [
            ("", 0),
            ("ExecutionStatus = 'Running'", 0),
            ("TemporalNamespaceDivision = 'TemporalScheduler'", 1),
            ("TemporalNamespaceDivision IS NOT NULL", 1),
        ] {
            assert_eq!(run_ids(&shelf, text, 5).len(), expected, "{text}");
            assert_eq!(shelf.count(&query(text)), expected, "{text}");
        }
        let groups = query("GROUP BY ExecutionStatus");
        assert!(shelf.count_statuses(&groups).is_empty());
    }
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
    let registered = CustomTypes::from([("Age".into(), IndexedValueType::Int)]);
    for shelf in Shelf::each() {
        shelf.upsert([(info.clone(), &registered)]);
        let asked = |text: &str, types: &CustomTypes| {
            let query = query::parse(text, types).expect("a query");
            shelf.count(&query)
        };
        assert_eq!(asked("Age = 36", &registered), 1);
        let anew = CustomTypes::from([("Age".into(), IndexedValueType::Keyword)]);
        assert_eq!(asked("Age = '36'", &anew), 0);
    }
}

/// A message with search attributes, as JSON.
fn attributed(run: &Run, fields: &[(&str, String)]) -> WorkflowExecutionInfo {
    let fields = fields.iter().map(|(name, json)| {
        let payload = mainspring_proto::common::v1::Payload {
            data: json.clone().into(),
            ..Default::default()
        };
        ((*name).to_owned(), payload)
    });
    WorkflowExecutionInfo {
        search_attributes: Some(mainspring_proto::common::v1::SearchAttributes {
            indexed_fields: fields.collect(),
        }),
        ..run.info()
    }
}

#[test]
fn attributes_are_found_by_their_last_values() {
    use IndexedValueType as T;
    let types = CustomTypes::from([
        ("Age".into(), T::Int),
        ("Size".into(), T::Double),
        ("Paid".into(), T::Bool),
        ("Due".into(), T::Datetime),
        ("City".into(), T::Keyword),
        ("Tags".into(), T::KeywordList),
        ("Note".into(), T::Text),
    ]);
    let run = Run {
        workflow: 1,
        run: 1,
        start: 1,
        close: None,
    };
    let fields = |city: &str| {
        attributed(
            &run,
            &[
                ("Age", "36".into()),
                ("Size", "1.5".into()),
                ("Paid", "true".into()),
                ("Due", "\"2030-01-02T03:04:05Z\"".into()),
                ("City", format!("\"{city}\"")),
                ("Tags", "[\"a\", \"b\"]".into()),
                ("Note", "\"a long way\"".into()),
            ],
        )
    };
    for shelf in Shelf::each() {
        shelf.upsert([(fields("Rome"), &types), (fields("Oslo"), &types)]);
        for (text, expected) in [
            ("Age = 36", 1),
            ("Age = 37", 0),
            ("Age IN (1, 36)", 1),
            ("Age > 35", 1),
            ("Size = 1.5", 1),
            ("Paid = true", 1),
            ("Paid = false", 0),
            ("Due = '2030-01-02T03:04:05Z'", 1),
            ("City = 'Oslo'", 1),
            ("City = 'Rome'", 0),
            ("City STARTS_WITH 'Os'", 1),
            ("Tags = 'b'", 1),
            ("Tags IN ('a', 'b')", 1),
            ("Tags = 'c'", 0),
            ("Note = 'long'", 1),
            (
                "City = 'Oslo' AND Age = 36 AND ExecutionStatus = 'Running'",
                1,
            ),
        ] {
            let query = query::parse(text, &types).expect("a query");
            assert_eq!(shelf.count(&query), expected, "{text}");
        }
        shelf.delete(run.info());
        let query = query::parse("City = 'Oslo'", &types).expect("a query");
        assert_eq!(shelf.count(&query), 0);
    }
}

/// Every execution has builds, so they are in no index; queries find them nevertheless.
#[test]
fn builds_are_found_without_an_index() {
    for shelf in Shelf::each() {
        let none = CustomTypes::new();
        let run = |number| Run {
            workflow: number,
            run: number,
            start: 1,
            close: None,
        };
        let built = attributed(&run(1), &[("BuildIds", r#"["unversioned"]"#.to_owned())]);
        assert_eq!(
            Record::new(built.clone(), &none).indexed_attributes(),
            Vec::new()
        );
        shelf.upsert([(built, &none), (run(2).info(), &none)]);
        for (asked, found) in [
            ("BuildIds = 'unversioned'", "run-001"),
            ("BuildIds != 'unversioned'", "run-002"),
            ("BuildIds IS NULL", "run-002"),
        ] {
            assert_eq!(run_ids(&shelf, asked, 10), [found], "{asked}");
        }
    }
}

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let run = (0..60_u8, 0..10_u8, prop::option::of(10..20_u8));
    let run = run.prop_map(|(run, start, close)| Run {
        // A run is one workflow's.
        workflow: run % 6,
        run,
        start,
        close,
    });
    prop::collection::vec(run, 0..80)
}

proptest! {
    // Each case makes a file.
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whichever index answers, it is what looking at everything answers.
    #[test]
    fn indexes_change_nothing_but_the_speed(runs in runs(), page_size in 1..7_usize) {
        for shelf in Shelf::with(&runs) {
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
            "NOT ExecutionStatus = 'Running'",
            "CloseTime IS NOT NULL",
            "CloseTime IS NULL AND ExecutionStatus = 'Completed'",
            "CloseTime < '1970-01-01T00:00:15Z'",
        ] {
            let indexed = run_ids(&shelf, text, page_size);
            // A disjunction has no index.
            let scanned = format!("({text}) OR RunId = 'none'");
            prop_assert_eq!(&indexed, &run_ids(&shelf, &scanned, 100));
            prop_assert_eq!(shelf.count(&query(text)), indexed.len());
        }
        let quick = shelf.count_statuses(&query("GROUP BY ExecutionStatus"));
        let slow = shelf.count_statuses(&query("StartTime >= 0 GROUP BY ExecutionStatus"));
        prop_assert_eq!(quick, slow);
        }
    }
}

#[test]
fn common_queries_look_at_few_of_many_executions() {
    let none = CustomTypes::new();
    let infos: Vec<_> = (0..2_000_u32)
        .map(|index| WorkflowExecutionInfo {
            execution: Some(WorkflowExecution {
                workflow_id: format!("order-{index}"),
                run_id: format!("run-{index}"),
            }),
            status: match index {
                9 => WorkflowExecutionStatus::Failed as i32,
                _ => WorkflowExecutionStatus::Completed as i32,
            },
            ..Run {
                workflow: 1,
                run: 1,
                start: 1,
                close: Some(2),
            }
            .info()
        })
        .collect();
    for shelf in Shelf::each() {
        shelf.upsert(infos.iter().map(|info| (info.clone(), &none)));
        let few = |text: &str, limit| {
            let query = query(text);
            let conditions = plan::narrow(&query.filter);
            let found = conditions.iter().find_map(|condition| {
                let found = shelf.store.few(NAMESPACE, condition, limit);
                found.expect("readable")
            });
            found.map(|found| found.len())
        };
        for (text, expected) in [
            ("WorkflowId = 'order-7'", 1),
            ("WorkflowId IN ('order-7', 'order-8', 'none')", 2),
            ("WorkflowId STARTS_WITH 'order-123'", 11),
            ("RunId = 'run-9' AND ExecutionStatus = 'Completed'", 1),
        ] {
            assert_eq!(few(text, 20), Some(expected), "{text}");
        }
        assert_eq!(few("WorkflowId STARTS_WITH 'order'", 20), None);
        if shelf._directory.is_some() {
            assert_eq!(few("WorkflowType = 'other' AND StartTime > 0", 20), Some(0));
            assert_eq!(few("ExecutionStatus = 'Failed'", 20), Some(1));
            assert_eq!(few("WorkflowType = 'type-1'", 20), None);
        }
    }
}
