//! Handles on workflows that go on in new runs.

use mainspring::client::{ClientError, UntypedWorkflow, WorkflowHandle};
use mainspring::error::FailureKind;
use mainspring::prelude::*;
use mainspring::workflow::{IdConflictPolicy, WorkflowType};

use crate::World;
use crate::client::eventually;

#[workflow_interface]
pub trait Relay {
    #[run]
    async fn run_on(&self) -> Result<()>;
    /// Goes on in a new run.
    #[signal]
    fn next(&self);
    #[signal]
    fn touch(&self);
    #[update]
    fn tap(&self) -> u32;
}

#[derive(Default)]
pub struct RelayWorkflow {
    next: State<bool>,
}

#[workflow]
impl Relay for RelayWorkflow {
    async fn run_on(&self) -> Result<()> {
        workflow::wait_until(|| self.next.get()).await?;
        workflow::continue_as_new(())
    }

    fn next(&self) {
        self.next.set(true);
    }

    fn touch(&self) {}

    fn tap(&self) -> u32 {
        7
    }
}

/// Lets the workflow go on in a new run, and waits until it does.
async fn hand_over(relay: &UntypedWorkflow) {
    let handle = relay.raw_handle();
    let described = handle.describe().await.expect("it is there");
    let before = described.run_id().to_owned();
    let signal = relay.signal("next", ()).await;
    signal.expect("the signal is taken");
    eventually(|| async {
        let described = handle.describe().await.expect("it is there");
        (described.run_id() != before).then_some(())
    })
    .await;
}

/// That a handle from a start of a workflow that was running already is one on the workflow, not on the run it found.
async fn check<M: WorkflowType>(relay: &UntypedWorkflow, found: WorkflowHandle<M>, before: &str) {
    assert_ne!(found.run_id(), before, "it is of a later run");
    hand_over(relay).await;
    found.cancel().await.expect("the workflow is still there");
    let ended = found.result().await;
    assert!(
        matches!(ended, Err(ClientError::WorkflowCancelled(_))),
        "{:?}",
        ended.err()
    );
}

#[tokio::test]
async fn a_start_that_uses_what_runs_is_a_handle_on_the_workflow() {
    let world = World::new().await;
    let id = world.id("existing");
    let relay = world.client.workflow(Relay, &id);
    let untyped = world.client.untyped_workflow("", &id);
    let first = relay.run_on().start().await.expect("it starts");
    hand_over(&untyped).await;
    let start = relay
        .run_on()
        .id_conflict_policy(IdConflictPolicy::UseExisting);
    let found = start.start().await.expect("it runs");
    check(&untyped, found, first.run_id()).await;
}

#[tokio::test]
async fn a_signal_with_start_is_a_handle_on_the_workflow() {
    let world = World::new().await;
    let id = world.id("signalled");
    let relay = world.client.workflow(Relay, &id);
    let untyped = world.client.untyped_workflow("", &id);
    let first = relay.run_on().start().await.expect("it starts");
    hand_over(&untyped).await;
    let found = relay.touch().with_start(relay.run_on()).await;
    check(&untyped, found.expect("it runs"), first.run_id()).await;
}

#[tokio::test]
async fn an_update_with_start_is_a_handle_on_the_workflow() {
    let world = World::new().await;
    let id = world.id("updated");
    let relay = world.client.workflow(Relay, &id);
    let untyped = world.client.untyped_workflow("", &id);
    let first = relay.run_on().start().await.expect("it starts");
    hand_over(&untyped).await;
    let start = relay
        .run_on()
        .id_conflict_policy(IdConflictPolicy::UseExisting);
    let (found, tapped) = relay.tap().with_start(start).await.expect("it runs");
    assert_eq!(tapped.result().await.expect("it is handled"), 7);
    check(&untyped, found, first.run_id()).await;
}

#[tokio::test]
async fn an_update_with_start_says_which_run_is_in_its_way() {
    let world = World::new().await;
    let relay = world.client.workflow(Relay, world.id("in-the-way"));
    let first = relay.run_on().start().await.expect("it starts");
    let start = relay.run_on().id_conflict_policy(IdConflictPolicy::Fail);
    let refused = relay.tap().with_start(start).await;
    let error = refused.expect_err("the workflow runs already");
    assert!(
        matches!(&error, ClientError::AlreadyStarted { run_id, .. } if run_id == first.run_id()),
        "{error}"
    );
}

#[workflow]
async fn says_where_it_stopped() -> Result<()> {
    workflow::sleep("1h").await.map_err(|_| {
        let mut failure = mainspring::error::Failure::canceled("stopped");
        if let FailureKind::Canceled { details, .. } = &mut failure.kind {
            let payload = mainspring::converter::DataConverter::default().to_payload(&3_u32);
            *details = mainspring::converter::EncodedValues::new(vec![payload.expect("a number")]);
        }
        WorkflowError::from_failure(failure)
    })
}

#[tokio::test]
async fn a_cancelled_workflow_tells_what_it_attached() {
    let world = World::new().await;
    let run = world
        .client
        .workflow(says_where_it_stopped, world.id("details"));
    let run = run.start(()).await.expect("it starts");
    run.cancel().await.expect("it runs");
    let error = run.result().await.expect_err("it is cancelled");
    let Some(FailureKind::Canceled { details, .. }) = error.failure().map(|it| &it.kind) else {
        panic!("{error}");
    };
    assert_eq!(details.get::<u32>(0).expect("it is attached"), 3);
}
