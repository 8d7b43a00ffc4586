//! Updates: accepted or rejected by a message, completed by another.

use std::collections::BTreeMap;

use mainspring_proto::command::v1 as command;
use mainspring_proto::protocol::v1::Message;
use mainspring_proto::update::v1 as update;
use prost::Name;

use crate::engine::Run;
use crate::engine::commands::{Attributes, CommandId, UpdateMessage};

#[derive(Debug, Default)]
pub(crate) struct Updates {
    /// Messages to send with the completion of the task.
    outgoing: Vec<Message>,
    /// Handlers that still run, by the update's id: the name, and what to do if the workflow ends first.
    pub(crate) running: BTreeMap<String, String>,
}

/// The message by which the server asked, which answers name.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) message_id: String,
    pub(crate) sequencing_event_id: i64,
}

impl Run {
    pub(crate) fn accept_update(&mut self, request: &update::Request, asked: &Asked) {
        let id = update_id(request);
        let body = update::Acceptance {
            accepted_request_message_id: asked.message_id.clone(),
            accepted_request_sequencing_event_id: asked.sequencing_event_id,
            accepted_request: Some(request.clone()),
        };
        let message_id = format!("{id}/accept");
        self.send(&id, &message_id, &body);
        self.message_command(UpdateMessage::Accepted(id), message_id);
    }

    /// A rejection leaves no event, and therefore is no command.
    pub(crate) fn reject_update(
        &mut self,
        request: &update::Request,
        asked: &Asked,
        failure: mainspring_proto::failure::v1::Failure,
    ) {
        let id = update_id(request);
        let body = update::Rejection {
            rejected_request_message_id: asked.message_id.clone(),
            rejected_request_sequencing_event_id: asked.sequencing_event_id,
            rejected_request: Some(request.clone()),
            failure: Some(failure),
        };
        self.send(&id, &format!("{id}/reject"), &body);
    }

    pub(crate) fn complete_update(&mut self, meta: update::Meta, outcome: update::Outcome) {
        let id = meta.update_id.clone();
        self.updates.running.remove(&id);
        let body = update::Response {
            meta: Some(meta),
            outcome: Some(outcome),
        };
        let message_id = format!("{id}/complete");
        self.send(&id, &message_id, &body);
        self.message_command(UpdateMessage::Completed(id), message_id);
    }

    pub(crate) fn take_messages(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.updates.outgoing)
    }

    fn send<M: prost::Message + Name>(&mut self, update_id: &str, message_id: &str, body: &M) {
        if self.replaying {
            return;
        }
        self.updates.outgoing.push(Message {
            id: message_id.to_owned(),
            protocol_instance_id: update_id.to_owned(),
            body: Some(prost_types::Any {
                type_url: format!("type.googleapis.com/{}", M::full_name()),
                value: body.encode_to_vec(),
            }),
            sequencing_id: None,
        });
    }

    fn message_command(&mut self, id: UpdateMessage, message_id: String) {
        let attributes = command::ProtocolMessageCommandAttributes { message_id };
        self.command_of_definition(
            CommandId::UpdateMessage(id),
            Attributes::ProtocolMessageCommandAttributes(Box::new(attributes)),
        );
    }
}

pub(crate) fn update_id(request: &update::Request) -> String {
    let meta = request.meta.as_ref();
    meta.map_or_else(String::new, |it| it.update_id.clone())
}
