//! Activities that tests put in the place of the real ones.

use std::marker::PhantomData;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use crate::activity::{Activity, ActivityDefinition, ActivityError};
use crate::converter::{Args, DataConverter, Payload};

/// The calls of an activity that a test has mocked; see [`TestEnv::mock`](super::TestEnv::mock).
pub struct ActivityMock<A> {
    calls: Calls,
    activity: PhantomData<fn() -> A>,
}

type Calls = Arc<Mutex<Vec<Vec<Payload>>>>;

impl<A: Activity> ActivityMock<A> {
    /// The parameters of every attempt so far, in order.
    ///
    /// # Panics
    /// If they do not decode any more, which they did for the mock.
    #[must_use]
    pub fn calls(&self) -> Vec<A::Args> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let decoded = calls
            .iter()
            .map(|payloads| A::Args::from_payloads(&DataConverter::default(), payloads));
        let decoded: Result<Vec<_>, _> = decoded.collect();
        match decoded {
            Ok(calls) => calls,
            Err(error) => panic!("the parameters of `{}` do not decode: {error}", A::NAME),
        }
    }

    /// How many attempts there were so far.
    #[must_use]
    pub fn count(&self) -> usize {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.len()
    }
}

impl<A> std::fmt::Debug for ActivityMock<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("ActivityMock")
            .field("calls", &calls.len())
            .finish_non_exhaustive()
    }
}

#[track_caller]
pub(super) fn mock<A: Activity>(
    body: impl Fn(A::Args) -> Result<A::Output, ActivityError> + Send + Sync + 'static,
) -> (ActivityDefinition, ActivityMock<A>) {
    let here = Location::caller();
    let location = crate::registry::Location {
        file: here.file(),
        line: here.line(),
    };
    let calls = Calls::default();
    let recorded = Arc::clone(&calls);
    let definition = ActivityDefinition::new::<A>(location).run_blocking(move |_, args| {
        let payloads = args.to_payloads(&DataConverter::default())?;
        let mut calls = recorded.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(payloads);
        drop(calls);
        body(args)
    });
    let mock = ActivityMock {
        calls,
        activity: PhantomData,
    };
    (definition, mock)
}
