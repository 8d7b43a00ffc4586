//! What workflows show of themselves, and lists of them.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use mainspring::client::WorkflowStatus;
use mainspring::prelude::*;
use mainspring::workflow::{SearchAttributeKey, SearchAttributes};
use mainspring_proto::enums::v1::IndexedValueType;
use mainspring_proto::operatorservice::v1::AddSearchAttributesRequest;
use mainspring_proto::operatorservice::v1::operator_service_client::OperatorServiceClient;
use tokio::task::JoinSet;

use crate::World;

const KIND: SearchAttributeKey<String> = SearchAttributeKey::keyword("ItKind");
const STEP: SearchAttributeKey<i64> = SearchAttributeKey::int("ItStep");

/// Goes a step further with each signal, and shows it; forgets its kind at the second.
#[workflow]
async fn shows_its_steps() -> Result<(i64, Option<String>)> {
    let mut steps = workflow::signals::<()>("step");
    for step in 1..=2 {
        steps.recv().await;
        let mut shown = SearchAttributes::new().set(&STEP, step);
        if step == 2 {
            shown = shown.unset(&KIND);
            workflow::upsert_memo("first", ());
        }
        workflow::upsert_search_attributes(shown);
        workflow::upsert_memo("note", format!("step {step}"));
    }
    steps.recv().await;
    let info = workflow::info();
    let seen = info.search_attributes();
    assert_eq!(
        info.memo::<String>("note").ok().flatten().as_deref(),
        Some("step 2")
    );
    assert_eq!(info.memo::<String>("first").ok().flatten(), None);
    Ok((seen.get(&STEP).unwrap_or_default(), seen.get(&KIND)))
}

/// Registers the attributes, unless they are there.
async fn register(world: &World) {
    let address = world.address();
    let address = match address.contains("://") {
        true => address,
        false => format!("http://{address}"),
    };
    let endpoint = tonic::transport::Endpoint::from_shared(address).expect("it is an address");
    let channel = endpoint.connect().await.expect("it answers");
    let request = AddSearchAttributesRequest {
        namespace: world.client.namespace().to_owned(),
        search_attributes: [
            (KIND.name().to_owned(), IndexedValueType::Keyword.into()),
            (STEP.name().to_owned(), IndexedValueType::Int.into()),
        ]
        .into(),
    };
    let added = OperatorServiceClient::new(channel)
        .add_search_attributes(request)
        .await;
    if let Err(status) = added {
        assert_eq!(status.code(), tonic::Code::AlreadyExists, "{status}");
    }
}

/// Lists until one has been found: they may lag behind.
async fn found(world: &World, query: &str) -> String {
    loop {
        // What was just registered may take a server a moment.
        if let Ok(found) = world.client.list_workflows(query).all().await
            && let [one] = &*found
        {
            return one.id().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn what_is_upserted_is_shown_and_found() {
    // Without a cache every task is replayed.
    let world = World::with(|worker| worker.max_cached_workflows(0)).await;
    register(&world).await;
    let id = world.id("shows");
    let stub = world.client.workflow(shows_its_steps, &id);
    let run = loop {
        let start = stub.execute(()).memo("first", "it begins".to_owned());
        let kind = SearchAttributes::new().set(&KIND, "test".to_owned());
        match start.search_attributes(kind).start().await {
            Ok(run) => break run,
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let queue = format!("TaskQueue = '{}'", world.queue);
    assert_eq!(
        found(&world, &format!("{queue} AND ItKind = 'test'")).await,
        id
    );

    let untyped = world.client.untyped_workflow("shows_its_steps", &id);
    untyped.signal("step", ()).await.expect("it is taken");
    let first = format!("{queue} AND ItKind = 'test' AND ItStep = 1");
    assert_eq!(found(&world, &first).await, id);
    untyped.signal("step", ()).await.expect("it is taken");
    let second = format!("{queue} AND ItKind IS NULL AND ItStep > 1");
    assert_eq!(found(&world, &second).await, id);

    let described = run.describe().await.expect("it is there");
    let shown = described.search_attributes();
    assert_eq!((shown.get(&STEP), shown.get(&KIND)), (Some(2), None));
    let memo = |name| described.memo::<String>(name).expect("it is a text");
    assert_eq!(
        (memo("note").as_deref(), memo("first")),
        (Some("step 2"), None)
    );
    untyped.signal("step", ()).await.expect("it is taken");
    assert_eq!(run.result().await.expect("it completes"), (2, None));
}

/// More than a page of any server.
const MANY: usize = 2_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_are_listed_page_by_page() {
    let world = World::without_worker().await;
    let mut starts = JoinSet::new();
    for number in 0..MANY {
        let stub = world
            .client
            .workflow(shows_its_steps, world.id(&number.to_string()));
        starts.spawn(async move { stub.start(()).await.expect("it starts").id().to_owned() });
    }
    let mut started = starts.join_all().await;
    started.sort();
    let query = format!(
        "TaskQueue = '{}' AND ExecutionStatus = 'Running'",
        world.queue
    );
    loop {
        let count = world
            .client
            .count_workflows(&query)
            .await
            .expect("it is a query");
        if count.count == MANY as i64 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut listed = Vec::new();
    let mut list = world.client.list_workflows(&query);
    while let Some(one) = list.next().await.expect("it is a query") {
        assert_eq!(one.status(), WorkflowStatus::Running);
        listed.push(one.id().to_owned());
    }
    listed.sort();
    assert_eq!(listed, started, "each of them once");

    let stream = world.client.list_workflows(&query);
    let streamed = stream.map_ok(|it| it.id().to_owned());
    let mut streamed: Vec<_> = streamed.try_collect().await.expect("it is a query");
    streamed.sort();
    assert_eq!(streamed, started, "each of them once");
}

#[tokio::test]
async fn a_stream_of_a_list_that_is_refused_says_so_once_and_ends() {
    let world = World::without_worker().await;
    let refused = world.client.list_workflows("Nonsense ==");
    let outcomes: Vec<_> = refused.collect().await;
    assert!(matches!(&outcomes[..], [Err(_)]), "{outcomes:?}");
}

#[tokio::test]
async fn a_history_is_a_stream_that_goes_on_until_the_workflow_ends() {
    let world = World::with(|worker| worker).await;
    let stub = world
        .client
        .workflow(crate::hello::greet, world.id("follow"));
    let run = stub.start("Ada").await.expect("it starts");
    let names = run.history_stream().follow();
    let names = names.map_ok(|it| it.event_type().as_str_name().to_owned());
    let names: Vec<_> = names.try_collect().await.expect("there is one");
    assert_eq!(
        names.first().map(String::as_str),
        Some("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED")
    );
    assert_eq!(
        names.last().map(String::as_str),
        Some("EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED")
    );
}
