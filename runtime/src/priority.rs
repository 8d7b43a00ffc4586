//! Whose tasks come first in a queue.

use mainspring_proto::common::v1 as common;

/// Whose tasks come first in a queue; nothing set is as the caller's workflow has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Priority {
    pub(crate) key: Option<i32>,
    pub(crate) fairness: Option<Fairness>,
}

/// Whose share of a queue it is, and how large.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fairness {
    pub(crate) key: String,
    pub(crate) weight: f32,
}

impl Priority {
    /// What is not set here is as there.
    pub(crate) fn or(self, base: Self) -> Self {
        Self {
            key: self.key.or(base.key),
            fairness: self.fairness.or(base.fairness),
        }
    }

    /// None if nothing is set.
    pub(crate) fn into_proto(self) -> Option<common::Priority> {
        if self == Self::default() {
            return None;
        }
        let Self { key, fairness } = self;
        let (fairness_key, fairness_weight) = match fairness {
            Some(fairness) => (fairness.key, fairness.weight),
            None => (String::new(), 0.0),
        };
        Some(common::Priority {
            priority_key: key.unwrap_or_default(),
            fairness_key,
            fairness_weight,
        })
    }
}

/// The setters of options that have a priority.
macro_rules! priority_setters {
    ($set:ident) => {
        /// Its priority among the tasks of its queue, 1 to 5; 1 comes first.
        pub fn priority(mut self, priority: i32) -> Self {
            self.$set().priority.key = Some(priority);
            self
        }

        /// Whose share of its queue it belongs to, such as a tenant's: among tasks of one priority those of all keys take
        /// turns, so that nobody has to wait until many of somebody else are done. A key of weight 2 gets twice as many turns
        /// as one of weight 1. On servers that know of it.
        pub fn fairness(mut self, key: impl Into<String>, weight: f32) -> Self {
            let key = key.into();
            self.$set().priority.fairness = Some(crate::priority::Fairness { key, weight });
            self
        }
    };
}
pub(crate) use priority_setters;
