//! A server of its own for each test.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use mainspring_server::{
    Config, InMemoryConnector, RunningServer, Server, StartError, TimeControl, TimeSkipping,
};
use tonic::transport::Endpoint;

use super::mock::mock;
use super::{ActivityMock, ReplayError, Replayer, Suspicions};
use crate::activity::{Activity, ActivityDefinition, ActivityError};
use crate::client::{Client, ClientError, ConnectOptions, WorkflowHandle};
use crate::time::IntoDuration;
use crate::worker::{RunningWorker, Worker, WorkerError};
use crate::workflow::WorkflowType;

/// The queue of the worker that an environment starts by itself.
const TASK_QUEUE: &str = "test";

/// A server in this process, in memory, with a client of it. It stops when this is dropped.
///
/// In one that [skips time](Self::skipping_time), as [`#[mainspring::test]`](macro@crate::test) gives it, a worker for
/// all annotated items of the program starts with the first use of [`client`](Self::client). Its clock goes at the
/// machine's pace until [`advance`](Self::advance) is called or a result is waited for; then it jumps to whatever is
/// due next, but never while a workflow task or an activity is at work.
pub struct TestEnv {
    /// `None` if the server is somebody else's.
    server: Option<RunningServer>,
    client: Client,
    bench: Option<Mutex<Bench>>,
    suspicions: Suspicions,
}

type Prepare = Box<dyn Fn(Worker) -> Worker + Send>;

/// What an environment's own worker is made of.
#[derive(Default)]
struct Bench {
    prepare: Vec<Prepare>,
    mocks: Vec<ActivityDefinition>,
    without_replay: bool,
    worker: Option<Bound>,
}

/// A worker on a runtime of its own, so that it can be killed with all that it runs.
struct Bound {
    worker: RunningWorker,
    runtime: OwnRuntime,
}

struct OwnRuntime(Option<tokio::runtime::Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // It may be dropped by an asynchronous test, which must not wait.
            runtime.shutdown_background();
        }
    }
}

/// What a test environment could not do.
#[derive(Debug)]
#[non_exhaustive]
pub enum TestEnvError {
    /// The server does not start.
    Start(StartError),
    /// The server cannot be reached.
    Connect(ClientError),
    /// The worker does not start.
    Worker(WorkerError),
    /// The time of this server is real: it cannot be skipped.
    RealTime,
}

