//! Values that are computed once and recorded.

use std::collections::{BTreeMap, VecDeque};
use std::panic::Location;

use mainspring_proto::command::v1 as command;
use mainspring_proto::common::v1 as common;
use mainspring_proto::history::v1 as history;

use super::Seq;
use crate::converter::{DataConverter, Payload};
use crate::engine::Run;
use crate::engine::commands::{Attributes, CommandId, MarkerId};

/// The name that the Go and Java SDKs use.
pub(crate) const MARKER: &str = "SideEffect";
/// Where a marker has the value.
const DATA: &str = "data";

#[derive(Debug, Default)]
pub(crate) struct SideEffects {
    count: Seq,
    /// The values of the task that is being replayed, in order.
    recorded: VecDeque<Payload>,
}

impl Run {
    /// The value that history has for the next side effect.
    pub(crate) fn recorded_side_effect(&mut self) -> Option<Payload> {
        self.side_effects.recorded.pop_front()
    }

    pub(crate) fn record_side_effect(&mut self, value: Payload, at: &'static Location<'static>) {
        self.side_effects.count += 1;
        let seq = self.side_effects.count;
        let id = DataConverter::default()
            .to_payload(&seq)
            .expect("a number is JSON");
        let one = |payload: Payload| common::Payloads {
            payloads: vec![payload],
        };
        let attributes = command::RecordMarkerCommandAttributes {
            marker_name: MARKER.to_owned(),
            details: BTreeMap::from([
                ("side-effect-id".to_owned(), one(id)),
                (DATA.to_owned(), one(value)),
            ]),
            ..Default::default()
        };
        self.command(
            CommandId::Marker(MarkerId::SideEffect(seq)),
            Attributes::RecordMarkerCommandAttributes(Box::new(attributes)),
            at,
        );
    }

    /// History is about to be replayed up to an event that records this value.
    pub(crate) fn on_side_effect_ahead(&mut self, value: Payload) {
        self.side_effects.recorded.push_back(value);
    }
}

/// The value that a marker records.
pub(crate) fn value_of(event: &history::MarkerRecordedEventAttributes) -> Payload {
    let value = event.details.get(DATA).and_then(|it| it.payloads.first());
    value.cloned().unwrap_or_default()
}
