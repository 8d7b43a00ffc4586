//! How a run ends, whoever ends it.

use mainspring_proto::{
    common::v1::{Link, Payloads},
    enums::v1::{RetryState, WorkflowTaskFailedCause},
    history::v1::{
        WorkflowExecutionTerminatedEventAttributes, WorkflowExecutionTimedOutEventAttributes,
        WorkflowTaskFailedEventAttributes, history_event::Attributes,
    },
};

use crate::history::{
    change::{Change, WorkflowTaskClosed},
    task::{Task, UpdateNews, UpdateNotice},
    transition::{Draft, Extras, Transition},
    update::UpdateStage,
    workflow_task::WorkflowTaskKind,
};

/// The event that ends a run, and the run that follows.
pub(crate) struct Ending {
    pub(crate) attributes: Attributes,
    pub(crate) extras: Extras,
    pub(crate) next: Option<Transition<()>>,
}

impl Ending {
    pub(crate) fn new(attributes: Attributes) -> Self {
        Self {
            attributes,
            extras: Extras::default(),
            next: None,
        }
    }

    pub(crate) fn terminated(reason: &str, identity: &str, details: Option<Payloads>) -> Self {
        Self::new(Attributes::WorkflowExecutionTerminatedEventAttributes(
            Box::new(WorkflowExecutionTerminatedEventAttributes {
                reason: reason.to_owned(),
                details,
                identity: identity.to_owned(),
            }),
        ))
    }

    pub(crate) fn timed_out(retry_state: RetryState, next: Option<Transition<()>>) -> Self {
        let new_execution_run_id = next
            .as_ref()
            .map_or("", |next| &next.state.run.run_id)
            .to_owned();
        Self {
            next,
            ..Self::new(Attributes::WorkflowExecutionTimedOutEventAttributes(
                Box::new(WorkflowExecutionTimedOutEventAttributes {
                    retry_state: retry_state.into(),
                    new_execution_run_id,
                }),
            ))
        }
    }

    pub(crate) fn with_links(mut self, links: Vec<Link>) -> Self {
        self.extras.links = links;
        self
    }
}

impl Draft<'_> {
    /// Ends the run. A worker that is at work on it learns so when it answers.
    pub(crate) fn end(&mut self, ending: Ending) {
        self.abandon_workflow_task();
        let news = match &ending.next {
            Some(_) => UpdateNews::Moved,
            None => UpdateNews::Aborted,
        };
        let waiting =
            self.updates_in(|stage| matches!(stage, UpdateStage::Admitted | UpdateStage::Sent));
        self.event_with(ending.attributes, ending.extras);
        for update_id in waiting {
            self.task(Task::Update(UpdateNotice {
                update_id,
                news: news.clone(),
            }));
        }
        for update_id in self.updates_in(|stage| matches!(stage, UpdateStage::Accepted(_))) {
            self.task(Task::Update(UpdateNotice {
                update_id,
                news: UpdateNews::Completed(Box::new(super::update::closed_outcome())),
            }));
        }
        if self
            .state()
            .close
            .as_ref()
            .is_some_and(|close| close.unannounced)
        {
            self.task(Task::AnnounceClose);
        }
        self.task(Task::Visibility);
        if let Some(next) = ending.next {
            self.continue_in(next);
        }
    }

    /// Closes a started workflow task by force, and flushes what waited for it.
    fn abandon_workflow_task(&mut self) {
        let Some(task) = self.state().workflow_task.clone() else {
            self.flush_buffer();
            return;
        };
        if !task.is_started() && task.kind != WorkflowTaskKind::Speculative {
            // Nothing waits for its end, and a reset to this point goes on with it.
            return;
        }
        if task.is_started() && task.kind == WorkflowTaskKind::Normal {
            self.event(Attributes::WorkflowTaskFailedEventAttributes(Box::new(
                WorkflowTaskFailedEventAttributes {
                    scheduled_event_id: task.scheduled_event_id,
                    started_event_id: task.started_event_id,
                    cause: WorkflowTaskFailedCause::ForceCloseCommand.into(),
                    identity: "history-service".to_owned(),
                    ..WorkflowTaskFailedEventAttributes::default()
                },
            )));
        }
        self.change(Change::WorkflowTaskClosed(WorkflowTaskClosed {
            next_attempt: 1,
            completed_started_event_id: 0,
            volatile: task.kind == WorkflowTaskKind::Speculative,
        }));
        self.flush_buffer();
    }
}
