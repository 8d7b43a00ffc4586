//! Activities that tests put in the place of the real ones.

use std::marker::PhantomData;
use std::panic::Location;

use super::TestEnv;
use super::calls::Calls;
use crate::activity::{Activity, ActivityDefinition, ActivityError};

/// The calls of an activity that a test has mocked; see [`TestEnv::mock`](super::TestEnv::mock).
pub struct ActivityMock<A> {
    calls: Calls,
    activity: PhantomData<fn() -> A>,
}

impl<A: Activity> ActivityMock<A> {
    /// The parameters of every attempt so far, in order.
    ///
    /// # Panics
    /// If they do not decode any more, which they did for the mock.
    #[must_use]
    #[track_caller]
    pub fn calls(&self) -> Vec<A::Args> {
        self.calls.decoded(A::NAME)
    }

    /// How many attempts there were so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.calls.count()
    }
}

impl<A> std::fmt::Debug for ActivityMock<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActivityMock")
            .field("calls", &self.calls.count())
            .finish_non_exhaustive()
    }
}

impl TestEnv {
    /// Puts a closure in the place of an activity, and records its calls. An error is retried like that of any attempt,
    /// as the activity's options say.
    ///
    /// An interface has a mock of its own, with a method for each activity: `GreetingActivitiesMock::new(&env)`.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn mock<A: Activity>(
        &self,
        body: impl Fn(A::Args) -> Result<A::Output, ActivityError> + Send + Sync + 'static,
    ) -> ActivityMock<A> {
        let calls = Calls::default();
        let recorded = calls.clone();
        let definition = ActivityDefinition::new::<A>(here()).run_blocking(move |_, args| {
            recorded.record(&args)?;
            body(args)
        });
        let mut bench = self.bench("mock");
        bench.stand_in(definition);
        bench.queue_of::<A>();
        ActivityMock {
            calls,
            activity: PhantomData,
        }
    }
}

/// Where the test asks for a mock.
#[track_caller]
pub(super) fn here() -> crate::registry::Location {
    let here = Location::caller();
    crate::registry::Location {
        file: here.file(),
        line: here.line(),
    }
}
