//! Why a worker does not start, or stops.

use std::error::Error;
use std::fmt;

use tonic::Status;

use crate::registry::Location;

/// Why a worker does not start, or stops.
#[derive(Debug)]
pub enum WorkerError {
    /// Two workflows, or two activities, have one name.
    Duplicate {
        /// `workflow` or `activity`.
        kind: &'static str,
        /// The name.
        name: String,
        /// Where the one is defined.
        first: Location,
        /// Where the other is defined.
        second: Location,
    },
    /// An activity is called on a value that the worker was not given.
    MissingInstance {
        /// The activity.
        activity: String,
        /// The type of the value.
        type_name: &'static str,
        /// Where the activity is defined.
        location: Location,
    },
    /// An activity is to run in a process of its own, and this program does not start as one.
    NoActivityProcess {
        /// The activity.
        activity: String,
    },
    /// There is nothing to run.
    Nothing {
        /// The worker's queue.
        task_queue: String,
    },
    /// The server refuses the worker's polls for good.
    Refused {
        /// What was polled.
        operation: &'static str,
        /// What the server said.
        status: Box<Status>,
    },
    /// The process's signals cannot be listened to.
    Signals(std::io::Error),
}

impl fmt::Display for WorkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate {
                kind,
                name,
                first,
                second,
            } => write!(
                f,
                "two {kind} definitions are named `{name}`: {first} and {second}. Rename one, with `name = \"…\"` in its \
                 attribute, or keep them apart with `task_queue = \"…\"`"
            ),
            Self::MissingInstance {
                activity,
                type_name,
                location,
            } => write!(
                f,
                "activity `{activity}` ({location}) is called on a `{type_name}`, and the worker has none: add \
                 `.activities(…)` with one before the worker starts, or implement `Default` for it"
            ),
            Self::NoActivityProcess { activity } => write!(
                f,
                "activity `{activity}` is isolated, and this program does not run activities when it is started again: call \
                 `mainspring::worker::activity_process(|process| process)` first of all in `main`"
            ),
            Self::Nothing { task_queue } => write!(
                f,
                "there is nothing to run on task queue {task_queue:?}: annotate items with `#[workflow]` or `#[activity]`, \
                 and check their `task_queue = \"…\"`"
            ),
            Self::Refused { operation, status } => write!(
                f,
                "the server refuses {operation}: {:?}: {}",
                status.code(),
                status.message()
            ),
            Self::Signals(error) => write!(f, "cannot listen to the process's signals: {error}"),
        }
    }
}

impl Error for WorkerError {}
