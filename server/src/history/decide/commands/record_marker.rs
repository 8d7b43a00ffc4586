//! RecordMarker: local activities, side effects, versions and whatever else an SDK notes down.

use mainspring_proto::{
    command::v1::RecordMarkerCommandAttributes,
    enums::v1::WorkflowTaskFailedCause,
    history::v1::{MarkerRecordedEventAttributes, history_event::Attributes},
    prost::Message as _,
};

use super::{CommandCx, CommandFailure};

pub(super) fn record(
    cx: &mut CommandCx<'_, '_>,
    it: RecordMarkerCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadRecordMarkerAttributes;
    if it.marker_name.is_empty() {
        return Err(CommandFailure::new(
            CAUSE,
            "MarkerName is not set on RecordMarkerCommand.",
        ));
    }
    if let Some(excess) = cx.excess(&it.marker_name) {
        return Err(CommandFailure::new(
            CAUSE,
            format!(
                "MarkerName on RecordMarkerCommand exceeds length limit. MarkerName={} {excess}",
                it.marker_name
            ),
        ));
    }
    let size = it
        .details
        .values()
        .map(|details| details.encoded_len())
        .sum();
    cx.fits("RecordMarkerCommandAttributes.Details", size, CAUSE)?;
    cx.event(Attributes::MarkerRecordedEventAttributes(Box::new(
        MarkerRecordedEventAttributes {
            marker_name: it.marker_name,
            details: it.details,
            workflow_task_completed_event_id: cx.completed_event_id,
            header: it.header,
            failure: it.failure,
        },
    )));
    Ok(())
}
