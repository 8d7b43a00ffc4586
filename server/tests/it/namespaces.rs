//! Namespaces: register, describe, update, list, deprecate.

use std::collections::BTreeMap;

use mainspring_proto::{
    enums::v1::NamespaceState,
    errordetails::v1::{
        NamespaceAlreadyExistsFailure, NamespaceInvalidStateFailure, NamespaceNotFoundFailure,
    },
    namespace::v1::{NamespaceConfig, UpdateNamespaceInfo},
    prost_types::Duration,
    workflowservice::v1::{
        DeprecateNamespaceRequest, DescribeNamespaceRequest, DescribeNamespaceResponse,
        ListNamespacesRequest, RegisterNamespaceRequest, StartWorkflowExecutionRequest,
        UpdateNamespaceRequest,
    },
};
use mainspring_server::Config;
use tonic::{Code, Status};

use crate::{
    support::{TestServer, detail, start, start_with},
    support_workflow::start_request,
};

const DAY: Duration = Duration {
    seconds: 24 * 60 * 60,
    nanos: 0,
};

async fn register(
    server: &mut TestServer,
    name: &str,
    retention: Option<Duration>,
) -> Result<(), Status> {
    let request = RegisterNamespaceRequest {
        namespace: name.into(),
        description: format!("about {name}"),
        workflow_execution_retention_period: retention,
        data: BTreeMap::from([("team".into(), "red".into())]),
        ..Default::default()
    };
    server.client.register_namespace(request).await.map(|_| ())
}

async fn describe(
    server: &mut TestServer,
    name: &str,
) -> Result<DescribeNamespaceResponse, Status> {
    let request = DescribeNamespaceRequest {
        namespace: name.into(),
        ..Default::default()
    };
    let response = server.client.describe_namespace(request).await?;
    Ok(response.into_inner())
}

#[tokio::test]
async fn a_registered_namespace_is_described_by_name_and_by_id() {
    let mut server = start().await;
    register(&mut server, "orders", Some(DAY))
        .await
        .expect("registered");

    let by_name = describe(&mut server, "orders").await.expect("described");
    let info = by_name.namespace_info.clone().expect("info");
    assert_eq!(info.name, "orders");
    assert_eq!(info.state(), NamespaceState::Registered);
    assert_eq!(info.description, "about orders");
    assert_eq!(info.data["team"], "red");
    let config = by_name.config.clone().expect("config");
    assert_eq!(config.workflow_execution_retention_ttl, Some(DAY));

    let request = DescribeNamespaceRequest {
        id: info.id,
        ..Default::default()
    };
    let by_id = server
        .client
        .describe_namespace(request)
        .await
        .expect("by id");
    assert_eq!(by_id.into_inner(), by_name);
}

#[tokio::test]
async fn the_default_namespace_and_those_of_the_configuration_exist_at_the_start() {
    let config = Config::in_memory()
        .with_namespace("one")
        .with_namespace("default")
        .with_namespace("two");
    let mut server = start_with(config).await;
    for name in ["default", "one", "two"] {
        let described = describe(&mut server, name).await.expect("it exists");
        let config = described.config.expect("config");
        assert_eq!(config.workflow_execution_retention_ttl, Some(DAY));
    }
}

