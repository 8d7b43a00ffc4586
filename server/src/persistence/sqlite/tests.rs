//! The file itself: what survives, what is refused and left alone, what happens when writing fails.

use std::{
    fs,
    sync::{Arc, mpsc},
    time::Duration,
};

use mainspring_proto::{
    common::v1::{Payload, SearchAttributes, WorkflowExecution, WorkflowType},
    enums::v1::IndexedValueType,
    prost_types::Timestamp,
    workflow::v1::WorkflowExecutionInfo,
};
use prost::Message;
use tempfile::TempDir;

use super::{faulty::Failing, *};
use crate::{
    namespace::Namespace,
    persistence::RunWrite,
    visibility::{self, Record, query},
};

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn config(directory: &TempDir) -> SqliteConfig {
    SqliteConfig::new(directory.path().join("data.db"))
}

fn run(id: u32) -> RunKey {
    let workflow = WorkflowKey {
        namespace_id: "ns".into(),
        workflow_id: format!("workflow-{id}").into(),
    };
    workflow.run("run")
}

fn record_of(id: u32, seq: u64) -> RunWrite {
    RunWrite {
        run: run(id),
        seq,
        record: format!("record {seq} of {id}").into(),
        events: (1, 1),
        active: true,
        visibility: None,
    }
}

fn commit(store: &SqliteStore, id: u32, seq: u64) -> Result<(), StoreError> {
    write(store, record_of(id, seq))
}

fn write(store: &SqliteStore, write: RunWrite) -> Result<(), StoreError> {
    let (done, finished) = mpsc::channel();
    let commit = Commit {
        current: Some(write.run.clone()),
        runs: vec![write],
    };
    store.commit(
        commit,
        Box::new(move |result| {
            let _ = done.send(result);
        }),
    );
    let told = finished.recv_timeout(Duration::from_secs(60));
    told.expect("every commit is answered")
}

#[test]
fn a_file_that_is_opened_again_has_everything() {
    let directory = directory();
    for durability in [Durability::Full, Durability::Normal, Durability::Off] {
        let config = SqliteConfig {
            durability,
            path: directory.path().join(format!("{durability:?}.db")),
            ..config(&directory)
        };
        let store = SqliteStore::open(&config).expect("a new file");
        for id in 0..50 {
            commit(&store, id, 1).expect("committed");
            commit(&store, id, 2).expect("committed");
        }
        drop(store);
        let store = SqliteStore::open(&config).expect("the same file");
        assert_eq!(store.active_runs().map(|runs| runs.len()), Ok(50));
        let stored = store.load(&run(7)).expect("readable").expect("there");
        assert_eq!(stored.records, ["record 1 of 7", "record 2 of 7"]);
        // What the writer no longer remembers, it finds.
        commit(&store, 7, 3).expect("committed");
        let stored = store.load(&run(7)).expect("readable").expect("there");
        assert_eq!(stored.records.len(), 3);
    }
}

#[test]
fn concurrent_commits_share_transactions() {
    let directory = directory();
    let store = SqliteStore::open(&config(&directory)).expect("a new file");
    std::thread::scope(|scope| {
        for worker in 0..16 {
            let store = &store;
            scope.spawn(move || {
                for seq in 1..=20 {
                    commit(store, worker, seq).expect("committed");
                }
            });
        }
    });
    for worker in 0..16 {
        let stored = store.load(&run(worker)).expect("readable").expect("there");
        assert_eq!(stored.records.len(), 20);
    }
}

#[test]
fn a_committer_may_drop_the_last_reference_to_the_store() {
    let directory = directory();
    let config = config(&directory);
    let store = Arc::new(SqliteStore::open(&config).expect("a new file"));
    let last = Arc::clone(&store);
    let (done, finished) = mpsc::channel();
    let told = Box::new(move |result| {
        drop(last);
        let _ = done.send(result);
    });
    store.put_namespace("ns", "a namespace".into(), told);
    // Writing it takes longer than this.
    drop(store);
    let result = finished.recv_timeout(Duration::from_secs(60));
    assert_eq!(result.expect("it is told"), Ok(()));
    let store = SqliteStore::open(&config).expect("free again");
    assert_eq!(store.namespaces().map(|it| it.len()), Ok(1));
}

