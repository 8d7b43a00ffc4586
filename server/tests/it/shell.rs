//! The gRPC shell: start-up calls, health, reflection, compression, ports, stopping.

use mainspring_proto::workflowservice::v1::{
    GetClusterInfoRequest, GetSystemInfoRequest, ListSchedulesRequest,
    StartWorkflowExecutionRequest, workflow_service_client::WorkflowServiceClient,
};
use mainspring_server::{Config, Server, TimeSkipping};
use tonic::{Code, codec::CompressionEncoding};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    support::{channel, start, start_with},
    support_workflow::start_request,
};

#[tokio::test]
async fn the_start_up_calls_of_clients_are_answered() {
    let mut server = start().await;
    let info = server
        .client
        .get_system_info(GetSystemInfoRequest {})
        .await
        .expect("info");
    let info = info.into_inner();
    assert!(info.server_version.starts_with("1."));
    assert!(info.capabilities.expect("capabilities").sdk_metadata);
    let cluster = server
        .client
        .get_cluster_info(GetClusterInfoRequest {})
        .await
        .expect("info");
    assert_eq!(cluster.into_inner().server_version, info.server_version);
}

#[tokio::test]
async fn what_is_not_built_is_unimplemented() {
    let mut server = start().await;
    let request = ListSchedulesRequest::default();
    let status = server
        .client
        .list_schedules(request)
        .await
        .expect_err("not built");
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn gzip_is_spoken_both_ways() {
    let server = start().await;
    let mut client = server
        .client
        .clone()
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let response = client
        .get_system_info(GetSystemInfoRequest {})
        .await
        .expect("info");
    let encoding = response
        .metadata()
        .get("grpc-encoding")
        .expect("it is compressed");
    assert_eq!(encoding, "gzip");
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_in_the_words_that_sdks_know() {
    let server = start().await;
    let request = || StartWorkflowExecutionRequest {
        identity: "x".repeat(5 * 1024 * 1024),
        ..start_request("w")
    };
    let size = prost::Message::encoded_len(&request());
    let plain = server.client.clone();
    let compressed = plain.clone().send_compressed(CompressionEncoding::Gzip);
    for mut client in [plain, compressed] {
        let started = client.start_workflow_execution(request()).await;
        let status = started.expect_err("it is too large");
        assert_eq!(
            (status.code(), status.message()),
            (
                Code::ResourceExhausted,
                format!("grpc: received message larger than max ({size} vs. 4194304)").as_str()
            )
        );
    }
}

#[tokio::test]
async fn health_is_reported_for_the_whole_server_and_for_the_workflow_service() {
    let server = start().await;
    let mut health = HealthClient::new(channel(&server.server).await);
    for service in ["", "temporal.api.workflowservice.v1.WorkflowService"] {
        let request = HealthCheckRequest {
            service: service.into(),
        };
        let response = health.check(request).await.expect("known").into_inner();
        assert_eq!(response.status().as_str_name(), "SERVING", "{service:?}");
    }
}

#[tokio::test]
async fn health_of_the_test_service_is_reported_where_it_is_served() {
    let skipping = Config::for_tests(TimeSkipping::Locked);
    for (config, served) in [(Config::in_memory(), false), (skipping, true)] {
        let server = start_with(config).await;
        let mut health = HealthClient::new(channel(&server.server).await);
        let request = HealthCheckRequest {
            service: "temporal.api.testservice.v1.TestService".to_owned(),
        };
        assert_eq!(health.check(request).await.is_ok(), served);
    }
}

#[tokio::test]
async fn a_taken_port_is_named_in_the_error() {
    let server = start().await;
    let address = server.server.address();
    let error = Server::start(Config::in_memory().with_port(address.port()))
        .await
        .expect_err("the port is taken");
    assert_eq!(
        error.to_string(),
        format!("{address} is already in use by another program")
    );
}

#[tokio::test]
async fn a_stopped_server_closes_its_connections_and_frees_its_port() {
    let mut server = start().await;
    let port = server.server.address().port();
    server.server.shutdown().await;
    let status = server.client.get_system_info(GetSystemInfoRequest {}).await;
    assert_eq!(status.expect_err("it is gone").code(), Code::Unavailable);
    let again = Server::start(Config::in_memory().with_port(port))
        .await
        .expect("free again");
    again.shutdown().await;
}

#[tokio::test]
async fn a_client_in_the_same_process_needs_no_socket() {
    let server = start().await;
    let pipe = server.server.connect_in_memory().expect("it runs");
    let mut pipe = Some(hyper_util::rt::TokioIo::new(pipe));
    let channel = tonic::transport::Endpoint::from_static("http://in-memory")
        .connect_with_connector(tower::service_fn(move |_| {
            let pipe = pipe.take().ok_or(std::io::ErrorKind::NotConnected);
            async move { pipe.map_err(std::io::Error::from) }
        }))
        .await
        .expect("connected");
    let mut client = WorkflowServiceClient::new(channel);
    client
        .get_system_info(GetSystemInfoRequest {})
        .await
        .expect("answered");
}
