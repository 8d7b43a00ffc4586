//! Who has polled a queue lately.

use std::{collections::HashMap, time::Duration};

use mainspring_proto::{
    common::v1::WorkerVersionCapabilities, deployment::v1::WorkerDeploymentOptions,
};

use super::PollOptions;

/// A poller that has not been seen for this long is no longer shown.
const EXPIRY: Duration = Duration::from_secs(5 * 60);

/// The most pollers remembered for one queue; the one seen longest ago makes room.
const CAPACITY: usize = 1000;

/// One poller, as DescribeTaskQueue shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PollerInfo {
    pub(crate) identity: String,
    /// How long ago it polled.
    pub(crate) last_access: Duration,
    pub(crate) max_tasks_per_second: Option<f64>,
    pub(crate) deployment_options: Option<WorkerDeploymentOptions>,
    pub(crate) version: Option<WorkerVersionCapabilities>,
}

#[derive(Debug, Default)]
pub(super) struct Pollers {
    seen: HashMap<String, Seen>,
}

#[derive(Debug)]
struct Seen {
    at: Duration,
    max_tasks_per_second: Option<f64>,
    deployment_options: Option<WorkerDeploymentOptions>,
    version: Option<WorkerVersionCapabilities>,
}

impl Pollers {
    /// A poll came in.
    pub(super) fn seen(&mut self, poll: PollOptions, now: Duration) {
        if self.seen.len() >= CAPACITY && !self.seen.contains_key(&poll.identity) {
            self.make_room(now);
        }
        let seen = Seen {
            at: now,
            max_tasks_per_second: poll.max_tasks_per_second,
            deployment_options: poll.deployment_options,
            version: poll.version,
        };
        self.seen.insert(poll.identity, seen);
    }

    /// Those seen lately, latest first.
    pub(super) fn recent(&self, now: Duration) -> Vec<PollerInfo> {
        let mut recent: Vec<_> = self
            .seen
            .iter()
            .map(|(identity, seen)| PollerInfo {
                identity: identity.clone(),
                last_access: now.saturating_sub(seen.at),
                max_tasks_per_second: seen.max_tasks_per_second,
                deployment_options: seen.deployment_options.clone(),
                version: seen.version.clone(),
            })
            .filter(|poller| poller.last_access < EXPIRY)
            .collect();
        recent.sort_by(|a, b| (a.last_access, &a.identity).cmp(&(b.last_access, &b.identity)));
        recent
    }

    fn make_room(&mut self, now: Duration) {
        self.seen
            .retain(|_, seen| now.saturating_sub(seen.at) < EXPIRY);
        if self.seen.len() < CAPACITY {
            return;
        }
        let oldest = self.seen.iter().min_by_key(|(_, seen)| seen.at);
        if let Some(identity) = oldest.map(|(identity, _)| identity.clone()) {
            self.seen.remove(&identity);
        }
    }
}