#[test]
fn a_file_in_use_is_refused() {
    let directory = directory();
    let store = SqliteStore::open(&config(&directory)).expect("a new file");
    let error = SqliteStore::open(&config(&directory)).expect_err("in use");
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
    drop(store);
    SqliteStore::open(&config(&directory)).expect("free again");
}

/// Opens a file that must be refused, and checks that not a byte of it has changed.
#[track_caller]
fn refused(directory: &TempDir) -> OpenError {
    let config = config(directory);
    let before = fs::read(&config.path).expect("readable");
    let error = SqliteStore::open(&config).expect_err("refused");
    assert_eq!(fs::read(&config.path).expect("readable"), before);
    error
}

fn filled(directory: &TempDir) -> PathBuf {
    let config = config(directory);
    let store = SqliteStore::open(&config).expect("a new file");
    for id in 0..200 {
        commit(&store, id, 1).expect("committed");
    }
    config.path
}

#[test]
fn a_file_that_is_none_of_ours_is_refused() {
    let directory = directory();
    let path = directory.path().join("data.db");
    for content in [&b"hello"[..], &[0; 200], &b"SQLite format 3\0"[..]] {
        fs::write(&path, content).expect("written");
        let error = refused(&directory);
        assert!(matches!(error, OpenError::NotADataFile(_)), "{error}");
    }
    fs::remove_file(&path).expect("removed");
    let other = Connection::open(&path).expect("a new file");
    other.execute_batch("CREATE TABLE t (x)").expect("a table");
    drop(other);
    let error = refused(&directory);
    assert!(matches!(error, OpenError::NotADataFile(_)), "{error}");
}

#[test]
fn a_newer_file_is_refused() {
    let directory = directory();
    let path = filled(&directory);
    let connection = Connection::open(&path).expect("ours");
    let newer = schema::VERSION + 1;
    connection
        .pragma_update(None, "user_version", newer)
        .expect("set");
    drop(connection);
    let error = refused(&directory);
    assert!(
        matches!(error, OpenError::Newer { found, .. } if found == newer),
        "{error}"
    );
}

/// What version 1 kept of a run for lists.
fn info(id: u32, city: &str) -> WorkflowExecutionInfo {
    let payload = Payload {
        data: format!("\"{city}\"").into(),
        ..Default::default()
    };
    WorkflowExecutionInfo {
        execution: Some(WorkflowExecution {
            workflow_id: format!("workflow-{id}"),
            run_id: "run".into(),
        }),
        r#type: Some(WorkflowType {
            name: "Order".into(),
        }),
        status: WorkflowExecutionStatus::Completed as i32,
        start_time: Some(Timestamp {
            seconds: i64::from(id),
            nanos: 0,
        }),
        close_time: Some(Timestamp {
            seconds: 100,
            nanos: 0,
        }),
        search_attributes: Some(SearchAttributes {
            indexed_fields: [("City".to_owned(), payload)].into(),
        }),
        ..Default::default()
    }
}

