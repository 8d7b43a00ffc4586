//! A worker that runs, and its end.

use std::sync::Arc;
use std::time::Duration;

use mainspring_proto::enums::v1::WorkerStatus;
use mainspring_proto::workflowservice::v1::ShutdownWorkerRequest;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use super::measures::TaskKind;
use super::workflow_poller::{Door, Queue, Slots};
use super::{Shell, WorkerError, activity_poller, presence, workflow_poller};
use crate::activity::BoxFuture;

/// How far a shutdown has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Not begun.
    No,
    /// No new tasks; those that run may end.
    Gracefully,
    /// Activities are asked to stop.
    Now,
}

/// A worker that runs. Dropping it stops its polls, without waiting for anything.
#[must_use = "dropping a running worker stops it"]
pub struct RunningWorker {
    shell: Arc<Shell>,
    pollers: JoinSet<Result<(), WorkerError>>,
    /// Tells the server that the worker is there.
    announcing: JoinSet<()>,
    workflow_slots: Slots,
    /// What clients of this process find the worker by.
    _door: Option<Arc<Door>>,
}

impl RunningWorker {
    pub(super) fn spawn(shell: Arc<Shell>) -> Self {
        super::deadlock::spawn(&shell);
        let stopped = shell.stop.subscribe();
        let mut pollers = JoinSet::new();
        let workflow_slots = Slots::new(&shell.options, shell.is_sticky());
        let door = shell.registry.has_workflows().then(|| {
            let door = Door::of(&shell, &workflow_slots);
            let weak = Arc::downgrade(&door);
            shell.client.shared.local_workers.add(weak);
            door
        });
        if shell.registry.has_workflows() {
            shell.started(TaskKind::Workflow);
            shell.started(TaskKind::LocalActivity);
            let sticky = shell.is_sticky().then_some(Queue::Sticky);
            for queue in [Queue::Normal].into_iter().chain(sticky) {
                for _ in 0..shell.options.workflow_pollers {
                    pollers.spawn(workflow_poller::poll(
                        Arc::clone(&shell),
                        queue,
                        workflow_slots.clone(),
                        stopped.clone(),
                    ));
                }
            }
        }
        if shell.registry.has_activities() {
            shell.started(TaskKind::Activity);
            for _ in 0..shell.options.activity_pollers {
                pollers.spawn(activity_poller::poll(Arc::clone(&shell), stopped.clone()));
            }
        }
        let mut announcing = JoinSet::new();
        announcing.spawn(presence::announce(Arc::clone(&shell), stopped));
        Self {
            shell,
            pollers,
            announcing,
            workflow_slots,
            _door: door,
        }
    }

    /// Its task queue.
    pub fn task_queue(&self) -> &str {
        &self.shell.task_queue
    }

    /// Stops taking tasks, and waits for those that run. Activities are asked to stop when the worker's patience for a
    /// graceful shutdown is over.
    ///
    /// # Errors
    /// If the worker had stopped by itself, such as when its namespace does not exist.
    pub async fn shutdown(mut self) -> Result<(), WorkerError> {
        self.shell.stop.send_replace(Stop::Gracefully);
        // Not while the server is still being told that the worker runs: it might believe what comes last.
        let _ = tokio::time::timeout(LAST_POLLS, self.announcing.join_next()).await;
        tell_server(&self.shell).await;
        let mut outcome = Ok(());
        while let Some(ended) = self.pollers.join_next().await {
            if let Ok(Err(error)) = ended {
                outcome = Err(error);
            }
        }
        let options = &self.shell.options;
        let slots = u32::try_from(options.max_concurrent_activities).unwrap_or(u32::MAX);
        let activities = self.shell.activity_slots.acquire_many(slots);
        if tokio::time::timeout(options.graceful_shutdown, activities)
            .await
            .is_err()
        {
            self.shell.stop.send_replace(Stop::Now);
            let activities = self.shell.activity_slots.acquire_many(slots);
            let _ = tokio::time::timeout(options.graceful_shutdown, activities).await;
        }
        let tasks = self.workflow_slots.all_free();
        let _ = tokio::time::timeout(options.graceful_shutdown, tasks).await;
        outcome
    }

    /// Stops polling in the middle of whatever it does, and tells the server that the runs in its memory are lost, as the
    /// server would find out by itself in time.
    #[cfg(feature = "testing")]
    pub(crate) async fn abandon(mut self) {
        self.pollers.abort_all();
        self.announcing.abort_all();
        tell_server(&self.shell).await;
    }

    /// Waits until the worker cannot go on.
    ///
    /// # Errors
    /// Always, with the reason; it never ends otherwise.
    pub async fn failed(&mut self) -> WorkerError {
        loop {
            match self.pollers.join_next().await {
                Some(Ok(Err(error))) => return error,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }

    pub(super) async fn run_until_signal(mut self) -> Result<(), WorkerError> {
        tokio::select! {
            error = self.failed() => Err(error),
            signalled = signalled() => {
                signalled.map_err(WorkerError::Signals)?;
                self.shutdown().await
            }
        }
    }
}

/// How long polls may go on after a shutdown began: a server that knows of it ends them at once, and a task that it has
/// just handed out is not lost.
const LAST_POLLS: Duration = Duration::from_secs(1);

/// Waits for a poll; not much longer than until the worker is to stop.
pub(super) async fn until_stopped<T>(
    poll: impl Future<Output = T>,
    stop: &mut watch::Receiver<Stop>,
) -> Option<T> {
    let stopped = async {
        let _ = stop.wait_for(|stop| *stop != Stop::No).await;
        tokio::time::sleep(LAST_POLLS).await;
    };
    tokio::select! {
        polled = poll => Some(polled),
        () = stopped => None,
    }
}

/// Tells the server to end this worker's polls, and to give its runs to others without delay.
///
/// Boxed here, so that it is compiled once and not in each program.
fn tell_server(shell: &Shell) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let sticky_task_queue = match shell.is_sticky() && shell.registry.has_workflows() {
            true => shell.sticky_queue.clone(),
            false => String::new(),
        };
        let request = ShutdownWorkerRequest {
            namespace: shell.client.namespace().to_owned(),
            sticky_task_queue,
            identity: shell.client.identity().to_owned(),
            reason: "graceful shutdown".to_owned(),
            worker_instance_key: shell.instance_key.clone(),
            task_queue: shell.task_queue.clone(),
            worker_heartbeat: presence::last_words(shell, WorkerStatus::ShuttingDown),
            ..Default::default()
        };
        let told = tokio::time::timeout(LAST_POLLS, shell.client.shared.once(&request)).await;
        // Servers that do not know the request find out by their own timeouts.
        if let Ok(Err(status)) = told {
            tracing::debug!(code = ?status.code(), message = status.message(), "the server was not told of the shutdown");
        }
    })
}

#[cfg(unix)]
async fn signalled() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signalled() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Whether a worker can go on after a poll has failed like this.
pub(super) fn check_poll(operation: &'static str, status: &Status) -> Result<(), WorkerError> {
    match status.code() {
        Code::NotFound
        | Code::InvalidArgument
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::Unimplemented => Err(WorkerError::Refused {
            operation,
            status: Box::new(status.clone()),
        }),
        _ => Ok(()),
    }
}
