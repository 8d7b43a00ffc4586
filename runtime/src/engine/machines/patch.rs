//! Versions of code, marked in history as the SDKs that share the core do.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

use mainspring_proto::command::v1 as command;
use mainspring_proto::common::v1 as common;
use mainspring_proto::history::v1 as history;
use serde::{Deserialize, Serialize};

use crate::converter::DataConverter;
use crate::engine::Run;
use crate::engine::commands::{Attributes, CommandId, MarkerId};

/// The name that marks a patch in histories of the SDKs that share the core.
pub(crate) const MARKER: &str = "core_patch";
/// The search attribute that lists a run's patches.
const CHANGE_VERSION: &str = "TemporalChangeVersion";

#[derive(Debug, Default)]
pub(crate) struct Patches {
    /// Those that history marks, up to the task that is being replayed.
    marked: BTreeSet<String>,
    /// What code was told, which stays as it is for the rest of the run.
    decided: BTreeMap<String, bool>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PatchData {
    id: String,
    deprecated: bool,
}

impl Run {
    /// Whether code that came with the patch is to run.
    pub(crate) fn patched(
        &mut self,
        id: &str,
        deprecated: bool,
        at: &'static Location<'static>,
    ) -> bool {
        if let Some(decided) = self.patches.decided.get(id) {
            return *decided;
        }
        let marked = self.patches.marked.contains(id);
        let yes = marked || !self.replaying;
        if self.read_only.is_some() {
            return yes;
        }
        self.patches.decided.insert(id.to_owned(), yes);
        if yes && (marked || !self.replaying) {
            self.record_patch(id, deprecated, at);
        }
        yes
    }

    fn record_patch(&mut self, id: &str, deprecated: bool, at: &'static Location<'static>) {
        let data = DataConverter::default()
            .to_payload(&PatchData {
                id: id.to_owned(),
                deprecated,
            })
            .expect("a struct of texts is JSON");
        let attributes = command::RecordMarkerCommandAttributes {
            marker_name: MARKER.to_owned(),
            details: BTreeMap::from([(
                "patch-data".to_owned(),
                common::Payloads {
                    payloads: vec![data],
                },
            )]),
            ..Default::default()
        };
        self.command(
            CommandId::Marker(MarkerId::Patch(id.to_owned())),
            Attributes::RecordMarkerCommandAttributes(Box::new(attributes)),
            at,
        );
    }

    /// History is about to be replayed up to an event that marks this patch.
    pub(crate) fn on_patch_ahead(&mut self, id: String) {
        self.patches.marked.insert(id);
    }
}

/// The patch that a marker records, and whether it was deprecated.
pub(crate) fn patch_of(event: &history::MarkerRecordedEventAttributes) -> Option<(String, bool)> {
    let data = event.details.get("patch-data")?.payloads.first()?;
    let data: PatchData = serde_json::from_slice(&data.data).ok()?;
    Some((data.id, data.deprecated))
}

/// Whether an upsert of search attributes is one that SDKs of the core add to a patch's marker.
pub(crate) fn is_change_version(
    event: &history::UpsertWorkflowSearchAttributesEventAttributes,
) -> bool {
    let fields = event
        .search_attributes
        .as_ref()
        .map(|it| &it.indexed_fields);
    fields.is_some_and(|it| it.len() == 1 && it.contains_key(CHANGE_VERSION))
}