impl TestEnv {
    /// Starts a server on a free port of this machine, and connects to its namespace `default`. Its time is real.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub async fn start() -> Result<Self, TestEnvError> {
        Self::start_with(Config::in_memory().with_port(0)).await
    }

    /// The same, with a configuration.
    ///
    /// # Errors
    /// If its address cannot be listened on.
    pub async fn start_with(config: Config) -> Result<Self, TestEnvError> {
        let server = Server::start(config).await.map_err(TestEnvError::Start)?;
        let client = Client::connect(server.url()).await;
        let client = client.map_err(TestEnvError::Connect)?;
        Ok(Self::around(Some(server), client))
    }

    /// Starts a server whose time can be skipped, and connects to it without a port.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn skipping_time() -> Result<Self, TestEnvError> {
        let config = Config::for_tests(TimeSkipping::WhileWaiting);
        let server = Server::start(config).await.map_err(TestEnvError::Start)?;
        let client = connect_in_memory(server.connector()).await;
        let client = client.map_err(TestEnvError::Connect)?;
        Ok(Self {
            bench: Some(Mutex::default()),
            ..Self::around(Some(server), client.with_task_queue(TASK_QUEUE))
        })
    }

    /// Connects to the server that `TEMPORAL_ADDRESS` names, as [`Client::connect_from_env`] does; where it is not set,
    /// starts one as [`start`](Self::start) does. For programs that are to run anywhere.
    ///
    /// # Errors
    /// If the server cannot be reached, or none can be started.
    pub async fn from_env() -> Result<Self, TestEnvError> {
        if std::env::var_os("TEMPORAL_ADDRESS").is_none_or(|address| address.is_empty()) {
            return Self::start().await;
        }
        let client = Client::connect_from_env().await;
        let client = client.map_err(TestEnvError::Connect)?;
        Ok(Self::around(None, client))
    }

    fn around(server: Option<RunningServer>, client: Client) -> Self {
        Self {
            server,
            client,
            bench: None,
            suspicions: Suspicions::default(),
        }
    }

    /// Does not replay every workflow task from scratch.
    pub(super) fn without_replay(self) -> Self {
        if let Some(bench) = &self.bench {
            lock(bench).without_replay = true;
        }
        self
    }

    /// What the second look at workflow tasks finds.
    pub(super) fn suspicions(&self) -> Suspicions {
        self.suspicions.clone()
    }

    /// A client of the server. Where time can be skipped, this starts the environment's worker.
    ///
    /// # Panics
    /// If the worker does not start: two items have one name, or this is outside a tokio runtime.
    pub fn client(&self) -> &Client {
        if let Some(bench) = &self.bench
            && let Err(error) = self.start_worker(&mut lock(bench))
        {
            panic!("{error}");
        }
        &self.client
    }

    fn start_worker(&self, bench: &mut Bench) -> Result<(), WorkerError> {
        if bench.worker.is_some() {
            return Ok(());
        }
        let worker = Worker::new(&self.client, TASK_QUEUE).graceful_shutdown("1s");
        let mut worker = worker.for_tests(bench.mocks.clone());
        if !bench.without_replay {
            worker = worker.suspicious(self.suspicions.clone());
        }
        let worker = bench.prepare.iter().fold(worker, |it, prepare| prepare(it));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("test-worker")
            .enable_all()
            .build()
            .map_err(WorkerError::Signals)?;
        let handle = runtime.handle().clone();
        // Owned from here on: a worker that does not start must not drop the runtime inside the test's.
        let runtime = OwnRuntime(Some(runtime));
        let worker = {
            let _entered = handle.enter();
            worker.start()?
        };
        bench.worker = Some(Bound { worker, runtime });
        Ok(())
    }

    #[track_caller]
    fn bench(&self, method: &str) -> MutexGuard<'_, Bench> {
        let Some(bench) = &self.bench else {
            panic!("TestEnv::{method} is for environments that skip time: only they have a worker")
        };
        let bench = lock(bench);
        assert!(
            bench.worker.is_none(),
            "TestEnv::{method} comes before the first use of TestEnv::client, which starts the worker"
        );
        bench
    }

    /// The value on which the worker calls activities of its type.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn activities<T: Send + Sync + 'static>(&self, instance: T) {
        let instance = Arc::new(instance);
        self.prepare_worker(move |worker| worker.shared_activities(Arc::clone(&instance)));
    }

    /// Sets options of the worker. It is done again when the worker is started again.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn prepare_worker(&self, prepare: impl Fn(Worker) -> Worker + Send + 'static) {
        let mut bench = self.bench("prepare_worker");
        bench.prepare.push(Box::new(prepare));
    }

    /// Puts a closure in the place of an activity, and records its calls. An error is retried like that of any attempt,
    /// as the activity's options say.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn mock<A: Activity>(
        &self,
        body: impl Fn(A::Args) -> Result<A::Output, ActivityError> + Send + Sync + 'static,
    ) -> ActivityMock<A> {
        let (definition, mock) = mock::<A>(body);
        let mut bench = self.bench("mock");
        bench.mocks.retain(|it| it.name() != A::NAME);
        bench.mocks.push(definition);
        mock
    }

    /// The server's time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.time()
            .map_or_else(|_| SystemTime::now(), TimeControl::now)
    }

    fn time(&self) -> Result<&TimeControl, TestEnvError> {
        let time = self.server.as_ref().and_then(RunningServer::time);
        time.ok_or(TestEnvError::RealTime)
    }

    /// Lets time pass at once; while an activity is at work, at the machine's pace. Everything that falls due in between
    /// happens at its time. Returns when the worker has done what came of it, unless that takes more than a second.
    ///
    /// # Errors
    /// If the server's time is real.
    pub async fn advance(&self, duration: impl IntoDuration) -> Result<(), TestEnvError> {
        let time = self.time()?;
        time.advance(duration.into_duration()).await;
        Ok(())
    }

    /// The same, until the clock shows `time`.
    ///
    /// # Errors
    /// If the server's time is real.
    pub async fn advance_until(&self, time: SystemTime) -> Result<(), TestEnvError> {
        self.time()?.advance_until(time).await;
        Ok(())
    }

    /// Replays a run from its history: code and history must agree.
    ///
    /// # Errors
    /// If they do not, or there is no such run.
    pub async fn replay<M: WorkflowType>(
        &self,
        run: &WorkflowHandle<M>,
    ) -> Result<(), ReplayError> {
        let converter = self.client.data_converter().clone();
        let replayer = Replayer::new().data_converter(converter);
        replayer.replay_run(run).await
    }

    /// Stops the worker in the middle of whatever it does, as if its process had been killed, and starts another one.
    /// What it had in memory is gone; tasks that it had taken time out, and are given to the new one.
    ///
    /// # Errors
    /// If the new one does not start.
    ///
    /// # Panics
    /// If there is none: the environment does not skip time.
    pub async fn crash_worker(&self) -> Result<(), TestEnvError> {
        let Some(bench) = &self.bench else {
            panic!(
                "TestEnv::crash_worker is for environments that skip time: only they have a worker"
            )
        };
        let killed = lock(bench).worker.take();
        if let Some(Bound { worker, runtime }) = killed {
            drop(runtime);
            worker.abandon().await;
        }
        self.start_worker(&mut lock(bench))
            .map_err(TestEnvError::Worker)
    }

    /// Where other programs reach the server in this process: `http://host:port`; `None` if it is somebody else's.
    pub fn url(&self) -> Option<String> {
        self.server.as_ref().map(RunningServer::url)
    }

    /// Stops the worker and the server in this process, if there are any; what it knew is gone.
    pub async fn shutdown(self) {
        let worker = self.bench.and_then(|bench| {
            let bench = bench.into_inner();
            bench.unwrap_or_else(PoisonError::into_inner).worker
        });
        if let Some(Bound { worker, runtime }) = worker {
            // That it could not go on is no news when it is to stop.
            let _ = worker.shutdown().await;
            drop(runtime);
        }
        if let Some(server) = self.server {
            server.shutdown().await;
        }
    }
}

