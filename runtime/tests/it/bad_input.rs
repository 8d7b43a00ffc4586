//! What goes wrong around workflows: each says what to do, and the worker lives on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mainspring::Payload;
use mainspring::converter::{CodecError, CodecFuture, DataConverter, PayloadCodec};
use mainspring::prelude::*;
use mainspring::worker::WorkerError;
use mainspring::workflow::WorkflowDefinition;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::{World, hello, task_failure};

/// The worker of a world still does its work.
async fn assert_alive(world: &World) {
    let run = world.client.workflow(hello::greet, world.id("alive"));
    let greeting = run.execute("you").await.expect("the worker lives");
    assert_eq!(greeting, "Hello, you!");
}

#[activity(start_to_close = "20s", retry(maximum_attempts = 1))]
async fn write_a_novel() -> Result<String, ActivityError> {
    Ok("a".repeat(3 * 1024 * 1024))
}

#[workflow]
async fn read_a_novel() -> Result<String> {
    let failure = write_a_novel().await.expect_err("it is too long");
    Ok(failure.failure().root_cause().message.clone())
}

#[tokio::test]
async fn a_result_of_three_mebibytes_is_refused_with_the_reason() {
    let world = World::new().await;
    let run = world.client.workflow(read_a_novel, world.id("novel"));
    let message = run.execute(()).await.expect("it completes");
    assert_eq!(message, "Complete result exceeds size limit.");
    assert_alive(&world).await;
}

#[tokio::test]
async fn input_that_does_not_decode_fails_the_task_and_says_so() {
    let world = World::new().await;
    let id = world.id("undecodable");
    let untyped = world.client.untyped_workflow("greet", id);
    let run = untyped.execute::<_, String>((vec![1, 2],)).start().await;
    let run = run.expect("it starts");
    let failure = task_failure(&run).await;
    let expected = "the input of workflow `greet` does not decode";
    assert!(failure.contains(expected), "{failure}");
    run.terminate("it was to be seen").await.expect("it runs");
    assert_alive(&world).await;
}

#[workflow]
async fn misuse_an_activity() -> Result<String> {
    let greet = workflow::untyped_activity("parse")
        .start_to_close("10s")
        .retry(mainspring::RetryPolicy::none());
    let outcome = greet.call::<u32, _>((vec![1, 2],)).await;
    let failure = outcome.expect_err("it takes a text");
    Ok(failure.failure().root_cause().message.clone())
}

#[tokio::test]
async fn an_argument_that_does_not_decode_fails_the_activity_and_says_so() {
    let world = World::new().await;
    let run = world
        .client
        .workflow(misuse_an_activity, world.id("misuse"));
    let message = run.execute(()).await.expect("it completes");
    assert!(message.contains("expected a string"), "{message}");
    assert_alive(&world).await;
}

#[tokio::test]
async fn a_type_that_nobody_has_fails_the_task_and_lists_those_there_are() {
    let world = World::new().await;
    let untyped = world.client.untyped_workflow("grete", world.id("unknown"));
    let run = untyped.execute::<_, String>(()).start().await;
    let run = run.expect("it starts");
    let failure = task_failure(&run).await;
    assert!(
        failure.contains("this worker has no workflow `grete`"),
        "{failure}"
    );
    assert!(failure.contains("greet, "), "{failure}");
    run.terminate("it was to be seen").await.expect("it runs");
    assert_alive(&world).await;
}

#[tokio::test]
async fn a_namespace_that_is_not_there_ends_the_worker_with_the_reason() {
    let world = World::without_worker().await;
    let client = world.client.with_namespace("there-is-no-such-namespace");
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let error = worker.run().await.expect_err("it cannot go on");
    assert!(matches!(error, WorkerError::Refused { .. }), "{error}");
    let error = error.to_string();
    assert!(error.contains("there-is-no-such-namespace"), "{error}");
}

/// A workflow of one name with another body.
fn waits_before(first: &'static str) -> WorkflowDefinition {
    WorkflowDefinition::builder::<(), ()>("changes_its_mind", mainspring::location!())
        .init_default()
        .run(move |_, ()| async move {
            use mainspring::__private::Gate;
            if first == "activity" {
                let cooked = hello::compose_greeting("Hi".into(), "you".into());
                Gate::__durable(cooked).await?;
            }
            Gate::__durable(workflow::sleep("1h")).await?;
            Ok(())
        })
        .build()
}

