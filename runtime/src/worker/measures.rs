//! What a worker measures, each with its namespace and its task queue. The names are listed in [`crate::metrics`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use mainspring_proto::enums::v1::WorkflowTaskFailedCause;

use super::Shell;
use super::activity_task::Ending;
use super::presence::Tasks;
use crate::error::Failure;
use crate::metrics::{Label, Metrics};
use crate::time::time_from_proto;

/// What measurements of workflows are told apart by.
pub(super) const WORKFLOW_TYPE: &str = "workflow_type";
/// What measurements of activities are told apart by, besides.
pub(super) const ACTIVITY_TYPE: &str = "activity_type";

/// What has slots for its tasks.
#[derive(Clone, Copy, Debug)]
pub(super) enum TaskKind {
    Workflow,
    Activity,
    LocalActivity,
}

/// What is polled for.
#[derive(Clone, Copy, Debug)]
pub(super) enum PollKind {
    Workflow,
    StickyWorkflow,
    Activity,
}

/// How many polls are open, by their kind.
pub(super) type OpenPolls = [AtomicU32; 3];

impl TaskKind {
    fn worker_type(self) -> &'static str {
        match self {
            Self::Workflow => "WorkflowWorker",
            Self::Activity => "ActivityWorker",
            Self::LocalActivity => "LocalActivityWorker",
        }
    }
}

impl PollKind {
    fn poller_type(self) -> &'static str {
        match self {
            Self::Workflow => "workflow_task",
            Self::StickyWorkflow => "workflow_sticky_task",
            Self::Activity => "activity_task",
        }
    }
}

