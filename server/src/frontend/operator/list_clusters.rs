//! ListClusters: this server is the only one.

use mainspring_proto::operatorservice::v1::{
    ClusterMetadata, ListClustersRequest, ListClustersResponse,
};
use tonic::{Request, Status};

use crate::frontend::{Frontend, namespace_message::CLUSTER_NAME};

pub(super) async fn handle(
    frontend: &Frontend,
    _request: Request<ListClustersRequest>,
) -> Result<ListClustersResponse, Status> {
    let this = ClusterMetadata {
        cluster_name: CLUSTER_NAME.into(),
        cluster_id: frontend.cluster_id.to_string(),
        initial_failover_version: 1,
        history_shard_count: 1,
        is_connection_enabled: true,
        ..Default::default()
    };
    Ok(ListClustersResponse {
        clusters: vec![this],
        ..Default::default()
    })
}
