//! Payload codecs, on both sides.

use mainspring::Payload;
use mainspring::converter::{CodecError, CodecFuture, DataConverter, PayloadCodec};
use mainspring::prelude::*;

use crate::World;

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

#[tokio::test]
async fn the_server_sees_no_clear_text() {
    let world = World::without_worker().await;
    let converter = DataConverter::default()
        .with_codec(Rot13)
        .with_encoded_failures();
    let client = world.client_with(|it| it.data_converter(converter)).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    let run = client.workflow(crate::hello::greet, world.id("secret"));
    let run = run.start("World").await.expect("it starts");
    assert_eq!(run.result().await.expect("it completes"), "Hello, World!");
    let failed = client.workflow(crate::activities::parse_it, world.id("failed"));
    let failed = failed.start("seven").await.expect("it starts");
    let error = failed.result().await.expect_err("`seven` is no number");
    let cause = error.failure().expect("it failed").root_cause().to_string();
    assert_eq!(cause, "ParseIntError: invalid digit found in string");
    for id in [run.id(), failed.id()] {
        let seen = world
            .client
            .untyped_workflow("", id)
            .raw_handle()
            .history()
            .await;
        let seen = prost::Message::encode_to_vec(&seen.expect("there is a history").into_proto());
        let seen = String::from_utf8_lossy(&seen).into_owned();
        for text in ["World", "Hello", "seven", "invalid digit"] {
            assert!(!seen.contains(text), "{text}");
        }
    }
    worker.shutdown().await.expect("the worker was well");
}
