//! GetClusterInfo: what the CLI and the Web UI show about the server.

use mainspring_proto::{
    version::v1::{ReleaseInfo, VersionInfo},
    workflowservice::v1::{GetClusterInfoRequest, GetClusterInfoResponse},
};
use tonic::{Request, Status};

use crate::config::StoreConfig;

use super::{Frontend, SERVER_VERSION, namespace_message::CLUSTER_NAME};

/// The versions of the SDKs that are known to work, in the ranges that Temporal's server states.
const SUPPORTED_CLIENTS: &[(&str, &str)] = &[
    ("temporal-cli", "<2.0.0"),
    ("temporal-go", "<2.0.0"),
    ("temporal-java", "<2.0.0"),
    ("temporal-php", "<3.0.0"),
    ("temporal-python", "<2.0.0"),
    ("temporal-typescript", "<2.0.0"),
    ("temporal-ui", "<3.0.0"),
];

pub(super) async fn handle(
    frontend: &Frontend,
    _request: Request<GetClusterInfoRequest>,
) -> Result<GetClusterInfoResponse, Status> {
    let store = match &frontend.config.store {
        StoreConfig::Memory => "memory",
        StoreConfig::Sqlite(_) => "sqlite",
    };
    Ok(GetClusterInfoResponse {
        supported_clients: SUPPORTED_CLIENTS
            .iter()
            .map(|&(client, range)| (client.to_owned(), range.to_owned()))
            .collect(),
        server_version: SERVER_VERSION.to_owned(),
        cluster_id: frontend.cluster_id.to_string(),
        version_info: Some(VersionInfo {
            current: Some(ReleaseInfo {
                version: SERVER_VERSION.to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        cluster_name: CLUSTER_NAME.into(),
        history_shard_count: 1,
        persistence_store: store.into(),
        visibility_store: store.into(),
        initial_failover_version: 1,
        failover_version_increment: 10,
    })
}
