//! One client's connection and all its requests, as one task.
//!
//! A task of its own for each request wakes up another thread for most of them, and sends each answer
//! in a write of its own, or in several. Here a request is polled together with its connection: it
//! wakes nobody, and whatever is answered in one turn of the task leaves in one write. The connections
//! run beside each other on all cores.

use std::{
    any::Any,
    convert::Infallible,
    future::Future,
    io,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker, ready},
    time::Duration,
};

use bytes::{Buf, BytesMut};
use futures_util::{
    FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered, task::AtomicWaker,
};
use http::{Request, Response};
use hyper::{
    body::Incoming,
    rt::Executor,
    server::conn::http2,
    service::{HttpService, service_fn},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::Service;

/// How often an idle connection is probed, and how long an answer may take.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// How many rounds a turn takes at most before other tasks get theirs.
const MAX_ROUNDS: usize = 16;

/// How much is collected before it is written within a turn, in bytes.
const MAX_OUTGOING: usize = 64 * 1024;

/// When connections end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends {
    /// No requests are taken any more, but those under way are answered.
    pub(crate) stopping: CancellationToken,
    /// Whatever is still under way is cut off.
    pub(crate) closed: CancellationToken,
}

/// Serves a connection until its client, or the server, is done with it.
pub(crate) async fn serve<S>(io: Io, service: S, ends: Ends)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let wire = Wire(Arc::new(Mutex::new(Buffered {
        io,
        outgoing: BytesMut::new(),
    })));
    let requests = Requests::default();
    let service = service_fn(move |request: Request<Incoming>| {
        // It is ready at any time: nothing in it has limits.
        service.clone().call(request)
    });
    let connection = http2::Builder::new(requests.clone())
        .timer(TokioTimer::new())
        .max_concurrent_streams(None)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(wire.clone()), service);
    Turns {
        alarm: Arc::default(),
        connection: Box::pin(connection),
        requests,
        under_way: FuturesUnordered::from_iter([
            told(ends.stopping, News::Stopping),
            told(ends.closed, News::Closed),
        ]),
        wire,
    }
    .await;
}

/// What a connection waits for, apart from what comes in.
#[derive(Clone, Copy, Debug)]
enum News {
    /// A request was answered, or was given up.
    Answered,
    Stopping,
    Closed,
}

fn told(token: CancellationToken, news: News) -> BoxFuture<'static, News> {
    Box::pin(async move {
        token.cancelled_owned().await;
        news
    })
}

/// The requests that have come in and were not polled yet.
#[derive(Clone, Default)]
struct Requests(Arc<Mutex<Vec<BoxFuture<'static, News>>>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Requests {
    fn execute(&self, request: F) {
        // One that panics takes neither the others nor the connection with it.
        let request = AssertUnwindSafe(request).catch_unwind();
        let request = request.map(|_: Result<(), Box<dyn Any + Send>>| News::Answered);
        self.0.lock().push(Box::pin(request));
    }
}

/// Wakes the task, unless it is taking its turn: what a turn itself brings about is done in another
/// round of it. A task that wakes itself would wake up a second thread as well.
#[derive(Debug, Default)]
struct Alarm {
    task: AtomicWaker,
    awake: AtomicBool,
    rung: AtomicBool,
}

impl Alarm {
    fn begin_turn(&self, task: &Waker) {
        self.task.register(task);
        self.awake.store(true, Ordering::SeqCst);
    }

    fn begin_round(&self) {
        self.rung.store(false, Ordering::SeqCst);
    }

    fn rang_in_this_round(&self) -> bool {
        self.rung.load(Ordering::SeqCst)
    }

