//! What an attribute says of an implementation, beside what its interface says.

use crate::activity::{Activity, ActivityBuilder, ActivityDefinition};
use crate::converter::Args;
use crate::registry::{ExpectedActivities, Location};
use crate::workflow::{InitialState, VersioningBehavior, WorkflowBuilder, WorkflowDefinition};

/// The options of `#[workflow(..)]`.
#[derive(Debug)]
pub struct WorkflowConfig {
    location: Location,
    name: Option<&'static str>,
    task_queue: Option<&'static str>,
    versioning: VersioningBehavior,
    dynamic: bool,
    doc: &'static str,
    expected: ExpectedActivities,
}

impl WorkflowConfig {
    /// Nothing said.
    pub fn new(location: Location) -> Self {
        Self {
            location,
            name: None,
            task_queue: None,
            versioning: VersioningBehavior::Unspecified,
            dynamic: false,
            doc: "",
            expected: ExpectedActivities::default(),
        }
    }

    /// The workflow type's name, if it is not that of the interface.
    #[must_use]
    pub fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Only workers of this task queue run it.
    #[must_use]
    pub fn task_queue(mut self, name: &'static str) -> Self {
        self.task_queue = Some(name);
        self
    }

    /// How it moves between versions of a worker deployment.
    #[must_use]
    pub fn versioning(mut self, behavior: VersioningBehavior) -> Self {
        self.versioning = behavior;
        self
    }

    /// Runs for every type that has no workflow of its own.
    #[must_use]
    pub fn dynamic(mut self) -> Self {
        self.dynamic = true;
        self
    }

    /// Its description.
    #[must_use]
    pub fn doc(mut self, text: &'static str) -> Self {
        self.doc = text;
        self
    }

    /// See [`ExpectedActivities`].
    #[must_use]
    pub fn expects(
        mut self,
        interfaces: &'static [&'static str],
        elsewhere: &'static [&'static str],
        calls: &'static [&'static str],
    ) -> Self {
        self.expected = ExpectedActivities::new(interfaces, elsewhere, calls);
        self
    }

    pub(super) fn begin<W, A>(
        self,
        name: &str,
        init: impl Fn(&A) -> W + Send + Sync + 'static,
    ) -> WorkflowBuilder<W, A, InitialState<W, A>>
    where
        W: Send + Sync + 'static,
        A: Args,
    {
        let name = self.name.unwrap_or(name);
        let mut builder = WorkflowDefinition::builder::<W, A>(name, self.location)
            .doc(self.doc)
            .expects(self.expected)
            .versioning(self.versioning);
        if let Some(queue) = self.task_queue {
            builder = builder.task_queue(queue);
        }
        if self.dynamic {
            builder = builder.dynamic();
        }
        builder.init(init)
    }
}

/// The options of `#[activity(..)]` on an implementation.
#[derive(Debug)]
pub struct ActivityConfig {
    location: Location,
    task_queue: Option<&'static str>,
}

impl ActivityConfig {
    /// Nothing said.
    pub fn new(location: Location) -> Self {
        Self {
            location,
            task_queue: None,
        }
    }

    /// Only workers of this task queue run these activities.
    #[must_use]
    pub fn task_queue(mut self, name: &'static str) -> Self {
        self.task_queue = Some(name);
        self
    }

    /// Begins the definition of one of them.
    pub fn define<A: Activity>(&self) -> ActivityBuilder<A, ()> {
        let builder = ActivityDefinition::new::<A>(self.location);
        match self.task_queue {
            Some(queue) => builder.task_queue(queue),
            None => builder,
        }
    }
}