#[tokio::test]
async fn a_history_that_does_not_match_the_code_fails_the_task_until_it_does() {
    let mut world = World::with(|it| it.workflow(waits_before("timer"))).await;
    let untyped = world
        .client
        .untyped_workflow("changes_its_mind", world.id("changed"));
    let run = untyped
        .execute::<_, ()>(())
        .start()
        .await
        .expect("it starts");
    until_last_event(&run, "TimerStarted").await;
    world.stop().await;
    world.start(|it| it.workflow(waits_before("activity")));
    let nudged = untyped.signal("nudge", ()).await;
    nudged.expect("it runs");
    let failure = task_failure(&run).await;
    let expected = "the history has event 5 TimerStarted";
    assert!(failure.contains(expected), "{failure}");
    assert_alive(&world).await;
    world.stop().await;
    world.start(|it| it.workflow(waits_before("timer")));
    until_last_event(&run, "WorkflowTaskCompleted").await;
    run.terminate("it went on where it was")
        .await
        .expect("it runs");
}

/// Waits until the history of a run ends with an event of that name.
async fn until_last_event<M: mainspring::workflow::WorkflowType>(
    run: &mainspring::client::WorkflowHandle<M>,
    name: &str,
) {
    loop {
        let history = run.history().await.expect("there is one");
        if history.event_names().last().is_some_and(|it| it == name) {
            break;
        }
        // Nothing tells of an event that is not the last one of a run.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// A codec that may be broken.
#[derive(Clone, Default)]
struct Fragile(Arc<AtomicBool>);

impl Fragile {
    fn pass(&self, payloads: Vec<Payload>) -> CodecFuture<'_> {
        Box::pin(std::future::ready(match self.0.load(Ordering::Relaxed) {
            false => Ok(payloads),
            true => Err(CodecError::new("the key is lost")),
        }))
    }
}

impl PayloadCodec for Fragile {
    fn encode(&self, payloads: Vec<Payload>) -> CodecFuture<'_> {
        self.pass(payloads)
    }

    fn decode(&self, payloads: Vec<Payload>) -> CodecFuture<'_> {
        self.pass(payloads)
    }
}

#[tokio::test]
async fn a_codec_that_fails_fails_the_task_until_it_is_mended() {
    let world = World::without_worker().await;
    let codec = Fragile::default();
    let converter = DataConverter::default().with_codec(codec.clone());
    let client = world.client_with(|it| it.data_converter(converter)).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    codec.0.store(true, Ordering::Relaxed);
    let error = client
        .workflow(hello::greet, world.id("sealed"))
        .start("you")
        .await;
    let error = error
        .expect_err("the argument cannot be encoded")
        .to_string();
    assert!(error.contains("the key is lost"), "{error}");
    // The other client has no codec.
    let run = world.client.workflow(hello::greet, world.id("opened"));
    let run = run.start("you").await.expect("it starts");
    let worker = worker.start().expect("the worker starts");
    let failure = task_failure(&run).await;
    assert!(failure.contains("the key is lost"), "{failure}");
    codec.0.store(false, Ordering::Relaxed);
    assert_eq!(run.result().await.expect("it goes on"), "Hello, you!");
    worker.shutdown().await.expect("the worker was well");
}

/// The way to a server, which can be cut.
struct Way {
    server: String,
    address: SocketAddr,
    open: Option<JoinHandle<()>>,
}

impl Way {
    /// Closed at first.
    async fn to(world: &World) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("there is a port");
        Self {
            server: world.address().trim_start_matches("http://").to_owned(),
            address: port.local_addr().expect("it is bound"),
            open: None,
        }
    }

    async fn open(&mut self) {
        let listener = TcpListener::bind(self.address)
            .await
            .expect("it is still free");
        let server = self.server.clone();
        self.open = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let server = server.clone();
                connections.spawn(async move {
                    let mut far = TcpStream::connect(server).await.expect("it listens");
                    // It ends when either side is gone.
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        }));
    }

    async fn cut(&mut self) {
        if let Some(open) = self.open.take() {
            open.abort();
            // With it go the listener and its connections.
            let _ = open.await;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for_at_the_start_and_later() {
    let world = World::without_worker().await;
    let mut way = Way::to(&world).await;
    let namespace = world.client.namespace();
    let client = Client::connect(way.address.to_string())
        .namespace(namespace)
        .lazy()
        .await;
    let client = client
        .expect("a lazy client does not connect")
        .with_task_queue(&world.queue);
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    let id = world.id("patient");
    let stub = client.workflow(hello::greet_later, &id);
    let starting = tokio::spawn(async move { stub.start("World").await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    way.open().await;
    let run = starting
        .await
        .expect("no panic")
        .expect("it starts once there is a server");
    way.cut().await;
    let untyped = client.untyped_workflow("greet_later", &id);
    let signal = untyped.signal("greeting", ("Hi".to_owned(),));
    let signalling = tokio::spawn(async move { signal.await });
    let waiting = tokio::spawn(async move { run.result().await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    way.open().await;
    signalling
        .await
        .expect("no panic")
        .expect("it is taken once the server is back");
    let greeting = waiting.await.expect("no panic").expect("it completes");
    assert_eq!(greeting, "Hi, World!");
    worker.shutdown().await.expect("the worker was well");
}
