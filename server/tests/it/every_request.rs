//! What every RPC does with a request in which something is missing, unknown or too long: the right
//! code, and nothing changes. The requests are made by the protocol's descriptors, so that no RPC is
//! forgotten.

use std::time::Duration;

use bytes::Bytes;
use mainspring_proto::{
    FILE_DESCRIPTOR_SET, errordetails::v1::NamespaceNotFoundFailure, rpc::Encoded,
    workflowservice::v1::ListNamespacesRequest,
};
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, Kind, MethodDescriptor, ReflectMessage, Value,
};
use tonic::{Code, Request, Status, client::Grpc, transport::Channel};

use crate::support::{TestServer, channel, detail, start};

/// RPCs that need to be told nothing.
const NEED_NOTHING: [&str; 6] = [
    "GetSystemInfo",
    "GetClusterInfo",
    "GetSearchAttributes",
    "ListNamespaces",
    "ListClusters",
    "ListSearchAttributes",
];

fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("our own descriptors");
    let services = pool.services();
    let ours = services.filter(|it| matches!(it.name(), "WorkflowService" | "OperatorService"));
    ours.flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect()
}

struct Caller(Grpc<Channel>);

impl Caller {
    async fn of(server: &TestServer) -> Self {
        Self(Grpc::new(channel(&server.server).await))
    }

    async fn call(&mut self, method: &MethodDescriptor, body: Bytes) -> Result<Bytes, Status> {
        self.0.ready().await.expect("the server is there");
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let mut request = Request::new(body);
        request.set_timeout(Duration::from_secs(5));
        let answer = self
            .0
            .unary(request, path.parse().expect("a path"), Encoded)
            .await;
        answer.map(|answer| answer.into_inner())
    }
}

/// Calls every RPC with what `request` makes, and names those whose answer is not as `expected`.
async fn check(
    server: &mut TestServer,
    request: impl Fn(&MethodDescriptor) -> Option<DynamicMessage>,
    expected: impl Fn(&MethodDescriptor, &Result<Bytes, Status>) -> bool,
) {
    server.start_workflow("w").await;
    let before = (server.history("w").await, namespaces(server).await);
    let mut caller = Caller::of(server).await;
    let mut wrong = Vec::new();
    for method in methods() {
        let Some(request) = request(&method) else {
            continue;
        };
        let answer = caller.call(&method, request.encode_to_vec().into()).await;
        let unimplemented = answer
            .as_ref()
            .is_err_and(|it| it.code() == Code::Unimplemented);
        if !unimplemented && !expected(&method, &answer) {
            wrong.push(format!("{}: {answer:?}", method.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let after = (server.history("w").await, namespaces(server).await);
    assert_eq!(before, after, "something has changed");
}

async fn namespaces(server: &mut TestServer) -> Vec<String> {
    let listed = server
        .client
        .list_namespaces(ListNamespacesRequest::default());
    let listed = listed.await.expect("a list").into_inner().namespaces;
    listed.iter().map(|it| format!("{it:?}")).collect()
}

fn is_invalid(answer: &Result<Bytes, Status>) -> bool {
    answer
        .as_ref()
        .is_err_and(|it| it.code() == Code::InvalidArgument && !it.message().is_empty())
}

#[tokio::test]
async fn a_request_without_anything_is_invalid() {
    let mut server = start().await;
    check(
        &mut server,
        |method| Some(DynamicMessage::new(method.input())),
        |method, answer| match NEED_NOTHING.contains(&method.name()) {
            true => answer.is_ok() || is_invalid(answer),
            false => is_invalid(answer),
        },
    )
    .await;
}

#[tokio::test]
async fn an_unknown_namespace_is_not_found() {
    let mut server = start().await;
    check(
        &mut server,
        |method| {
            let mut request = DynamicMessage::new(method.input());
            let field = method.input().get_field_by_name("namespace")?;
            // Those make it.
            let makes = matches!(method.name(), "RegisterNamespace");
            request.set_field(&field, Value::String("nowhere".to_owned()));
            (!makes).then_some(request)
        },
        |_, answer| match answer {
            Err(status) if status.code() == Code::NotFound => {
                let found: NamespaceNotFoundFailure = detail(status);
                found.namespace == "nowhere"
            }
            // It has no token either, and that is looked at first.
            answer => is_invalid(answer) && format!("{answer:?}").contains("oken"),
        },
    )
    .await;
}

#[tokio::test]
async fn names_that_are_too_long_are_invalid() {
    let mut server = start().await;
    check(
        &mut server,
        |method| {
            // It takes no name but that of a namespace, of which there is one.
            if method.name() == "DeprecateNamespace" {
                return None;
            }
            let mut request = DynamicMessage::new(method.input());
            fill(&mut request, 3);
            let namespace = method.input().get_field_by_name("namespace");
            if let Some(field) = &namespace {
                request.set_field(field, Value::String("default".to_owned()));
            }
            // Without a string there is nothing too long.
            (request.fields().count() > usize::from(namespace.is_some())).then_some(request)
        },
        |method, answer| match method.name() {
            // Such a name is that of nothing.
            "DescribeNamespace" => answer.as_ref().is_err_and(|it| it.code() == Code::NotFound),
            "ListOpenWorkflowExecutions" | "ListClosedWorkflowExecutions" => answer.is_ok(),
            // Its names are those of workers, which are in a list.
            "RecordWorkerHeartbeat" => answer.is_ok(),
            name if NEED_NOTHING.contains(&name) => answer.is_ok() || is_invalid(answer),
            _ => is_invalid(answer),
        },
    )
    .await;
}

#[tokio::test]
async fn a_field_that_nobody_knows_changes_nothing() {
    // A field of a newer protocol: the text "new" with a very large number.
    const NEW_FIELD: &[u8] = b"\xfa\xff\x7f\x03new";
    let server = start().await;
    let mut caller = Caller::of(&server).await;
    let said = |answer: Result<Bytes, Status>| {
        let refused = answer.err();
        refused.map(|it| (it.code(), it.message().to_owned()))
    };
    for method in methods() {
        let plain = caller.call(&method, Bytes::new()).await;
        let more = caller.call(&method, Bytes::from_static(NEW_FIELD)).await;
        assert_eq!(said(plain), said(more), "{}", method.name());
    }
}

/// Sets every text in the message, so many messages deep, to one that is too long for a name.
fn fill(message: &mut DynamicMessage, depth: usize) {
    for field in message.descriptor().fields() {
        if field.is_list() || field.is_map() {
            continue;
        }
        match field.kind() {
            Kind::String => message.set_field(&field, Value::String("x".repeat(1001))),
            Kind::Message(kind) if depth > 0 => {
                let mut inner = DynamicMessage::new(kind);
                fill(&mut inner, depth - 1);
                if inner.fields().count() > 0 {
                    message.set_field(&field, Value::Message(inner));
                }
            }
            _ => {}
        }
    }
}
