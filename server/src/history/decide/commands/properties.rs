//! UpsertWorkflowSearchAttributes and ModifyWorkflowProperties.

use std::sync::Arc;

use mainspring_proto::{
    command::v1::{
        ModifyWorkflowPropertiesCommandAttributes, UpsertWorkflowSearchAttributesCommandAttributes,
    },
    common::v1::Memo,
    enums::v1::WorkflowTaskFailedCause,
    history::v1::{
        UpsertWorkflowSearchAttributesEventAttributes, WorkflowPropertiesModifiedEventAttributes,
        history_event::Attributes,
    },
};

use crate::history::{apply::properties::merge, task::Task};

use super::{CommandCx, CommandFailure};

pub(super) fn upsert_search_attributes(
    cx: &mut CommandCx<'_, '_>,
    it: UpsertWorkflowSearchAttributesCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadSearchAttributes;
    let Some(attributes) = it.search_attributes else {
        return Err(CommandFailure::new(
            CAUSE,
            "SearchAttributes is not set on UpsertWorkflowSearchAttributesCommand.",
        ));
    };
    if attributes.indexed_fields.is_empty() {
        return Err(CommandFailure::new(
            CAUSE,
            "IndexedFields is not set on UpsertWorkflowSearchAttributesCommand.",
        ));
    }
    (cx.draft.cx().check_search_attributes)(&attributes)
        .map_err(|message| CommandFailure::new(CAUSE, message))?;
    cx.draft
        .event(Attributes::UpsertWorkflowSearchAttributesEventAttributes(
            Box::new(UpsertWorkflowSearchAttributesEventAttributes {
                workflow_task_completed_event_id: cx.completed_event_id,
                search_attributes: Some(attributes),
            }),
        ));
    cx.draft.task(Task::Visibility);
    Ok(())
}

pub(super) fn modify(
    cx: &mut CommandCx<'_, '_>,
    it: ModifyWorkflowPropertiesCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause =
        WorkflowTaskFailedCause::BadModifyWorkflowPropertiesAttributes;
    let Some(memo) = it.upserted_memo else {
        return Err(CommandFailure::new(
            CAUSE,
            "UpsertedMemo is not set on ModifyWorkflowPropertiesCommand.",
        ));
    };
    if memo.fields.is_empty() {
        return Err(CommandFailure::new(
            CAUSE,
            "UpsertedMemo.Fields is not set on ModifyWorkflowPropertiesCommand.",
        ));
    }
    let mut merged = Arc::clone(&cx.draft.state().memo);
    merge(&mut merged, &memo.fields);
    let merged = Memo {
        fields: Arc::unwrap_or_clone(merged),
    };
    cx.memo_fits("UpsertedMemo", &Some(merged), CAUSE)?;
    cx.draft
        .event(Attributes::WorkflowPropertiesModifiedEventAttributes(
            Box::new(WorkflowPropertiesModifiedEventAttributes {
                workflow_task_completed_event_id: cx.completed_event_id,
                upserted_memo: Some(memo),
            }),
        ));
    cx.draft.task(Task::Visibility);
    Ok(())
}
