//! Requests that come in gzip, as the Go SDK sends each of its own.
//!
//! Tonic makes a new decompressor for every message, which costs more than the rest of a request
//! together: tens of KiB of zeros for some hundred bytes. Here each thread keeps one, and what is
//! behind sees messages as they were before.

use std::{
    cell::RefCell,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, Request, header::HeaderValue};
use http_body::Frame;
use libdeflater::Decompressor;
use tonic::{Status, body::Body};
use tower::{BoxError, Layer, Service};

/// What names the compression of a request's messages.
const ENCODING: &str = "grpc-encoding";

/// In front of each message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// What gzip adds to the front and the back of what it compresses, at the least.
const GZIP_OVERHEAD: usize = 18;

thread_local! {
    static DECOMPRESSOR: RefCell<Decompressor> = RefCell::new(Decompressor::new());
}

/// Inflates the messages of requests, up to `limit` bytes each.
#[derive(Clone, Copy)]
pub(crate) struct InflateLayer {
    pub(crate) limit: usize,
}

impl<S> Layer<S> for InflateLayer {
    type Service = Inflate<S>;

    fn layer(&self, inner: S) -> Inflate<S> {
        Inflate {
            inner,
            limit: self.limit,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Inflate<S> {
    inner: S,
    limit: usize,
}

impl<S, B> Service<Request<B>> for Inflate<S>
where
    S: Service<Request<Body>>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if !is_gzip(request.headers()) {
            return self.inner.call(request.map(Body::new));
        }
        request.headers_mut().remove(ENCODING);
        let limit = self.limit;
        let inflated = |body| {
            Body::new(Messages {
                body,
                received: BytesMut::new(),
                limit,
            })
        };
        self.inner.call(request.map(inflated))
    }
}

fn is_gzip(headers: &HeaderMap<HeaderValue>) -> bool {
    headers.get(ENCODING).is_some_and(|value| value == "gzip")
}

/// A body whose messages are inflated.
struct Messages<B> {
    body: B,
    /// What has come and not been passed on: less than a message.
    received: BytesMut,
    limit: usize,
}

impl<B> http_body::Body for Messages<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            if let Some(message) = next_message(&mut this.received, this.limit)? {
                return Poll::Ready(Some(Ok(Frame::data(message))));
            }
            let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
            let frame = frame.transpose();
            match frame.map_err(|error| Status::from_error(error.into()))? {
                Some(frame) => match frame.into_data() {
                    Ok(data) if this.received.is_empty() => this.received = data.into(),
                    Ok(data) => this.received.extend_from_slice(&data),
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                None if this.received.is_empty() => return Poll::Ready(None),
                // Half a message: for tonic to say so.
                None => return Poll::Ready(Some(Ok(Frame::data(this.received.split().freeze())))),
            }
        }
    }
}

/// Takes the first message off the front, once all of it is there, as it was before it was
/// compressed.
///
/// A message above the limit is announced by its prefix alone, for tonic to refuse.
///
/// # Errors
/// INTERNAL for what is no gzip.
fn next_message(received: &mut BytesMut, limit: usize) -> Result<Option<Bytes>, Status> {
    let Some((prefix, rest)) = received.split_first_chunk::<PREFIX>() else {
        return Ok(None);
    };
    let is_compressed = prefix[0] == 1;
    let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
    if length > limit {
        return Ok(Some(announce(length, 0).freeze()));
    }
    if rest.len() < length {
        return Ok(None);
    }
    if !is_compressed {
        return Ok(Some(received.split_to(PREFIX + length).freeze()));
    }
    received.advance(PREFIX);
    let compressed = received.split_to(length);
    inflate(&compressed, limit).map(Some)
}

