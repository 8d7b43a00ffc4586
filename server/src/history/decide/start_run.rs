//! A run comes into being.

use std::collections::BTreeMap;

use mainspring_proto::{
    common::v1::{Header, Payload, Payloads},
    enums::v1::ContinueAsNewInitiator,
    history::v1::{
        WorkflowExecutionSignaledEventAttributes, WorkflowExecutionStartedEventAttributes,
        history_event::Attributes,
    },
};

use crate::history::{
    change::{Change, Created},
    ids::RunKey,
    payload::is_nil,
    task::Task,
    time::duration,
    transition::{Cx, Draft, Extras, Transition},
};

use super::workflow_task::StartedWorkflowTask;

/// Everything a new run is made of.
#[derive(Default, Debug)]
pub struct NewRun {
    /// The first event. Its back-off decides when the first workflow task comes.
    pub started: WorkflowExecutionStartedEventAttributes,
    /// The request that creates the run.
    pub request_id: String,
    /// Set for a child: its first workflow task waits for the parent's record.
    pub first_task_withheld: bool,
    /// A signal that is there from the start.
    pub signal: Option<Signal>,
    /// Who gets the first workflow task at once, if anyone.
    pub eager_identity: Option<String>,
}

/// A signal as it comes in.
#[derive(Clone, Debug, Default)]
pub struct Signal {
    /// Which signal.
    pub name: String,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Who sends it.
    pub identity: String,
    /// What interceptors put on it.
    pub header: Option<Header>,
    /// For deduplication.
    pub request_id: String,
    /// The workflow that sends it, if one does.
    pub external: Option<mainspring_proto::common::v1::WorkflowExecution>,
}

impl Signal {
    pub(crate) fn into_attributes(self) -> Attributes {
        Attributes::WorkflowExecutionSignaledEventAttributes(Box::new(
            WorkflowExecutionSignaledEventAttributes {
                signal_name: self.name,
                input: self.input,
                identity: self.identity,
                header: self.header,
                external_workflow_execution: self.external,
                request_id: self.request_id,
                ..WorkflowExecutionSignaledEventAttributes::default()
            },
        ))
    }
}

/// Creates a run.
pub fn start_run(
    run: RunKey,
    new: NewRun,
    extras: Extras,
    cx: Cx<'_>,
) -> Transition<Option<StartedWorkflowTask>> {
    let mut draft = Draft::create(run, cx);
    let delayed = !duration(&new.started.first_workflow_task_backoff).is_zero();
    let eager = (new.eager_identity.filter(|_| !delayed))
        .map(|identity| (identity.into(), new.request_id.clone()));
    draft.change(Change::Created(Created {
        request_id: new.request_id,
        first_task_withheld: new.first_task_withheld,
    }));
    let mut started = new.started;
    started.eager_execution_accepted = eager.is_some();
    if !started.cron_schedule.is_empty() && started.initiator == 0 {
        started.initiator = ContinueAsNewInitiator::CronSchedule.into();
    }
    let memo = started.memo.as_mut().map(|it| &mut it.fields);
    if !has_values(memo) {
        started.memo = None;
    }
    let attributes = started.search_attributes.as_mut();
    if !has_values(attributes.map(|it| &mut it.indexed_fields)) {
        started.search_attributes = None;
    }
    let of_signal = Extras {
        links: extras.links.clone(),
        ..Extras::default()
    };
    draft.event_with(
        Attributes::WorkflowExecutionStartedEventAttributes(Box::new(started)),
        extras,
    );
    if let Some(signal) = new.signal {
        draft.event_with(signal.into_attributes(), of_signal);
    }
    draft.task(Task::Visibility);
    let mut first = None;
    if !new.first_task_withheld && !delayed {
        draft.schedule_workflow_task();
        if let Some((identity, request_id)) = eager {
            first = draft.start_workflow_task(&identity, &request_id);
        }
    }
    draft.finish(first)
}

/// Whether anything is left of a map without the keys that are to have no value.
fn has_values(fields: Option<&mut BTreeMap<String, Payload>>) -> bool {
    fields.is_some_and(|fields| {
        fields.retain(|_, payload| !is_nil(payload));
        !fields.is_empty()
    })
}
