//! Activities without a worker or a server.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, watch};

use crate::activity::{ActivityInfo, CURRENT, CancelReason, Execution, Reported};
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
    converter: DataConverter,
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
            converter: DataConverter::default(),
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

    /// With other conversions of values. It comes before the details of a heartbeat, which are converted by it.
    #[must_use]
    pub fn data_converter(mut self, converter: DataConverter) -> Self {
        self.converter = converter;
        self
    }

    /// With what the attempt before is to have reported.
    ///
    /// # Panics
    /// If the value does not encode.
    #[must_use]
    pub fn heartbeat_details<T: Value>(mut self, details: T) -> Self {
        let payload = self.converter.to_payload(&details);
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
        let options = ConnectOptions::default().data_converter(self.converter.clone());
        let client = options.lazy().connect().await;
        let execution = Arc::new(Execution {
            metrics: crate::metrics::Sink::default(),
            converter: self.converter.clone(),
            info: self.info.clone(),
            client: Some(client.expect("a lazy connection to a valid address is always made")),
            last_heartbeat: self.last_heartbeat.clone(),
            reported: Mutex::new(Reported::keeping_all()),
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
            Some([payload]) => self.converter.from_payload(payload).map(Some),
            _ => Ok(None),
        }
    }

    /// All that the code that ran last has reported, in its order. A worker sends only some of it: what is new once the time
    /// for another heartbeat has come.
    ///
    /// # Errors
    /// If not all of it decodes as `T`.
    pub fn heartbeats<T: Value>(&self) -> Result<Vec<T>, ConverterError> {
        let Some(execution) = self.lock().clone() else {
            return Ok(Vec::new());
        };
        let all = execution.reported().all.clone().unwrap_or_default();
        let all = all.iter().flatten();
        all.map(|payload| self.converter.from_payload(payload))
            .collect()
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

    #[tokio::test]
    async fn code_is_told_to_stop_while_it_runs() {
        let env = ActivityEnv::new();
        assert_eq!(env.heartbeats::<u32>(), Ok(vec![]));
        let code = env.run(async {
            for step in 1..=3_u32 {
                activity::heartbeat(step);
                tokio::task::yield_now().await;
            }
            let reason = activity::cancelled().await;
            activity::heartbeat(4_u32);
            reason
        });
        let test = async {
            while env.last_heartbeat() != Ok(Some(3_u32)) {
                tokio::task::yield_now().await;
            }
            env.cancel(CancelReason::WorkerShutdown);
        };
        let (reason, ()) = tokio::join!(code, test);
        assert_eq!(reason, CancelReason::WorkerShutdown);
        assert_eq!(env.heartbeats(), Ok(vec![1_u32, 2, 3, 4]));
        assert!(env.heartbeats::<String>().is_err(), "they are numbers");
    }
}
