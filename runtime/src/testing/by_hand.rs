//! Activities that a test does itself, step by step.

use std::fmt;
use std::sync::{Arc, Mutex};

use mainspring_server::{Passing, TimeControl};
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use super::TestEnv;
use super::env::{lock, with_server};
use super::mock::here;
use crate::activity::{self, Activity, ActivityDefinition, ActivityError};
use crate::client::{AsyncActivity, Client, ClientError};
use crate::converter::Value;
use crate::error::ApplicationError;

/// The attempts of an activity that a test does by hand; see [`TestEnv::by_hand`].
pub struct ByHand<A: Activity> {
    attempts: AsyncMutex<mpsc::UnboundedReceiver<Taken<A>>>,
    /// While the test waits for an attempt time is skipped, but not past the one that comes.
    passing: Arc<Mutex<Option<Passing>>>,
    client: Client,
    time: Option<TimeControl>,
}

/// What the worker took.
struct Taken<A: Activity> {
    args: A::Args,
    attempt: u32,
    task_token: Vec<u8>,
}

/// An attempt that is under way until the test ends it, or until it times out.
#[must_use = "an attempt goes on until it is completed or fails"]
pub struct Attempt<A: Activity> {
    taken: Taken<A>,
    activity: AsyncActivity,
    time: Option<TimeControl>,
}

impl TestEnv {
    /// Lets the test itself do the attempts of an activity, one by one. Meanwhile time is the test's own: it does not jump
    /// by itself, unless a result is waited for, and passes by [`advance`](Self::advance), so that timeouts can be tested
    /// too. It is for activities with a task of their own: the test fails if it is called as a local one.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn by_hand<A: Activity>(&self) -> ByHand<A> {
        let (take, attempts) = mpsc::unbounded_channel();
        let passing = Arc::<Mutex<Option<Passing>>>::default();
        let waiting = Arc::clone(&passing);
        let server = self.server();
        let suspicions = self.suspicions();
        let definition = ActivityDefinition::new::<A>(here()).run_async(move |_, args| {
            let info = activity::info();
            let (take, waiting) = (take.clone(), Arc::clone(&waiting));
            let (server, suspicions) = (server.clone(), suspicions.clone());
            async move {
                if info.is_local {
                    let wrong = never_local(A::NAME);
                    suspicions.report(wrong.clone());
                    let error = ApplicationError::non_retryable("ByHand", wrong);
                    return Err::<A::Output, _>(error.into());
                }
                // Under the server's eyes, so that it cannot crash before it knows.
                let handed_over = with_server(server, |server| {
                    let mut waiting = lock(&waiting);
                    *waiting = None;
                    // From here on it keeps time from being skipped no more.
                    server.done_by_hand(&info.task_token);
                    // Nobody waits for it if the test is over.
                    let _ = take.send(Taken::<A> {
                        args,
                        attempt: info.attempt,
                        task_token: info.task_token.clone(),
                    });
                });
                handed_over.await;
                Err(ActivityError::will_complete_async())
            }
        });
        let mut bench = self.bench("by_hand");
        bench.stand_in(definition);
        bench.queue_of::<A>();
        drop(bench);
        ByHand {
            attempts: AsyncMutex::new(attempts),
            passing,
            client: self.bare_client().clone(),
            time: self.time().ok().cloned(),
        }
    }
}

impl<A: Activity> ByHand<A> {
    /// Waits for the next attempt. Meanwhile time is skipped, as while a result is waited for: an attempt that comes after a
    /// timer comes at once. Attempts that are under way time out if their time is over before.
    ///
    /// # Panics
    /// If the environment is gone.
    pub async fn next(&self) -> Attempt<A> {
        let mut attempts = self.attempts.lock().await;
        let at_once = {
            let mut passing = lock(&self.passing);
            let at_once = attempts.try_recv().ok();
            if at_once.is_none() {
                *passing = self.time.as_ref().map(TimeControl::passing);
            }
            at_once
        };
        let taken = match at_once {
            Some(taken) => Some(taken),
            None => attempts.recv().await,
        };
        let taken = taken.expect("the worker of the environment holds the other end");
        drop(attempts);
        Attempt {
            activity: self.client.async_activity(taken.task_token.clone()),
            time: self.time.clone(),
            taken,
        }
    }
}

impl<A: Activity> Attempt<A> {
    /// Its parameters.
    #[must_use]
    pub fn args(&self) -> &A::Args {
        &self.taken.args
    }

    /// Which attempt it is, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.taken.attempt
    }

    /// Reports how far it has come. Yields whether it was asked to stop.
    ///
    /// # Errors
    /// If it is not under way any more.
    pub async fn heartbeat<T: Value>(&self, details: T) -> Result<bool, ClientError> {
        self.activity.heartbeat(details).await
    }

    /// It succeeds. Returns when the workflow has done what comes of it.
    ///
    /// # Errors
    /// If it is not under way any more.
    pub async fn complete(self, output: A::Output) -> Result<(), ClientError> {
        self.activity.complete(output).await?;
        settled(self.time.as_ref()).await;
        Ok(())
    }

    /// It fails, and is retried as the activity's options say. Returns when the workflow has done what comes of it, if it
    /// is not retried.
    ///
    /// # Errors
    /// If it is not under way any more.
    pub async fn fail(self, error: impl Into<ActivityError>) -> Result<(), ClientError> {
        self.activity.fail(error).await?;
        settled(self.time.as_ref()).await;
        Ok(())
    }
}

/// Why an activity is not done by hand.
fn never_local(name: &str) -> String {
    format!(
        "activity `{name}` is done by hand in this test, and is called as a local activity: that runs within its workflow task, \
         which would end before the test has done it. Mock it (`env.mock::<{name}>(..)`), or call it without `.local()`"
    )
}

/// Waits until nothing is at work.
async fn settled(time: Option<&TimeControl>) {
    if let Some(time) = time {
        time.settle().await;
    }
}

impl<A: Activity> fmt::Debug for ByHand<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByHand")
            .field("activity", &A::NAME)
            .finish_non_exhaustive()
    }
}

impl<A: Activity> fmt::Debug for Attempt<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("activity", &A::NAME)
            .field("number", &self.number())
            .finish_non_exhaustive()
    }
}
