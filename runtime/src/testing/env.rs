//! A server of its own for each test.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use mainspring_server::{Config, RunningServer, Server, StartError, TimeControl, TimeSkipping};

use tokio::sync::watch;

use super::bench::{Bench, Bound, TASK_QUEUE};
use super::connection::Connection;
use super::steps::Steps;
use super::{ReplayError, Replayer, Scrutiny, Setup, Suspicions, TestHistory};
use crate::client::{Client, ClientError, ConnectOptions, WorkflowHandle};
use crate::time::IntoDuration;
use crate::worker::{Worker, WorkerError};
use crate::workflow::WorkflowType;

/// A server in this process, in memory, with a client of it. It stops when this is dropped.
///
/// In one that [skips time](Self::skipping_time), as [`#[mainspring::test]`](macro@crate::test) gives it, a worker for
/// all annotated items of the program starts with the first use of [`client`](Self::client). Its clock goes at the
/// machine's pace until [`advance`](Self::advance) is called or a result is waited for; then it jumps to whatever is
/// due next, but never while a workflow task or an activity is at work.
pub struct TestEnv {
    /// Holds `None` if the server is somebody else's, or if it has crashed and the next one does not serve yet.
    server: Arc<watch::Sender<Option<RunningServer>>>,
    /// Whether the server is another environment's.
    beside: bool,
    client: Client,
    /// Its clock, which a server leaves to the next one; `None` if its time is real.
    time: Option<TimeControl>,
    /// What a closer look at workflow code finds.
    suspicions: Suspicions,
    /// Only where time can be skipped.
    own: Option<Own>,
}

