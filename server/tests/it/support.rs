//! What the tests share: a server on a free port and a client of it.

use mainspring_proto::{
    google::rpc, workflowservice::v1::workflow_service_client::WorkflowServiceClient,
};
use mainspring_server::{Config, RunningServer, Server};
use prost::{Message, Name};
use tonic::{Status, transport::Channel};

/// A server, in this process or in one of its own, and a client of it.
pub(crate) struct TestServer<S = RunningServer> {
    pub(crate) server: S,
    pub(crate) client: WorkflowServiceClient<Channel>,
}

pub(crate) async fn start() -> TestServer {
    start_with(Config::in_memory()).await
}

pub(crate) async fn start_with(config: Config) -> TestServer {
    let server = Server::start(config.with_port(0))
        .await
        .expect("a free port is always available");
    let client = WorkflowServiceClient::new(channel(&server).await);
    TestServer { server, client }
}

pub(crate) async fn channel(server: &RunningServer) -> Channel {
    connect(server.url()).await
}

pub(crate) async fn connect(url: String) -> Channel {
    Channel::from_shared(url)
        .expect("the server's own URL is valid")
        .connect()
        .await
        .expect("the server accepts connections once it is started")
}

/// The first detail of a status, which must be a `D`.
#[track_caller]
pub(crate) fn detail<D: Message + Name + Default>(status: &Status) -> D {
    let details =
        rpc::Status::decode(status.details()).expect("the details are a google.rpc.Status");
    assert_eq!(details.code, status.code() as i32);
    assert_eq!(details.message, status.message());
    let first = details.details.first().expect("there is a detail");
    assert_eq!(
        first.type_url,
        format!("type.googleapis.com/{}", D::full_name())
    );
    D::decode(first.value.as_slice()).expect("the detail decodes")
}