fn lock(bench: &Mutex<Bench>) -> MutexGuard<'_, Bench> {
    bench.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn connect_in_memory(connector: InMemoryConnector) -> Result<Client, ClientError> {
    let connect = tower::service_fn(move |_| {
        let stream = connector.connect();
        async move { stream.map(hyper_util::rt::TokioIo::new) }
    });
    // The host is never looked up.
    let endpoint = Endpoint::from_static("http://in-memory.invalid");
    let channel = endpoint.connect_with_connector(connect).await;
    let channel = channel.map_err(|source| ClientError::Connect {
        address: "the server in this process".to_owned(),
        source: Box::new(source),
    })?;
    ConnectOptions::default().over(channel)
}

impl fmt::Debug for TestEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestEnv")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TestEnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "the server does not start: {error}"),
            Self::Connect(error) => write!(f, "the server does not answer: {error}"),
            Self::Worker(error) => write!(f, "the worker does not start: {error}"),
            Self::RealTime => f.write_str(
                "the time of this server is real: use #[mainspring::test] or TestEnv::skipping_time",
            ),
        }
    }
}

impl Error for TestEnvError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Start(error) => Some(error),
            Self::Connect(error) => Some(error),
            Self::Worker(error) => Some(error),
            Self::RealTime => None,
        }
    }
}
