//! The operator service: search attributes and the end of namespaces.

use std::collections::BTreeMap;

use mainspring_proto::{
    enums::v1::IndexedValueType,
    errordetails::v1::NamespaceNotFoundFailure,
    operatorservice::v1::{
        AddSearchAttributesRequest, DeleteNamespaceRequest, ListSearchAttributesRequest,
        RemoveSearchAttributesRequest, operator_service_client::OperatorServiceClient,
    },
    workflowservice::v1::{
        CountWorkflowExecutionsRequest, DescribeNamespaceRequest, ListWorkflowExecutionsRequest,
    },
};
use mainspring_server::Config;
use tonic::{Code, Status, transport::Channel};

use crate::support::{TestServer, channel, detail, start, start_with};

async fn operator(server: &TestServer) -> OperatorServiceClient<Channel> {
    OperatorServiceClient::new(channel(&server.server).await)
}

async fn add(
    operator: &mut OperatorServiceClient<Channel>,
    name: &str,
    value_type: i32,
) -> Result<(), Status> {
    let request = AddSearchAttributesRequest {
        namespace: "default".into(),
        search_attributes: BTreeMap::from([(name.into(), value_type)]),
    };
    operator.add_search_attributes(request).await.map(|_| ())
}

async fn custom(operator: &mut OperatorServiceClient<Channel>) -> BTreeMap<String, i32> {
    let request = ListSearchAttributesRequest {
        namespace: "default".into(),
    };
    let list = operator
        .list_search_attributes(request)
        .await
        .expect("listed");
    list.into_inner().custom_attributes
}

#[tokio::test]
async fn search_attributes_are_added_listed_and_removed_without_a_cap() {
    const TEXT: i32 = IndexedValueType::Text as i32;
    let server = start().await;
    let mut operator = operator(&server).await;
    for index in 0..50 {
        add(&mut operator, &format!("Text{index}"), TEXT)
            .await
            .expect("added");
    }
    add(&mut operator, "Text0", TEXT)
        .await
        .expect("the same again");
    assert_eq!(custom(&mut operator).await.len(), 50);

    let request = RemoveSearchAttributesRequest {
        namespace: "default".into(),
        search_attributes: vec!["Text0".into(), "Text1".into()],
    };
    operator
        .remove_search_attributes(request)
        .await
        .expect("removed");
    assert_eq!(custom(&mut operator).await.len(), 48);
}

#[tokio::test]
async fn refused_search_attributes_leave_the_others_as_they_were() {
    const INT: i32 = IndexedValueType::Int as i32;
    let config = Config::in_memory().with_search_attribute("Age", IndexedValueType::Int);
    let server = start_with(config).await;
    let mut operator = operator(&server).await;
    for (name, value_type) in [
        ("", INT),
        ("WorkflowId", INT),
        ("TemporalFoo", INT),
        ("Fine", 0),
        ("Fine", 99),
        ("Age", IndexedValueType::Text as i32),
    ] {
        let status = add(&mut operator, name, value_type)
            .await
            .expect_err("refused");
        assert_eq!(status.code(), Code::InvalidArgument, "{name} {value_type}");
    }
    let remove = |names: &[&str]| RemoveSearchAttributesRequest {
        namespace: "default".into(),
        search_attributes: names.iter().map(|&name| name.into()).collect(),
    };
    let removed = operator.remove_search_attributes(remove(&["Age", "WorkflowId"]));
    let refused = removed.await.expect_err("one is the server's own");
    assert_eq!(refused.code(), Code::InvalidArgument);
    let removed = operator.remove_search_attributes(remove(&["Unknown"]));
    removed.await.expect("it is not there, as asked for");
    assert_eq!(
        custom(&mut operator).await,
        BTreeMap::from([("Age".into(), INT)])
    );
}

#[tokio::test]
async fn a_deleted_namespace_is_gone() {
    let mut server = start_with(Config::in_memory().with_namespace("orders")).await;
    let mut operator = operator(&server).await;
    let request = DeleteNamespaceRequest {
        namespace: "orders".into(),
        ..Default::default()
    };
    let deleted = operator
        .delete_namespace(request.clone())
        .await
        .expect("deleted");
    assert!(
        deleted
            .into_inner()
            .deleted_namespace
            .starts_with("orders-deleted-")
    );

    let again = operator.delete_namespace(request).await.expect_err("gone");
    detail::<NamespaceNotFoundFailure>(&again);
    let request = DescribeNamespaceRequest {
        namespace: "orders".into(),
        ..Default::default()
    };
    let status = server
        .client
        .describe_namespace(request)
        .await
        .expect_err("gone");
    detail::<NamespaceNotFoundFailure>(&status);
}

#[tokio::test]
async fn lists_are_empty_at_first_and_bad_queries_are_refused() {
    let mut server = start().await;
    let list = |query: &str| ListWorkflowExecutionsRequest {
        namespace: "default".into(),
        query: query.into(),
        ..Default::default()
    };
    let page = server
        .client
        .list_workflow_executions(list(""))
        .await
        .expect("a list");
    assert!(page.into_inner().executions.is_empty());
    for query in ["Colour = 'red'", "WorkflowId =", "GROUP BY ExecutionStatus"] {
        let refused = server.client.list_workflow_executions(list(query)).await;
        assert_eq!(
            refused.expect_err("refused").code(),
            Code::InvalidArgument,
            "{query}"
        );
    }
    let request = CountWorkflowExecutionsRequest {
        namespace: "default".into(),
        query: "GROUP BY ExecutionStatus".into(),
    };
    let count = server
        .client
        .count_workflow_executions(request)
        .await
        .expect("a count");
    assert_eq!(count.into_inner().count, 0);
}
