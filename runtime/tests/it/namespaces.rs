//! Namespaces, what operators may do, and histories as streams.

use std::time::Duration;

use mainspring::client::NamespaceOptions;
use mainspring::prelude::*;
use mainspring_proto::operatorservice::v1::ListSearchAttributesRequest;

use crate::World;
use crate::client::eventually;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn a_namespace_is_registered_changed_and_found() {
    let world = World::without_worker().await;
    let namespaces = world.client.namespaces();
    let name = format!("ns-{}", uuid::Uuid::new_v4());
    let options = NamespaceOptions::new()
        .description("for a test")
        .owner_email("ada@example.com")
        .retention(3 * DAY)
        .data("team", "engines");
    let registered = namespaces.register(&name, options.clone()).await;
    registered.expect("the name is new");
    let again = namespaces.register(&name, options).await;
    let error = again.expect_err("the name is taken");
    assert_eq!(error.code(), Some(tonic::Code::AlreadyExists), "{error}");
    let options = NamespaceOptions::new().retention(5 * DAY);
    // Servers may know a new namespace only after a while.
    eventually(|| async { namespaces.update(&name, options.clone()).await.ok() }).await;
    let described = namespaces.describe(&name).await.expect("it is there");
    assert_eq!(described.name(), name);
    assert!(described.is_registered());
    assert_eq!(described.description(), "for a test");
    assert_eq!(described.owner_email(), "ada@example.com");
    assert_eq!(described.retention(), Some(5 * DAY));
    assert_eq!(described.data("team"), Some("engines"));
    let all = namespaces.list().await.expect("they can be seen");
    assert!(all.iter().any(|it| it.id() == described.id()));
    let unknown = namespaces.describe(format!("{name}-not")).await;
    let error = unknown.expect_err("nobody made it");
    assert!(matches!(error, ClientError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn the_operator_service_is_within_reach() {
    let world = World::without_worker().await;
    let request = ListSearchAttributesRequest {
        namespace: world.client.namespace().to_owned(),
    };
    let mut operator = world.client.operator_service();
    let listed = operator.list_search_attributes(request).await;
    let listed = listed.expect("it answers").into_inner();
    assert!(listed.system_attributes.contains_key("WorkflowId"));
}

#[tokio::test]
async fn a_history_is_followed_to_its_end() {
    let world = World::new().await;
    let id = world.id("followed");
    let run = world.client.workflow(crate::hello::greet_later, &id);
    let run = run.start("World").await.expect("it starts");
    let mut events = run.history_stream().follow();
    let mut seen = Vec::new();
    while let Some(event) = events.next().await.expect("there is one") {
        if event.event_id == 1 {
            // What follows has not happened yet.
            let untyped = world.client.untyped_workflow("", &id);
            let signal = untyped.signal("greeting", ("Hi".to_owned(),));
            signal.await.expect("the signal is taken");
        }
        seen.push(event);
    }
    let history = run.history().await.expect("there is one");
    assert_eq!(seen, history.events());
    let last = history.event_names().pop();
    assert_eq!(last.as_deref(), Some("WorkflowExecutionCompleted"));
    let mut events = run.history_stream();
    let mut again = Vec::new();
    while let Some(event) = events.next().await.expect("there is one") {
        again.push(event);
    }
    assert_eq!(again, seen);
}