impl Shell {
    /// Something has happened.
    pub(super) fn count(&self, name: &str, labels: &[Label<'_>]) {
        self.measure(labels, |metrics, labels| metrics.count(name, labels, 1));
    }

    /// Something has taken so long.
    pub(super) fn latency(&self, name: &str, labels: &[Label<'_>], took: Duration) {
        self.measure(labels, |metrics, labels| {
            metrics.latency(name, labels, took)
        });
    }

    /// Something has taken from one time of the server to another, if it said both.
    pub(super) fn latency_between(
        &self,
        name: &str,
        labels: &[Label<'_>],
        [from, to]: [Option<prost_types::Timestamp>; 2],
    ) {
        if let Some(took) = between(from, to) {
            self.latency(name, labels, took);
        }
    }

    /// There are so many of something now.
    pub(super) fn gauge(&self, name: &str, labels: &[Label<'_>], value: usize) {
        self.measure(labels, |metrics, labels| {
            metrics.gauge(name, labels, value as f64);
        });
    }

    fn measure(&self, labels: &[Label<'_>], take: impl FnOnce(&dyn Metrics, &[Label<'_>])) {
        let Some(metrics) = self.client.shared.metrics.get() else {
            return;
        };
        let mut all = vec![
            ("namespace", self.client.namespace()),
            ("task_queue", self.task_queue.as_str()),
        ];
        all.extend_from_slice(labels);
        take(metrics, &all);
    }

    /// The worker has begun to run tasks of this kind.
    pub(super) fn started(&self, kind: TaskKind) {
        self.count(
            "temporal_worker_start",
            &[("worker_type", kind.worker_type())],
        );
        self.measure_slots(kind);
    }

    /// Counts a task that runs until what this returns is dropped.
    pub(super) fn run(self: &Arc<Self>, kind: TaskKind) -> Running {
        self.tasks(kind).begin();
        self.measure_slots(kind);
        Running {
            shell: Arc::clone(self),
            kind,
        }
    }

    pub(super) fn tasks(&self, kind: TaskKind) -> &Tasks {
        match kind {
            TaskKind::Workflow => &self.tally.workflow_tasks,
            TaskKind::Activity => &self.tally.activities,
            TaskKind::LocalActivity => &self.tally.local_activities,
        }
    }

    pub(super) fn slots(&self, kind: TaskKind) -> usize {
        match kind {
            TaskKind::Workflow => self.options.max_concurrent_workflow_tasks,
            TaskKind::Activity => self.options.max_concurrent_activities,
            TaskKind::LocalActivity => self.options.max_concurrent_local_activities,
        }
    }

    fn measure_slots(&self, kind: TaskKind) {
        let (slots, used) = (self.slots(kind), self.tasks(kind).running());
        let labels = [("worker_type", kind.worker_type())];
        self.gauge("temporal_worker_task_slots_used", &labels, used);
        let available = slots.saturating_sub(used);
        self.gauge("temporal_worker_task_slots_available", &labels, available);
    }

    /// Counts a poll that is open until what this returns is dropped.
    pub(super) fn open_poll(&self, kind: PollKind) -> OpenPoll<'_> {
        self.open_polls[kind as usize].fetch_add(1, Ordering::Relaxed);
        let poll = OpenPoll { shell: self, kind };
        poll.measure();
        poll
    }

    /// A workflow task has failed.
    pub(super) fn task_failed(&self, workflow_type: &str, cause: WorkflowTaskFailedCause) {
        let reason = match cause {
            WorkflowTaskFailedCause::NonDeterministicError => "NonDeterminismError",
            WorkflowTaskFailedCause::GrpcMessageTooLarge => "GrpcMessageTooLarge",
            _ => "WorkflowError",
        };
        let labels = [(WORKFLOW_TYPE, workflow_type), ("failure_reason", reason)];
        self.count("temporal_workflow_task_execution_failed", &labels);
    }
}

/// What is measured of an attempt of an activity.
pub(super) struct Measures<'a> {
    shell: &'a Shell,
    names: &'static Names,
    pub(super) labels: [Label<'a>; 2],
}

struct Names {
    execution_latency: &'static str,
    succeed_endtoend_latency: &'static str,
    execution_failed: &'static str,
    execution_cancelled: &'static str,
}

const OF_TASKS: Names = Names {
    execution_latency: "temporal_activity_execution_latency",
    succeed_endtoend_latency: "temporal_activity_succeed_endtoend_latency",
    execution_failed: "temporal_activity_execution_failed",
    execution_cancelled: "temporal_activity_execution_cancelled",
};

const OF_LOCAL_ONES: Names = Names {
    execution_latency: "temporal_local_activity_execution_latency",
    succeed_endtoend_latency: "temporal_local_activity_succeed_endtoend_latency",
    execution_failed: "temporal_local_activity_execution_failed",
    execution_cancelled: "temporal_local_activity_execution_cancelled",
};

impl<'a> Measures<'a> {
    pub(super) fn of_task(
        shell: &'a Shell,
        activity_type: &'a str,
        workflow_type: &'a str,
    ) -> Self {
        Self {
            shell,
            names: &OF_TASKS,
            labels: [
                (ACTIVITY_TYPE, activity_type),
                (WORKFLOW_TYPE, workflow_type),
            ],
        }
    }

    pub(super) fn of_local(
        shell: &'a Shell,
        activity_type: &'a str,
        workflow_type: &'a str,
    ) -> Self {
        let measures = Self {
            names: &OF_LOCAL_ONES,
            ..Self::of_task(shell, activity_type, workflow_type)
        };
        shell.count("temporal_local_activity_total", &measures.labels);
        measures
    }

    /// It has run, and ended; `whole` is the time since it was first asked for.
    pub(super) fn ended(&self, ending: &Ending, ran: Duration, whole: Duration) {
        let (shell, names) = (self.shell, self.names);
        shell.latency(names.execution_latency, &self.labels, ran);
        match ending {
            Ending::Completed(_) => {
                shell.latency(names.succeed_endtoend_latency, &self.labels, whole);
            }
            Ending::Failed(failure) => self.failed(failure),
            Ending::Cancelled(_) => shell.count(names.execution_cancelled, &self.labels),
            // Who ends it counts it: whoever completes it, or the server.
            Ending::Later | Ending::TimedOut => {}
        }
    }

    /// It has failed; what its author calls part of normal operation does not count.
    pub(super) fn failed(&self, failure: &Failure) {
        if !failure.is_benign() {
            self.shell.count(self.names.execution_failed, &self.labels);
        }
    }
}

/// A task that runs.
pub(super) struct Running {
    shell: Arc<Shell>,
    kind: TaskKind,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shell.tasks(self.kind).end();
        self.shell.measure_slots(self.kind);
    }
}

/// A poll that is open.
pub(super) struct OpenPoll<'a> {
    shell: &'a Shell,
    kind: PollKind,
}

impl OpenPoll<'_> {
    fn measure(&self) {
        let open = self.shell.open_polls[self.kind as usize].load(Ordering::Relaxed);
        let labels = [("poller_type", self.kind.poller_type())];
        self.shell
            .gauge("temporal_num_pollers", &labels, open as usize);
    }
}

impl Drop for OpenPoll<'_> {
    fn drop(&mut self) {
        self.shell.open_polls[self.kind as usize].fetch_sub(1, Ordering::Relaxed);
        self.measure();
    }
}

/// From one time of the server to another: its own clock alone, so that it does not matter whether ours agrees.
pub(super) fn between(
    from: Option<prost_types::Timestamp>,
    to: Option<prost_types::Timestamp>,
) -> Option<Duration> {
    let [from, to]: [SystemTime; 2] = [time_from_proto(from?), time_from_proto(to?)];
    Some(to.duration_since(from).unwrap_or_default())
}
