//! CPU time and memory of processes, as Linux counts them.

use std::fs;
use std::time::Duration;

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// CPU time of all its threads.
    pub(crate) cpu: Duration,
    /// Resident memory, in KiB.
    pub(crate) resident_kib: u64,
}

impl Usage {
    /// What the process has used; nothing where `/proc` does not say.
    pub(crate) fn of(pid: u32) -> Self {
        Self {
            cpu: cpu(pid).unwrap_or_default(),
            resident_kib: resident_kib(pid).unwrap_or_default(),
        }
    }

    /// What this process has used.
    pub(crate) fn own() -> Self {
        Self::of(std::process::id())
    }

    /// CPU time since `earlier`.
    pub(crate) fn cpu_since(&self, earlier: &Self) -> Duration {
        self.cpu.saturating_sub(earlier.cpu)
    }
}

/// The sum over all threads, living and ended, in ticks of ten milliseconds: enough for runs of a second and more.
fn cpu(pid: u32) -> Option<Duration> {
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in parentheses and may contain anything.
    let fields: Vec<_> = stat[stat.rfind(')')? + 2..].split(' ').collect();
    let user: u32 = fields.get(11)?.parse().ok()?;
    let system: u32 = fields.get(12)?.parse().ok()?;
    Some(TICK * (user + system))
}

fn resident_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
