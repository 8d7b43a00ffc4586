//! The way between a server for tests and its clients: it knows which tasks have arrived, it can be cut, and things go
//! wrong on it if there is a seed for that.
//!
//! What happens to a request then follows from the seed, from what it asks for, and from how many of its
//! kind came before; not from chance, nor from the order in which different requests come. So a seed
//! that once showed a mistake shows it again, as far as threads allow.

use std::{
    any::Any,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use mainspring_proto::workflowservice::v1::{
    PollActivityTaskQueueResponse, PollWorkflowTaskQueueResponse,
    RespondWorkflowTaskCompletedResponse, StartWorkflowExecutionResponse,
};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use super::token::TaskToken;
use crate::shard::Shard;

/// How late the latest come.
const LONGEST_DELAY: Duration = Duration::from_millis(8);

/// Requests that wait for something to happen: they do not come twice, as the second would wait too.
const LONG: [&str; 6] = [
    "poll_workflow_task_queue",
    "poll_activity_task_queue",
    "poll_workflow_execution_update",
    "get_workflow_execution_history",
    "query_workflow",
    "update_workflow_execution",
];

/// See the module.
pub(super) struct Wire {
    faults: Option<Faults>,
    /// Cancelled when the server is killed.
    cut: CancellationToken,
}

/// What goes wrong.
struct Faults {
    seed: u64,
    /// How many requests of each kind there were.
    counts: Mutex<HashMap<&'static str, u64>>,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Passes,
    /// It does not arrive.
    Lost,
    /// It arrives, and what it is answered with does not.
    AnswerLost,
    /// It arrives a second time.
    Doubled,
    /// It arrives late.
    Late(Duration),
    /// Its answer arrives late.
    AnswerLate(Duration),
}

impl Fate {
    /// What a number says: of a hundred requests, some twenty do not pass as they should.
    fn of(number: u64) -> Self {
        let millis = LONGEST_DELAY.as_millis() as u64;
        let delay = Duration::from_millis(number / 100 % millis + 1);
        match number % 100 {
            0..4 => Self::Lost,
            4..8 => Self::AnswerLost,
            8..12 => Self::Doubled,
            12..16 => Self::Late(delay),
            16..20 => Self::AnswerLate(delay),
            _ => Self::Passes,
        }
    }
}

impl Wire {
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self {
            faults: seed.map(Faults::of_seed),
            cut: CancellationToken::new(),
        }
    }

    /// Nothing arrives any more, and no answer does.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }

    /// Lets an answer arrive, unless the wire is cut before.
    ///
    /// # Errors
    /// Those of the answer, and UNAVAILABLE if it does not arrive.
    pub(super) async fn carry<A: 'static>(
        &self,
        shard: &Arc<Shard>,
        answered: impl Future<Output = Result<A, Status>>,
    ) -> Result<A, Status> {
        let answer = tokio::select! {
            biased;
            () = self.cut.cancelled() => return Err(killed()),
            answer = answered => answer,
        };
        if let Ok(answer) = &answer {
            for task in tasks_of(answer) {
                shard.give_task(&task.run(), task.task());
            }
        } else if self.cut.is_cancelled() {
            return Err(killed());
        }
        answer
    }

    /// Handles a request, unless something goes wrong with it.
    ///
    /// # Errors
    /// Those of `handle`, and UNAVAILABLE if the request or its answer is lost.
    pub(super) async fn around<Q, A, F>(
        &self,
        shard: &Arc<Shard>,
        rpc: &'static str,
        request: Request<Q>,
        handle: impl Fn(Request<Q>) -> F,
    ) -> Result<A, Status>
    where
        Q: Clone,
        A: 'static,
        F: Future<Output = Result<A, Status>>,
    {
        match self.fate(rpc) {
            Fate::Passes => handle(request).await,
            Fate::Lost => Err(Status::unavailable(
                "the request was lost (a fault of the test)",
            )),
            Fate::AnswerLost => {
                let answer = handle(request).await?;
                if tokens_of(&answer).any(|token| !token.query_id.is_empty()) {
                    // Nothing asks a lost query again before its caller gives up.
                    return Ok(answer);
                }
                for task in tasks_of(&answer) {
                    shard.lose_task(&task.run(), task.task());
                }
                Err(Status::unavailable(
                    "the answer was lost (a fault of the test)",
                ))
            }
            Fate::Doubled => {
                let (metadata, extensions, message) = request.into_parts();
                let again =
                    Request::from_parts(metadata.clone(), extensions.clone(), message.clone());
                let answer = handle(again).await;
                // Nobody waits for what this one is answered with.
                let _ = handle(Request::from_parts(metadata, extensions, message)).await;
                answer
            }
            Fate::Late(delay) => {
                tokio::time::sleep(delay).await;
                handle(request).await
            }
            Fate::AnswerLate(delay) => {
                let answer = handle(request).await;
                tokio::time::sleep(delay).await;
                answer
            }
        }
    }

    fn fate(&self, rpc: &'static str) -> Fate {
        let faults = self.faults.as_ref();
        faults.map_or(Fate::Passes, |faults| faults.fate(rpc))
    }
}

