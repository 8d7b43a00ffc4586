//! A decision that was made, and the draft on which it is made.
//!
//! A request is decided on a copy of the state, so that every step sees the ones before, and a
//! refusal half-way leaves nothing behind. The draft moves by [`apply`] alone, so the state that
//! comes out is exactly the fold of the changes that are stored.

use std::{collections::BTreeMap, time::Duration};

use mainspring_proto::{
    common::v1::{Link, Payload, SearchAttributes},
    enums::v1::EventType,
    history::v1::{HistoryEvent, history_event::Attributes},
    sdk::v1::UserMetadata,
};

use super::{
    apply::apply,
    change::Change,
    event::{Event, event_type, is_bufferable, is_completion},
    ids::{EventId, Ids, RunKey},
    limits::Limits,
    rejection::Rejection,
    state::MutableState,
    task::Task,
    time::Time,
};

/// See [`Cx::admit_search_attributes`].
pub type AdmitSearchAttributes<'a> =
    dyn Fn(&mut SearchAttributes, &BTreeMap<String, Payload>) -> Result<(), Inadmissible> + 'a;

/// Why search attributes are not taken, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inadmissible {
    /// They are not what is registered.
    Wrong(String),
    /// No run can hold them.
    TooLarge(String),
}

/// What a decision may know besides the state.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// Server time.
    pub now: Time,
    /// Where new ids come from.
    pub ids: &'a Ids,
    /// Bounds on what a run may hold.
    pub limits: &'a Limits,
    /// The name of the run's namespace.
    pub namespace: &'a str,
    /// How long the namespace keeps runs that have ended.
    pub retention: Duration,
    /// Whether these search attributes are registered with these types, and small enough beside those
    /// that are present. Their types are written into them.
    pub admit_search_attributes: &'a AdmitSearchAttributes<'a>,
}

/// A decision: what changes, what must be done once that is durable, and the answer that may be
/// given then.
#[derive(Debug)]
#[must_use = "a transition takes effect only when it is committed"]
pub struct Transition<R> {
    /// The state after the changes.
    pub state: MutableState,
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// The work that follows.
    pub tasks: Vec<Task>,
    /// The run that goes on in place of this one; created in the same commit.
    pub new_run: Option<Box<Transition<()>>>,
    /// The answer.
    pub reply: R,
}

impl<R> Transition<R> {
    /// The transition and its answer apart.
    pub fn split(self) -> (Transition<()>, R) {
        let transition = Transition {
            state: self.state,
            changes: self.changes,
            tasks: self.tasks,
            new_run: self.new_run,
            reply: (),
        };
        (transition, self.reply)
    }

    /// The same, for whoever does not want the answer.
    pub fn without_reply(self) -> Transition<()> {
        self.split().0
    }

    /// Adds a decision on the state that this one makes, and gives its answer. One that hands the run over
    /// to another is not for this.
    pub fn then<N>(&mut self, next: Transition<N>) -> N {
        debug_assert!(next.new_run.is_none());
        self.state = next.state;
        self.changes.extend(next.changes);
        self.tasks.extend(next.tasks);
        next.reply
    }

    /// Whether anything must be stored before the answer is given.
    pub fn is_durable(&self) -> bool {
        self.new_run.is_some() || self.changes.iter().any(Change::is_durable)
    }
}

/// A decision against a request.
#[derive(Debug)]
pub struct Refused {
    /// What the caller learns.
    pub rejection: Rejection,
    /// How the run ends, if it would have become too large.
    pub end: Option<Box<Transition<()>>>,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self {
            rejection,
            end: None,
        }
    }
}

/// What there is to commit of a decision, and what the caller learns.
pub fn settle<R>(
    decided: Result<Transition<R>, Refused>,
) -> (Option<Transition<()>>, Result<R, Rejection>) {
    match decided {
        Ok(transition) => {
            let (transition, reply) = transition.split();
            (Some(transition), Ok(reply))
        }
        Err(refused) => (refused.end.map(|end| *end), Err(refused.rejection)),
    }
}

/// A request to a run.
pub trait Request {
    /// What the caller learns.
    type Reply;

