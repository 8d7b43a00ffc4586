//! What the attribute macros submit, and where a worker finds it.

use std::fmt;

use crate::activity::{Activity, ActivityDefinition};
use crate::workflow::WorkflowDefinition;

/// The activities of one annotated item.
#[derive(Clone, Copy)]
pub struct ActivityEntry(pub fn() -> Vec<ActivityDefinition>);

/// The workflow of one annotated item; none if it implements an interface that others inherit, without a run method.
#[derive(Clone, Copy)]
pub struct WorkflowEntry(pub fn() -> Option<WorkflowDefinition>);

/// One `#[activity_interface]`, implemented in this program or not.
#[derive(Clone, Copy)]
pub struct InterfaceEntry(pub fn() -> ActivityInterface);

/// The activities that an interface declares.
#[derive(Debug)]
pub struct ActivityInterface {
    pub(crate) name: &'static str,
    pub(crate) location: Location,
    /// The names of the interfaces that it inherits.
    pub(crate) inherits: &'static [&'static str],
    pub(crate) activities: Vec<DeclaredActivity>,
}

/// One activity of an interface.
#[derive(Debug)]
pub(crate) struct DeclaredActivity {
    pub(crate) method: &'static str,
    pub(crate) name: &'static str,
    /// Whether its attribute says which task queue it is called on.
    pub(crate) has_queue: bool,
}

impl ActivityInterface {
    /// An interface without activities, yet.
    pub fn new(name: &'static str, location: Location, inherits: &'static [&'static str]) -> Self {
        Self {
            name,
            location,
            inherits,
            activities: Vec::new(),
        }
    }

    /// Adds the activity that a method declares.
    #[must_use]
    pub fn activity<A: Activity>(mut self, method: &'static str) -> Self {
        self.activities.push(DeclaredActivity {
            method,
            name: A::NAME,
            has_queue: A::options().into_settings().task_queue.is_some(),
        });
        self
    }
}

/// What workflow code says of activities on its own task queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExpectedActivities {
    /// The names of the interfaces whose stubs it makes.
    pub(crate) interfaces: &'static [&'static str],
    /// The methods that it calls on other task queues.
    pub(crate) elsewhere: &'static [&'static str],
    /// What it calls that may be helpers, by name.
    pub(crate) calls: &'static [&'static str],
}

impl ExpectedActivities {
    /// As the macros saw it.
    pub const fn new(
        interfaces: &'static [&'static str],
        elsewhere: &'static [&'static str],
        calls: &'static [&'static str],
    ) -> Self {
        Self {
            interfaces,
            elsewhere,
            calls,
        }
    }
}

/// What helpers of workflow code expect, for the workflows that call them: a `#[workflow_fn]`, the methods of an `impl`,
/// the default methods of an interface.
#[derive(Clone, Copy, Debug)]
pub struct HelperEntry {
    pub(crate) names: &'static [&'static str],
    pub(crate) expected: ExpectedActivities,
}

impl HelperEntry {
    /// Helpers that are called by these names.
    pub const fn new(names: &'static [&'static str], expected: ExpectedActivities) -> Self {
        Self { names, expected }
    }
}

inventory::collect!(ActivityEntry);
inventory::collect!(HelperEntry);
inventory::collect!(InterfaceEntry);
inventory::collect!(WorkflowEntry);

/// Every annotated activity of the program, those of other crates included.
pub fn activities() -> Vec<ActivityDefinition> {
    inventory::iter::<ActivityEntry>
        .into_iter()
        .flat_map(|entry| (entry.0)())
        .collect()
}

/// Every annotated activity interface of the program, those of other crates included.
pub(crate) fn activity_interfaces() -> Vec<ActivityInterface> {
    inventory::iter::<InterfaceEntry>
        .into_iter()
        .map(|entry| (entry.0)())
        .collect()
}

/// What the helpers of the program expect, those of other crates included.
pub(crate) fn helpers() -> Vec<HelperEntry> {
    inventory::iter::<HelperEntry>
        .into_iter()
        .copied()
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
