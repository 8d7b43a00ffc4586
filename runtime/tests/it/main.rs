//! Workflows, workers and clients against a server: one in this process, or by `MAINSPRING_TEST_ADDRESS` any that speaks
//! the protocol, in the namespace `MAINSPRING_TEST_NAMESPACE` or `default`. Nothing here depends on the bundled server's own choices.

// Interfaces are public, as they are where they matter.
#![allow(unreachable_pub)]

mod activities;
mod bad_input;
mod cancellation;
mod chains;
mod children;
mod client;
mod client_options;
mod codec;
mod connection;
mod converters;
mod determinism;
mod dsl;
mod faults;
mod gate;
mod giving_up;
mod handlers;
mod hello;
mod interceptors;
#[cfg(target_os = "linux")]
mod isolation;
mod killed_worker;
mod local_activities;
mod metrics;
mod mocks;
mod namespaces;
mod open_telemetry;
mod outages;
mod policies;
mod presence;
mod primitives;
mod registration;
mod replay;
mod replay_safe;
mod steps;
mod time_skipping;
mod tls;
mod updates;
mod visibility;
mod worker;
mod worker_options;

use mainspring::client::ConnectOptions;
use mainspring::prelude::*;
use mainspring::testing::{Setup, TestEnv};
use mainspring::worker::RunningWorker;

/// Whether the server is one in this process. Tests that depend on what ours can do say so if they are not run on it.
pub fn is_bundled_server() -> bool {
    std::env::var_os("MAINSPRING_TEST_ADDRESS").is_none()
}

/// Says visibly that a test has tested nothing.
pub fn skipped(test: &str, why: &str) {
    // Not by `eprintln!`, which the harness keeps to itself when a test passes.
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "skipped {test}: {why}");
}

/// A client with a worker of a queue that no other test uses.
pub struct World {
    client: Client,
    queue: String,
    worker: Option<RunningWorker>,
    server: Option<TestEnv>,
    /// How closely the worker looks at workflow code, where the server is one in this process.
    setup: Setup,
}

/// Code that is not deterministic fails the test.
impl Drop for World {
    fn drop(&mut self) {
        let found = self.server.as_ref().and_then(TestEnv::found);
        if let Some(found) = found
            && !std::thread::panicking()
        {
            panic!("{found}");
        }
    }
}

impl World {
    /// With a worker that runs all annotated items of this file's modules.
    pub async fn new() -> Self {
        Self::with(|worker| worker).await
    }

    /// With a worker that has been given more.
    pub async fn with(prepare: impl FnOnce(Worker) -> Worker) -> Self {
        let mut world = Self::without_worker().await;
        world.start(prepare);
        world
    }

    /// Starts a worker.
    pub fn start(&mut self, prepare: impl FnOnce(Worker) -> Worker) {
        let worker = Worker::new(&self.client, &self.queue).graceful_shutdown("1s");
        let worker = match &self.server {
            Some(env) => env.scrutinize(worker, self.setup),
            None => worker,
        };
        let worker = prepare(worker.activities(activities::Bank::with(15)));
        self.worker = Some(worker.start().expect("the worker starts"));
    }

    /// With nobody who would run anything.
    pub async fn without_worker() -> Self {
        let queue = format!("it-{}", uuid::Uuid::new_v4());
        let (server, client) = match std::env::var("MAINSPRING_TEST_ADDRESS") {
            Ok(address) => {
                let namespace = std::env::var("MAINSPRING_TEST_NAMESPACE");
                let client = Client::connect(address)
                    .namespace(namespace.unwrap_or_else(|_| "default".to_owned()))
                    .await;
                (
                    None,
                    client.expect("the server of MAINSPRING_TEST_ADDRESS answers"),
                )
            }
            Err(_) => {
                let env = TestEnv::start().await.expect("a server starts");
                let client = env.client().clone();
                (Some(env), client)
            }
        };
        let client = client.with_task_queue(&queue);
        Self {
            client,
            queue,
            worker: None,
            server,
            setup: Setup {
                // Failures that are tried again are what many of the tests are about.
                without_giving_up: true,
                ..Setup::default()
            },
        }
    }

    /// A client of the same server and namespace, with more options.
    pub async fn client_with(
        &self,
        prepare: impl FnOnce(ConnectOptions) -> ConnectOptions,
    ) -> Client {
        let options = ConnectOptions::new(self.address()).namespace(self.client.namespace());
        let client = prepare(options).connect().await.expect("it answers");
        client.with_task_queue(&self.queue)
    }

    /// Where the server is.
    pub fn address(&self) -> String {
        let in_process = self.server.as_ref().and_then(TestEnv::url);
        in_process.unwrap_or_else(|| {
            std::env::var("MAINSPRING_TEST_ADDRESS")
                .expect("without a server in this process it is set")
        })
    }

    /// A workflow id that nobody else uses.
    pub fn id(&self, name: &str) -> String {
        format!("{name}-{}", self.queue)
    }

    /// Stops the worker.
    pub async fn stop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.shutdown().await.expect("the worker was well");
        }
    }
}

/// An annotated activity of this program, for workers that do not find it by themselves.
pub fn activity_of(name: &str) -> mainspring::activity::ActivityDefinition {
    let mut all = mainspring::registry::activities().into_iter();
    all.find(|it| it.name() == name).expect("it is annotated")
}

/// An annotated workflow of this program.
pub fn workflow_of(name: &str) -> mainspring::workflow::WorkflowDefinition {
    let mut all = mainspring::registry::workflows().into_iter();
    all.find(|it| it.name() == name).expect("it is annotated")
}

/// Waits until a workflow task of a run has failed, and says why.
pub async fn task_failure<M: mainspring::workflow::WorkflowType>(
    run: &mainspring::client::WorkflowHandle<M>,
) -> String {
    use mainspring_proto::history::v1::history_event::Attributes;
    loop {
        let history = run.history().await.expect("there is one");
        let failed = history.events().iter().find_map(|it| match &it.attributes {
            Some(Attributes::WorkflowTaskFailedEventAttributes(failed)) => failed.failure.clone(),
            _ => None,
        });
        match failed {
            Some(failure) => return failure.message,
            // The task is being run: nothing tells that it has failed.
            None => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    }
}
