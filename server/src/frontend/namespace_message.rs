//! A namespace as the protocol shows it, shared by the RPCs that return one.

use mainspring_proto::{
    enums::v1::ArchivalState,
    namespace::v1::{
        BadBinaries, NamespaceConfig, NamespaceInfo,
        namespace_info::{Capabilities, Limits},
    },
    prost_types,
    replication::v1::{ClusterReplicationConfig, NamespaceReplicationConfig},
};

use crate::{config, namespace::Namespace};

/// The cluster that every namespace is said to live in.
pub(super) const CLUSTER_NAME: &str = "active";

/// Exactly what is built: a worker that sees `true` relies on it.
const CAPABILITIES: Capabilities = Capabilities {
    eager_workflow_start: true,
    sync_update: true,
    async_update: true,
    worker_heartbeats: true,
    reported_problems_search_attribute: true,
    workflow_pause: false,
    standalone_activities: false,
    worker_poll_complete_on_shutdown: true,
    poller_autoscaling: false,
    worker_commands: false,
    standalone_nexus_operation: false,
    workflow_update_callbacks: false,
    poller_autoscaling_auto_enroll: false,
    workflow_task_completion_pagination: false,
    standalone_activity_start_delay: false,
    standalone_activity_batch_operations: false,
    standalone_activity_operator_commands: false,
};

pub(super) fn info(namespace: &Namespace, limits: &config::Limits) -> NamespaceInfo {
    NamespaceInfo {
        name: namespace.name.clone(),
        state: namespace.state as i32,
        description: namespace.description.clone(),
        owner_email: namespace.owner_email.clone(),
        data: namespace.data.clone(),
        id: namespace.id.to_string(),
        capabilities: Some(CAPABILITIES),
        limits: Some(Limits {
            blob_size_limit_error: limits.blob_size as i64,
            memo_size_limit_error: limits.memo_size as i64,
            ..Default::default()
        }),
        supports_schedules: false,
    }
}

pub(super) fn config(namespace: &Namespace) -> NamespaceConfig {
    // Bounded by what a protobuf duration holds when it was registered.
    let retention = prost_types::Duration::try_from(namespace.retention).unwrap_or_default();
    NamespaceConfig {
        workflow_execution_retention_ttl: Some(retention),
        bad_binaries: Some(BadBinaries {
            binaries: namespace.bad_binaries.clone(),
        }),
        history_archival_state: ArchivalState::Disabled as i32,
        history_archival_uri: String::new(),
        visibility_archival_state: ArchivalState::Disabled as i32,
        visibility_archival_uri: String::new(),
        // Search attributes have their own names here, so there is nothing to alias.
        custom_search_attribute_aliases: Default::default(),
    }
}

pub(super) fn replication() -> NamespaceReplicationConfig {
    NamespaceReplicationConfig {
        active_cluster_name: CLUSTER_NAME.into(),
        clusters: vec![ClusterReplicationConfig {
            cluster_name: CLUSTER_NAME.into(),
            ..Default::default()
        }],
        ..Default::default()
    }
}