fn inflate(compressed: &[u8], limit: usize) -> Result<Bytes, Status> {
    let length = match compressed.last_chunk::<4>() {
        // Gzip ends with the length of what it holds.
        Some(length) if compressed.len() >= GZIP_OVERHEAD => u32::from_le_bytes(*length) as usize,
        _ => return Err(not_gzip("it is too short")),
    };
    if length > limit {
        return Ok(announce(length, 0).freeze());
    }
    let mut message = announce(length, length);
    let inflated = DECOMPRESSOR.with_borrow_mut(|decompressor| {
        decompressor.gzip_decompress(compressed, &mut message[PREFIX..])
    });
    match inflated {
        Ok(inflated) if inflated == length => Ok(message.freeze()),
        Ok(_) => Err(not_gzip("its length is wrong")),
        Err(error) => Err(not_gzip(&error.to_string())),
    }
}

/// The prefix of a plain message of that length, and room for so much of it.
fn announce(length: usize, room: usize) -> BytesMut {
    let mut message = BytesMut::zeroed(PREFIX + room);
    // Both lengths come out of four bytes.
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    message[1..PREFIX].copy_from_slice(&length.to_be_bytes());
    message
}

fn not_gzip(why: &str) -> Status {
    Status::internal(format!("cannot inflate a message that came as gzip: {why}"))
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, StreamBody};
    use libdeflater::{CompressionLvl, Compressor};
    use tonic::Code;

    use super::*;

    const LIMIT: usize = 1_000;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::default());
        let mut out = vec![0; compressor.gzip_compress_bound(plain.len())];
        let length = compressor
            .gzip_compress(plain, &mut out)
            .expect("it is large enough");
        out.truncate(length);
        out
    }

    fn message(is_compressed: bool, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).expect("short");
        let mut message = vec![u8::from(is_compressed)];
        message.extend(length.to_be_bytes());
        message.extend(content);
        message
    }

    /// What comes out when these frames come in.
    async fn through(frames: &[&[u8]]) -> Result<Vec<u8>, Status> {
        let frames: Vec<_> = frames
            .iter()
            .map(|data| Ok::<_, Status>(Frame::data(Bytes::copy_from_slice(data))))
            .collect();
        let messages = Messages {
            body: StreamBody::new(tokio_stream::iter(frames)),
            received: BytesMut::new(),
            limit: LIMIT,
        };
        let collected = messages.collect().await?;
        Ok(collected.to_bytes().to_vec())
    }

    #[tokio::test]
    async fn messages_come_out_as_they_were() {
        let mut sent = message(true, &gzip(b"one"));
        sent.extend(message(false, b"two"));
        sent.extend(message(true, &gzip(b"")));
        let mut expected = message(false, b"one");
        expected.extend(message(false, b"two"));
        expected.extend(message(false, b""));
        assert_eq!(through(&[&sent]).await.expect("whole"), expected);
        let bytes: Vec<&[u8]> = sent.chunks(1).collect();
        assert_eq!(through(&bytes).await.expect("whole"), expected);
    }

    #[tokio::test]
    async fn half_a_message_stays_one() {
        let sent = message(true, &gzip(b"one"));
        let half = &sent[..sent.len() / 2];
        assert_eq!(through(&[half]).await.expect("passed on"), half);
    }

    #[tokio::test]
    async fn what_is_too_large_is_announced_and_never_inflated() {
        let compressed = gzip(&[0; LIMIT + 1]);
        assert!(compressed.len() < LIMIT);
        let announced = through(&[&message(true, &compressed)]).await;
        assert_eq!(announced.expect("for tonic"), announce(LIMIT + 1, 0));
    }

    #[tokio::test]
    async fn what_is_no_gzip_is_refused() {
        let mut lying = gzip(b"twelve bytes");
        let at = lying.len() - 4;
        let mut damaged = lying.clone();
        damaged[12] ^= 0xff;
        lying[at..].copy_from_slice(&11_u32.to_le_bytes());
        let foreign = b"no gzip, but long enough\x04\0\0\0";
        for content in [&foreign[..], b"short", &lying, &damaged] {
            let status = through(&[&message(true, content)]).await;
            let status = status.expect_err("it is not what it says");
            assert_eq!(status.code(), Code::Internal, "{status}");
        }
    }
}
