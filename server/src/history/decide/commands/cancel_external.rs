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

use super::{CommandCx, CommandFailure};

pub(super) fn request_cancel(
    cx: &mut CommandCx<'_, '_>,
    it: RequestCancelExternalWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause =
        WorkflowTaskFailedCause::BadRequestCancelExternalWorkflowExecutionAttributes;
    if it.workflow_id.is_empty() {
        return Err(CommandFailure::new(
            CAUSE,
            "WorkflowId is not set on RequestCancelExternalWorkflowExecutionCommand.",
        ));
    }
    cx.id_fits(
        "WorkflowId on RequestCancelExternalWorkflowExecutionCommand",
        &it.workflow_id,
        CAUSE,
    )?;
    let limit = cx.draft.cx().limits.pending_cancels;
    if cx.draft.state().external_cancels.size() >= limit {
        return Err(CommandFailure::new(
            WorkflowTaskFailedCause::PendingRequestCancelLimitExceeded,
            format!(
                "the number of pending requests to cancel external workflows, {limit}, has reached the per-workflow limit"
            ),
        ));
    }
    let id = cx.draft.event(
        Attributes::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(Box::new(
            RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
                workflow_task_completed_event_id: cx.completed_event_id,
                namespace: cx.namespace_or_own(it.namespace),
                namespace_id: String::new(),
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
