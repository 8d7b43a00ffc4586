//! CompleteWorkflowExecution, FailWorkflowExecution and CancelWorkflowExecution.

use mainspring_proto::{
    command::v1::{
        CancelWorkflowExecutionCommandAttributes, CompleteWorkflowExecutionCommandAttributes,
        FailWorkflowExecutionCommandAttributes,
    },
    enums::v1::WorkflowTaskFailedCause,
    history::v1::{
        WorkflowExecutionCanceledEventAttributes, WorkflowExecutionCompletedEventAttributes,
        WorkflowExecutionFailedEventAttributes, history_event::Attributes,
    },
    prost::Message as _,
};

use crate::history::decide::{
    close::Ending,
    next_run::{self, After},
};

use super::{CommandCx, CommandFailure, payloads_size};

pub(super) fn complete(
    cx: &mut CommandCx<'_, '_>,
    it: CompleteWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    cx.nothing_unseen()?;
    cx.fits(
        "CompleteWorkflowExecutionCommandAttributes.Result",
        payloads_size(&it.result),
        WorkflowTaskFailedCause::BadCompleteWorkflowExecutionAttributes,
    )?;
    let next = next_run::by_cron(
        cx.draft.state(),
        cx.draft.cx(),
        After::Completed(&it.result),
    );
    let new_execution_run_id = next_run_id(&next);
    let extras = cx.extras();
    cx.draft.end(Ending {
        next,
        extras,
        ..Ending::new(Attributes::WorkflowExecutionCompletedEventAttributes(
            Box::new(WorkflowExecutionCompletedEventAttributes {
                result: it.result,
                workflow_task_completed_event_id: cx.completed_event_id,
                new_execution_run_id,
            }),
        ))
    });
    Ok(())
}

pub(super) fn fail(
    cx: &mut CommandCx<'_, '_>,
    it: FailWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause =
        WorkflowTaskFailedCause::BadFailWorkflowExecutionAttributes;
    cx.nothing_unseen()?;
    let Some(failure) = it.failure else {
        return Err(CommandFailure::new(
            CAUSE,
            "Failure is not set on FailWorkflowExecutionCommand.",
        ));
    };
    cx.fits(
        "FailWorkflowExecutionCommandAttributes.Failure",
        failure.encoded_len(),
        CAUSE,
    )?;
    let (retry_state, mut next) =
        next_run::by_retry(cx.draft.state(), cx.draft.cx(), After::Failed(&failure));
    if next.is_none() {
        next = next_run::by_cron(cx.draft.state(), cx.draft.cx(), After::Failed(&failure));
    }
    let new_execution_run_id = next_run_id(&next);
    let extras = cx.extras();
    cx.draft.end(Ending {
        next,
        extras,
        ..Ending::new(Attributes::WorkflowExecutionFailedEventAttributes(
            Box::new(WorkflowExecutionFailedEventAttributes {
                failure: Some(failure),
                retry_state: retry_state.into(),
                workflow_task_completed_event_id: cx.completed_event_id,
                new_execution_run_id,
            }),
        ))
    });
    Ok(())
}

pub(super) fn cancel(
    cx: &mut CommandCx<'_, '_>,
    it: CancelWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    cx.nothing_unseen()?;
    let extras = cx.extras();
    cx.draft.end(Ending {
        extras,
        ..Ending::new(Attributes::WorkflowExecutionCanceledEventAttributes(
            Box::new(WorkflowExecutionCanceledEventAttributes {
                workflow_task_completed_event_id: cx.completed_event_id,
                details: it.details,
            }),
        ))
    });
    Ok(())
}

fn next_run_id(next: &Option<crate::history::transition::Transition<()>>) -> String {
    next.as_ref()
        .map_or("", |next| &next.state.run.run_id)
        .to_owned()
}
