//! Workflows that tests put in the place of the real ones: children that answer at once, and others that take signals.
//!
//! A mock is a workflow of its own, so that its parent sees what it would see of the real one. Its closure runs in an
//! activity of its, once, and what it says is recorded; so a replay of the mock agrees, whatever the closure does.

use std::marker::PhantomData;

use super::calls::Calls;
use super::mock::here;
use super::{TestEnv, TestHistory};
use crate::activity::{Activity, ActivityDefinition, ActivityError};
use crate::client::{ClientError, WorkflowHandle};
use crate::converter::{DataConverter, EncodedValues};
use crate::error::{ActivityFailure, Result, WorkflowError};
use crate::workflow::{
    self, ActivityOptions, NoTimeout, SignalType, Untyped, WorkflowBuilder, WorkflowDefinition,
    WorkflowType,
};
use crate::{RetryPolicy, registry};

/// The type of workflows that take signals and do nothing.
const STAND_IN: &str = "mainspring-stand-in";

/// The calls of a workflow that a test has mocked; see [`TestEnv::mock_workflow`].
pub struct WorkflowMock<M> {
    calls: Calls,
    workflow: PhantomData<fn() -> M>,
}

impl<M: WorkflowType> WorkflowMock<M> {
    /// The parameters of every run so far, in order.
    ///
    /// # Panics
    /// If they do not decode any more, which they did for the mock.
    #[must_use]
    #[track_caller]
    pub fn calls(&self) -> Vec<M::Args> {
        self.calls.decoded(M::NAME)
    }

    /// How many runs there were so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.calls.count()
    }
}

impl<M> std::fmt::Debug for WorkflowMock<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkflowMock")
            .field("calls", &self.calls.count())
            .finish_non_exhaustive()
    }
}

/// The activity in which the closure of a mocked workflow runs.
struct Body<M>(PhantomData<fn() -> M>);

impl<M: WorkflowType> Activity for Body<M> {
    const NAME: &'static str = M::NAME;
    type Args = M::Args;
    type Output = M::Output;
    type Timeouts = NoTimeout;

    fn options() -> ActivityOptions<NoTimeout> {
        ActivityOptions::new()
    }
}

impl TestEnv {
    /// Puts a closure in the place of a workflow, such as a child of the one under test, and records its calls. It takes
    /// all signals.
    ///
    /// An interface has a mock of its own, with its run method: `GreetingMock::new(&env)`.
    ///
    /// # Panics
    /// If the worker runs already, or there is none.
    #[track_caller]
    pub fn mock_workflow<M: WorkflowType>(
        &self,
        body: impl Fn(M::Args) -> Result<M::Output> + Send + Sync + 'static,
    ) -> WorkflowMock<M> {
        let calls = Calls::default();
        let recorded = calls.clone();
        let mut activity =
            ActivityDefinition::new::<Body<M>>(here()).run_blocking(move |_, args| {
                recorded.record(&args)?;
                body(args).map_err(not_retried)
            });
        activity.name = format!("the mock of workflow {}", M::NAME);
        let name = activity.name.clone();
        let definition = taking_signals(M::NAME, here())
            .run(move |_, args: M::Args| crate::durable::durable(run::<M>(name.clone(), args)));
        let mut bench = self.bench("mock_workflow");
        bench.stand_in(activity);
        bench.stand_in_workflow(definition.build());
        M::TASK_QUEUE
            .into_iter()
            .for_each(|queue| bench.task_queue(queue.to_owned()));
        WorkflowMock {
            calls,
            workflow: PhantomData,
        }
    }

    /// Starts a workflow of this id that takes all signals, and does nothing: for a workflow under test to talk to. It
    /// goes on until it is cancelled by the test.
    ///
    /// # Errors
    /// If there is a workflow of this id already.
    ///
    /// # Panics
    /// If the environment does not skip time.
    pub async fn stand_in(&self, id: impl Into<String>) -> Result<StandIn, ClientError> {
        let client = self.client();
        let stub = client.untyped_workflow(STAND_IN, id);
        Ok(StandIn {
            converter: client.data_converter().clone(),
            run: stub.execute::<(), ()>(()).start().await?,
        })
    }
}

/// A workflow that takes what others send it; see [`TestEnv::stand_in`].
#[derive(Debug)]
pub struct StandIn {
    run: WorkflowHandle<Untyped<(), ()>>,
    converter: DataConverter,
}

impl StandIn {
    /// The parameters of a signal that it was sent so far, in their order.
    ///
    /// # Errors
    /// If the server does not answer.
    ///
    /// # Panics
    /// If they are of other types.
    pub async fn signals<S: SignalType>(&self) -> Result<Vec<S::Args>, ClientError> {
        Ok(self.history().await?.signals::<S>())
    }

    /// What it was sent so far.
    ///
    /// # Errors
    /// If the server does not answer.
    pub async fn history(&self) -> Result<TestHistory, ClientError> {
        Ok(TestHistory::of(self.run.history().await?, &self.converter))
    }
}

/// The definition of [`TestEnv::stand_in`].
pub(super) fn stand_in() -> WorkflowDefinition {
    let definition = taking_signals(STAND_IN, crate::location!());
    let definition = definition.run(|_, ()| async {
        std::future::pending::<()>().await;
        Ok(())
    });
    definition.build()
}

type Begun<A> = WorkflowBuilder<(), A, workflow::InitialState<(), A>>;

fn taking_signals<A: crate::converter::Args>(name: &str, at: registry::Location) -> Begun<A> {
    let definition = WorkflowDefinition::builder::<(), A>(name, at);
    let definition = definition.dynamic_signal("any", |_, _, _: EncodedValues| async { Ok(()) });
    definition.init(|_| ())
}

async fn run<M: WorkflowType>(activity: String, args: M::Args) -> Result<M::Output> {
    let call = workflow::untyped_activity(activity)
        // As long as it likes: time does not jump meanwhile.
        .start_to_close("1 day")
        .retry(RetryPolicy::none())
        .call::<M::Output, M::Args>(args);
    match call.__durable().await {
        Ok(output) => Ok(output),
        Err(ActivityFailure::Application(failure)) => {
            let cause = failure.cause.clone().map_or(*failure, |cause| *cause);
            Err(WorkflowError::from_failure(cause))
        }
        Err(other) => Err(other.into()),
    }
}

/// The failure of the workflow, not one of an attempt.
fn not_retried(error: WorkflowError) -> ActivityError {
    match error.failure() {
        Some(failure) => ActivityError::from_failure(failure.clone()),
        None => ActivityError::new(
            "ContinueAsNew",
            "a mocked workflow cannot continue as new: return a value or a failure",
        ),
    }
}
