//! Workflows, workers and clients against a server: one in this process, or by `MAINSPRING_TEST_ADDRESS` any that speaks
//! the protocol. Nothing here depends on the bundled server's own choices.

// Interfaces are public, as they are where they matter.
#![allow(unreachable_pub)]

mod activities;
mod cancellation;
mod children;
mod client;
mod codec;
mod handlers;
mod hello;
mod interceptors;
mod local_activities;
mod metrics;
mod replay;
mod time_skipping;
mod tls;
mod updates;
mod worker;

use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use mainspring::worker::RunningWorker;

/// A client with a worker of a queue that no other test uses.
pub struct World {
    client: Client,
    queue: String,
    worker: Option<RunningWorker>,
    server: Option<TestEnv>,
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
        let worker = prepare(worker.activities(activities::Bank::with(15)));
        self.worker = Some(worker.start().expect("the worker starts"));
    }

    /// With nobody who would run anything.
    pub async fn without_worker() -> Self {
        let queue = format!("it-{}", uuid::Uuid::new_v4());
        let (server, client) = match std::env::var("MAINSPRING_TEST_ADDRESS") {
            Ok(address) => {
                let client = Client::connect(address).await;
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
        }
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
