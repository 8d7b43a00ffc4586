//! Bounds on what one run may hold. The defaults are those of Temporal's server, which workers and
//! workflows already live with.

use std::time::Duration;

/// See the module.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest id or name, in bytes.
    pub id_length: usize,
    /// The largest payload of a command, in bytes.
    pub blob_size: usize,
    /// The largest memo, in bytes.
    pub memo_size: usize,
    /// The most events a history may have before the run is terminated.
    pub history_events: i64,
    /// The largest history, in bytes, before the run is terminated.
    pub history_size: i64,
    /// The most that a run may hold beside its history, in bytes, before it is terminated.
    pub mutable_state_size: usize,
    /// The most that a worker's commands may add to the history at once, in bytes, before the run is terminated.
    pub transaction_size: i64,
    /// From how many events on workers are told to continue as new.
    pub suggest_continue_as_new_events: i64,
    /// From how many bytes on workers are told to continue as new.
    pub suggest_continue_as_new_size: i64,
    /// The most events that wait for a workflow task.
    pub buffered_events: usize,
    /// The most bytes of events that wait for a workflow task.
    pub buffered_size: usize,
    /// The most pending activities.
    pub pending_activities: usize,
    /// The most children that are pending.
    pub pending_children: usize,
    /// The most external signals under way.
    pub pending_signals: usize,
    /// The most external cancel requests under way.
    pub pending_cancels: usize,
    /// The most signals that one run takes.
    pub signals: u32,
    /// The most updates under way in one run.
    pub updates_in_flight: usize,
    /// The most bytes of updates that no worker has accepted yet.
    pub updates_in_flight_size: usize,
    /// The most updates that one run takes.
    pub updates: usize,
    /// How long a worker may take for a workflow task if the start request does not say.
    pub default_workflow_task_timeout: Duration,
    /// The most that a start request may ask for.
    pub max_workflow_task_timeout: Duration,
    /// How long a workflow task may be kept alive by heartbeats.
    pub workflow_task_heartbeat: Duration,
    /// How long a task made for updates waits for a worker before it becomes a normal one.
    pub speculative_schedule_to_start: Duration,
    /// From which attempt on a failing workflow task is slowed down.
    pub slow_attempt: i32,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            id_length: 1000,
            blob_size: 2 * MIB,
            memo_size: 2 * MIB,
            history_events: 51_200,
            history_size: 50 * MIB as i64,
            mutable_state_size: 8 * MIB,
            transaction_size: 4 * MIB as i64,
            suggest_continue_as_new_events: 4096,
            suggest_continue_as_new_size: 4 * MIB as i64,
            buffered_events: 100,
            buffered_size: 2 * MIB,
            pending_activities: 2000,
            pending_children: 2000,
            pending_signals: 2000,
            pending_cancels: 2000,
            signals: 10_000,
            updates_in_flight: 10,
            updates_in_flight_size: 20 * MIB,
            updates: 2000,
            default_workflow_task_timeout: Duration::from_secs(10),
            max_workflow_task_timeout: Duration::from_secs(120),
            workflow_task_heartbeat: Duration::from_secs(30 * 60),
            speculative_schedule_to_start: Duration::from_secs(5),
            slow_attempt: 4,
        }
    }
}
