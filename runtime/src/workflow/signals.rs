//! Signals as a stream, for code that has no handler for them.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::converter::Args;
use crate::durable::{Durable, Seal};
use crate::engine::context;

/// The signals of a name that have no handler, in the order in which they came; those that came before this call too.
///
/// ```no_run
/// use mainspring::prelude::*;
///
/// #[workflow]
/// async fn approval() -> Result<String> {
///     let mut approvals = workflow::signals::<(String,)>("approve");
///     let (by,) = approvals.recv().await;
///     Ok(by)
/// }
/// ```
pub fn signals<A: Args>(name: impl Into<String>) -> Signals<A> {
    Signals {
        name: name.into(),
        args: PhantomData,
    }
}

/// The signals of a name that have no handler.
#[derive(Clone, Debug)]
pub struct Signals<A> {
    name: String,
    args: PhantomData<fn() -> A>,
}

impl<A: Args> Signals<A> {
    /// Waits for the next one. Signals whose arguments do not decode are dropped, with a warning in the log.
    pub fn recv(&mut self) -> NextSignal<'_, A> {
        NextSignal(self)
    }

    /// Takes the next one, if there is one.
    ///
    /// # Panics
    /// Outside workflow code, and in a query or a validator.
    pub fn try_recv(&mut self) -> Option<A> {
        context::with("a stream of signals", |run| {
            run.assert_may_command("a stream of signals");
            let converter = run.converter().clone();
            while let Some(signal) = run.next_buffered_signal(&self.name) {
                match A::from_payloads(&converter, &signal.payloads) {
                    Ok(args) => return Some(args),
                    Err(error) => {
                        tracing::warn!(signal = self.name, %error, "dropped a signal whose arguments do not decode");
                    }
                }
            }
            None
        })
    }
}

/// The next signal of a name.
#[must_use = "durable operations do nothing unless awaited"]
pub struct NextSignal<'a, A: Args>(&'a mut Signals<A>);

#[diagnostic::do_not_recommend]
impl<'a, A: Args> Durable for NextSignal<'a, A> {
    type Output = A;
    type Fut = NextSignalFuture<'a, A>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        NextSignalFuture(self.0)
    }
}

/// Waits for the next signal of a name.
pub struct NextSignalFuture<'a, A: Args>(&'a mut Signals<A>);

impl<A: Args> Future for NextSignalFuture<'_, A> {
    type Output = A;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<A> {
        let Some(args) = self.0.try_recv() else {
            return Poll::Pending;
        };
        context::with("a stream of signals", |run| run.progressed());
        Poll::Ready(args)
    }
}
