//! The one thread that writes, and the one that tells the committers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread::JoinHandle,
};

use bytes::Bytes;
use foldhash::HashMap;
use parking_lot::{Condvar, Mutex};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use tokio_util::sync::CancellationToken;

use super::{
    checkpoint::Nudge,
    visibility::{AttributeRows, orders},
};
use crate::{
    history::ids::{RunKey, WorkflowKey},
    persistence::{Commit, Done, RunWrite, StoreError},
    visibility::{Attributed, Record},
};

/// The most pieces of work in one transaction. Far more than wait at a time under any load one
/// process can make; it bounds what a failing disk takes down with one error.
const MAX_GROUP: usize = 4096;

/// How many rows of `runs` are remembered, so that a run's next record needs no look-up.
const REMEMBERED_RUNS: usize = 100_000;

/// Something to write.
#[derive(Debug)]
pub(super) enum Work {
    Commit(Commit),
    Delete(Vec<RunKey>),
    PutNamespace(String, Bytes),
    DeleteNamespace(String),
}

struct Job {
    work: Work,
    done: Done,
    number: u64,
}

/// A group that is written, or not.
struct Finished {
    done: Vec<Done>,
    result: Result<(), StoreError>,
}

impl Finished {
    /// Calls the committers back.
    fn tell(self) {
        for done in self.done {
            done(self.result.clone());
        }
    }
}

/// Hands work to the writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    progress: Arc<Progress>,
    /// `None` once the writer is told to end.
    queue: Mutex<Option<Queue>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Queue {
    jobs: Sender<Job>,
    last: u64,
}

/// How far the writer is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    state: Mutex<ProgressState>,
    moved: Condvar,
    failure: CancellationToken,
}

#[derive(Debug, Default)]
struct ProgressState {
    /// Every job up to this one is done.
    written: u64,
    /// The last job of each workflow that has one under way.
    pending: HashMap<WorkflowKey, u64>,
    failed: Option<StoreError>,
}

impl Writer {
    /// Starts the threads on a connection that is set up.
    pub(super) fn start(
        connection: Connection,
        checkpoint: Nudge,
        progress: Arc<Progress>,
    ) -> Self {
        let (jobs, queued) = mpsc::channel();
        let (teller, telling) = Teller::start();
        let mut thread = WritingThread {
            connection,
            teller,
            checkpoint,
            progress: Arc::clone(&progress),
            known: KnownRuns::default(),
        };
        let writing = std::thread::spawn(move || thread.run(&queued));
        Self {
            progress,
            queue: Mutex::new(Some(Queue { jobs, last: 0 })),
            threads: Mutex::new(vec![writing, telling]),
        }
    }

    /// Writes `work` in its turn, then calls `done` in its turn, on another thread.
    pub(super) fn submit(&self, work: Work, done: Done) {
        let mut queue = self.queue.lock();
        let sent = match queue.as_mut() {
            Some(queue) => {
                queue.last += 1;
                let number = queue.last;
                if let Work::Commit(commit) = &work {
                    self.progress.expect(commit, number);
                }
                let job = Job { work, done, number };
                queue
                    .jobs
                    .send(job)
                    .map_err(|mpsc::SendError(job)| job.done)
            }
            None => Err(done),
        };
        drop(queue);
        if let Err(done) = sent {
            done(Err(StoreError::Write("the store is closed".into())));
        }
    }

    /// Waits until what was submitted for a workflow before is written.
    pub(super) fn wait_for(&self, workflow: &WorkflowKey) -> Result<(), StoreError> {
        let mut state = self.progress.state.lock();
        while state.pending.contains_key(workflow) {
            if let Some(error) = &state.failed {
                return Err(error.clone());
            }
            self.progress.moved.wait(&mut state);
        }
        Ok(())
    }

    /// Works off what was submitted, and takes nothing more.
    pub(super) fn close(&self) {
        // The threads end when the queue does.
        self.queue.lock().take();
        let threads = std::mem::take(&mut *self.threads.lock());
        let current = std::thread::current().id();
        if threads.iter().any(|it| it.thread().id() == current) {
            // A committer's callback has dropped the last reference to the store, so that nothing is
            // left to write; neither thread ends before this one goes on.
            return;
        }
        for thread in threads {
            let _ = thread.join();
        }
    }