    /// Makes the decision on the draft.
    ///
    /// # Errors
    /// When the request is refused; the draft is dropped then.
    fn decide(self, draft: &mut Draft<'_>) -> Result<Self::Reply, Rejection>;
}

/// Decides `request` for a run in `state`.
///
/// # Errors
/// When the request is refused. The state stays as it is, unless the refusal ends the run.
pub fn decide<'a, R: Request>(
    state: &'a MutableState,
    request: R,
    cx: &Cx<'a>,
) -> Result<Transition<R::Reply>, Refused> {
    let mut draft = Draft::new(state.clone(), *cx);
    draft.base = Some(state);
    let reply = request.decide(&mut draft)?;
    match draft.overgrowth() {
        None => Ok(draft.finish(reply)),
        Some(overgrowth) => Err(draft.refuse(overgrowth)),
    }
}

/// A state that is being worked on.
pub struct Draft<'a> {
    state: MutableState,
    cx: Cx<'a>,
    changes: Vec<Change>,
    tasks: Vec<Task>,
    new_run: Option<Box<Transition<()>>>,
    base: Option<&'a MutableState>,
    holding: bool,
}

/// What an event may carry besides its attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// Summary and details for people.
    pub user_metadata: Option<UserMetadata>,
    /// What the event has to do with.
    pub links: Vec<Link>,
}

impl<'a> Draft<'a> {
    /// A draft that starts from `state`.
    pub fn new(state: MutableState, cx: Cx<'a>) -> Self {
        Self {
            state,
            cx,
            changes: Vec::new(),
            tasks: Vec::new(),
            new_run: None,
            base: None,
            holding: false,
        }
    }

    /// Drops everything that was done on this draft.
    pub fn start_over(&mut self) {
        if let Some(base) = self.base {
            *self = Draft {
                base: Some(base),
                ..Draft::new(base.clone(), self.cx)
            };
        }
    }

    /// From here to the next flush events are buffered as if a workflow task were started, so that
    /// the events of a worker's commands stay together.
    pub fn hold_buffer(&mut self) {
        self.holding = true;
    }

    /// A draft of a run that does not exist yet.
    pub fn create(run: RunKey, cx: Cx<'a>) -> Self {
        Self::new(MutableState::new(run), cx)
    }

    /// Ends the work.
    pub fn finish<R>(self, reply: R) -> Transition<R> {
        Transition {
            state: self.state,
            changes: self.changes,
            tasks: self.tasks,
            new_run: self.new_run,
            reply,
        }
    }

    /// Makes a change.
    pub fn change(&mut self, change: Change) {
        apply(&mut self.state, &change);
        self.changes.push(change);
    }

    /// Asks for work to be done.
    pub fn task(&mut self, task: Task) {
        self.tasks.push(task);
    }

    /// No longer asks for what was asked before.
    pub fn retract(&mut self, unwanted: impl Fn(&Task) -> bool) {
        self.tasks.retain(|task| !unwanted(task));
    }

    /// Hands the work over to another run.
    pub fn continue_in(&mut self, new_run: Transition<()>) {
        self.new_run = Some(Box::new(new_run));
    }

    /// Records an event and returns its id, or 0 if it has to wait in the buffer.
    pub fn event(&mut self, attributes: Attributes) -> EventId {
        self.event_with(attributes, Extras::default())
    }

    /// Records an event that carries more than its attributes.
    pub fn event_with(&mut self, attributes: Attributes, extras: Extras) -> EventId {
        self.materialize_speculative(None);
        let kind = event_type(&attributes);
        let buffered =
            is_bufferable(kind) && (self.holding || self.state.has_started_workflow_task());
        let event_id = if buffered {
            0
        } else {
            self.state.next_event_id
        };
        let event = Event::new(HistoryEvent {
            event_id,
            event_time: Some(self.cx.now.to_proto()),
            event_type: kind.into(),
            // Workers older than this kind of event go on without it.
            worker_may_ignore: kind == EventType::WorkflowExecutionOptionsUpdated,
            user_metadata: extras.user_metadata,
            links: extras.links,
            attributes: Some(attributes),
            ..HistoryEvent::default()
        });
        self.change(if buffered {
            Change::Buffered(event)
        } else {
            Change::Event(event)
        });
        event_id
    }

