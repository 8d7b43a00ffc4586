//! What the attribute macros submit, and where a worker finds it.

use std::fmt;

use crate::activity::ActivityDefinition;
use crate::workflow::WorkflowDefinition;

/// The activities of one annotated item.
#[derive(Clone, Copy)]
pub struct ActivityEntry(pub fn() -> Vec<ActivityDefinition>);

/// The workflow of one annotated item; none if it implements an interface that others inherit, without a run method.
#[derive(Clone, Copy)]
pub struct WorkflowEntry(pub fn() -> Option<WorkflowDefinition>);

inventory::collect!(ActivityEntry);
inventory::collect!(WorkflowEntry);

/// Every annotated activity of the program, those of other crates included.
pub fn activities() -> Vec<ActivityDefinition> {
    inventory::iter::<ActivityEntry>
        .into_iter()
        .flat_map(|entry| (entry.0)())
        .collect()
}

/// Every annotated workflow of the program, those of other crates included.
pub fn workflows() -> Vec<WorkflowDefinition> {
    inventory::iter::<WorkflowEntry>
        .into_iter()
        .filter_map(|entry| (entry.0)())
        .collect()
}

/// Where something is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// The [`Location`] where this is written.
#[macro_export]
macro_rules! location {
    () => {
        $crate::registry::Location {
            file: ::core::file!(),
            line: ::core::line!(),
        }
    };
}