    /// Cancelled when a write has failed.
    pub(super) fn failure(&self) -> CancellationToken {
        self.progress.failure.clone()
    }
}

impl Progress {
    fn expect(&self, commit: &Commit, number: u64) {
        let mut state = self.state.lock();
        let runs = commit.runs.iter().map(|write| &write.run);
        for run in runs.chain(&commit.current) {
            state.pending.insert(run.workflow.clone(), number);
        }
    }

    fn reached(&self, written: u64) {
        let mut state = self.state.lock();
        state.written = written;
        state.pending.retain(|_, number| *number > written);
        self.moved.notify_all();
    }

    /// Nothing is written from now on.
    pub(super) fn fail(&self, error: &StoreError) {
        self.state.lock().failed = Some(error.clone());
        self.moved.notify_all();
        self.failure.cancel();
    }

    fn failed(&self) -> Option<StoreError> {
        self.state.lock().failed.clone()
    }
}

/// Sees to it that the committers are called back, group by group.
struct Teller {
    finished: Sender<Finished>,
    /// How many groups were handed over, and how many of them the thread is done with.
    handed_over: u64,
    told: Arc<AtomicU64>,
}

impl Teller {
    fn start() -> (Self, JoinHandle<()>) {
        let (finished, to_tell) = mpsc::channel::<Finished>();
        let told = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&told);
        let thread = std::thread::spawn(move || {
            while let Ok(finished) = to_tell.recv() {
                finished.tell();
                counted.fetch_add(1, Ordering::Release);
            }
        });
        let teller = Self {
            finished,
            handed_over: 0,
            told,
        };
        (teller, thread)
    }

    /// Calls back at once if the writer has nothing else to do, and no earlier group is being told:
    /// that saves two threads' turns. Otherwise it is done beside the writing.
    fn tell(&mut self, finished: Finished, idle: bool) {
        if idle && self.told.load(Ordering::Acquire) == self.handed_over {
            return finished.tell();
        }
        self.handed_over += 1;
        // The other thread ends only after this one.
        let _ = self.finished.send(finished);
    }
}

struct WritingThread {
    connection: Connection,
    teller: Teller,
    checkpoint: Nudge,
    progress: Arc<Progress>,
    known: KnownRuns,
}

impl WritingThread {
    fn run(&mut self, queued: &Receiver<Job>) {
        let mut next = queued.recv().ok();
        while let Some(first) = next {
            let mut group = vec![first];
            group.extend(queued.try_iter().take(MAX_GROUP - 1));
            let last = group.last().map_or(0, |job| job.number);
            let result = match self.progress.failed() {
                Some(error) => Err(error),
                None => self.write(&group).map_err(|error| {
                    let error = StoreError::Write(error.to_string());
                    self.progress.fail(&error);
                    error
                }),
            };
            if result.is_ok() {
                self.progress.reached(last);
            }
            let done = group.into_iter().map(|job| job.done).collect();
            next = queued.try_recv().ok();
            self.teller.tell(Finished { done, result }, next.is_none());
            self.checkpoint.nudge();
            if next.is_none() {
                next = queued.recv().ok();
            }
        }
    }

    /// One group, one transaction, one fsync.
    fn write(&mut self, group: &[Job]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        let mut statements = Statements::prepare(&transaction)?;
        for job in group {
            match &job.work {
                Work::Commit(commit) => statements.commit(commit, &mut self.known)?,
                Work::Delete(runs) => {
                    for run in runs {
                        statements.delete(run)?;
                        self.known.rows.remove(run);
                    }
                }
                Work::PutNamespace(id, namespace) => {
                    statements
                        .put_namespace
                        .execute(params![id, &namespace[..]])?;
                }
                Work::DeleteNamespace(id) => {
                    statements.delete_namespace(id)?;
                    self.known.rows.clear();
                }
            }
        }
        drop(statements);
        transaction.commit()
    }
}

/// What the writer remembers of rows of `runs`.
#[derive(Debug, Default)]
struct KnownRuns {
    rows: HashMap<RunKey, KnownRun>,
}

impl KnownRuns {
    fn remember(&mut self, run: &RunKey, row: KnownRun) {
        if self.rows.len() >= REMEMBERED_RUNS {
            self.rows.clear();
        }
        self.rows.insert(run.clone(), row);
    }
}

