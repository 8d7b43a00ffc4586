//! Histories, whose events a server sends as it has stored them.

use bytes::{Buf, BufMut, Bytes};
use prost::{
    DecodeError, Message, Name,
    encoding::{
        DecodeContext, WireType, encode_key, encode_varint, encoded_len_varint, key_len, message,
        skip_field,
    },
};

use crate::history::v1::HistoryEvent;

/// The field that holds the events.
const EVENTS: u32 = 1;

/// `temporal.api.history.v1.History`. It can be made of events that are encoded already, so that who has stored them
/// does not decode them to send them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The first events, each an encoded [`HistoryEvent`]. Empty in what was received: there, all events are in
    /// [`Self::events`].
    pub encoded: Vec<Bytes>,
    /// The events after those.
    pub events: Vec<HistoryEvent>,
}

impl From<Vec<HistoryEvent>> for History {
    fn from(events: Vec<HistoryEvent>) -> Self {
        Self {
            encoded: Vec::new(),
            events,
        }
    }
}

impl Name for History {
    const NAME: &'static str = "History";
    const PACKAGE: &'static str = "temporal.api.history.v1";
}

impl Message for History {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        for event in &self.encoded {
            encode_key(EVENTS, WireType::LengthDelimited, buf);
            encode_varint(event.len() as u64, buf);
            buf.put_slice(event);
        }
        message::encode_repeated(EVENTS, &self.events, buf);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            EVENTS => message::merge_repeated(wire_type, &mut self.events, buf, ctx),
            _ => skip_field(wire_type, tag, buf, ctx),
        }
    }

    // As in generated messages: compiled where it is called, as the encoding itself is.
    #[inline]
    fn encoded_len(&self) -> usize {
        let of =
            |event: &Bytes| key_len(EVENTS) + encoded_len_varint(event.len() as u64) + event.len();
        self.encoded.iter().map(of).sum::<usize>()
            + message::encoded_len_repeated(EVENTS, &self.events)
    }

    fn clear(&mut self) {
        self.encoded.clear();
        self.events.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflowservice::v1::GetWorkflowExecutionHistoryResponse;

    fn event(event_id: i64) -> HistoryEvent {
        HistoryEvent {
            event_id,
            ..HistoryEvent::default()
        }
    }

    #[test]
    fn encoded_events_arrive_before_the_others() {
        let sent = GetWorkflowExecutionHistoryResponse {
            history: Some(History {
                encoded: vec![
                    event(1).encode_to_vec().into(),
                    event(300).encode_to_vec().into(),
                ],
                events: vec![event(301)],
            }),
            archived: true,
            ..GetWorkflowExecutionHistoryResponse::default()
        };
        let bytes = sent.encode_to_vec();
        assert_eq!(bytes.len(), sent.encoded_len());
        let received = GetWorkflowExecutionHistoryResponse::decode(&*bytes).expect("it decodes");
        assert!(received.archived);
        let all = vec![event(1), event(300), event(301)];
        assert_eq!(received.history, Some(History::from(all)));
    }

    #[test]
    fn what_a_newer_sender_adds_is_left_alone() {
        let mut bytes = History::from(vec![event(7)]).encode_to_vec();
        encode_key(99, WireType::Varint, &mut bytes);
        encode_varint(5, &mut bytes);
        let received = History::decode(&*bytes).expect("it decodes");
        assert_eq!(received, History::from(vec![event(7)]));
    }
}
