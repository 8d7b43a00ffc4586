//! Changes of what the server shows of the run.

use std::panic::Location;

use mainspring_proto::command::v1 as command;
use mainspring_proto::common::v1 as common;

use super::{SearchAttributes, encoded_value};
use crate::converter::{Payload, Value};
use crate::engine::commands::{Attributes, CommandId};
use crate::engine::context;

/// Sets and unsets search attributes; the others stay.
///
/// # Panics
/// Outside workflow code.
#[track_caller]
pub fn upsert_search_attributes(attributes: SearchAttributes) {
    let at = Location::caller();
    context::with("workflow::upsert_search_attributes", |run| {
        run.assert_may_command("workflow::upsert_search_attributes");
        let fields = attributes.into_fields();
        let known = &mut run.info_mut().search_attributes;
        known.extend(fields.clone());
        known.retain(|_, payload| !is_null(payload));
        let attributes = command::UpsertWorkflowSearchAttributesCommandAttributes {
            search_attributes: Some(common::SearchAttributes {
                indexed_fields: fields,
            }),
        };
        run.command(
            CommandId::UpsertSearchAttributes,
            Attributes::UpsertWorkflowSearchAttributesCommandAttributes(Box::new(attributes)),
            at,
        );
    });
}

/// Sets a value of the memo; `()` removes it.
///
/// # Panics
/// Outside workflow code, or if the value does not encode.
#[track_caller]
pub fn upsert_memo<T: Value>(name: impl Into<String>, value: T) {
    let at = Location::caller();
    let (name, payload) = (name.into(), encoded_value("a memo", &value));
    context::with("workflow::upsert_memo", |run| {
        run.assert_may_command("workflow::upsert_memo");
        let known = &mut run.info_mut().memo;
        match is_null(&payload) {
            true => known.remove(&name),
            false => known.insert(name.clone(), payload.clone()),
        };
        let attributes = command::ModifyWorkflowPropertiesCommandAttributes {
            upserted_memo: Some(common::Memo {
                fields: [(name, payload)].into(),
            }),
        };
        run.command(
            CommandId::ModifyProperties,
            Attributes::ModifyWorkflowPropertiesCommandAttributes(Box::new(attributes)),
            at,
        );
    });
}

/// Text that the UI shows in the workflow's page, as it is now.
///
/// # Panics
/// Outside workflow code, and in a query or a validator.
pub fn set_current_details(text: impl Into<String>) {
    let text = text.into();
    context::with("workflow::set_current_details", |run| {
        run.assert_may_command("workflow::set_current_details");
        run.current_details = text;
    });
}

fn is_null(payload: &Payload) -> bool {
    payload
        .metadata
        .get("encoding")
        .is_some_and(|encoding| &encoding[..] == b"binary/null")
}
