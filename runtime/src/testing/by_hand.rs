//! Activities that a test does itself, step by step.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{Mutex as AsyncMutex, mpsc};

use super::TestEnv;
use super::env::lock;
use super::mock::here;
use super::steps::Steps;
use crate::activity::{self, Activity, ActivityDefinition, ActivityError};
use crate::client::{AsyncActivity, Client, ClientError};
use crate::converter::Value;

/// The attempts of an activity that a test does by hand; see [`TestEnv::by_hand`].
pub struct ByHand<A: Activity> {
    attempts: AsyncMutex<mpsc::UnboundedReceiver<Taken<A>>>,
    client: Client,
    steps: Arc<Steps>,
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
    steps: Arc<Steps>,
}

impl TestEnv {
    /// Lets the test itself do the attempts of an activity, one by one. Meanwhile time is the test's own: it does not jump
    /// by itself, unless a result is waited for, and passes by [`advance`](Self::advance), so that timeouts can be tested
    /// too.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn by_hand<A: Activity>(&self) -> ByHand<A> {
        let (take, attempts) = mpsc::unbounded_channel();
        let server = self.server();
        let steps = Arc::new(Steps::of(&server, self.bare_client().namespace()));
        let server = Arc::downgrade(&server);
        let definition = ActivityDefinition::new::<A>(here()).run_async(move |_, args| {
            let info = activity::info();
            if let Some(server) = server.upgrade()
                && let Some(server) = &*lock(&server)
            {
                server.done_by_hand(&info.task_token);
            }
            // Nobody waits for it if the test is over.
            let _ = take.send(Taken::<A> {
                args,
                attempt: info.attempt,
                task_token: info.task_token.clone(),
            });
            std::future::ready(Err::<A::Output, _>(ActivityError::will_complete_async()))
        });
        let mut bench = self.bench("by_hand");
        bench.stand_in(definition);
        bench.queue_of::<A>();
        drop(bench);
        ByHand {
            attempts: AsyncMutex::new(attempts),
            client: self.bare_client().clone(),
            steps,
        }
    }
}

impl<A: Activity> ByHand<A> {
    /// Waits for the next attempt.
    ///
    /// # Panics
    /// If the environment is gone.
    pub async fn next(&self) -> Attempt<A> {
        let taken = self.attempts.lock().await.recv().await;
        let taken = taken.expect("the worker of the environment holds the other end");
        Attempt {
            activity: self.client.async_activity(taken.task_token.clone()),
            steps: Arc::clone(&self.steps),
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
        self.steps.settle().await;
        Ok(())
    }

    /// It fails, and is retried as the activity's options say. Returns when the workflow has done what comes of it, if it
    /// is not retried.
    ///
    /// # Errors
    /// If it is not under way any more.
    pub async fn fail(self, error: impl Into<ActivityError>) -> Result<(), ClientError> {
        self.activity.fail(error).await?;
        self.steps.settle().await;
        Ok(())
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
