//! The words of the scripts that move a run: what may happen to it, and what its workflow may ask for.

use mainspring_proto::{
    failure::v1::Failure,
    prost::{self, Name},
    prost_types::Any,
    protocol::v1::Message,
    update::v1,
};

/// What may happen to a run.
#[derive(Clone, Debug)]
pub(super) enum Do {
    /// A worker takes the workflow task.
    Poll,
    /// The worker that has it completes it.
    Complete(Vec<Cmd>),
    /// The same, and keeps the run in its cache for tasks that are picked up within five seconds.
    CompleteSticky(Vec<Cmd>),
    /// The same, and answers every update it was sent.
    CompleteUpdates(Answer),
    /// The worker asks for another task although it is not done.
    Heartbeat,
    /// The same, and it keeps the run in its cache.
    HeartbeatSticky,
    /// The worker has commands, and asks for another task because it is not done.
    Force(Vec<Cmd>),
    /// The worker fails it.
    Fail,
    /// A signal arrives.
    Signal(&'static str),
    /// A signal with this request id arrives.
    SignalOnce(&'static str),
    /// Somebody asks to cancel.
    Cancel,
    /// Somebody ends it.
    Terminate,
    /// So many milliseconds pass.
    After(u64),
    /// A worker takes this activity.
    StartActivity(&'static str),
    /// The activity's worker is done.
    CompleteActivity(&'static str),
    /// Somebody says by id that it is done.
    CompleteActivityById(&'static str),
    /// The attempt failed in a way that may be retried.
    FailActivity(&'static str),
    /// The attempt failed for good.
    FailActivityForGood(&'static str),
    /// The activity obeyed.
    CancelActivity(&'static str),
    /// The worker is still at it.
    HeartbeatActivity(&'static str),
    /// The same, and it carries so many bytes.
    HeartbeatWith(&'static str, usize),
    /// An operator holds the activity back.
    PauseActivity(&'static str),
    /// An operator lets it go on.
    UnpauseActivity(&'static str),
    /// An operator has it begin anew.
    ResetActivity(&'static str),
    /// An operator gives every activity other timeouts: so many milliseconds an attempt.
    LimitActivities(u64),
    /// The child of this workflow id was started.
    ChildStarted(&'static str),
    /// It could not be.
    ChildFailed(&'static str),
    /// It ended well.
    ChildCompleted(&'static str),
    /// All signals on their way arrived.
    SignalsDelivered,
    /// All cancel requests on their way arrived.
    CancelsDelivered,
    /// A client sends an update.
    Update(&'static str),
    /// A reset brings an update back.
    Readmit(&'static str),
    /// The worker with the cache is gone.
    Unstick,
}

/// How a worker answers updates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Answer {
    Accept,
    AcceptAndComplete,
    Reject,
}

/// What a workflow may ask for.
#[derive(Clone, Debug)]
pub(super) enum Cmd {
    /// An activity of a second, which may run for three.
    Activity(&'static str),
    /// The same with at most two attempts.
    TwiceActivity(&'static str),
    /// The same with a heartbeat every half second.
    BeatingActivity(&'static str),
    /// The same, handed out at once.
    EagerActivity(&'static str),
    /// One whose input is larger than a history may hold.
    HugeActivity(&'static str),
    /// Cancel the activity with this id.
    CancelActivity(&'static str),
    /// Cancel the activity that this event scheduled, pending or not.
    CancelActivityOf(i64),
    /// A timer of so many milliseconds.
    Timer(&'static str, u64),
    CancelTimer(&'static str),
    Marker(&'static str),
    Child(&'static str),
    SignalExternal(&'static str),
    CancelExternal(&'static str),
    Complete,
    FailRun,
    CancelRun,
    ContinueAsNew,
    /// A command without an id.
    Nonsense,
}

/// How the run is started.
#[derive(Clone, Debug, Default)]
pub(super) struct Setup {
    pub(super) retry: bool,
    pub(super) cron: &'static str,
    pub(super) run_timeout: u64,
    pub(super) execution_timeout: u64,
    pub(super) delay: u64,
}

impl Answer {
    /// The worker's messages about the update of this id.
    pub(super) fn messages(self, id: &str) -> Vec<Message> {
        fn message<M: prost::Message + Name>(id: &str, kind: &str, body: &M) -> Message {
            Message {
                id: format!("{id}/{kind}"),
                protocol_instance_id: id.to_owned(),
                body: Some(Any {
                    type_url: format!("type.googleapis.com/{}", M::full_name()),
                    value: body.encode_to_vec(),
                }),
                sequencing_id: None,
            }
        }
        let acceptance = v1::Acceptance {
            accepted_request_message_id: format!("{id}/request"),
            accepted_request_sequencing_event_id: 1,
            ..v1::Acceptance::default()
        };
        let accept = message(id, "accept", &acceptance);
        let outcome = v1::Response {
            outcome: Some(v1::Outcome::default()),
            ..Default::default()
        };
        match self {
            Answer::Accept => vec![accept],
            Answer::AcceptAndComplete => vec![accept, message(id, "complete", &outcome)],
            Answer::Reject => {
                let rejection = v1::Rejection {
                    failure: Some(Failure::default()),
                    ..Default::default()
                };
                vec![message(id, "reject", &rejection)]
            }
        }
    }
}
