//! Signals and queries.

use mainspring::prelude::*;

use crate::World;

#[workflow_interface]
pub trait Approval {
    /// Waits for enough approvals.
    #[run]
    async fn collect(&self, wanted: u32) -> Result<Vec<String>>;
    /// One more.
    #[signal]
    fn approve(&self, by: String);
    /// How many so far.
    #[query]
    fn count(&self) -> u32;
}

#[derive(Default)]
pub struct Approvals {
    by: State<Vec<String>>,
}

#[workflow]
impl Approval for Approvals {
    async fn collect(&self, wanted: u32) -> Result<Vec<String>> {
        workflow::wait_until(|| self.by.borrow().len() as u32 >= wanted).await?;
        Ok(self.by.get())
    }

    fn approve(&self, by: String) {
        self.by.update(|all| all.push(by));
    }

    fn count(&self) -> u32 {
        self.by.borrow().len() as u32
    }
}

#[tokio::test]
async fn signals_change_what_queries_see() {
    let world = World::new().await;
    let approval = world.client.workflow(Approval, world.id("approval"));
    let run = approval.collect(2).start().await.expect("it starts");
    approval.approve("Ada").await.expect("it is taken");
    assert_eq!(approval.count().await.expect("it answers"), 1);
    approval.approve("Bob").await.expect("it is taken");
    let by = run.result().await.expect("it completes");
    assert_eq!(by, ["Ada", "Bob"]);
    assert_eq!(
        approval
            .count()
            .await
            .expect("a closed workflow answers too"),
        2
    );
}

#[tokio::test]
async fn a_signal_can_start_its_workflow() {
    let world = World::new().await;
    let approval = world.client.workflow(Approval, world.id("with-start"));
    let run = approval
        .approve("Ada")
        .with_start(approval.collect(1))
        .await
        .expect("it starts");
    assert_eq!(run.result().await.expect("it completes"), ["Ada"]);
}

#[tokio::test]
async fn an_unknown_query_lists_the_known_ones() {
    let world = World::new().await;
    let id = world.id("unknown-query");
    let approval = world.client.workflow(Approval, &id);
    approval.collect(1).start().await.expect("it starts");
    let untyped = world.client.untyped_workflow("Approval", &id);
    let answer = untyped.query::<(), u32>("cuont", ()).await;
    let error = answer.expect_err("there is no such query").to_string();
    assert!(
        error.contains("has no query `cuont`; it has `count`"),
        "{error}"
    );
}

#[tokio::test]
async fn the_stack_trace_says_what_is_waited_for() {
    let world = World::new().await;
    let id = world.id("stack");
    let run = world.client.workflow(crate::hello::greet_later, &id);
    run.start("x").await.expect("it starts");
    let untyped = world.client.untyped_workflow("greet_later", &id);
    let trace = untyped.query::<(), String>("__stack_trace", ()).await;
    let trace = trace.expect("it answers");
    assert!(
        trace.contains("timer of 1s at runtime/tests/it/hello.rs") || trace.contains("signal"),
        "{trace}"
    );
}

#[tokio::test]
async fn the_metadata_names_all_handlers() {
    let world = World::new().await;
    let id = world.id("metadata");
    let approval = world.client.workflow(Approval, &id);
    approval.collect(1).start().await.expect("it starts");
    let untyped = world.client.untyped_workflow("Approval", &id);
    let metadata = untyped.query::<(), serde_json::Value>("__temporal_workflow_metadata", ());
    let metadata = metadata.await.expect("it answers");
    assert_eq!(
        metadata["definition"]["signalDefinitions"][0]["name"],
        "approve"
    );
    assert_eq!(
        metadata["definition"]["signalDefinitions"][0]["description"],
        "One more."
    );
}
