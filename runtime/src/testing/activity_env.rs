//! Activities without a worker or a server.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, watch};

use crate::activity::{ActivityInfo, CURRENT, CancelReason, Execution};
use crate::client::ConnectOptions;
use crate::converter::{ConverterError, DataConverter, EncodedValues, Value};

/// Runs the code of an activity as a worker would: with information, heartbeats and cancellation, but without any
/// server behind it.
///
/// ```
/// use mainspring::prelude::*;
/// use mainspring::testing::ActivityEnv;
///
/// #[activity(start_to_close = "10s")]
/// async fn resume() -> Result<u32, ActivityError> {
///     Ok(activity::heartbeat_details::<u32>()?.unwrap_or(0) + 1)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let env = ActivityEnv::new().heartbeat_details(41_u32);
/// assert_eq!(env.run(resume::run()).await?, 42);
/// # Ok(())
/// # }
/// ```
pub struct ActivityEnv {
    info: ActivityInfo,
    last_heartbeat: EncodedValues,
    cancel: watch::Sender<Option<CancelReason>>,
    /// What ran last, for what it reported.
    execution: Mutex<Option<Arc<Execution>>>,
}

impl Default for ActivityEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl ActivityEnv {
    /// A first attempt.
    pub fn new() -> Self {
        Self {
            info: ActivityInfo {
                task_token: b"test".to_vec(),
                activity_id: "1".to_owned(),
                activity_type: "test".to_owned(),
                task_queue: "test".to_owned(),
                namespace: "default".to_owned(),
                workflow_type: "test".to_owned(),
                workflow_id: "test".to_owned(),
                workflow_run_id: "test".to_owned(),
                attempt: 1,
                ..ActivityInfo::default()
            },
            last_heartbeat: EncodedValues::default(),
            cancel: watch::channel(None).0,
            execution: Mutex::new(None),
        }
    }

    /// With other information than that of a first attempt.
    #[must_use]
    pub fn info(mut self, change: impl FnOnce(&mut ActivityInfo)) -> Self {
        change(&mut self.info);
        self
    }

    /// With what the attempt before is to have reported.
    ///
    /// # Panics
    /// If the value does not encode.
    #[must_use]
    pub fn heartbeat_details<T: Value>(mut self, details: T) -> Self {
        let payload = DataConverter::default().to_payload(&details);
        let payload = payload.expect("the details of the heartbeat encode");
        self.last_heartbeat = EncodedValues::new(vec![payload]);
        self
    }

    /// Asks what runs, and whatever will run, to stop.
    pub fn cancel(&self, reason: CancelReason) {
        self.cancel.send_replace(Some(reason));
    }

    /// Runs the code of an activity. A client that it asks for has no server.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn run<F: Future>(&self, code: F) -> F::Output {
        let client = ConnectOptions::default().lazy().connect().await;
        let execution = Arc::new(Execution {
            metrics: crate::metrics::Sink::default(),
            converter: DataConverter::default(),
            info: self.info.clone(),
            client: Some(client.expect("a lazy connection to a valid address is always made")),
            last_heartbeat: self.last_heartbeat.clone(),
            reported: Mutex::default(),
            beat: Notify::new(),
            cancel: self.cancel.clone(),
        });
        *self.lock() = Some(Arc::clone(&execution));
        CURRENT.scope(execution, code).await
    }

    /// What the code reported last.
    ///
    /// # Errors
    /// If it does not decode as `T`.
    pub fn last_heartbeat<T: Value>(&self) -> Result<Option<T>, ConverterError> {
        let Some(execution) = self.lock().clone() else {
            return Ok(None);
        };
        match execution.last_report().as_deref() {
            Some([payload]) => DataConverter::default().from_payload(payload).map(Some),
            _ => Ok(None),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<Execution>>> {
        self.execution
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity;

    #[tokio::test]
    async fn code_sees_its_attempt_and_is_told_to_stop() {
        let env = ActivityEnv::new()
            .info(|info| info.attempt = 7)
            .heartbeat_details(41);
        env.cancel(CancelReason::Requested);
        let seen = env.run(async {
            let last = activity::heartbeat_details::<u32>().ok().flatten();
            activity::heartbeat(last.map(|it| it + 1));
            (activity::info().attempt, activity::cancelled().await)
        });
        assert_eq!(seen.await, (7, CancelReason::Requested));
        assert_eq!(env.last_heartbeat(), Ok(Some(42)));
    }
}
