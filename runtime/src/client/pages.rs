//! What a server gives page by page, as one stream.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::ClientError;
use crate::activity::BoxFuture;

/// A list on the server.
pub(super) trait Source {
    type Item;

    /// The page of this token, which is empty for the first.
    fn fetch(&self, token: Bytes) -> Fetch<Self::Item>;
}

pub(super) type Fetch<T> = BoxFuture<'static, Result<Page<T>, ClientError>>;

/// Items, and the token of the next page, which is empty after the last.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Bytes,
}

/// The items of a source, fetched as they are taken.
pub(super) struct Pages<S: Source> {
    pub(super) source: S,
    ready: VecDeque<S::Item>,
    rest: Rest<S::Item>,
}

/// What comes after the items at hand.
enum Rest<T> {
    At(Bytes),
    Coming {
        from: Bytes,
        page: Fetch<T>,
    },
    /// A stream ends here, so that nobody who skips errors goes round in circles; who asks on purpose gets another try.
    Failed {
        from: Bytes,
    },
    Nothing,
}

impl<S: Source> Pages<S> {
    pub(super) fn of(source: S) -> Self {
        Self {
            source,
            ready: VecDeque::new(),
            rest: Rest::At(Bytes::new()),
        }
    }

    /// The next item, also after an error.
    pub(super) async fn next(&mut self) -> Result<Option<S::Item>, ClientError> {
        if let Rest::Failed { from } = &mut self.rest {
            self.rest = Rest::At(std::mem::take(from));
        }
        poll_fn(|cx| self.poll_next(cx)).await.transpose()
    }

    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<S::Item, ClientError>>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match &mut self.rest {
                Rest::Nothing | Rest::Failed { .. } => return Poll::Ready(None),
                Rest::At(token) => {
                    let from = std::mem::take(token);
                    let page = self.source.fetch(from.clone());
                    self.rest = Rest::Coming { from, page };
                }
                Rest::Coming { from, page } => match ready!(page.as_mut().poll(cx)) {
                    Ok(page) => {
                        self.ready.extend(page.items);
                        self.rest = match page.next.is_empty() {
                            true => Rest::Nothing,
                            false => Rest::At(page.next),
                        };
                    }
                    Err(error) => {
                        let from = std::mem::take(from);
                        self.rest = Rest::Failed { from };
                        return Poll::Ready(Some(Err(error)));
                    }
                },
            }
        }
    }
}

impl<S: Source + fmt::Debug> fmt::Debug for Pages<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("source", &self.source)
            .field("ready", &self.ready.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in pages of two; a page is refused when it is first asked for.
    struct Numbers {
        refused: std::cell::Cell<Option<u8>>,
    }

    impl Source for Numbers {
        type Item = u8;

        fn fetch(&self, token: Bytes) -> Fetch<u8> {
            let at = token.first().copied().unwrap_or(0);
            let next = if at < 4 { vec![at + 2] } else { vec![] };
            let page = match self.refused.get() == Some(at) {
                true => {
                    self.refused.set(None);
                    Err(ClientError::Options("not now".to_owned()))
                }
                false => Ok(Page {
                    items: vec![at, at + 1],
                    next: next.into(),
                }),
            };
            Box::pin(std::future::ready(page))
        }
    }

    #[tokio::test]
    async fn after_an_error_a_stream_ends_and_whoever_asks_again_goes_on() {
        let mut pages = Pages::of(Numbers {
            refused: Some(2).into(),
        });
        let mut taken = Vec::new();
        while let Some(Ok(number)) = poll_fn(|cx| pages.poll_next(cx)).await {
            taken.push(number);
        }
        assert_eq!(taken, [0, 1]);
        for _ in 0..2 {
            assert!(poll_fn(|cx| pages.poll_next(cx)).await.is_none());
        }
        while let Some(number) = pages.next().await.expect("it was refused but once") {
            taken.push(number);
        }
        assert_eq!(taken, [0, 1, 2, 3, 4, 5]);
    }
}
