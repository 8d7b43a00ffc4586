//! What every store promises, checked on each.

use std::sync::mpsc;

use mainspring_proto::history::v1::HistoryEvent;
use prost::Message;

use super::{
    sqlite::{SqliteConfig, SqliteStore},
    *,
};
use crate::history::{change::Change, event::Event, record};

fn workflow(id: &str) -> WorkflowKey {
    WorkflowKey {
        namespace_id: "ns".into(),
        workflow_id: id.into(),
    }
}

/// A record of a run with so many events.
fn write(run: &RunKey, seq: u64, events: std::ops::Range<EventId>) -> RunWrite {
    let changes: Vec<_> = events
        .clone()
        .map(|event_id| {
            Change::Event(Event::new(HistoryEvent {
                event_id,
                task_id: seq as i64,
                ..Default::default()
            }))
        })
        .collect();
    RunWrite {
        run: run.clone(),
        seq,
        record: record::encode(&changes),
        events: (events.start, events.end),
        active: true,
        visibility: None,
    }
}

fn commit(store: &dyn Store, runs: Vec<RunWrite>, current: Option<&RunKey>) {
    wait(|done| {
        let commit = Commit {
            runs,
            current: current.cloned(),
        };
        store.commit(commit, done);
    });
}

/// Calls, and waits until it is durable.
fn wait(call: impl FnOnce(Done)) {
    let (done, finished) = mpsc::channel();
    call(Box::new(move |result| {
        let _ = done.send(result);
    }));
    assert_eq!(finished.recv(), Ok(Ok(())));
}

fn ids(events: Vec<Bytes>) -> Vec<EventId> {
    let decoded = events.into_iter().map(HistoryEvent::decode);
    decoded
        .map(|event| event.expect("an event").event_id)
        .collect()
}

fn what_is_committed_is_read_back(store: &dyn Store) {
    let workflow = workflow("order");
    let run = workflow.run("run-1");
    assert_eq!(store.current_run(&workflow), Ok(None));
    assert!(store.load(&run).expect("readable").is_none());

    let writes = [
        write(&run, 1, 1..3),
        write(&run, 2, 3..3),
        write(&run, 3, 3..6),
    ];
    let records: Vec<_> = writes.iter().map(|write| write.record.clone()).collect();
    for (index, write) in writes.into_iter().enumerate() {
        commit(store, vec![write], (index == 0).then_some(&run));
    }
    assert_eq!(store.current_run(&workflow), Ok(Some("run-1".into())));
    let stored = store.load(&run).expect("readable").expect("there");
    assert_eq!(stored.records, records);
    assert!(
        store
            .load(&workflow.run("run-2"))
            .expect("readable")
            .is_none()
    );
}