#[tokio::test]
async fn refusals_carry_the_code_and_the_detail_that_clients_read() {
    let mut server = start().await;

    let status = describe(&mut server, "nowhere").await.expect_err("unknown");
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), "Namespace nowhere is not found.");
    assert_eq!(
        detail::<NamespaceNotFoundFailure>(&status).namespace,
        "nowhere"
    );

    let status = register(&mut server, "default", Some(DAY))
        .await
        .expect_err("taken");
    assert_eq!(status.code(), Code::AlreadyExists);
    detail::<NamespaceAlreadyExistsFailure>(&status);

    let hour_less_a_second = Duration {
        seconds: 3599,
        nanos: 0,
    };
    let negative = Duration {
        seconds: -3600,
        nanos: 0,
    };
    let long = "n".repeat(1001);
    for (name, retention) in [
        ("", Some(DAY)),
        (long.as_str(), Some(DAY)),
        ("short", None),
        ("short", Some(hour_less_a_second)),
        ("short", Some(negative)),
    ] {
        let status = register(&mut server, name, retention)
            .await
            .expect_err("bad request");
        assert_eq!(
            status.code(),
            Code::InvalidArgument,
            "{name:.9} {retention:?}"
        );
    }
    let status = describe(&mut server, "short")
        .await
        .expect_err("not registered");
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn an_update_merges_data_and_leaves_what_it_does_not_name() {
    let mut server = start().await;
    register(&mut server, "orders", Some(DAY))
        .await
        .expect("registered");
    let hour = Duration {
        seconds: 3600,
        nanos: 0,
    };
    let request = UpdateNamespaceRequest {
        namespace: "orders".into(),
        update_info: Some(UpdateNamespaceInfo {
            owner_email: "ada@example.com".into(),
            data: BTreeMap::from([("tier".into(), "gold".into())]),
            ..Default::default()
        }),
        config: Some(NamespaceConfig {
            workflow_execution_retention_ttl: Some(hour),
            ..Default::default()
        }),
        ..Default::default()
    };
    let updated = server
        .client
        .update_namespace(request)
        .await
        .expect("updated");
    let info = updated.into_inner().namespace_info.expect("info");
    assert_eq!(info.description, "about orders");
    assert_eq!(info.owner_email, "ada@example.com");
    assert_eq!(info.data["team"], "red");
    assert_eq!(info.data["tier"], "gold");

    let described = describe(&mut server, "orders").await.expect("described");
    assert_eq!(described.namespace_info, Some(info));
    let config = described.config.expect("config");
    assert_eq!(config.workflow_execution_retention_ttl, Some(hour));
}

#[tokio::test]
async fn a_refused_update_changes_nothing() {
    let mut server = start().await;
    register(&mut server, "orders", Some(DAY))
        .await
        .expect("registered");
    let before = describe(&mut server, "orders").await.expect("described");
    let request = UpdateNamespaceRequest {
        namespace: "orders".into(),
        update_info: Some(UpdateNamespaceInfo {
            description: "changed".into(),
            ..Default::default()
        }),
        config: Some(NamespaceConfig {
            workflow_execution_retention_ttl: Some(Duration::default()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let status = server
        .client
        .update_namespace(request)
        .await
        .expect_err("refused");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        describe(&mut server, "orders").await.expect("described"),
        before
    );
}

#[tokio::test]
async fn lists_come_in_pages_in_the_order_of_names() {
    let mut server = start().await;
    for name in ["c", "a", "b"] {
        register(&mut server, name, Some(DAY))
            .await
            .expect("registered");
    }
    let mut names = Vec::new();
    let mut next_page_token = Default::default();
    loop {
        let request = ListNamespacesRequest {
            page_size: 3,
            next_page_token,
            ..Default::default()
        };
        let page = server
            .client
            .list_namespaces(request)
            .await
            .expect("a page")
            .into_inner();
        let infos = page
            .namespaces
            .into_iter()
            .filter_map(|found| found.namespace_info);
        names.extend(infos.map(|info| info.name));
        next_page_token = page.next_page_token;
        if next_page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["a", "b", "c", "default"]);
}

#[tokio::test]
async fn a_deprecated_namespace_says_so_and_takes_no_new_workflows() {
    let mut server = start().await;
    register(&mut server, "old", Some(DAY))
        .await
        .expect("registered");
    let request = DeprecateNamespaceRequest {
        namespace: "old".into(),
        ..Default::default()
    };
    server
        .client
        .deprecate_namespace(request)
        .await
        .expect("deprecated");
    let described = describe(&mut server, "old").await.expect("described");
    let info = described.namespace_info.expect("info");
    assert_eq!(info.state(), NamespaceState::Deprecated);
    let request = StartWorkflowExecutionRequest {
        namespace: "old".into(),
        ..start_request("w")
    };
    let refused = server.client.start_workflow_execution(request).await;
    let status = refused.expect_err("it is deprecated");
    assert_eq!(
        (status.code(), status.message()),
        (
            Code::FailedPrecondition,
            "Namespace has invalid state: Deprecated. Must be Registered."
        )
    );
    let found: NamespaceInvalidStateFailure = detail(&status);
    assert_eq!(found.state(), NamespaceState::Deprecated);
    assert_eq!(found.allowed_states, [NamespaceState::Registered as i32]);
}
