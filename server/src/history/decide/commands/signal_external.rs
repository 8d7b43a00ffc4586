//! SignalExternalWorkflowExecution.

use mainspring_proto::{
    command::v1::SignalExternalWorkflowExecutionCommandAttributes,
    enums::v1::WorkflowTaskFailedCause,
    history::v1::{
        SignalExternalWorkflowExecutionInitiatedEventAttributes, history_event::Attributes,
    },
};

use crate::history::task::Task;

use super::{CommandCx, CommandFailure, payloads_size};

pub(super) fn signal(
    cx: &mut CommandCx<'_, '_>,
    it: SignalExternalWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause =
        WorkflowTaskFailedCause::BadSignalWorkflowExecutionAttributes;
    let Some(execution) = it.execution.filter(|it| !it.workflow_id.is_empty()) else {
        return Err(CommandFailure::new(
            CAUSE,
            "WorkflowId is not set on SignalExternalWorkflowExecutionCommand.",
        ));
    };
    if it.signal_name.is_empty() {
        return Err(CommandFailure::new(
            CAUSE,
            "SignalName is not set on SignalExternalWorkflowExecutionCommand.",
        ));
    }
    cx.id_fits(
        "WorkflowId on SignalExternalWorkflowExecutionCommand",
        &execution.workflow_id,
        CAUSE,
    )?;
    cx.fits(
        "SignalExternalWorkflowExecutionCommandAttributes.Input",
        payloads_size(&it.input),
        CAUSE,
    )?;
    let limit = cx.draft.cx().limits.pending_signals;
    if cx.draft.state().external_signals.size() >= limit {
        return Err(CommandFailure::new(
            WorkflowTaskFailedCause::PendingSignalsLimitExceeded,
            format!(
                "the number of pending signals to external workflows, {limit}, has reached the per-workflow limit"
            ),
        ));
    }
    let id = cx.draft.event(
        Attributes::SignalExternalWorkflowExecutionInitiatedEventAttributes(Box::new(
            SignalExternalWorkflowExecutionInitiatedEventAttributes {
                workflow_task_completed_event_id: cx.completed_event_id,
                namespace: cx.namespace_or_own(it.namespace),
                namespace_id: String::new(),
                workflow_execution: Some(execution),
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

impl CommandCx<'_, '_> {
    pub(super) fn namespace_or_own(&self, namespace: String) -> String {
        match namespace.as_str() {
            "" => self.draft.cx().namespace.to_owned(),
            _ => namespace,
        }
    }
}