    /// Records an event that happened before now.
    pub(crate) fn event_of(&mut self, attributes: Attributes, time: Time) -> EventId {
        let now = std::mem::replace(&mut self.cx.now, time);
        let id = self.event(attributes);
        self.cx.now = now;
        id
    }

    /// Gives the buffered events their places in the history. Returns how many there were.
    pub fn flush_buffer(&mut self) -> usize {
        self.holding = false;
        if self.state.buffered.is_empty() {
            return 0;
        }
        let buffered = self.state.buffered.clone();
        self.change(Change::BufferTaken);
        let (last, first): (Vec<_>, Vec<_>) = buffered
            .iter()
            .partition(|event| is_completion(event.kind()));
        let mut started = Vec::new();
        for event in first.into_iter().chain(last) {
            let mut proto = event.proto().clone();
            proto.event_id = self.state.next_event_id;
            note_start(&proto, &mut started);
            wire_start(&mut proto, &started);
            self.change(Change::Flushed(Event::new(proto)));
        }
        buffered.len()
    }

    /// The state as it is by now.
    pub fn state(&self) -> &MutableState {
        &self.state
    }

    /// The state from which the draft started, if it is that of a run that exists.
    pub(crate) fn base(&self) -> Option<&MutableState> {
        self.base
    }

    /// The changes so far.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What the decision may know besides the state.
    pub fn cx(&self) -> &Cx<'a> {
        &self.cx
    }

    /// Server time.
    pub fn now(&self) -> Time {
        self.cx.now
    }
}

/// Which item an event starts: an activity or a child, by the event that announced it.
fn note_start(event: &HistoryEvent, started: &mut Vec<(EventId, EventId)>) {
    match &event.attributes {
        Some(Attributes::ActivityTaskStartedEventAttributes(it)) => {
            started.push((it.scheduled_event_id, event.event_id));
        }
        Some(Attributes::ChildWorkflowExecutionStartedEventAttributes(it)) => {
            started.push((it.initiated_event_id, event.event_id));
        }
        _ => {}
    }
}

/// A completion that was buffered together with its start learns that event's id only now.
fn wire_start(event: &mut HistoryEvent, started: &[(EventId, EventId)]) {
    let Some((announced, slot)) = event.attributes.as_mut().and_then(started_slot) else {
        return;
    };
    if *slot != 0 {
        return;
    }
    if let Some((_, id)) = started.iter().find(|(item, _)| *item == announced) {
        *slot = *id;
    }
}

/// What the end of an activity or a child says of it: the event that announced it, and where the
/// event is named that started it.
pub(crate) fn started_slot(attributes: &mut Attributes) -> Option<(EventId, &mut EventId)> {
    use Attributes::*;
    Some(match attributes {
        ActivityTaskCompletedEventAttributes(it) => {
            (it.scheduled_event_id, &mut it.started_event_id)
        }
        ActivityTaskFailedEventAttributes(it) => (it.scheduled_event_id, &mut it.started_event_id),
        ActivityTaskTimedOutEventAttributes(it) => {
            (it.scheduled_event_id, &mut it.started_event_id)
        }
        ActivityTaskCanceledEventAttributes(it) => {
            (it.scheduled_event_id, &mut it.started_event_id)
        }
        ChildWorkflowExecutionCompletedEventAttributes(it) => {
            (it.initiated_event_id, &mut it.started_event_id)
        }
        ChildWorkflowExecutionFailedEventAttributes(it) => {
            (it.initiated_event_id, &mut it.started_event_id)
        }
        ChildWorkflowExecutionCanceledEventAttributes(it) => {
            (it.initiated_event_id, &mut it.started_event_id)
        }
        ChildWorkflowExecutionTimedOutEventAttributes(it) => {
            (it.initiated_event_id, &mut it.started_event_id)
        }
        ChildWorkflowExecutionTerminatedEventAttributes(it) => {
            (it.initiated_event_id, &mut it.started_event_id)
        }
        _ => return None,
    })
}

impl std::fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

/// For [`Cx::admit_search_attributes`] where nothing is registered, and nothing checked.
pub fn any_search_attributes(
    _: &mut SearchAttributes,
    _: &BTreeMap<String, Payload>,
) -> Result<(), Inadmissible> {
    Ok(())
}
