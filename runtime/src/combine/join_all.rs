//! All of a list.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::durable::{Durable, Seal};

/// Waits for all operations of a list, and yields their outcomes in its order.
///
/// ```
/// # use mainspring::prelude::*;
/// # #[activity(start_to_close = "5s")] async fn price(sku: u32) -> Result<u64, ActivityError> { Ok(sku.into()) }
/// #[workflow]
/// async fn total(skus: Vec<u32>) -> Result<u64> {
///     let prices = workflow::join_all(skus.into_iter().map(price)).await;
///     Ok(prices.into_iter().sum::<Result<u64, _>>()?)
/// }
/// ```
pub fn join_all<D>(operations: impl IntoIterator<Item = D>) -> JoinAll<D> {
    JoinAll(operations.into_iter().collect())
}

/// Waits for all operations of a list, or for the first that fails; the others are dropped then, which cancels them.
pub fn try_join_all<D>(operations: impl IntoIterator<Item = D>) -> TryJoinAll<D> {
    TryJoinAll(operations.into_iter().collect())
}

/// See [`join_all`].
#[must_use = "durable operations do nothing unless awaited"]
#[derive(Debug)]
pub struct JoinAll<D>(Vec<D>);

/// See [`try_join_all`].
#[must_use = "durable operations do nothing unless awaited"]
#[derive(Debug)]
pub struct TryJoinAll<D>(Vec<D>);

#[diagnostic::do_not_recommend]
impl<D: Durable<Output: Send>> Durable for JoinAll<D> {
    type Output = Vec<D::Output>;
    type Fut = JoinAllFuture<D::Fut>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        JoinAllFuture(list(self.0))
    }
}

#[diagnostic::do_not_recommend]
impl<D, T, E> Durable for TryJoinAll<D>
where
    D: Durable<Output = Result<T, E>>,
    T: Send,
    E: Send,
{
    type Output = Result<Vec<T>, E>;
    type Fut = TryJoinAllFuture<D::Fut>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        TryJoinAllFuture(list(self.0))
    }
}

/// A future, boxed as it must not move, until its outcome is there.
enum Item<F: Future> {
    Waiting(Pin<Box<F>>),
    Done(Option<F::Output>),
}

// An outcome is never pinned.
impl<F: Future> Unpin for Item<F> {}

fn list<D: Durable>(operations: Vec<D>) -> Vec<Item<D::Fut>> {
    operations
        .into_iter()
        .map(|operation| Item::Waiting(Box::pin(operation.into_fut(Seal::new()))))
        .collect()
}

impl<F: Future> Item<F> {
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if let Self::Waiting(future) = self
            && let Poll::Ready(outcome) = future.as_mut().poll(cx)
        {
            *self = Self::Done(Some(outcome));
        }
        matches!(self, Self::Done(_))
    }

    fn take(&mut self) -> F::Output {
        match self {
            Self::Done(outcome) => outcome.take(),
            Self::Waiting(_) => None,
        }
        .unwrap_or_else(|| unreachable!("outcomes are taken once, after all are there"))
    }
}

/// The future of [`join_all`].
pub struct JoinAllFuture<F: Future>(Vec<Item<F>>);

impl<F: Future> Future for JoinAllFuture<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all = true;
        for item in &mut self.0 {
            all &= item.poll(cx);
        }
        if !all {
            return Poll::Pending;
        }
        Poll::Ready(self.0.iter_mut().map(Item::take).collect())
    }
}

/// The future of [`try_join_all`].
pub struct TryJoinAllFuture<F: Future>(Vec<Item<F>>);

impl<F: Future<Output = Result<T, E>>, T, E> Future for TryJoinAllFuture<F> {
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all = true;
        for item in &mut self.0 {
            all &= item.poll(cx);
            if matches!(item, Item::Done(Some(Err(_)))) {
                let failed = item.take().map(|_| Vec::new());
                return Poll::Ready(failed);
            }
        }
        if !all {
            return Poll::Pending;
        }
        Poll::Ready(self.0.iter_mut().map(Item::take).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, ready};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::durable::{Task, durable};

    fn poll_once<D: Durable>(operation: D) -> Poll<D::Output> {
        let future = pin!(operation.into_fut(Seal::new()));
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn after<T: Send>(turns: u32, value: T) -> Task<impl Future<Output = T> + Send> {
        let (mut turns, mut value) = (turns, Some(value));
        durable(std::future::poll_fn(move |_| {
            if turns > 0 {
                turns -= 1;
                return Poll::Pending;
            }
            value.take().map_or(Poll::Pending, Poll::Ready)
        }))
    }

    #[test]
    fn outcomes_come_in_the_order_of_the_list() {
        let future = join_all([after(2, 'a'), after(0, 'b'), after(1, 'c')]);
        let mut future = pin!(future.into_fut(Seal::new()));
        let mut cx = Context::from_waker(Waker::noop());
        let mut turns = 0;
        let outcomes = loop {
            turns += 1;
            if let Poll::Ready(outcomes) = future.as_mut().poll(&mut cx) {
                break outcomes;
            }
        };
        assert_eq!((turns, outcomes), (3, vec!['a', 'b', 'c']));
    }

    #[test]
    fn no_operations_are_done_at_once() {
        assert_eq!(
            poll_once(join_all(Vec::<std::future::Ready<u8>>::new())),
            Poll::Ready(vec![])
        );
    }

    #[test]
    fn the_first_failure_ends_the_wait() {
        let list = [
            after(9, Ok::<u8, u8>(1)),
            after(0, Err(7)),
            after(0, Err(8)),
        ];
        assert_eq!(poll_once(try_join_all(list)), Poll::Ready(Err(7)));
        let fine = [ready(Ok::<u8, u8>(1)), ready(Ok(2))];
        assert_eq!(poll_once(try_join_all(fine)), Poll::Ready(Ok(vec![1, 2])));
    }
}
