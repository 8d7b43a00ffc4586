//! The workers that have said they are there, as they said it last. Nothing here is stored: a worker
//! says so every minute.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use mainspring_proto::{
    enums::v1::{IndexedValueType, WorkerStatus},
    worker::v1::{WorkerHeartbeat, WorkerListInfo},
};
use parking_lot::Mutex;

use crate::visibility::{
    query::{Field, Filter, Found, Subject},
    search_attributes::CustomTypes,
};

/// A worker that has been silent for this long is forgotten: it says something every minute.
const EXPIRY: Duration = Duration::from_secs(5 * 60);

/// The most workers remembered. Beyond that, the one that was silent longest makes room.
const CAPACITY: usize = 10_000;

/// What workers can be asked for, besides `TaskQueue` and `StartTime`.
const FIELDS: &[&str] = &[
    "BuildId",
    "DeploymentName",
    "HostName",
    "SdkName",
    "SdkVersion",
    "Status",
    "WorkerIdentity",
    "WorkerInstanceKey",
];

/// The names in queries for workers.
pub(crate) fn query_fields() -> CustomTypes {
    let fields = FIELDS.iter();
    fields
        .map(|&name| (name.to_owned(), IndexedValueType::Keyword))
        .collect()
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    seen: Mutex<BTreeMap<(Arc<str>, String), Seen>>,
}

#[derive(Debug)]
struct Seen {
    at: Instant,
    heartbeat: Arc<WorkerHeartbeat>,
}

impl Workers {
    /// A worker has said something.
    pub(crate) fn record(&self, namespace_id: &Arc<str>, heartbeat: WorkerHeartbeat) {
        let at = Instant::now();
        let mut seen = self.seen.lock();
        seen.retain(|_, worker| at.duration_since(worker.at) < EXPIRY);
        let key = (
            Arc::clone(namespace_id),
            heartbeat.worker_instance_key.clone(),
        );
        if seen.len() >= CAPACITY && !seen.contains_key(&key) {
            let oldest = seen.iter().min_by_key(|(_, worker)| worker.at);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                seen.remove(&oldest);
            }
        }
        let heartbeat = Arc::new(heartbeat);
        seen.insert(key, Seen { at, heartbeat });
    }

    /// A worker has gone.
    pub(crate) fn remove(&self, namespace_id: &Arc<str>, worker_instance_key: &str) {
        let key = (Arc::clone(namespace_id), worker_instance_key.to_owned());
        self.seen.lock().remove(&key);
    }

    /// What a worker said last.
    pub(crate) fn get(
        &self,
        namespace_id: &Arc<str>,
        worker_instance_key: &str,
    ) -> Option<Arc<WorkerHeartbeat>> {
        let key = (Arc::clone(namespace_id), worker_instance_key.to_owned());
        let seen = self.seen.lock();
        let worker = seen
            .get(&key)
            .filter(|worker| worker.at.elapsed() < EXPIRY)?;
        Some(Arc::clone(&worker.heartbeat))
    }

    /// Up to `limit` workers that a query asks for, in the order of their keys, behind `after`.
    pub(crate) fn list(
        &self,
        namespace_id: &Arc<str>,
        filter: &Filter,
        after: &str,
        limit: usize,
    ) -> Vec<Arc<WorkerHeartbeat>> {
        use std::ops::Bound;
        let now = Instant::now();
        let from = (Arc::clone(namespace_id), after.to_owned());
        let seen = self.seen.lock();
        seen.range((Bound::Excluded(from), Bound::Unbounded))
            .take_while(|((of, _), _)| of == namespace_id)
            .filter(|(_, worker)| now.duration_since(worker.at) < EXPIRY)
            .filter(|(_, worker)| filter.matches(&*worker.heartbeat))
            .take(limit)
            .map(|(_, worker)| Arc::clone(&worker.heartbeat))
            .collect()
    }
}