fn a_history_is_read_in_slices(store: &dyn Store) {
    let run = workflow("slices").run("run-1");
    for (seq, events) in [(1, 1..3), (2, 3..3), (3, 3..6), (4, 6..10)] {
        commit(store, vec![write(&run, seq, events)], Some(&run));
    }
    for (from, to, limit, expected) in [
        (1, 10, 100, vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (1, 100, 100, vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (4, 8, 100, vec![4, 5, 6, 7]),
        (2, 3, 100, vec![2]),
        (10, 20, 100, vec![]),
        // Whole records, so there may be more than was asked for.
        (1, 10, 1, vec![1, 2]),
        (1, 10, 3, vec![1, 2, 3, 4, 5]),
    ] {
        let events = store.history(&run, from, to, limit).expect("readable");
        assert_eq!(ids(events), expected, "{from}..{to}, limit {limit}");
    }
}

fn a_commit_may_move_two_runs_and_the_workflow_id(store: &dyn Store) {
    let workflow = workflow("chain");
    let (old, new) = (workflow.run("run-1"), workflow.run("run-2"));
    commit(store, vec![write(&old, 1, 1..3)], Some(&old));
    let closing = RunWrite {
        active: false,
        ..write(&old, 2, 3..5)
    };
    commit(store, vec![closing, write(&new, 1, 1..3)], Some(&new));
    assert_eq!(store.current_run(&workflow), Ok(Some("run-2".into())));
    assert_eq!(
        store
            .load(&old)
            .expect("readable")
            .expect("there")
            .records
            .len(),
        2
    );
    let active = store.active_runs().expect("readable");
    assert!(active.contains(&new) && !active.contains(&old));
}

fn a_commit_may_make_a_run_and_go_on_with_it(store: &dyn Store) {
    let run = workflow("at-once").run("run-1");
    let both = vec![write(&run, 1, 1..3), write(&run, 2, 3..4)];
    commit(store, both, Some(&run));
    let stored = store.load(&run).expect("readable").expect("there");
    assert_eq!(stored.records.len(), 2);
    commit(store, vec![write(&run, 3, 4..5)], None);
    let stored = store.load(&run).expect("readable").expect("there");
    assert_eq!(stored.records.len(), 3);
}

fn what_is_deleted_is_gone_and_nothing_else_is(store: &dyn Store) {
    let workflow = workflow("delete");
    let (old, new) = (workflow.run("run-1"), workflow.run("run-2"));
    commit(store, vec![write(&old, 1, 1..3)], Some(&old));
    commit(store, vec![write(&new, 1, 1..3)], Some(&new));
    wait(|done| store.delete(std::slice::from_ref(&old), done));
    assert!(store.load(&old).expect("readable").is_none());
    assert_eq!(store.current_run(&workflow), Ok(Some("run-2".into())));
    wait(|done| store.delete(&[new.clone(), old], done));
    assert!(store.load(&new).expect("readable").is_none());
    assert_eq!(store.current_run(&workflow), Ok(None));
    assert!(!store.active_runs().expect("readable").contains(&new));
    // Its ids are free again.
    commit(store, vec![write(&new, 1, 1..2)], Some(&new));
    assert_eq!(
        store
            .load(&new)
            .expect("readable")
            .expect("there")
            .records
            .len(),
        1
    );
}

fn a_deleted_run_is_not_brought_back_by_what_was_on_its_way(store: &dyn Store) {
    let workflow = workflow("late");
    let (run, next) = (workflow.run("run-1"), workflow.run("run-2"));
    commit(store, vec![write(&run, 1, 1..3)], Some(&run));
    wait(|done| store.delete(std::slice::from_ref(&run), done));
    let late = vec![write(&run, 2, 3..4), write(&next, 1, 1..3)];
    commit(store, late, Some(&next));
    for run in [&run, &next] {
        assert!(store.load(run).expect("readable").is_none());
    }
    assert_eq!(store.current_run(&workflow), Ok(None));
    assert!(store.active_runs().expect("readable").is_empty());
}

fn commits_are_acknowledged_in_order_and_read_at_once(store: &dyn Store) {
    let (done, finished) = mpsc::channel();
    let run = workflow("order-of-commits").run("run-1");
    for seq in 1..=200 {
        let done = done.clone();
        let next = seq as EventId;
        let commit = Commit {
            runs: vec![write(&run, seq, next..next + 1)],
            current: Some(run.clone()),
        };
        store.commit(
            commit,
            Box::new(move |result| {
                let _ = done.send((seq, result));
            }),
        );
        if seq % 50 == 0 {
            // A read that follows a commit sees it, acknowledged or not.
            let stored = store.load(&run).expect("readable").expect("there");
            assert_eq!(stored.records.len(), seq as usize);
        }
    }
    let order: Vec<_> = finished.iter().take(200).collect();
    assert_eq!(
        order,
        (1..=200).map(|seq| (seq, Ok(()))).collect::<Vec<_>>()
    );
}

fn namespaces_are_kept_and_deleted_with_their_runs(store: &dyn Store) {
    let run = workflow("of-namespace").run("run-1");
    wait(|done| store.put_namespace("ns", "one".into(), done));
    wait(|done| store.put_namespace("other", "two".into(), done));
    wait(|done| store.put_namespace("ns", "three".into(), done));
    commit(store, vec![write(&run, 1, 1..3)], Some(&run));
    let mut found = store.namespaces().expect("readable");
    found.sort();
    assert_eq!(found, ["three", "two"]);
    wait(|done| store.delete_namespace("ns", done));
    assert_eq!(store.namespaces().expect("readable"), ["two"]);
    assert!(store.load(&run).expect("readable").is_none());
    assert_eq!(store.current_run(&run.workflow), Ok(None));
}

/// Every promise, on every store. What visibility promises is checked in its own tests.
macro_rules! promises {
    ($($promise:ident),*) => {
        mod memory {
            $(#[test] fn $promise() { super::$promise(&super::MemoryStore::default()); })*
        }
        mod sqlite {
            $(#[test] fn $promise() { super::in_a_file(super::$promise); })*
        }
    };
}

promises! {
    what_is_committed_is_read_back,
    a_history_is_read_in_slices,
    a_commit_may_move_two_runs_and_the_workflow_id,
    a_commit_may_make_a_run_and_go_on_with_it,
    what_is_deleted_is_gone_and_nothing_else_is,
    a_deleted_run_is_not_brought_back_by_what_was_on_its_way,
    commits_are_acknowledged_in_order_and_read_at_once,
    namespaces_are_kept_and_deleted_with_their_runs
}

fn in_a_file(promise: fn(&dyn Store)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = SqliteConfig::new(directory.path().join("data.db"));
    let store = SqliteStore::open(&config).expect("a new file");
    promise(&store);
}
