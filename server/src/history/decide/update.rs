//! Updates: admission, delivery and the worker's answers.

use mainspring_proto::{
    enums::v1::EventType,
    failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    history::v1::{
        WorkflowExecutionUpdateAcceptedEventAttributes,
        WorkflowExecutionUpdateCompletedEventAttributes, history_event::Attributes,
    },
    prost::{Message as _, Name},
    prost_types::Any,
    protocol::v1::{Message, message::SequencingId},
    update::v1,
};

use crate::history::{
    change::{Change, UpdateAdmitted, UpdateRef, UpdateRemoved},
    ids::EventId,
    rejection::Rejection,
    task::{Task, UpdateNews, UpdateNotice},
    transition::{Draft, Request},
    update::UpdateStage,
};

/// From this attempt on a workflow task is failing, and updates are refused rather than queued.
const FAILING_ATTEMPT: i32 = 3;

/// A client sends an update.
#[derive(Clone, Debug)]
pub struct AdmitUpdate {
    /// What it asks.
    pub request: v1::Request,
}

/// What is known of an update at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Admission {
    /// It waits for a worker, or is with one.
    Waiting,
    /// It is known, and this far.
    Known(UpdateNews),
}

impl Request for AdmitUpdate {
    type Reply = Admission;

    fn decide(self, draft: &mut Draft<'_>) -> Result<Admission, Rejection> {
        let update_id = self
            .request
            .meta
            .as_ref()
            .map_or("", |meta| &meta.update_id)
            .to_owned();
        let state = draft.state();
        if let Some(known) = state.updates.get(update_id.as_str()) {
            return match UpdateNews::of(&known.stage) {
                Some(UpdateNews::Accepted) if !state.is_open() => Ok(Admission::Known(
                    UpdateNews::Completed(Box::new(closed_outcome())),
                )),
                Some(news) => Ok(Admission::Known(news)),
                None => Ok(Admission::Waiting),
            };
        }
        if !state.is_open() {
            return Err(Rejection::WorkflowClosed);
        }
        if state
            .workflow_task
            .as_ref()
            .is_some_and(|task| task.attempt >= FAILING_ATTEMPT)
        {
            return Err(Rejection::WorkflowNotReady(
                "Unable to perform workflow execution update due to Workflow Task in failed state."
                    .to_owned(),
            ));
        }
        let limits = draft.cx().limits;
        let in_flight = draft.updates_in(|stage| !matches!(stage, UpdateStage::Completed(_)));
        if in_flight.len() >= limits.updates_in_flight.max(1) {
            return Err(Rejection::ResourceExhausted(format!(
                "limit on number of concurrent in-flight updates has been reached ({})",
                limits.updates_in_flight
            )));
        }
        if state.updates.size() >= limits.updates {
            return Err(Rejection::FailedPrecondition(format!(
                "The limit on the total number of distinct updates in this workflow has been reached ({}). Make sure any \
                 duplicate updates share an Update ID so the server can deduplicate them, and consider rejecting updates \
                 that you aren't going to process. You can also Continue-as-New to avoid this; we recommend you check \
                 Continue-as-New Suggested in your Workflow.",
                limits.updates
            )));
        }
        let waiting = state
            .updates
            .values()
            .filter(|it| matches!(it.stage, UpdateStage::Admitted | UpdateStage::Sent))
            .filter_map(|it| it.request.as_ref());
        let size = waiting.map(|request| request.encoded_len()).sum::<usize>();
        if size + self.request.encoded_len() >= limits.updates_in_flight_size {
            return Err(Rejection::ResourceExhausted(format!(
                "limit on total payload size of in-flight updates has been reached ({} bytes)",
                limits.updates_in_flight_size
            )));
        }
        draft.change(Change::UpdateAdmitted(UpdateAdmitted {
            request: Some(self.request),
        }));
        draft.schedule_speculative_task();
        Ok(Admission::Waiting)
    }
}