#[test]
fn a_file_of_version_1_is_migrated_with_all_it_has() {
    let directory = directory();
    let config = config(&directory);
    let mut old = Connection::open(&config.path).expect("a new file");
    let transaction = old.transaction().expect("begun");
    schema::MIGRATIONS[0](&transaction).expect("version 1");
    transaction.commit().expect("committed");
    old.pragma_update(None, "application_id", schema::APPLICATION_ID)
        .expect("set");
    old.pragma_update(None, "user_version", 1).expect("set");
    let mut namespace = Namespace::new("default", Duration::from_secs(3600));
    namespace.id = "ns".into();
    let types = &mut namespace.search_attributes;
    types.insert("City".into(), IndexedValueType::Keyword);
    old.execute(
        "INSERT INTO namespaces VALUES ('ns', ?1)",
        [&namespace.encode()[..]],
    )
    .expect("written");
    for (id, city) in [(1, "Rome"), (2, "Oslo"), (3, "Rome")] {
        old.execute(
            "INSERT INTO runs (id, namespace_id, workflow_id, run_id, active, visibility)
             VALUES (?1, 'ns', 'workflow-' || ?1, 'run', 1, ?2)",
            rusqlite::params![id, info(id, city).encode_to_vec()],
        )
        .expect("written");
        old.execute(
            "INSERT INTO records (run, seq, first_event, next_event, record)
             VALUES (?1, 1, 1, 1, ?2)",
            rusqlite::params![id, format!("record of {id}").into_bytes()],
        )
        .expect("written");
    }
    drop(old);

    let store = SqliteStore::open(&config).expect("migrated");
    let stored = store.load(&run(2)).expect("readable").expect("there");
    assert_eq!(stored.records, ["record of 2"]);
    assert_eq!(store.active_runs().map(|runs| runs.len()), Ok(3));
    let asked = |text: &str| {
        let query = query::parse(text, &namespace.search_attributes).expect("a query");
        let page = visibility::list(&store, "ns", &query, 10, b"").expect("readable");
        let found = page.executions.into_iter().filter_map(|it| it.execution);
        found.map(|it| it.workflow_id).collect::<Vec<_>>()
    };
    assert_eq!(asked(""), ["workflow-3", "workflow-2", "workflow-1"]);
    assert_eq!(asked("City = 'Rome'"), ["workflow-3", "workflow-1"]);
    assert_eq!(
        asked("WorkflowType = 'Order' AND StartTime < '1970-01-01T00:00:02Z'"),
        ["workflow-1"]
    );
    // And goes on as a file of this version.
    commit(&store, 2, 2).expect("committed");
    drop(store);
    let store = SqliteStore::open(&config).expect("of this version");
    let stored = store.load(&run(2)).expect("readable").expect("there");
    assert_eq!(stored.records.len(), 2);
}

/// What lists, counts and indexes have of a run is what was shown of it last, whichever columns that changed.
#[test]
fn what_is_shown_of_a_run_changes_with_it() {
    use WorkflowExecutionStatus::{Running, Terminated};
    let cities = std::collections::BTreeMap::from([("City".into(), IndexedValueType::Keyword)]);
    let steps = [
        (Running, None, true),
        (Running, None, true),
        (Running, Some("Rome"), true),
        (Running, Some("Oslo"), true),
        (Running, None, true),
        (Running, Some("Rome"), true),
        (Terminated, Some("Rome"), true),
        (Terminated, Some("Rome"), false),
        (Terminated, None, false),
    ];
    // What the store remembers of a row saves it work, and is gone when it is opened again.
    for reopened in [false, true] {
        let directory = directory();
        let mut store = SqliteStore::open(&config(&directory)).expect("a new file");
        for (seq, (status, city, active)) in (1..).zip(steps) {
            let mut shown = info(1, city.unwrap_or_default());
            shown.status = status as i32;
            shown.history_length = seq as i64;
            if status == Running {
                shown.close_time = None;
            }
            if city.is_none() {
                shown.search_attributes = None;
            }
            let shown = RunWrite {
                active,
                visibility: Some(Arc::new(Record::new(shown, &cities))),
                ..record_of(1, seq)
            };
            write(&store, shown).expect("committed");
            if reopened {
                drop(store);
                store = SqliteStore::open(&config(&directory)).expect("of this version");
            }
            let found = |text: &str| {
                let query = query::parse(text, &cities).expect("a query");
                let page = visibility::list(&store, "ns", &query, 10, b"").expect("readable");
                let found: Vec<_> = page.executions.iter().map(|it| it.history_length).collect();
                assert!(
                    found.is_empty() || found == [seq as i64],
                    "{text}: {found:?}"
                );
                !found.is_empty()
            };
            assert!(found("") && found("WorkflowType = 'Order'"));
            assert_eq!(found("ExecutionStatus = 'Running'"), status == Running);
            assert_eq!(
                found("ExecutionStatus = 'Terminated'"),
                status == Terminated
            );
            assert_eq!(found("City = 'Rome'"), city == Some("Rome"));
            assert_eq!(found("City = 'Oslo'"), city == Some("Oslo"));
            let actives = store.active_runs().expect("readable");
            assert_eq!(!actives.is_empty(), active);
            let statuses = store.statuses("ns").expect("readable");
            assert_eq!(statuses, [(status, 1)].into());
        }
        drop(store);
        let file = Connection::open(config(&directory).path).expect("a file");
        let checked = file.query_row("PRAGMA integrity_check", [], |row| row.get(0));
        assert_eq!(checked, Ok("ok".to_owned()));
        let left = file.query_row("SELECT count(*) FROM attributes", [], |row| row.get(0));
        assert_eq!(left, Ok(0), "the last thing shown has no attributes");
    }
}