    fn end_turn(&self) {
        self.awake.store(false, Ordering::SeqCst);
        // Either this sees that it has rung, or who rings sees that the turn is over.
        if self.rang_in_this_round() {
            self.task.wake();
        }
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        if !self.awake.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

/// A connection, turn by turn.
struct Turns<S: HttpService<Incoming>> {
    alarm: Arc<Alarm>,
    connection: Pin<Box<http2::Connection<TokioIo<Wire>, S, Requests>>>,
    requests: Requests,
    under_way: FuturesUnordered<BoxFuture<'static, News>>,
    wire: Wire,
}

impl<S> Turns<S>
where
    S: HttpService<Incoming, ResBody = Body>,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Lets the requests go on, then takes and sends what there is, until no new request comes of it.
    /// Ready once the connection has ended.
    fn poll_round(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            while let Poll::Ready(Some(news)) = self.under_way.poll_next_unpin(cx) {
                match news {
                    News::Answered => {}
                    News::Stopping => self.connection.as_mut().graceful_shutdown(),
                    News::Closed => return Poll::Ready(()),
                }
            }
            // Its errors are the client's doing.
            if self.connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let started = std::mem::take(&mut *self.requests.0.lock());
            if started.is_empty() {
                return Poll::Pending;
            }
            self.under_way.extend(started);
        }
    }
}

impl<S> Future for Turns<S>
where
    S: HttpService<Incoming, ResBody = Body>,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let waker = Waker::from(Arc::clone(&this.alarm));
        let within = &mut Context::from_waker(&waker);
        this.alarm.begin_turn(cx.waker());
        for _ in 0..MAX_ROUNDS {
            this.alarm.begin_round();
            if this.poll_round(within).is_ready() {
                return Poll::Ready(());
            }
            if !this.alarm.rang_in_this_round() {
                break;
            }
        }
        let sent = this.wire.0.lock().poll_send(within);
        this.alarm.end_turn();
        match sent {
            Poll::Ready(Err(_)) => Poll::Ready(()),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    }
}

/// What carries a connection: TCP, or a pipe to a client in the same process.
pub(crate) enum Io {
    Tcp(TcpStream),
    Memory(DuplexStream),
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

impl Io {
    fn stream(&mut self) -> Pin<&mut dyn Stream> {
        match self {
            Self::Tcp(stream) => Pin::new(stream),
            Self::Memory(stream) => Pin::new(stream),
        }
    }
}

/// An [`Io`], and what is still to be written to it.
struct Buffered {
    io: Io,
    outgoing: BytesMut,
}

impl Buffered {
    /// Writes what was collected.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let written = ready!(self.io.stream().poll_write(cx, &self.outgoing))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.advance(written);
        }
        self.io.stream().poll_flush(cx)
    }
}

