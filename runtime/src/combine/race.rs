//! The first of a list.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::durable::{Durable, Seal};

/// Waits for the first operation of a list that is done, in its order if several are, and yields its position and
/// outcome. The others are dropped, which cancels them. An empty list waits for ever.
pub fn race<D>(operations: impl IntoIterator<Item = D>) -> Race<D> {
    Race(operations.into_iter().collect())
}

/// See [`race`].
#[must_use = "durable operations do nothing unless awaited"]
#[derive(Debug)]
pub struct Race<D>(Vec<D>);

#[diagnostic::do_not_recommend]
impl<D: Durable> Durable for Race<D> {
    type Output = (usize, D::Output);
    type Fut = RaceFuture<D::Fut>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        let futures = self.0.into_iter();
        RaceFuture(
            futures
                .map(|it| Box::pin(it.into_fut(Seal::new())))
                .collect(),
        )
    }
}

/// The future of [`race`].
#[derive(Debug)]
pub struct RaceFuture<F>(Vec<Pin<Box<F>>>);

impl<F: Future> Future for RaceFuture<F> {
    type Output = (usize, F::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        for (position, future) in self.0.iter_mut().enumerate() {
            if let Poll::Ready(outcome) = future.as_mut().poll(cx) {
                return Poll::Ready((position, outcome));
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;
    use crate::durable::boxed;

    #[test]
    fn of_several_that_are_done_the_first_wins() {
        let list = [
            boxed(std::future::pending()),
            boxed(std::future::ready('b')),
            boxed(std::future::ready('c')),
        ];
        let future = pin!(race(list).into_fut(Seal::new()));
        let outcome = future.poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(outcome, Poll::Ready((1, 'b')));
    }
}