#[derive(Clone, Copy, Debug)]
struct KnownRun {
    id: i64,
    active: bool,
    /// Known once it was written by this process.
    listed: Option<Listed>,
}

/// What indexes have of what is shown of a run; its type apart, which stays.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Listed {
    close_order: i64,
    start_order: i64,
    status: i32,
    attributed: Attributed,
}

impl Listed {
    fn of(shown: &Record) -> Self {
        let (close_order, start_order) = orders(&shown.place);
        Self {
            close_order,
            start_order,
            status: shown.status as i32,
            attributed: shown.attributed,
        }
    }
}

struct Statements<'a> {
    find_run: CachedStatement<'a>,
    insert_run: CachedStatement<'a>,
    set_active: CachedStatement<'a>,
    show: CachedStatement<'a>,
    show_again: CachedStatement<'a>,
    set_info: CachedStatement<'a>,
    attributes: AttributeRows<'a>,
    insert_record: CachedStatement<'a>,
    set_current: CachedStatement<'a>,
    delete_records: CachedStatement<'a>,
    delete_run: CachedStatement<'a>,
    delete_current: CachedStatement<'a>,
    put_namespace: CachedStatement<'a>,
    connection: &'a Connection,
}

impl<'a> Statements<'a> {
    fn prepare(connection: &'a Connection) -> rusqlite::Result<Self> {
        let prepare = |sql| connection.prepare_cached(sql);
        Ok(Self {
            find_run: prepare(
                "SELECT id, active FROM runs
                 WHERE namespace_id = ?1 AND workflow_id = ?2 AND run_id = ?3",
            )?,
            insert_run: prepare(
                "INSERT INTO runs (namespace_id, workflow_id, run_id, active,
                     close_order, start_order, status, type, attributed, info)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            set_active: prepare("UPDATE runs SET active = ?2 WHERE id = ?1")?,
            show: prepare(
                "UPDATE runs SET active = ?2, close_order = ?3, start_order = ?4, status = ?5,
                     type = ?6, attributed = ?7, info = ?8
                 WHERE id = ?1",
            )?,
            // An index is written whenever a column of it is set, be it to what it was.
            show_again: prepare(
                "UPDATE runs SET active = ?2, close_order = ?3, status = ?4, attributed = ?5,
                     info = ?6
                 WHERE id = ?1",
            )?,
            set_info: prepare("UPDATE runs SET info = ?2 WHERE id = ?1")?,
            attributes: AttributeRows::prepare(connection)?,
            insert_record: prepare(
                "INSERT INTO records (run, seq, first_event, next_event, record)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            set_current: prepare(
                "INSERT INTO current_runs (namespace_id, workflow_id, run_id)
                 VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET run_id = excluded.run_id",
            )?,
            delete_records: prepare("DELETE FROM records WHERE run = ?1")?,
            delete_run: prepare("DELETE FROM runs WHERE id = ?1")?,
            delete_current: prepare(
                "DELETE FROM current_runs
                 WHERE namespace_id = ?1 AND workflow_id = ?2 AND run_id = ?3",
            )?,
            put_namespace: prepare(
                "INSERT INTO namespaces (id, namespace) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET namespace = excluded.namespace",
            )?,
            connection,
        })
    }

    fn commit(&mut self, commit: &Commit, known: &mut KnownRuns) -> rusqlite::Result<()> {
        for run in commit.goes_on() {
            if self.row(run, known)?.is_none() {
                // It was deleted meanwhile, and stays deleted, with whatever follows from it.
                return Ok(());
            }
        }
        for write in &commit.runs {
            self.run(write, known)?;
        }
        if let Some(RunKey { workflow, run_id }) = &commit.current {
            self.set_current.execute(params![
                workflow.namespace_id,
                workflow.workflow_id,
                run_id
            ])?;
        }
        Ok(())
    }

    fn run(&mut self, write: &RunWrite, known: &mut KnownRuns) -> rusqlite::Result<()> {
        let found = match write.seq {
            // The first record makes the run, so there is nothing to look up.
            1 => None,
            _ => self.row(&write.run, known)?,
        };
        let shown = write.visibility.as_deref();
        let id = match found {
            None => self.insert_run(&write.run, write.active, shown)?,
            Some(found) => {
                if let Some(shown) = shown {
                    self.show(&write.run, found, write.active, shown)?;
                } else if found.active != write.active {
                    self.set_active.execute(params![found.id, write.active])?;
                }
                found.id
            }
        };
        if write.active {
            let row = KnownRun {
                id,
                active: write.active,
                listed: shown.map(Listed::of).or(found.and_then(|it| it.listed)),
            };
            known.remember(&write.run, row);
        } else {
            // Seldom written again.
            known.rows.remove(&write.run);
        }
        let (first, next) = write.events;
        self.insert_record.execute(params![
            id,
            write.seq as i64,
            first,
            next,
            &write.record[..]
        ])?;
        Ok(())
    }

