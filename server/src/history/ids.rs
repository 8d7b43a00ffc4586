//! Identities of workflow executions, and the source of new ones.

use std::{cell::Cell, fmt, sync::Arc};

/// An event's place in a history. Real events are numbered densely from 1; 0 means "none".
pub type EventId = i64;

/// All runs that share a workflow id in a namespace.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WorkflowKey {
    /// The namespace's id, not its name.
    pub namespace_id: Arc<str>,
    /// The id given by whoever started the workflow.
    pub workflow_id: Arc<str>,
}

impl WorkflowKey {
    /// The key of one of this workflow's runs.
    pub fn run(&self, run_id: impl Into<Arc<str>>) -> RunKey {
        RunKey {
            workflow: self.clone(),
            run_id: run_id.into(),
        }
    }
}

impl fmt::Display for WorkflowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace_id, self.workflow_id)
    }
}

/// One run of a workflow execution.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RunKey {
    /// The workflow it is a run of.
    pub workflow: WorkflowKey,
    /// The run's own id, unique in the whole server.
    pub run_id: Arc<str>,
}

impl RunKey {
    /// The protocol's form of this identity.
    pub fn execution(&self) -> mainspring_proto::common::v1::WorkflowExecution {
        mainspring_proto::common::v1::WorkflowExecution {
            workflow_id: self.workflow.workflow_id.to_string(),
            run_id: self.run_id.to_string(),
        }
    }
}

/// Makes ids from a seed, so that the core needs no random source of its own.
#[derive(Debug)]
pub struct Ids {
    state: Cell<u64>,
    salt: u64,
}

impl Ids {
    /// A source whose ids are as unpredictable as the seed.
    pub fn from_seed(seed: u128) -> Self {
        Self {
            state: Cell::new(seed as u64),
            salt: (seed >> 64) as u64,
        }
    }

    /// A new id in the form of a random UUID.
    pub fn uuid(&self) -> String {
        let (a, b) = (self.next() ^ self.salt, self.next());
        let bits = (u128::from(a) << 64 | u128::from(b)) & !(0xF << 76) & !(0x3 << 62)
            | 0x4 << 76
            | 0x2 << 62;
        let hex = format!("{bits:032x}");
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    /// A number below `bound`; 0 if that is 0.
    pub fn below(&self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        (wide >> 64) as u64
    }

    /// SplitMix64: every state gives another value, so ids of one source never repeat.
    fn next(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.state.set(state);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_random_uuids_and_differ() {
        let ids = Ids::from_seed(7);
        let (a, b) = (ids.uuid(), ids.uuid());
        assert_ne!(a, b);
        assert_eq!(a.len(), 36);
        assert_eq!(a.as_bytes()[14], b'4');
        assert!(matches!(a.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }
}
