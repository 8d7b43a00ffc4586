//! What the server has given away.

use arbitrary::{Result, Unstructured};
use bytes::Bytes;
use mainspring_proto::{
    prost::Message as _,
    workflowservice::v1::{
        PollActivityTaskQueueResponse, PollWorkflowTaskQueueResponse,
        RespondWorkflowTaskCompletedResponse, StartWorkflowExecutionResponse,
    },
};
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

use crate::Method;

/// How many values of each kind are remembered.
const KEPT: usize = 8;

/// See the module. The latest are the first.
#[derive(Debug, Default)]
pub struct Seen {
    /// Ids of runs.
    pub run_ids: Vec<String>,
    /// Tokens of any kind.
    pub tokens: Vec<Bytes>,
    /// Workflow tasks, and tasks that carry a query.
    pub tasks: Given<PollWorkflowTaskQueueResponse>,
    /// Tokens of activities.
    pub activities: Given<Bytes>,
    /// Ids of updates that were accepted, and have no outcome.
    pub accepted_updates: Given<String>,
}

/// What somebody has to answer, and what is answered.
#[derive(Debug)]
pub struct Given<T> {
    open: Vec<T>,
    done: Vec<T>,
    dry: bool,
}

impl Seen {
    /// Remembers what an answer of this RPC gives away.
    ///
    /// # Panics
    /// If it is no answer of this RPC.
    pub fn remember(&mut self, method: &Method, answer: Bytes) {
        self.remember_tasks(&method.name, answer.clone());
        let answer = DynamicMessage::decode(method.output.clone(), answer).expect("an answer");
        self.remember_fields(&answer);
    }

    fn remember_tasks(&mut self, method: &str, answer: Bytes) {
        match method {
            "StartWorkflowExecution" => {
                let answer = StartWorkflowExecutionResponse::decode(answer).expect("an answer");
                self.remember_task(answer.eager_workflow_task.unwrap_or_default());
            }
            "PollWorkflowTaskQueue" => {
                let task = PollWorkflowTaskQueueResponse::decode(answer).expect("an answer");
                self.tasks.dry = task.task_token.is_empty();
                self.remember_task(task);
            }
            "RespondWorkflowTaskCompleted" => {
                let answer = RespondWorkflowTaskCompletedResponse::decode(answer);
                let answer = answer.expect("an answer");
                self.remember_task(answer.workflow_task.unwrap_or_default());
                for activity in answer.activity_tasks {
                    self.remember_activity(activity);
                }
            }
            "PollActivityTaskQueue" => {
                let activity = PollActivityTaskQueueResponse::decode(answer).expect("an answer");
                self.activities.dry = activity.task_token.is_empty();
                self.remember_activity(activity);
            }
            _ => {}
        }
    }

    fn remember_task(&mut self, task: PollWorkflowTaskQueueResponse) {
        if !task.task_token.is_empty() {
            self.tasks.add(task);
        }
    }

    fn remember_activity(&mut self, activity: PollActivityTaskQueueResponse) {
        if !activity.task_token.is_empty() {
            self.activities.add(activity.task_token);
        }
    }

    fn remember_fields(&mut self, answer: &DynamicMessage) {
        for (field, value) in answer.fields() {
            self.remember_value(&field, value);
        }
    }

    fn remember_value(&mut self, field: &FieldDescriptor, value: &Value) {
        match value {
            Value::String(text) if field.name().ends_with("run_id") => {
                keep(&mut self.run_ids, text.clone());
            }
            Value::Bytes(token) if field.name().ends_with("token") => {
                keep(&mut self.tokens, token.clone());
            }
            Value::Message(message) => self.remember_fields(message),
            Value::List(values) => {
                for value in values {
                    self.remember_value(field, value);
                }
            }
            _ => {}
        }
    }
}

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            done: Vec::new(),
            dry: false,
        }
    }
}

impl<T: Clone + PartialEq> Given<T> {
    /// One more.
    pub fn add(&mut self, it: T) {
        keep(&mut self.open, it);
    }

    /// Whether there was nothing to be had when it was asked for, the last time.
    pub fn is_dry(&mut self) -> bool {
        std::mem::take(&mut self.dry)
    }

    /// One that is open, or now and then one that should not be answered again.
    ///
    /// # Errors
    /// Never by itself; those of the noise.
    pub fn take(&mut self, noise: &mut Unstructured<'_>) -> Result<Option<T>> {
        let dice = noise.int_in_range(0..=15)?;
        if dice == 15 && !self.done.is_empty() {
            return noise.choose(&self.done).cloned().map(Some);
        }
        if self.open.is_empty() || dice == 14 {
            return Ok(None);
        }
        let taken = self.open.remove(0);
        keep(&mut self.done, taken.clone());
        Ok(Some(taken))
    }
}

fn keep<T: PartialEq>(kept: &mut Vec<T>, value: T) {
    if !kept.contains(&value) {
        kept.insert(0, value);
        kept.truncate(KEPT);
    }
}