fn killed() -> Status {
    Status::unavailable("the server was killed (by the test)")
}

impl Faults {
    fn of_seed(seed: u64) -> Self {
        Self {
            seed,
            counts: Mutex::default(),
        }
    }

    fn fate(&self, rpc: &'static str) -> Fate {
        let count = {
            let mut counts = self.counts.lock();
            let count = counts.entry(rpc).or_default();
            *count += 1;
            *count
        };
        // Its keys are fixed, and its quality will do.
        let mut hasher = DefaultHasher::new();
        (self.seed, rpc, count).hash(&mut hasher);
        match Fate::of(hasher.finish()) {
            Fate::Doubled if LONG.contains(&rpc) => Fate::Passes,
            fate => fate,
        }
    }
}

/// The tasks of runs that an answer hands out.
fn tasks_of(answer: &dyn Any) -> impl Iterator<Item = TaskToken> {
    tokens_of(answer).filter(|token| token.query_id.is_empty())
}

/// The same with those of queries.
fn tokens_of(answer: &dyn Any) -> impl Iterator<Item = TaskToken> {
    let mut tokens = Vec::new();
    if let Some(task) = answer.downcast_ref::<PollWorkflowTaskQueueResponse>() {
        tokens.push(&task.task_token);
    }
    if let Some(task) = answer.downcast_ref::<PollActivityTaskQueueResponse>() {
        tokens.push(&task.task_token);
    }
    if let Some(answer) = answer.downcast_ref::<RespondWorkflowTaskCompletedResponse>() {
        tokens.extend(answer.workflow_task.as_ref().map(|task| &task.task_token));
        tokens.extend(answer.activity_tasks.iter().map(|task| &task.task_token));
    }
    if let Some(answer) = answer.downcast_ref::<StartWorkflowExecutionResponse>() {
        let task = answer.eager_workflow_task.as_ref();
        tokens.extend(task.map(|task| &task.task_token));
    }
    let tokens = tokens.into_iter().filter(|token| !token.is_empty());
    tokens.filter_map(|token| TaskToken::read(token).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(seed: u64, rpc: &'static str) -> Vec<Fate> {
        let faults = Faults::of_seed(seed);
        (0..200).map(|_| faults.fate(rpc)).collect()
    }

    #[test]
    fn a_seed_says_what_happens() {
        let rpc = "respond_workflow_task_completed";
        assert_eq!(fates(7, rpc), fates(7, rpc));
        assert_ne!(fates(7, rpc), fates(8, rpc));
        for fate in [Fate::Lost, Fate::AnswerLost, Fate::Doubled] {
            assert!(fates(7, rpc).contains(&fate), "{fate:?}");
        }
        let (mut requests, mut answers) = (0, 0);
        for fate in fates(7, rpc) {
            let (late, delay) = match fate {
                Fate::Late(delay) => (&mut requests, delay),
                Fate::AnswerLate(delay) => (&mut answers, delay),
                _ => continue,
            };
            *late += 1;
            assert!(!delay.is_zero() && delay <= LONGEST_DELAY, "{delay:?}");
        }
        assert!(requests > 0 && answers > 0, "{requests} {answers}");
    }

    #[test]
    fn what_waits_does_not_come_twice() {
        for rpc in LONG {
            assert!(!fates(7, rpc).contains(&Fate::Doubled), "{rpc}");
        }
    }
}
