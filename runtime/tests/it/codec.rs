//! Payload codecs, on both sides.

use std::sync::atomic::{AtomicBool, Ordering};

use mainspring::Payload;
use mainspring::client::WorkflowDescription;
use mainspring::converter::{CodecError, CodecFuture, DataConverter, PayloadCodec};
use mainspring::prelude::*;

use crate::World;
use crate::client::eventually;

/// Hides texts from anybody who looks only once.
struct Rot13;

const ENCODING: &str = "binary/rot13";

impl PayloadCodec for Rot13 {
    fn encode(&self, payloads: Vec<Payload>) -> CodecFuture<'_> {
        let encoded = payloads.into_iter().map(|payload| {
            let bytes = prost::Message::encode_to_vec(&payload);
            Payload {
                metadata: [("encoding".to_owned(), ENCODING.as_bytes().into())].into(),
                data: bytes.into_iter().map(rotate).collect::<Vec<u8>>().into(),
                ..Payload::default()
            }
        });
        Box::pin(std::future::ready(Ok(encoded.collect())))
    }

    fn decode(&self, payloads: Vec<Payload>) -> CodecFuture<'_> {
        let decoded = payloads.into_iter().map(|payload| {
            if payload
                .metadata
                .get("encoding")
                .is_none_or(|it| it != ENCODING)
            {
                return Ok(payload);
            }
            let bytes: Vec<u8> = payload.data.iter().copied().map(rotate).collect();
            prost::Message::decode(bytes.as_slice())
                .map_err(|error| CodecError::new(error.to_string()))
        });
        Box::pin(std::future::ready(decoded.collect()))
    }
}

fn rotate(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        _ => byte,
    }
}

static STUMBLED: AtomicBool = AtomicBool::new(false);

#[workflow]
async fn stumbles() -> Result<()> {
    #[mainspring::allow(MS0501, reason = "the mistake that this test needs")]
    let stumbled = mainspring::assume_durable(
        async { STUMBLED.swap(true, Ordering::Relaxed) },
        "a mistake that is mended by the next release",
    )
    .await;
    assert!(stumbled, "over a private stone");
    Ok(())
}

/// A client that lets the server see nothing, failures included.
async fn secretive(world: &World) -> Client {
    let converter = DataConverter::default()
        .with_codec(Rot13)
        .with_encoded_failures();
    world.client_with(|it| it.data_converter(converter)).await
}

#[tokio::test]
async fn the_server_sees_no_clear_text() {
    let world = World::without_worker().await;
    let client = secretive(&world).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    let run = client.workflow(crate::hello::greet, world.id("secret"));
    let run = run
        .execute("World")
        .summary("for Europe")
        .details("and Asia")
        .memo("continents", "as said".to_owned());
    let run = run.start().await.expect("it starts");
    assert_eq!(run.result().await.expect("it completes"), "Hello, World!");
    let failed = client.workflow(crate::activities::parse_it, world.id("failed"));
    let failed = failed.start("seven").await.expect("it starts");
    let error = failed.result().await.expect_err("`seven` is no number");
    let cause = error.failure().expect("it failed").root_cause().to_string();
    assert_eq!(cause, "ParseIntError: invalid digit found in string");
    let stumbled = client.workflow(stumbles, world.id("stumbled"));
    let stumbled = stumbled.start(()).await.expect("it starts");
    stumbled.result().await.expect("the second time it does");
    let message = crate::task_failure(&stumbled).await;
    assert_eq!(message, "workflow code panicked: over a private stone");
    for id in [run.id(), failed.id(), stumbled.id()] {
        let seen = world
            .client
            .untyped_workflow("", id)
            .raw_handle()
            .history()
            .await;
        let seen = prost::Message::encode_to_vec(&seen.expect("there is a history").into_proto());
        let seen = String::from_utf8_lossy(&seen).into_owned();
        for text in [
            "World",
            "Hello",
            "seven",
            "invalid digit",
            "Europe",
            "Asia",
            "as said",
            "private stone",
        ] {
            assert!(!seen.contains(text), "{text}");
        }
    }
    worker.shutdown().await.expect("the worker was well");
}

#[workflow_interface]
pub trait Silence {
    #[run]
    async fn keep(&self) -> Result<()>;
    #[signal]
    fn enough(&self);
    #[query]
    fn secret(&self) -> Result<String>;
}

#[derive(Default)]
pub struct Silent {
    enough: State<bool>,
}

#[workflow]
impl Silence for Silent {
    /// Holds up its thread once.
    async fn keep(&self) -> Result<()> {
        workflow::wait_until(|| self.enough.get()).await?;
        #[mainspring::allow(MS0501, reason = "the mistake that this test needs")]
        let first = mainspring::assume_durable(
            async { !HELD_UP.swap(true, Ordering::Relaxed) },
            "a mistake that is mended by the next release",
        )
        .await;
        if first {
            #[mainspring::allow(MS0302, reason = "the mistake that this test needs")]
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        Ok(())
    }

    fn enough(&self) {
        self.enough.set(true);
    }

    fn secret(&self) -> Result<String> {
        Err(ApplicationError::new("Silent", "lips are sealed").into())
    }
}

static HELD_UP: AtomicBool = AtomicBool::new(false);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_that_fail_and_deadlocks_are_no_clear_text_either() {
    let world = World::without_worker().await;
    let client = secretive(&world).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.deadlock_timeout("100ms").start();
    let worker = worker.expect("the worker starts");
    let id = world.id("silent");
    let silence = client.workflow(Silence, &id);
    let run = silence.keep().start().await.expect("it starts");
    // The second time the run is there, and the answer comes with a task or without.
    for _ in 0..2 {
        let error = silence.secret().await.expect_err("it fails").to_string();
        assert_eq!(error, "the query failed: lips are sealed");
    }
    let seen = world.client.workflow(Silence, &id).secret().await;
    let seen = seen.expect_err("it fails").to_string();
    assert!(!seen.contains("lips"), "{seen}");

    silence.enough().await.expect("it is taken");
    run.result().await.expect("it completes");
    let message = crate::task_failure(&run).await;
    assert!(message.contains("potential deadlock"), "{message}");
    let seen = world.client.untyped_workflow("", &id).raw_handle();
    let message = crate::task_failure(&seen).await;
    assert_eq!(message, "Encoded failure");
    worker.shutdown().await.expect("the worker was well");
}

#[tokio::test]
async fn memos_are_decoded_where_workflows_are_described_and_listed() {
    let world = World::without_worker().await;
    let converter = DataConverter::default().with_codec(Rot13);
    let client = world.client_with(|it| it.data_converter(converter)).await;
    let run = client.workflow(crate::hello::greet, world.id("memo"));
    let run = run.execute("World").memo("reason", "curious".to_owned());
    let run = run.start().await.expect("it starts");
    let memo = |described: &WorkflowDescription| described.memo::<String>("reason");
    let described = run.describe().await.expect("it is there");
    assert_eq!(memo(&described), Ok(Some("curious".to_owned())));
    let query = format!("WorkflowId = '{}'", run.id());
    let listed = eventually(|| async {
        let listed = client.list_workflows(&query).all().await;
        listed.expect("it is a query").pop()
    })
    .await;
    assert_eq!(memo(&listed), Ok(Some("curious".to_owned())));
    // Who has no codec is told all else.
    let handle = world.client.untyped_workflow("", run.id()).raw_handle();
    let described = handle.describe().await.expect("it is there");
    assert_eq!(described.workflow_type(), "greet");
    let error = memo(&described).expect_err("it is encoded").to_string();
    assert!(error.contains(ENCODING), "{error}");
}