/// The outcome of an update that was accepted, and left unfinished by a workflow that ended.
pub fn closed_outcome() -> v1::Outcome {
    v1::Outcome {
        value: Some(v1::outcome::Value::Failure(application_failure(
            "Workflow Update failed because the Workflow completed before the Update completed.",
            "AcceptedUpdateCompletedWorkflow",
        ))),
    }
}

fn application_failure(message: &str, kind: &str) -> Failure {
    Failure {
        message: message.to_owned(),
        source: "Server".to_owned(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(
            ApplicationFailureInfo {
                r#type: kind.to_owned(),
                non_retryable: true,
                ..ApplicationFailureInfo::default()
            },
        )),
        ..Failure::default()
    }
}

impl Draft<'_> {
    /// The updates at these stages, by id.
    pub(crate) fn updates_in(&self, wanted: impl Fn(&UpdateStage) -> bool) -> Vec<String> {
        let updates = self.state().updates.iter();
        let matching = updates.filter(|(_, update)| wanted(&update.stage));
        matching.map(|(id, _)| id.to_string()).collect()
    }

    /// Puts the waiting updates on the workflow task that is being started.
    pub(crate) fn send_updates(&mut self, started_event_id: EventId) -> Vec<Message> {
        let mut messages = Vec::new();
        for update_id in self.updates_in(|stage| matches!(stage, UpdateStage::Admitted)) {
            let update = self.state().updates.get(update_id.as_str());
            let Some(request) = update.and_then(|update| update.request.clone()) else {
                continue;
            };
            messages.push(Message {
                id: request_message_id(&update_id),
                protocol_instance_id: update_id.clone(),
                body: Some(any(&*request)),
                sequencing_id: Some(SequencingId::EventId(started_event_id - 1)),
            });
            self.change(Change::UpdateSent(UpdateRef { update_id }));
        }
        messages
    }

    /// Takes the worker's answer to an update.
    pub(crate) fn answer_update(&mut self, message: &Message) -> Result<(), String> {
        let body = message.body.as_ref().ok_or("a message without a body")?;
        let id = message.protocol_instance_id.as_str();
        match body.type_url.rsplit('/').next().unwrap_or_default() {
            name if name == v1::Acceptance::full_name() => {
                let acceptance = decode::<v1::Acceptance>(body)?;
                self.accept_update(id, acceptance)
            }
            name if name == v1::Response::full_name() => {
                let response = decode::<v1::Response>(body)?;
                self.complete_update(id, response)
            }
            name if name == v1::Rejection::full_name() => {
                let rejection = decode::<v1::Rejection>(body)?;
                self.reject_update(id, rejection.failure.unwrap_or_default())
            }
            other => Err(format!("a message of the unknown type {other:?}")),
        }
    }

    fn accept_update(&mut self, id: &str, acceptance: v1::Acceptance) -> Result<(), String> {
        let names_what_it_accepts = !acceptance.accepted_request_message_id.is_empty()
            && acceptance.accepted_request_sequencing_event_id != 0;
        if !names_what_it_accepts {
            return Err(format!(
                "the acceptance of update {id:?} does not name the message that it accepts and where that belongs"
            ));
        }
        let update = self.state().updates.get(id).cloned();
        let (request, admitted) = match update {
            Some(update) if matches!(update.stage, UpdateStage::Sent) => {
                (update.request.as_deref().cloned(), update.admitted_event_id)
            }
            Some(_) => return Err(format!("update {id:?} is not waiting to be accepted")),
            // The server was restarted since it handed the update out: the worker brings it back.
            None => (acceptance.accepted_request.clone(), 0),
        };
        if request.is_none() {
            return Err(format!("update {id:?} is not known"));
        }
        self.event(Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(
            Box::new(WorkflowExecutionUpdateAcceptedEventAttributes {
                protocol_instance_id: id.to_owned(),
                accepted_request_message_id: acceptance.accepted_request_message_id,
                accepted_request_sequencing_event_id: acceptance
                    .accepted_request_sequencing_event_id,
                accepted_request: if admitted == 0 { request } else { None },
            }),
        ));
        self.tell(id, UpdateNews::Accepted);
        Ok(())
    }

    fn complete_update(&mut self, id: &str, response: v1::Response) -> Result<(), String> {
        let stage = self
            .state()
            .updates
            .get(id)
            .map(|update| update.stage.clone());
        let Some(UpdateStage::Accepted(accepted_event_id)) = stage else {
            return Err(format!("update {id:?} is not waiting for an outcome"));
        };
        let outcome = response.outcome.ok_or("a response without an outcome")?;
        self.event(Attributes::WorkflowExecutionUpdateCompletedEventAttributes(
            Box::new(WorkflowExecutionUpdateCompletedEventAttributes {
                meta: Some(
                    response
                        .meta
                        .filter(|meta| !meta.update_id.is_empty())
                        .unwrap_or(v1::Meta {
                            update_id: id.to_owned(),
                            identity: String::new(),
                        }),
                ),
                accepted_event_id,
                outcome: Some(outcome.clone()),
            }),
        ));
        // Who waits to hear that it was accepted hears all there is to hear.
        self.retract(|task| {
            matches!(task, Task::Update(it) if it.update_id == id && it.news == UpdateNews::Accepted)
        });
        self.tell(id, UpdateNews::Completed(Box::new(outcome)));
        Ok(())
    }

    fn reject_update(&mut self, id: &str, failure: Failure) -> Result<(), String> {
        let stage = self
            .state()
            .updates
            .get(id)
            .map(|update| update.stage.clone());
        match stage {
            Some(UpdateStage::Sent) => {}
            Some(_) => return Err(format!("update {id:?} is not waiting to be rejected")),
            None => return Ok(()),
        }
        self.remove_update(id);
        self.tell(id, UpdateNews::Rejected(Box::new(failure)));
        Ok(())
    }

    /// A worker that does not know updates leaves them unanswered; nobody should wait for that.
    pub(crate) fn reject_unanswered_updates(&mut self) {
        for update_id in self.updates_in(|stage| matches!(stage, UpdateStage::Sent)) {
            let failure = application_failure(
                "Workflow Update is rejected because it wasn't processed by worker. Probably, Workflow Update is not supported by the worker.",
                "UnprocessedUpdate",
            );
            // Cannot fail: the update is at the stage that a rejection expects.
            let _ = self.reject_update(&update_id, failure);
        }
    }

    /// What the workflow answered was refused: those who wait for the updates that it had before it may ask
    /// again, rather than wait for a worker that answers the same.
    pub(crate) fn give_up_sent_updates(&mut self) {
        for update_id in self.updates_in(|stage| matches!(stage, UpdateStage::Sent)) {
            self.tell(&update_id, UpdateNews::TaskFailed);
            self.remove_update(&update_id);
        }
    }

    /// An update that a reset brought back is in the history: that it is gone must be stored, or a restart would
    /// bring it back once more.
    fn remove_update(&mut self, update_id: &str) {
        let update = self.state().updates.get(update_id);
        self.change(Change::UpdateRemoved(UpdateRemoved {
            update_id: update_id.to_owned(),
            volatile: update.is_none_or(|it| it.admitted_event_id == 0),
        }));
    }

    fn tell(&mut self, update_id: &str, news: UpdateNews) {
        self.task(Task::Update(UpdateNotice {
            update_id: update_id.to_owned(),
            news,
        }));
    }
}

/// Whether the message says that the validator refused the update.
pub(crate) fn is_rejection(message: &Message) -> bool {
    let url = message.body.as_ref().map_or("", |body| &body.type_url);
    url.rsplit('/').next() == Some(v1::Rejection::full_name().as_str())
}

fn request_message_id(update_id: &str) -> String {
    format!("{update_id}/request")
}

fn any<M: prost::Message + Name>(message: &M) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}

fn decode<M: prost::Message + Default>(body: &Any) -> Result<M, String> {
    M::decode(body.value.as_slice()).map_err(|error| error.to_string())
}

/// The kinds of events that belong to updates, which a reset carries over.
pub fn is_update_event(kind: EventType) -> bool {
    matches!(
        kind,
        EventType::WorkflowExecutionUpdateAdmitted | EventType::WorkflowExecutionUpdateAccepted
    )
}
