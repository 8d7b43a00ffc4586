//! A run whose workflow tasks come to nothing again and again says so in a search attribute, until
//! one of them is completed.

use mainspring_proto::enums::v1::{TimeoutType, WorkflowTaskFailedCause};

use crate::history::{
    change::{Change, ProblemsReported},
    state::REPORTED_PROBLEMS,
    task::Task,
    transition::Draft,
    workflow_task::WorkflowTask,
};

/// From this attempt on: fewer may be a deployment that is under way.
const REPORTED_FROM: i32 = 5;

/// Why an attempt came to nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Problem {
    Failed(WorkflowTaskFailedCause),
    TimedOut(TimeoutType),
}

impl Problem {
    /// As Temporal's tools read it.
    fn items(self) -> Vec<String> {
        let (category, name, prefix) = match self {
            Self::Failed(cause) => (
                "WorkflowTaskFailed",
                cause.as_str_name(),
                "WORKFLOW_TASK_FAILED_CAUSE_",
            ),
            Self::TimedOut(timeout) => (
                "WorkflowTaskTimedOut",
                timeout.as_str_name(),
                "TIMEOUT_TYPE_",
            ),
        };
        let name = camel_case(name.strip_prefix(prefix).unwrap_or(name));
        vec![
            format!("category={category}"),
            format!("cause={category}Cause{name}"),
        ]
    }
}

impl Draft<'_> {
    /// An attempt at a workflow task came to nothing.
    pub(crate) fn report_problem(&mut self, task: &WorkflowTask, problem: Problem) {
        if task.is_started() && task.attempt >= REPORTED_FROM {
            self.set_problems(problem.items());
        }
    }

    /// A workflow task was completed.
    pub(crate) fn clear_problems(&mut self) {
        let reported = &self.state().search_attributes;
        if reported.contains_key(REPORTED_PROBLEMS) {
            self.set_problems(Vec::new());
        }
    }

    fn set_problems(&mut self, problems: Vec<String>) {
        self.change(Change::ProblemsReported(ProblemsReported { problems }));
        self.task(Task::Visibility);
    }
}

/// `NO_SUCH_THING` as `NoSuchThing`.
fn camel_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_owned() + &rest.to_ascii_lowercase()
    });
    words.collect()
}