#[test]
fn a_truncated_or_damaged_file_is_refused() {
    let directory = directory();
    let path = filled(&directory);
    let whole = fs::read(&path).expect("readable");

    fs::write(&path, &whole[..whole.len() - 4096]).expect("written");
    let error = refused(&directory);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");

    fs::write(&path, &whole[..50]).expect("written");
    let error = refused(&directory);
    assert!(matches!(error, OpenError::NotADataFile(_)), "{error}");

    let mut damaged = whole.clone();
    damaged[4096..12_288].fill(0xAB);
    fs::write(&path, &damaged).expect("written");
    let error = refused(&directory);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");

    fs::write(&path, &whole).expect("written");
    SqliteStore::open(&config(&directory)).expect("whole again");
}

#[test]
fn a_checkpoint_that_was_killed_half_way_is_no_damage() {
    let directory = directory();
    let config = config(&directory);
    let log = file::beside(&config.path, "-wal");
    let store = SqliteStore::open(&config).expect("a new file");
    // While somebody reads what was there before, no checkpoint can move what comes after.
    let reader = Connection::open(&config.path).expect("a reader");
    let begun = reader.execute_batch("BEGIN; SELECT count(*) FROM runs");
    begun.expect("it reads");
    for id in 0..200 {
        commit(&store, id, 1).expect("committed");
    }
    // As it was when the process died: the log has everything.
    let (whole_log, small) = (
        fs::read(&log).expect("a log"),
        fs::read(&config.path).expect("a file"),
    );
    drop(reader);
    drop(store);
    let whole = fs::read(&config.path).expect("readable");
    assert!(whole.len() > small.len());
    // The checkpoint got as far as the first page, which says how many there will be.
    let mut half_way = small;
    half_way[..4096].copy_from_slice(&whole[..4096]);
    fs::write(&config.path, half_way).expect("written");
    fs::write(&log, whole_log).expect("written");
    let store = SqliteStore::open(&config).expect("nothing is lost");
    assert_eq!(store.active_runs().map(|runs| runs.len()), Ok(200));
}

#[test]
fn an_empty_file_is_a_new_one() {
    let directory = directory();
    fs::write(directory.path().join("data.db"), "").expect("written");
    let store = SqliteStore::open(&config(&directory)).expect("a new file");
    commit(&store, 1, 1).expect("committed");
}

#[test]
fn a_copy_made_while_commits_go_on_is_whole() {
    let directory = directory();
    let store = SqliteStore::open(&config(&directory)).expect("a new file");
    for id in 0..100 {
        commit(&store, id, 1).expect("committed");
    }
    let copy = directory.path().join("copy.db");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for id in 100..200 {
                commit(&store, id, 1).expect("committed");
            }
        });
        backup(&directory.path().join("data.db"), &copy).expect("copied");
    });
    let again = backup(&directory.path().join("data.db"), &copy).expect_err("it exists");
    assert!(matches!(again, OpenError::Io { .. }), "{again}");
    let copied = SqliteStore::open(&SqliteConfig::new(&copy)).expect("a data file");
    let active = copied.active_runs().expect("readable");
    assert!(active.len() >= 100);
    // Commits come in order, so a copy never has one without those before it.
    assert_eq!(
        active,
        (0..active.len() as u32).map(run).collect::<Vec<_>>()
    );
}

