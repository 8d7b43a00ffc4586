//! What is said when code and history disagree.

use std::fmt;

use mainspring_proto::history::v1::HistoryEvent;

use super::commands::Slot;

/// Code and history disagree: the code has changed since the history was written, or is not deterministic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nondeterminism {
    /// The event at which they part; 0 if the history has none.
    pub event_id: i64,
    /// What the history has.
    pub found: String,
    /// What the code asks for there, and where.
    pub expected: String,
}

impl fmt::Display for Nondeterminism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "[TMPRL1100] nondeterminism: the history has {}, but the code asks for {}. The code has changed since this \
             history was written (use `workflow::patched`), or it is not deterministic",
            self.found, self.expected
        )
    }
}

impl std::error::Error for Nondeterminism {}

/// One property in which a command and its event differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) property: &'static str,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Mismatch {
    pub(crate) fn check(property: &'static str, expected: &str, found: &str) -> Result<(), Self> {
        if expected == found {
            return Ok(());
        }
        Err(Self {
            property,
            expected: expected.to_owned(),
            found: found.to_owned(),
        })
    }

    pub(crate) fn into_error(self, event: &HistoryEvent, slot: &Slot) -> Nondeterminism {
        Nondeterminism {
            event_id: event.event_id,
            found: format!(
                "{} with {} {:?}",
                describe(event),
                self.property,
                self.found
            ),
            expected: format!(
                "{} with {} {:?}",
                slot.describe(),
                self.property,
                self.expected
            ),
        }
    }
}

/// For messages: an event by its number and type.
pub(crate) fn describe(event: &HistoryEvent) -> String {
    let name = event.event_type().as_str_name();
    let name: String = name
        .trim_start_matches("EVENT_TYPE_")
        .split('_')
        .map(|word| {
            let (first, rest) = word.split_at(1.min(word.len()));
            format!("{first}{}", rest.to_ascii_lowercase())
        })
        .collect();
    format!("event {} {name}", event.event_id)
}
