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
    prost::Message as _,
};

use crate::history::{apply::properties::merge, task::Task};

use super::{CommandCx, CommandFailure};

pub(super) fn upsert_search_attributes(
    cx: &mut CommandCx<'_, '_>,
    it: UpsertWorkflowSearchAttributesCommandAttributes,
) -> Result<(), CommandFailure> {
    let mut attributes = match it.search_attributes {
        Some(attributes) if !attributes.indexed_fields.is_empty() => attributes,
        given => {
            let missing = match given {
                Some(_) => "IndexedFields",
                None => "SearchAttributes",
            };
            return Err(CommandFailure::new(
                WorkflowTaskFailedCause::BadSearchAttributes,
                format!("{missing} is not set on UpsertWorkflowSearchAttributesCommand."),
            ));
        }
    };
    cx.fits(
        "UpsertWorkflowSearchAttributesCommandAttributes",
        attributes.encoded_len(),
        WorkflowTaskFailedCause::BadSearchAttributes,
    )?;
    let present = Arc::clone(&cx.draft.state().search_attributes);
    cx.admit(&mut attributes, &present)?;
    cx.event(Attributes::UpsertWorkflowSearchAttributesEventAttributes(
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
    cx.fits(
        "ModifyWorkflowPropertiesCommandAttributes",
        memo.encoded_len(),
        CAUSE,
    )?;
    let mut merged = Arc::clone(&cx.draft.state().memo);
    merge(&mut merged, &memo.fields);
    let merged = Memo {
        fields: Arc::unwrap_or_clone(merged),
    };
    cx.memo_fits(
        "ModifyWorkflowPropertiesCommandAttributes. Memo",
        &Some(merged),
        CAUSE,
    )?;
    cx.event(Attributes::WorkflowPropertiesModifiedEventAttributes(
        Box::new(WorkflowPropertiesModifiedEventAttributes {
            workflow_task_completed_event_id: cx.completed_event_id,
            upserted_memo: Some(memo),
        }),
    ));
    cx.draft.task(Task::Visibility);
    Ok(())
}
