//! RequestCancelExternalWorkflowExecution.

use mainspring_proto::{
    command::v1::RequestCancelExternalWorkflowExecutionCommandAttributes,
    common::v1::WorkflowExecution,
    enums::v1::WorkflowTaskFailedCause,
    history::v1::{
        RequestCancelExternalWorkflowExecutionInitiatedEventAttributes, history_event::Attributes,
    },
};

use crate::history::task::Task;

use super::{CommandCx, CommandFailure, one_more, signal_external::is_run_id};

pub(super) fn request_cancel(
    cx: &mut CommandCx<'_, '_>,
    it: RequestCancelExternalWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause =
        WorkflowTaskFailedCause::BadRequestCancelExternalWorkflowExecutionAttributes;
    if let Some(message) = problem(cx, &it) {
        return Err(CommandFailure::new(CAUSE, message));
    }
    let pending = cx.draft.state().external_cancels.size();
    one_more(
        "requests to cancel external workflows",
        pending,
        cx.draft.cx().limits.pending_cancels,
        WorkflowTaskFailedCause::PendingRequestCancelLimitExceeded,
    )?;
    let id = cx.event(
        Attributes::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(Box::new(
            RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
                workflow_task_completed_event_id: cx.completed_event_id,
                namespace: cx.namespace_or_own(&it.namespace).to_owned(),
                namespace_id: cx.id_of_own(&it.namespace),
                workflow_execution: Some(WorkflowExecution {
                    workflow_id: it.workflow_id,
                    run_id: it.run_id,
                }),
                control: it.control,
                child_workflow_only: it.child_workflow_only,
                reason: it.reason,
            },
        )),
    );
    cx.draft.task(Task::CancelExternal(id));
    Ok(())
}

/// What is wrong with the attributes, if anything is.
fn problem(
    cx: &CommandCx<'_, '_>,
    it: &RequestCancelExternalWorkflowExecutionCommandAttributes,
) -> Option<String> {
    const COMMAND: &str = "RequestCancelExternalWorkflowExecutionCommand";
    let (id, run_id, namespace) = (&it.workflow_id, &it.run_id, &it.namespace);
    if id.is_empty() {
        return Some(format!(
            "WorkflowId is not set on {COMMAND}. Namespace={namespace} RunId={run_id}"
        ));
    }
    if let Some(excess) = cx.excess(id) {
        return Some(format!(
            "WorkflowId on {COMMAND} exceeds length limit. WorkflowId={id} {excess} RunId={run_id} \
             Namespace={namespace}"
        ));
    }
    (!is_run_id(run_id)).then(|| {
        format!(
            "Invalid RunId set on {COMMAND}. WorkflowId={id} RunId={run_id} Namespace={namespace}"
        )
    })
}