    fn insert_run(
        &mut self,
        run: &RunKey,
        active: bool,
        shown: Option<&Record>,
    ) -> rusqlite::Result<i64> {
        let namespace_id = &run.workflow.namespace_id;
        let listed = shown.map(Listed::of);
        let id = self.insert_run.insert(params![
            namespace_id,
            run.workflow.workflow_id,
            run.run_id,
            active,
            listed.map(|it| it.close_order),
            listed.map(|it| it.start_order),
            listed.map(|it| it.status),
            shown.map(|shown| &shown.workflow_type),
            listed.map(|it| it.attributed as i32),
            shown.map(|shown| &shown.info[..]),
        ])?;
        if let Some(shown) = shown {
            self.attributes.insert(namespace_id, id, shown)?;
        }
        Ok(id)
    }

    fn show(
        &mut self,
        run: &RunKey,
        row: KnownRun,
        active: bool,
        shown: &Record,
    ) -> rusqlite::Result<()> {
        let (id, info) = (row.id, &shown.info[..]);
        let listed = Listed::of(shown);
        let before = row.listed;
        if before == Some(listed) && row.active == active {
            self.set_info.execute(params![id, info])?;
        } else if before.is_some_and(|it| it.start_order == listed.start_order) {
            self.show_again.execute(params![
                id,
                active,
                listed.close_order,
                listed.status,
                listed.attributed as i32,
                info,
            ])?;
        } else {
            self.show.execute(params![
                id,
                active,
                listed.close_order,
                listed.start_order,
                listed.status,
                shown.workflow_type,
                listed.attributed as i32,
                info,
            ])?;
        }
        let unattributed = |it: Listed| it.attributed == Attributed::None;
        if unattributed(listed) && before.is_some_and(unattributed) {
            return Ok(());
        }
        self.attributes.delete(id)?;
        self.attributes
            .insert(&run.workflow.namespace_id, id, shown)
    }

    /// The row of a run, remembered or looked up.
    fn row(&mut self, run: &RunKey, known: &mut KnownRuns) -> rusqlite::Result<Option<KnownRun>> {
        if let Some(&known) = known.rows.get(run) {
            return Ok(Some(known));
        }
        let found = self.find(run)?;
        if let Some(row) = found {
            known.remember(run, row);
        }
        Ok(found)
    }

    fn find(&mut self, run: &RunKey) -> rusqlite::Result<Option<KnownRun>> {
        let key = params![
            run.workflow.namespace_id,
            run.workflow.workflow_id,
            run.run_id
        ];
        let found = self.find_run.query_row(key, |row| {
            Ok(KnownRun {
                id: row.get(0)?,
                active: row.get(1)?,
                listed: None,
            })
        });
        found.optional()
    }

    fn delete(&mut self, run: &RunKey) -> rusqlite::Result<()> {
        let Some(found) = self.find(run)? else {
            return Ok(());
        };
        self.delete_records.execute([found.id])?;
        self.attributes.delete(found.id)?;
        self.delete_run.execute([found.id])?;
        self.delete_current.execute(params![
            run.workflow.namespace_id,
            run.workflow.workflow_id,
            run.run_id
        ])?;
        Ok(())
    }

    fn delete_namespace(&mut self, id: &str) -> rusqlite::Result<()> {
        for sql in [
            "DELETE FROM records WHERE run IN (SELECT id FROM runs WHERE namespace_id = ?1)",
            "DELETE FROM runs WHERE namespace_id = ?1",
            "DELETE FROM attributes WHERE namespace_id = ?1",
            "DELETE FROM current_runs WHERE namespace_id = ?1",
            "DELETE FROM namespaces WHERE id = ?1",
        ] {
            self.connection.prepare_cached(sql)?.execute([id])?;
        }
        Ok(())
    }
}