impl Subject for WorkerHeartbeat {
    fn value(&self, field: &Field) -> Found<'_> {
        let version = self.deployment_version.as_ref();
        let text = match field {
            Field::StartTime => {
                let start = self.start_time.as_ref().map(nanos);
                return start.map_or(Found::Missing, Found::Int);
            }
            Field::TaskQueue => self.task_queue.as_str(),
            Field::Attribute(name, _) => match name.as_str() {
                "BuildId" => version.map_or("", |version| &version.build_id),
                "DeploymentName" => version.map_or("", |version| &version.deployment_name),
                "HostName" => self.host_info.as_ref().map_or("", |host| &host.host_name),
                "SdkName" => &self.sdk_name,
                "SdkVersion" => &self.sdk_version,
                "Status" => status_name(self.status()),
                "WorkerIdentity" => &self.worker_identity,
                "WorkerInstanceKey" => &self.worker_instance_key,
                _ => "",
            },
            _ => "",
        };
        match text {
            "" => Found::Missing,
            text => Found::Keyword(text),
        }
    }
}

fn nanos(time: &mainspring_proto::prost_types::Timestamp) -> i64 {
    let seconds = time.seconds.saturating_mul(1_000_000_000);
    seconds.saturating_add(i64::from(time.nanos))
}

fn status_name(status: WorkerStatus) -> &'static str {
    match status {
        WorkerStatus::Unspecified => "",
        WorkerStatus::Running => "Running",
        WorkerStatus::ShuttingDown => "ShuttingDown",
        WorkerStatus::Shutdown => "Shutdown",
    }
}

/// A worker in short, as lists show it.
pub(crate) fn in_short(heartbeat: &WorkerHeartbeat) -> WorkerListInfo {
    let host = heartbeat.host_info.clone().unwrap_or_default();
    WorkerListInfo {
        worker_instance_key: heartbeat.worker_instance_key.clone(),
        worker_identity: heartbeat.worker_identity.clone(),
        task_queue: heartbeat.task_queue.clone(),
        deployment_version: heartbeat.deployment_version.clone(),
        sdk_name: heartbeat.sdk_name.clone(),
        sdk_version: heartbeat.sdk_version.clone(),
        status: heartbeat.status,
        start_time: heartbeat.start_time,
        host_name: host.host_name,
        worker_grouping_key: host.worker_grouping_key,
        process_id: host.process_id,
        plugins: heartbeat.plugins.clone(),
        drivers: heartbeat.drivers.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visibility::query;

    fn worker(key: &str, queue: &str) -> WorkerHeartbeat {
        WorkerHeartbeat {
            worker_instance_key: key.into(),
            task_queue: queue.into(),
            sdk_name: "temporal-go".into(),
            status: WorkerStatus::Running as i32,
            ..Default::default()
        }
    }

    #[test]
    fn workers_are_listed_by_query_in_pages() {
        let workers = Workers::default();
        let namespace: Arc<str> = "ns".into();
        for key in ["c", "a", "b"] {
            workers.record(&namespace, worker(key, "orders"));
        }
        workers.record(&namespace, worker("d", "mail"));
        workers.record(&"other".into(), worker("e", "orders"));
        let list = |text: &str, after: &str, limit| -> Vec<String> {
            let query = query::parse(text, &query_fields()).expect("a query");
            let found = workers.list(&namespace, &query.filter, after, limit);
            found
                .iter()
                .map(|found| found.worker_instance_key.clone())
                .collect()
        };
        assert_eq!(list("", "", 10), ["a", "b", "c", "d"]);
        assert_eq!(list("", "b", 1), ["c"]);
        assert_eq!(list("TaskQueue = 'orders'", "", 2), ["a", "b"]);
        assert_eq!(
            list("Status = 'Running' AND SdkName != 'temporal-go'", "", 9),
            [""; 0]
        );
        assert_eq!(list("WorkerInstanceKey = 'd'", "", 9), ["d"]);
        workers.remove(&namespace, "d");
        assert!(workers.get(&namespace, "d").is_none());
        assert!(workers.get(&namespace, "a").is_some());
    }
}