/// A connection's bytes, as HTTP/2 reads and writes them. It is the end of the turn that sends them.
#[derive(Clone)]
struct Wire(Arc<Mutex<Buffered>>);

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.lock().io.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut wire = self.0.lock();
        if wire.outgoing.len() >= MAX_OUTGOING {
            ready!(wire.poll_send(cx))?;
        }
        wire.outgoing.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut wire = self.0.lock();
        ready!(wire.poll_send(cx))?;
        wire.io.stream().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;
    use http_body_util::{BodyExt, Empty, Full};
    use hyper::client::conn::http2::{SendRequest, handshake};
    use hyper_util::rt::TokioExecutor;
    use tokio::{sync::Notify, task::JoinHandle};

    use super::*;

    /// More than the windows of HTTP/2 and the buffers on the way hold together.
    const LARGE: usize = 4 << 20;

    /// A connection to a service that is asked by paths.
    struct Served {
        client: SendRequest<Empty<Bytes>>,
        ends: Ends,
        /// Lets one that waits go on.
        go_on: Arc<Notify>,
        serving: JoinHandle<()>,
    }

    impl Served {
        async fn start() -> Self {
            let (near, far) = tokio::io::duplex(1024);
            let (ends, go_on) = (Ends::default(), Arc::new(Notify::new()));
            let waiting = Arc::clone(&go_on);
            let service = tower::service_fn(move |request: Request<Incoming>| {
                answer(request.uri().path().to_owned(), Arc::clone(&waiting))
            });
            let serving = tokio::spawn(serve(Io::Memory(far), service, ends.clone()));
            let handshaken = handshake(TokioExecutor::new(), TokioIo::new(near)).await;
            let (client, connection) = handshaken.expect("a connection");
            tokio::spawn(connection);
            Self {
                client,
                ends,
                go_on,
                serving,
            }
        }

        fn ask(
            &self,
            path: &str,
        ) -> JoinHandle<Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>>>
        {
            let mut client = self.client.clone();
            let uri = format!("http://test{path}");
            tokio::spawn(async move {
                client.ready().await?;
                let request = Request::get(uri).body(Empty::new())?;
                let response = client.send_request(request).await?;
                let status = response.status();
                Ok((status, response.into_body().collect().await?.to_bytes()))
            })
        }

        async fn answer(&self, path: &str) -> Option<Bytes> {
            let answered = self.ask(path).await.expect("it ends");
            answered.ok().map(|(_, body)| body)
        }
    }

    async fn answer(path: String, waiting: Arc<Notify>) -> Result<Response<Body>, Infallible> {
        let content = match path.as_str() {
            "/panic" => panic!("a request that panics"),
            "/wait" => {
                waiting.notified().await;
                vec![1]
            }
            "/large" => vec![2; LARGE],
            _ => vec![3],
        };
        Ok(Response::new(Body::new(Full::from(content))))
    }

    #[tokio::test]
    async fn requests_are_answered_while_others_wait() {
        let served = Served::start().await;
        let waiting = served.ask("/wait");
        for _ in 0..100 {
            assert_eq!(served.answer("/").await.as_deref(), Some(&[3][..]));
        }
        assert!(!waiting.is_finished());
        served.go_on.notify_one();
        let (status, body) = waiting.await.expect("it ends").expect("an answer");
        assert_eq!((status, &body[..]), (StatusCode::OK, &[1][..]));
    }

    #[tokio::test]
    async fn one_that_panics_fails_alone() {
        let served = Served::start().await;
        let waiting = served.ask("/wait");
        assert_eq!(served.answer("/panic").await, None);
        assert_eq!(served.answer("/").await.as_deref(), Some(&[3][..]));
        served.go_on.notify_one();
        assert!(waiting.await.expect("it ends").is_ok());
    }

    #[tokio::test]
    async fn what_does_not_fit_at_once_arrives_whole() {
        let served = Served::start().await;
        let large: Vec<_> = (0..4).map(|_| served.ask("/large")).collect();
        for asked in large {
            let (_, body) = asked.await.expect("it ends").expect("an answer");
            assert!(body.len() == LARGE && body.iter().all(|byte| *byte == 2));
        }
    }

    #[tokio::test]
    async fn a_server_that_stops_answers_what_is_under_way() {
        let served = Served::start().await;
        let waiting = served.ask("/wait");
        assert!(served.answer("/").await.is_some());
        served.ends.stopping.cancel();
        tokio::task::yield_now().await;
        assert!(!served.serving.is_finished());
        served.go_on.notify_one();
        assert!(waiting.await.expect("it ends").is_ok());
        served.serving.await.expect("it ends");
    }

    #[tokio::test]
    async fn a_server_that_is_closed_cuts_off_what_is_under_way() {
        let served = Served::start().await;
        let waiting = served.ask("/wait");
        assert!(served.answer("/").await.is_some());
        served.ends.closed.cancel();
        served.serving.await.expect("it ends");
        assert!(waiting.await.expect("it ends").is_err());
    }

    #[tokio::test]
    async fn a_client_that_goes_away_takes_its_requests_with_it() {
        let served = Served::start().await;
        let waiting = served.ask("/wait");
        assert!(served.answer("/").await.is_some());
        let Served {
            client,
            go_on,
            serving,
            ..
        } = served;
        waiting.abort();
        drop(client);
        serving.await.expect("it ends");
        assert_eq!(Arc::strong_count(&go_on), 1, "nobody waits any more");
    }
}