#[test]
fn a_full_disk_stops_the_store_and_what_was_acknowledged_stays() {
    let directory = directory();
    let limited = SqliteConfig {
        pragmas: vec![("max_page_count".into(), "40".into())],
        ..config(&directory)
    };
    let store = SqliteStore::open(&limited).expect("a new file");
    let mut acknowledged = 0;
    let failed = loop {
        match commit(&store, acknowledged, 1) {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(failed, StoreError::Write(_)), "{failed}");
    assert!(acknowledged > 10);
    assert!(store.failure().is_cancelled());
    // Nothing after the failure is acknowledged, even if there is room again.
    assert_eq!(commit(&store, 0, 2), Err(failed));
    drop(store);
    let store = SqliteStore::open(&config(&directory)).expect("the same file");
    assert_eq!(
        store.active_runs().map(|runs| runs.len()),
        Ok(acknowledged as usize)
    );
}

/// Commits from several threads until the disk fails, and checks what that may do.
fn check_failing_disk(failing: Failing, file: &str, after: u32) {
    faulty::install();
    let directory = directory();
    let config = config(&directory);
    let store = SqliteStore::open(&config).expect("a new file");
    faulty::fail(&directory.path().join(file), failing, after);
    let acknowledged: Vec<u64> = std::thread::scope(|scope| {
        let committers = (0..4).map(|id| {
            let store = &store;
            scope.spawn(move || {
                let mut seq = 1;
                while commit(store, id, seq).is_ok() {
                    seq += 1;
                }
                // There is no fault any more, and still nothing is taken.
                let refused = commit(store, id, seq + 1).expect_err("the store has failed");
                assert!(matches!(refused, StoreError::Write(_)), "{refused}");
                seq - 1
            })
        });
        let committers: Vec<_> = committers.collect();
        let acknowledged = committers
            .into_iter()
            .map(|it| it.join().expect("no panic"));
        acknowledged.collect()
    });
    assert!(store.failure().is_cancelled());
    drop(store);
    let store = SqliteStore::open(&config).expect("nothing is damaged");
    for (id, acknowledged) in (0..).zip(acknowledged) {
        let stored = store.load(&run(id)).expect("readable");
        let stored = stored.map_or(0, |stored| stored.records.len() as u64);
        // The last one that was handed over may be there, though nobody was told.
        assert!(
            (acknowledged..=acknowledged + 1).contains(&stored),
            "{failing:?} of {file}: {acknowledged} of run {id} were acknowledged, {stored} are there"
        );
        commit(&store, id, stored + 1).expect("it goes on");
    }
}

#[test]
fn nothing_is_acknowledged_after_the_log_cannot_be_written() {
    for after in [1, 10, 40] {
        for failing in [Failing::Sync, Failing::Write, Failing::Full] {
            check_failing_disk(failing, "data.db-wal", after);
        }
    }
}

#[test]
fn nothing_is_acknowledged_after_the_log_cannot_be_moved() {
    for failing in [Failing::Sync, Failing::Write, Failing::Full] {
        check_failing_disk(failing, "data.db", 0);
    }
}

#[test]
fn the_log_is_moved_into_the_file_while_commits_go_on() {
    let directory = directory();
    let config = SqliteConfig {
        durability: Durability::Off,
        ..config(&directory)
    };
    let store = SqliteStore::open(&config).expect("a new file");
    let log = file::beside(&config.path, "-wal");
    const RECORD: u64 = 64 * 1024;
    let record = Bytes::from(vec![7; RECORD as usize]);
    let (done, finished) = mpsc::channel();
    // The log may grow while a checkpoint is under way, however long that takes on this machine; but
    // it is started over, so that sooner or later it is small beside what was written.
    for seq in 1..=40_000 {
        let done = done.clone();
        let write = RunWrite {
            run: run(1),
            seq,
            record: record.clone(),
            events: (1, 1),
            active: true,
            visibility: None,
        };
        let commit = Commit {
            runs: vec![write],
            current: None,
        };
        store.commit(
            commit,
            Box::new(move |result| {
                let _ = done.send(result);
            }),
        );
        if seq % 16 == 0 {
            let told = finished.iter().take(16).collect::<Result<Vec<_>, _>>();
            assert!(told.is_ok());
        }
        if seq % 1000 == 0 {
            let size = fs::metadata(&log).expect("there is a log").len();
            if 2 * size < seq * RECORD {
                return;
            }
        }
    }
    panic!("of 2.5 GiB, more than the half is still in the log");
}

#[test]
fn a_pragma_that_does_not_exist_or_is_no_name_does_no_harm() {
    let directory = directory();
    let with = |name: &str, value: &str| SqliteConfig {
        pragmas: vec![(name.into(), value.into())],
        ..config(&directory)
    };
    SqliteStore::open(&with("no_such_pragma", "1")).expect("SQLite ignores it");
    SqliteStore::open(&with("cache_size", "-2000")).expect("a real one");
    SqliteStore::open(&with("x; DROP TABLE runs", "1")).expect_err("not a name");
    SqliteStore::open(&config(&directory)).expect("and nothing was dropped");
}
