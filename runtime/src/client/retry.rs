//! Retries of requests.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use tonic::{Code, Status};

/// How long a request is tried again after its first failure, unless the options of the connection say otherwise.
pub(crate) const RETRY_FOR: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// A server that is overloaded is given more time.
const FIRST_WAIT_IF_EXHAUSTED: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How long a request is tried again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    /// For so long, from its first failure on: what it took until then, such as a long poll, does not count.
    For(Duration),
    /// The same, and at least until then.
    Until(Duration, Instant),
    /// The same; but as long as the server is away, without limit. For polls, whose callers wait in any case.
    Outage(Duration),
}

impl Patience {
    fn lasts(self, first_failure: Instant, status: &Status) -> bool {
        let within = |limit| first_failure.elapsed() <= limit;
        match self {
            Self::For(limit) => within(limit),
            Self::Until(limit, end) => within(limit) || Instant::now() < end,
            Self::Outage(limit) => within(limit) || is_outage(status),
        }
    }
}

/// Whether the same request may succeed if it is sent again. Request ids make all of ours safe to repeat.
fn is_transient(status: &Status) -> bool {
    if is_too_large(status) {
        return false;
    }
    let code = matches!(
        status.code(),
        Code::Unavailable
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Internal
            | Code::DataLoss
            | Code::OutOfRange
            | Code::Unknown
    );
    code || was_cut_off(status)
}

/// Whether the connection broke while the request was under way. A server that cancels says so without a cause.
fn was_cut_off(status: &Status) -> bool {
    status.code() == Code::Cancelled && is_of_connection(status)
}

/// Whether it was not the server that answered.
fn is_of_connection(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}

/// Whether the server is away, or does not want to be asked at the moment.
fn is_outage(status: &Status) -> bool {
    let code = matches!(
        status.code(),
        Code::Unavailable | Code::ResourceExhausted | Code::Aborted
    );
    code || is_of_connection(status)
}

/// Whether a message is larger than one side takes, in the words of gRPC for Go and of tonic.
pub(crate) fn is_too_large(status: &Status) -> bool {
    let said = status.message();
    match status.code() {
        Code::ResourceExhausted => said.contains("message larger than max"),
        Code::OutOfRange => said.contains("message length too large"),
        _ => false,
    }
}

/// Sends a request until it is answered by something that a retry does not mend, or patience is over.
pub(crate) async fn retrying<T, F>(
    patience: Patience,
    mut send: impl FnMut() -> F,
) -> Result<T, Status>
where
    F: Future<Output = Result<T, Status>>,
{
    let mut first_failure = None;
    let mut backoff = Backoff::default();
    loop {
        let status = match send().await {
            Ok(answer) => return Ok(answer),
            Err(status) => status,
        };
        let first_failure = *first_failure.get_or_insert_with(Instant::now);
        if !is_transient(&status) || !patience.lasts(first_failure, &status) {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A request that fails for a while, each time after so long; then it succeeds.
    async fn sent(
        patience: Patience,
        each: Duration,
        away: Duration,
        failure: Status,
    ) -> Result<(), Code> {
        let end = Instant::now() + away;
        let sent = retrying(patience, || async {
            match Instant::now() < end {
                true => {
                    tokio::time::sleep(each).await;
                    Err(failure.clone())
                }
                false => Ok(()),
            }
        });
        sent.await.map_err(|status| status.code())
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_poll_that_breaks_late_is_sent_again() {
        // The poll alone takes longer than it is retried.
        let gone = Status::unavailable("gone");
        let patience = Patience::For(RETRY_FOR);
        let broken = sent(patience, 2 * RETRY_FOR, RETRY_FOR, gone);
        assert_eq!(broken.await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        let gone = || Status::unavailable("gone");
        let patience = Patience::For(RETRY_FOR);
        let away = sent(patience, Duration::ZERO, MINUTE, gone());
        assert_eq!(away.await, Err(Code::Unavailable));
        let until = |after| Patience::Until(RETRY_FOR, Instant::now() + after);
        let away = sent(until(2 * MINUTE), Duration::ZERO, MINUTE, gone());
        assert_eq!(away.await, Ok(()));
        let away = sent(until(MINUTE), Duration::ZERO, 2 * MINUTE, gone());
        assert_eq!(away.await, Err(Code::Unavailable));
    }

    #[tokio::test(start_paused = true)]
    async fn polls_outlast_outages_but_not_errors() {
        let patience = Patience::Outage(RETRY_FOR);
        let gone = Status::unavailable("gone");
        let away = sent(patience, Duration::ZERO, 60 * MINUTE, gone);
        assert_eq!(away.await, Ok(()));
        let wrong = Status::internal("it does not work");
        let broken = sent(patience, Duration::ZERO, MINUTE, wrong);
        assert_eq!(broken.await, Err(Code::Internal));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_large_is_not_sent_again() {
        let patience = Patience::Outage(RETRY_FOR);
        for refused in [
            Status::resource_exhausted("grpc: received message larger than max (5 vs. 4)"),
            Status::out_of_range("Error, decoded message length too large: found 5 bytes"),
        ] {
            let (since, code) = (Instant::now(), refused.code());
            let refused = sent(patience, Duration::ZERO, RETRY_FOR, refused);
            assert_eq!(refused.await, Err(code));
            assert_eq!(since.elapsed(), Duration::ZERO);
        }
        let busy = Status::resource_exhausted("namespace rate limit exceeded");
        let busy = sent(patience, Duration::ZERO, RETRY_FOR, busy);
        assert_eq!(busy.await, Ok(()));
    }
}