/// What an environment has beside a server and a client.
struct Own {
    connection: Connection,
    /// A client for what is no step of the test.
    quiet: Client,
    bench: Mutex<Bench>,
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
        let time = server.time(client.namespace());
        Ok(Self {
            server: Arc::new(watch::Sender::new(Some(server))),
            beside: false,
            client,
            time,
            suspicions: Suspicions::default(),
            own: None,
        })
    }

    /// Starts a server whose time can be skipped, and connects to it. It listens on no port.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn skipping_time() -> Result<Self, TestEnvError> {
        Self::set_up(Setup::default(), None).await
    }

    /// The same, as the attribute of the test says, and with the faults of a seed.
    pub(super) async fn set_up(setup: Setup, faults: Option<u64>) -> Result<Self, TestEnvError> {
        let mut config = Config::for_tests(TimeSkipping::WhileWaiting);
        config.faults_seed = faults;
        config.starts_at = setup.starts_at();
        let server = Server::start_in_process(config).await;
        let server = server.map_err(TestEnvError::Start)?;
        let connection = Connection::to(server.connector());
        let client = connection.client().await;
        let client = client.map_err(TestEnvError::Connect)?;
        let suspicions = Suspicions::default();
        let server = Arc::new(watch::Sender::new(Some(server)));
        Ok(Self::on(server, connection, client, setup, suspicions))
    }

    fn on(
        server: Arc<watch::Sender<Option<RunningServer>>>,
        connection: Connection,
        client: Client,
        setup: Setup,
        suspicions: Suspicions,
    ) -> Self {
        let quiet = client.with_task_queue(TASK_QUEUE);
        let time = time_in(&server, client.namespace());
        Self {
            server,
            beside: false,
            client: quiet.with_innermost(Steps { time: time.clone() }),
            time,
            own: Some(Own {
                connection,
                quiet,
                bench: Mutex::new(Bench::of(setup, suspicions.clone())),
            }),
            suspicions,
        }
    }

    /// Another environment on the same server, with a namespace, a clock and a worker of its own: time that is skipped in
    /// one does not pass in the other. It is for what is to be tested in several places at once; tests that have nothing
    /// to do with each other have servers of their own. What is found in its workflow code fails the test of this one.
    ///
    /// # Errors
    /// If the namespace cannot be made.
    ///
    /// # Panics
    /// If this environment does not skip time.
    pub async fn beside(&self) -> Result<Self, TestEnvError> {
        let own = self.own("beside");
        let namespace = format!("beside-{}", uuid::Uuid::new_v4());
        let made = match &*self.server.borrow() {
            Some(server) => server.add_namespace_apart(&namespace),
            None => return Err(TestEnvError::RealTime),
        };
        made.await.map_err(TestEnvError::Start)?;
        let env = Self::on(
            Arc::clone(&self.server),
            own.connection.clone(),
            own.quiet.with_namespace(namespace),
            lock(&own.bench).setup(),
            self.suspicions.clone(),
        );
        Ok(Self {
            beside: true,
            ..env
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
        Ok(Self {
            server: Arc::new(watch::Sender::new(None)),
            beside: false,
            client,
            time: None,
            suspicions: Suspicions::default(),
            own: None,
        })
    }

    /// What a closer look at workflow code finds.
    pub(super) fn suspicions(&self) -> Suspicions {
        self.suspicions.clone()
    }

    /// Has a worker that a test makes itself look at its workflow code as closely as the environment's own does.
    #[doc(hidden)]
    pub fn scrutinize(&self, worker: Worker, setup: Setup) -> Worker {
        worker.under_scrutiny(Scrutiny::new(setup, self.suspicions()))
    }

    /// What such a worker has found.
    #[doc(hidden)]
    #[must_use]
    pub fn found(&self) -> Option<String> {
        self.suspicions.found()
    }

    /// A client of the server. Where time can be skipped, this starts the environment's worker.
    ///
    /// # Panics
    /// If the worker does not start: two items have one name, or this is outside a tokio runtime.
    pub fn client(&self) -> &Client {
        if let Some(own) = &self.own
            && let Err(error) = lock(&own.bench).start_worker(&own.quiet)
        {
            panic!("{error}");
        }
        &self.client
    }

    /// The same client, which does not start the worker.
    pub(super) fn bare_client(&self) -> &Client {
        &self.client
    }

    /// The server, whichever it is at the time.
    pub(super) fn server(&self) -> watch::Receiver<Option<RunningServer>> {
        self.server.subscribe()
    }

    #[track_caller]
    fn own(&self, method: &str) -> &Own {
        match &self.own {
            Some(own) => own,
            None => panic!(
                "TestEnv::{method} is for environments that skip time: only they have a worker of their own"
            ),
        }
    }

    /// The makings of the worker, which does not run yet.
    #[track_caller]
    pub(super) fn bench(&self, method: &str) -> MutexGuard<'_, Bench> {
        let bench = lock(&self.own(method).bench);
        assert!(
            !bench.is_running(),
            "TestEnv::{method} comes before the first use of TestEnv::client, which starts the worker"
        );
        bench
    }

    /// Makes the client, which is the worker's too, with other options: interceptors, a codec, other conversions. It comes
    /// before everything else that is said of the environment.
    ///
    /// ```
    /// # use mainspring::prelude::*;
    /// # use mainspring::testing::TestEnv;
    /// # #[mainspring::test]
    /// # async fn example(env: TestEnv) -> Result<()> {
    /// # struct Log;
    /// # impl mainspring::interceptor::Interceptor for Log {}
    /// let env = env.with_client(|options| options.interceptor(Log))?;
    /// # Ok(())
    /// # }
    /// # fn main() { example().expect("it passes"); }
    /// ```
    ///
    /// # Errors
    /// If the options do not make sense.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn with_client(
        mut self,
        prepare: impl FnOnce(ConnectOptions) -> ConnectOptions,
    ) -> Result<Self, TestEnvError> {
        drop(self.bench("with_client"));
        let options = ConnectOptions::default().namespace(self.client.namespace());
        let client = prepare(options).over(self.client.shared.channel());
        let client = client.map_err(TestEnvError::Connect)?;
        let quiet = client.with_task_queue(TASK_QUEUE);
        self.time = time_in(&self.server, client.namespace());
        let time = self.time.clone();
        self.client = quiet.with_innermost(Steps { time });
        if let Some(own) = &mut self.own {
            own.quiet = quiet;
        }
        Ok(self)
    }

    /// The value on which the worker calls activities of its type.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn activities<T: Send + Sync + 'static>(&self, instance: T) {
        self.bench("activities").activities(instance);
    }

    /// Lets the worker poll another task queue, which calls name in their options. Those that attributes name are polled
    /// in any case.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn task_queue(&self, name: impl Into<String>) {
        self.bench("task_queue").task_queue(name.into());
    }

    /// Sets options of the worker. It is done again when the worker is started again.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn prepare_worker(&self, prepare: impl Fn(Worker) -> Worker + Send + 'static) {
        self.bench("prepare_worker").prepare(prepare);
    }

    /// The server's time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let time = self.time();
        time.map_or_else(|_| SystemTime::now(), |time| time.now())
    }

    pub(super) fn time(&self) -> Result<&TimeControl, TestEnvError> {
        self.time.as_ref().ok_or(TestEnvError::RealTime)
    }

    /// Waits until the worker has done whatever can be done before time is skipped, for up to a second: it may be that an
    /// activity takes longer, or that nobody is there to do it. [`advance`](Self::advance), signals and requests to cancel
    /// by [`client`](Self::client) do so by themselves.
    ///
    /// # Errors
    /// If the server's time is real.
    pub async fn settle(&self) -> Result<(), TestEnvError> {
        self.time()?.settle().await;
        Ok(())
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

    /// What a run has asked for and been told so far, for assertions.
    ///
    /// # Errors
    /// If there is no such run.
    pub async fn history<M: WorkflowType>(
        &self,
        run: &WorkflowHandle<M>,
    ) -> Result<TestHistory, ClientError> {
        let converter = self.client.data_converter();
        Ok(TestHistory::of(run.history().await?, converter))
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
    /// What it had in memory is gone; tasks that it had taken time out, as time passes, and are given to the new one.
    ///
    /// # Errors
    /// If the new one does not start.
    ///
    /// # Panics
    /// If there is none: the environment does not skip time.
    pub async fn crash_worker(&self) -> Result<(), TestEnvError> {
        let Own { bench, quiet, .. } = self.own("crash_worker");
        let killed = lock(bench).take_worker();
        if let Some(killed) = killed {
            drop(killed.runtime);
            for worker in killed.workers {
                worker.abandon().await;
            }
            let told = with_server(self.server(), |it| it.worker_was_killed(&killed.identity));
            told.await;
        }
        let started = lock(bench).start_worker(quiet);
        started.map_err(TestEnvError::Worker)
    }

    /// Stops the server in the middle of whatever it does, as if its process had been killed, and starts another one on
    /// what it had stored. Its time goes on. Clients and the worker find the new one by themselves, by asking again: what
    /// was not acknowledged may or may not have been done.
    ///
    /// # Errors
    /// If the new one does not start.
    ///
    /// # Panics
    /// If the environment does not skip time.
    pub async fn crash_server(&self) -> Result<(), TestEnvError> {
        let connection = &self.own("crash_server").connection;
        let Some(killed) = self.server.send_replace(None) else {
            // Another crash is under way.
            return Ok(());
        };
        let server = killed.crash().await.map_err(TestEnvError::Start)?;
        connection.lead_to(server.connector());
        self.server.send_replace(Some(server));
        Ok(())
    }

    /// Where other programs reach the server: `http://host:port`; `None` if it is somebody else's, or listens on no
    /// port.
    pub fn url(&self) -> Option<String> {
        let server = self.server.borrow();
        let listening = server.as_ref().filter(|server| server.listens());
        listening.map(RunningServer::url)
    }

    /// Stops the worker and the server in this process, if there are any; what it knew is gone. The server goes on if it is
    /// [another environment's](Self::beside).
    pub async fn shutdown(self) {
        let worker = self.own.as_ref();
        let worker = worker.and_then(|own| lock(&own.bench).take_worker());
        if let Some(Bound {
            workers, runtime, ..
        }) = worker
        {
            for worker in workers {
                // That it could not go on is no news when it is to stop.
                let _ = worker.shutdown().await;
            }
            drop(runtime);
        }
        let server = match self.beside {
            true => None,
            false => self.server.send_replace(None),
        };
        if let Some(server) = server {
            server.shutdown().await;
        }
    }
}

/// The clock of a namespace, if its time can be skipped.
fn time_in(server: &watch::Sender<Option<RunningServer>>, namespace: &str) -> Option<TimeControl> {
    let server = server.borrow();
    server.as_ref().and_then(|server| server.time(namespace))
}

/// Tells the server something; if it has just crashed, the next one. There is none any more if the environment is gone.
pub(super) async fn with_server(
    mut server: watch::Receiver<Option<RunningServer>>,
    tell: impl FnOnce(&RunningServer),
) {
    let server = server.wait_for(Option::is_some).await;
    if let Some(server) = server.ok().as_ref().and_then(|it| it.as_ref()) {
        tell(server);
    }
}

pub(super) fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
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
