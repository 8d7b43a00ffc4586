//! How the client commands reach a server: the flags and variables of Temporal's CLI.

use std::time::Duration;

use clap::Args;
use mainspring_proto::{
    operatorservice::v1::operator_service_client::OperatorServiceClient,
    workflowservice::v1::workflow_service_client::WorkflowServiceClient,
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataKey, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use super::{Failure, GlobalArgs};
use crate::config;

/// As long as Temporal's CLI waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A history in one message may be larger than what gRPC takes by default.
const MAX_MESSAGE: usize = 128 * 1024 * 1024;

/// Options of every command that talks to a server.
#[derive(Debug, Args)]
pub(super) struct ClientArgs {
    /// The server's address
    #[arg(
        long,
        global = true,
        env = "TEMPORAL_ADDRESS",
        default_value = "localhost:7233"
    )]
    address: String,
    /// The namespace
    #[arg(
        short,
        long,
        global = true,
        env = "TEMPORAL_NAMESPACE",
        default_value = "default"
    )]
    pub(super) namespace: String,
    /// Sent as a bearer token
    #[arg(long, global = true, env = "TEMPORAL_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Sent with every request; repeatable
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = config::key_value)]
    grpc_meta: Vec<(String, String)>,
    /// Who the server shall say did it [default: the program, process and host]
    #[arg(long, global = true)]
    identity: Option<String>,
}

pub(super) type Workflows = WorkflowServiceClient<InterceptedService<Channel, Headers>>;
pub(super) type Operators = OperatorServiceClient<InterceptedService<Channel, Headers>>;

impl ClientArgs {
    /// A client of the workflow service.
    pub(super) async fn workflows(&self, global: &GlobalArgs) -> Result<Workflows, Failure> {
        let client =
            WorkflowServiceClient::with_interceptor(self.connect(global).await?, self.headers()?);
        Ok(client.max_decoding_message_size(MAX_MESSAGE))
    }

    /// A client of the operator service.
    pub(super) async fn operators(&self, global: &GlobalArgs) -> Result<Operators, Failure> {
        let channel = self.connect(global).await?;
        Ok(OperatorServiceClient::with_interceptor(
            channel,
            self.headers()?,
        ))
    }

    /// Who asks.
    pub(super) fn identity(&self) -> String {
        let given = self.identity.clone();
        given.unwrap_or_else(|| format!("mainspring-cli:{}", std::process::id()))
    }

    async fn connect(&self, global: &GlobalArgs) -> Result<Channel, Failure> {
        let url = match self.address.split_once("://") {
            Some(_) => self.address.clone(),
            None => format!("http://{}", self.address),
        };
        let mut endpoint = Endpoint::from_shared(url)?
            .connect_timeout(global.client_connect_timeout.unwrap_or(CONNECT_TIMEOUT));
        if let Some(timeout) = global.command_timeout {
            endpoint = endpoint.timeout(timeout);
        }
        let connected = endpoint.connect().await;
        connected.map_err(|error| {
            let Failure(cause) = Failure::from(error);
            Failure(format!("cannot connect to {}: {cause}", self.address))
        })
    }

    fn headers(&self) -> Result<Headers, Failure> {
        let mut headers = Vec::new();
        for (key, value) in &self.grpc_meta {
            let key = MetadataKey::from_bytes(key.to_ascii_lowercase().as_bytes())?;
            headers.push((key, value.parse()?));
        }
        if let Some(key) = &self.api_key {
            headers.push((
                MetadataKey::from_static("authorization"),
                format!("Bearer {key}").parse()?,
            ));
        }
        Ok(Headers(headers))
    }
}

/// Adds the same headers to every request.
#[derive(Clone, Debug)]
pub(super) struct Headers(Vec<(MetadataKey<Ascii>, MetadataValue<Ascii>)>);

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (key, value) in &self.0 {
            request.metadata_mut().insert(key.clone(), value.clone());
        }
        Ok(request)
    }
}
