//! Retries of requests.

use std::future::Future;
use std::time::{Duration, Instant};

use tonic::{Code, Response, Status};

/// How long a request that is not a poll is retried before its caller hears of it.
const GIVE_UP_AFTER: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// A server that is overloaded is given more time.
const FIRST_WAIT_IF_EXHAUSTED: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Whether the same request may succeed if it is sent again. Request ids make all of ours safe to repeat.
pub(crate) fn is_transient(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Internal
            | Code::DataLoss
            | Code::OutOfRange
            | Code::Unknown
    )
}

/// Whether the connection broke while the request was under way. A server that cancels says so without a cause.
fn was_cut_off(status: &Status) -> bool {
    status.code() == Code::Cancelled && std::error::Error::source(status).is_some()
}

/// Sends a request until it is answered by something that a retry does not mend.
pub(crate) async fn retrying<T, F>(mut send: impl FnMut() -> F) -> Result<T, Status>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let started = Instant::now();
    let mut backoff = Backoff::default();
    loop {
        let status = match send().await {
            Ok(response) => return Ok(response.into_inner()),
            Err(status) => status,
        };
        if !(is_transient(status.code()) || was_cut_off(&status))
            || started.elapsed() > GIVE_UP_AFTER
        {
            return Err(status);
        }
        tokio::time::sleep(backoff.next(status.code())).await;
    }
}

/// Waits that grow, and differ a little between processes.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempt: u32,
}

impl Backoff {
    pub(crate) fn reset(&mut self) {
        self.attempt = 0;
    }

    pub(crate) fn next(&mut self, code: Code) -> Duration {
        let first = match code {
            Code::ResourceExhausted => FIRST_WAIT_IF_EXHAUSTED,
            _ => FIRST_WAIT,
        };
        let wait = first
            .saturating_mul(1 << self.attempt.min(10))
            .min(LONGEST_WAIT);
        self.attempt += 1;
        wait.mul_f64(0.8 + 0.4 * jitter())
    }
}

/// A number from 0 to 1 that differs between processes and moments; its quality does not matter.
fn jitter() -> f64 {
    let bits = uuid::Uuid::new_v4().as_u64_pair().0;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
