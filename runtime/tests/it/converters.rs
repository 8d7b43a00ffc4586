//! Another encoding than JSON, for all values of workers and clients.

use mainspring::RawPayload;
use mainspring::client::ClientError;
use mainspring::converter::{
    AnyValue, DataConverter, PayloadConverter, ReadError, Slot, WriteError,
};
use mainspring::error::FailureKind;
use mainspring::prelude::*;
use mainspring::testing::Replayer;
use serde::{Deserialize, Serialize};

use crate::World;

/// Smaller than JSON, and with forms for more.
pub struct MessagePack;

impl PayloadConverter for MessagePack {
    fn encoding(&self) -> &str {
        "binary/msgpack"
    }

    fn write(&self, value: AnyValue<'_>) -> Result<Vec<u8>, WriteError> {
        Ok(rmp_serde::to_vec_named(&value)?)
    }

    fn read(&self, data: &[u8], slot: Slot<'_>) -> Result<(), ReadError> {
        Ok(slot.fill(&mut rmp_serde::Deserializer::new(data))?)
    }
}

/// What JSON cannot hold: a map by numbers pairs, and a number that is none.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Places {
    by_position: std::collections::BTreeMap<(i32, i32), String>,
    farthest: Option<f64>,
}

fn places() -> Places {
    Places {
        by_position: [((51, 0), "London".to_owned())].into(),
        farthest: Some(f64::INFINITY),
    }
}

/// Fails once, having told how far it came.
#[activity(start_to_close = "10s", retry(initial_interval = "10ms"))]
async fn travel(places: Places) -> Result<Places, ActivityError> {
    match activity::heartbeat_details::<Places>()? {
        Some(seen) => Ok(seen),
        None => {
            activity::heartbeat(places);
            Err(ApplicationError::new("Tired", "a rest is needed").into())
        }
    }
}

#[activity(start_to_close = "10s")]
async fn turn_back(places: Places) -> Result<(), ActivityError> {
    Err(ApplicationError::non_retryable("Refused", "no further")
        .details(places)
        .into())
}

#[workflow_interface]
pub trait Journey {
    #[run]
    async fn journey(&self, first: Places) -> Result<()>;
    #[signal]
    fn stage(&self, next: Places);
    #[query]
    fn stages(&self) -> Vec<Places>;
    #[update]
    async fn check(&self, stage: Places) -> Result<bool>;
}

#[derive(Default)]
pub struct Traveller {
    stages: State<Vec<Places>>,
}

#[workflow]
impl Journey for Traveller {
    async fn journey(&self, first: Places) -> Result<()> {
        self.stage(first.clone());
        assert_eq!(workflow::memo::<Places>("plan"), Some(places()));
        let drawn = workflow::side_effect(places);
        workflow::upsert_memo("drawn", drawn);
        let visited = travel(first).await?;
        let turned_back = turn_back(visited.clone()).await.expect_err("it turns back");
        assert_eq!(turned_back.details().get(0), Ok(places()));
        workflow::wait_until(|| self.stages.borrow().len() == 2).await?;
        Err(ApplicationError::new("Lost", "where is this?")
            .details(visited)
            .into())
    }

    fn stage(&self, next: Places) {
        self.stages.update(|it| it.push(next));
    }

    fn stages(&self) -> Vec<Places> {
        self.stages.borrow().clone()
    }

    async fn check(&self, stage: Places) -> Result<bool> {
        match self.stages.borrow().contains(&stage) {
            true => Ok(true),
            false => Err(ApplicationError::new("Unknown", "not on the way")
                .details(stage)
                .into()),
        }
    }
}

#[tokio::test]
async fn all_values_are_converted_by_the_converter_of_the_client() {
    let world = World::without_worker().await;
    let converter = DataConverter::default().with_payload_converter(MessagePack);
    let client = world
        .client_with(|it| it.data_converter(converter.clone()))
        .await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    // Without a cache, so that all is read from the history again.
    let worker = worker.max_cached_workflows(0).start().expect("it starts");
    let stub = client.workflow(Journey, world.id("journey"));
    let run = stub.journey(places()).memo("plan", places());
    let run = run.start().await.expect("it starts");
    let elsewhere = Places {
        farthest: None,
        ..places()
    };
    let unknown = stub.check(elsewhere.clone()).await;
    let unknown = unknown.expect_err("it is not on the way");
    assert_eq!(detail_of(&unknown), elsewhere);
    assert!(stub.check(places()).await.expect("it is on the way"));
    assert_eq!(stub.stages().await.expect("it answers"), [places()]);
    stub.stage(elsewhere).await.expect("it is taken");
    let lost = run.result().await.expect_err("it fails");
    assert_eq!(detail_of(&lost), places());
    let described = run.describe().await.expect("it is there");
    assert_eq!(described.memo("drawn"), Ok(Some(places())));
    worker.shutdown().await.expect("the worker was well");

    let replayer = Replayer::new().data_converter(converter);
    replayer
        .replay_run(&run)
        .await
        .expect("code and history agree");
}

fn detail_of(error: &ClientError) -> Places {
    let failure = error.failure().expect("it failed");
    let FailureKind::Application { details, .. } = &failure.kind else {
        panic!("{failure:?}");
    };
    details.get(0).expect("it is a detail")
}

#[tokio::test]
async fn workers_that_know_a_new_encoding_go_on_with_what_began_in_json() {
    let mut world = World::with(|worker| worker).await;
    let first = world.client.workflow(crate::hello::greet, world.id("json"));
    let first = first.start("Ada").await.expect("it starts");
    assert_eq!(first.result().await.expect("it completes"), "Hello, Ada!");
    world.stop().await;
    let converter = DataConverter::default().with_payload_converter(MessagePack);
    let client = world.client_with(|it| it.data_converter(converter)).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("it starts");
    // Started by a client that writes JSON.
    let second = world.client.untyped_workflow("greet", world.id("mixed"));
    let second = second.execute::<_, RawPayload>(("Ada".to_owned(),)).await;
    let answer = second.expect("it completes").0;
    assert_eq!(&answer.metadata["encoding"][..], b"binary/msgpack");
    assert_eq!(&answer.data[..], b"\xabHello, Ada!");
    worker.shutdown().await.expect("the worker was well");
}
