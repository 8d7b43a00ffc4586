//! SignalExternalWorkflowExecution.

use mainspring_proto::{
    command::v1::SignalExternalWorkflowExecutionCommandAttributes,
    enums::v1::WorkflowTaskFailedCause,
    history::v1::{
        SignalExternalWorkflowExecutionInitiatedEventAttributes, history_event::Attributes,
    },
};

use crate::history::task::Task;

use super::{CommandCx, CommandFailure, one_more, payloads_size};

pub(super) fn signal(
    cx: &mut CommandCx<'_, '_>,
    it: SignalExternalWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause =
        WorkflowTaskFailedCause::BadSignalWorkflowExecutionAttributes;
    if let Some(message) = problem(cx, &it) {
        return Err(CommandFailure::new(CAUSE, message));
    }
    cx.fits(
        "SignalExternalWorkflowExecutionCommandAttributes.Input",
        payloads_size(&it.input),
        CAUSE,
    )?;
    let pending = cx.draft.state().external_signals.size();
    one_more(
        "signals to external workflows",
        pending,
        cx.draft.cx().limits.pending_signals,
        WorkflowTaskFailedCause::PendingSignalsLimitExceeded,
    )?;
    let id = cx.event(
        Attributes::SignalExternalWorkflowExecutionInitiatedEventAttributes(Box::new(
            SignalExternalWorkflowExecutionInitiatedEventAttributes {
                workflow_task_completed_event_id: cx.completed_event_id,
                namespace_id: cx.id_of_own(&it.namespace),
                namespace: cx.namespace_or_own(&it.namespace).to_owned(),
                workflow_execution: it.execution,
                signal_name: it.signal_name,
                input: it.input,
                control: it.control,
                child_workflow_only: it.child_workflow_only,
                header: it.header,
            },
        )),
    );
    cx.draft.task(Task::SignalExternal(id));
    Ok(())
}

/// What is wrong with the attributes, if anything is.
fn problem(
    cx: &CommandCx<'_, '_>,
    it: &SignalExternalWorkflowExecutionCommandAttributes,
) -> Option<String> {
    const COMMAND: &str = "SignalExternalWorkflowExecutionCommand";
    let Some(execution) = &it.execution else {
        return Some(format!("Execution is not set on {COMMAND}."));
    };
    let (id, run_id) = (&execution.workflow_id, &execution.run_id);
    let (namespace, name) = (&it.namespace, &it.signal_name);
    if id.is_empty() {
        return Some(format!(
            "WorkflowId is not set on {COMMAND}. Namespace={namespace} RunId={run_id} SignalName={name}"
        ));
    }
    if let Some(excess) = cx.excess(id) {
        return Some(format!(
            "WorkflowId on {COMMAND} exceeds length limit. WorkflowId={id} {excess} Namespace={namespace} \
             RunId={run_id} SignalName={name}"
        ));
    }
    if !is_run_id(run_id) {
        return Some(format!(
            "Invalid RunId set on {COMMAND}. WorkflowId={id} Namespace={namespace} RunId={run_id} SignalName={name}"
        ));
    }
    name.is_empty().then(|| {
        format!(
            "SignalName is not set on {COMMAND}. WorkflowId={id} Namespace={namespace} RunId={run_id}"
        )
    })
}

/// Whether it is a UUID, or left out.
pub(super) fn is_run_id(id: &str) -> bool {
    let groups: Vec<&str> = id.split('-').collect();
    let hexadecimal = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    id.is_empty() || lengths == [8, 4, 4, 4, 12] && groups.iter().all(hexadecimal)
}

impl CommandCx<'_, '_> {
    /// The id of a namespace that a command names, if that is the run's own. Those of others are looked up
    /// when the command is carried out.
    pub(super) fn id_of_own(&self, namespace: &str) -> String {
        let own = &self.draft.state().run.workflow.namespace_id;
        match self.namespace_or_own(namespace) == self.draft.cx().namespace {
            true => own.to_string(),
            false => String::new(),
        }
    }

    pub(super) fn namespace_or_own<'s>(&'s self, namespace: &'s str) -> &'s str {
        match namespace {
            "" => self.draft.cx().namespace,
            _ => namespace,
        }
    }
}
