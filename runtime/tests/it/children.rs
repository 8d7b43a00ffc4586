//! Children, other workflows, and runs that continue.

use mainspring::prelude::*;

use crate::World;

#[workflow]
async fn double(number: u32) -> Result<u32> {
    Ok(number * 2)
}

#[workflow]
async fn fail_with(kind: String) -> Result<()> {
    Err(ApplicationError::new(kind, "as asked").into())
}

#[workflow]
async fn sum_of_doubles(numbers: Vec<u32>) -> Result<u32> {
    let doubles = workflow::join_all(numbers.into_iter().map(double)).await;
    let mut sum = 0;
    for double in doubles {
        sum += double?;
    }
    Ok(sum)
}

#[workflow]
async fn judge(kind: String) -> Result<String> {
    let failed = fail_with(kind).await.expect_err("it fails");
    Ok(failed.error_type().to_owned())
}

#[workflow_interface]
pub trait Letterbox {
    #[run]
    async fn wait(&self) -> Result<String>;
    #[signal]
    fn drop_in(&self, letter: String);
}

#[derive(Default)]
pub struct OpenLetterbox {
    letters: State<Vec<String>>,
}

#[workflow]
impl Letterbox for OpenLetterbox {
    async fn wait(&self) -> Result<String> {
        workflow::wait_until(|| !self.letters.borrow().is_empty()).await?;
        Ok(self.letters.borrow().join(", "))
    }

    fn drop_in(&self, letter: String) {
        self.letters.update(|letters| letters.push(letter));
    }
}

#[workflow]
async fn post(id: String) -> Result<String> {
    let unknown = Letterbox.external("nobody").drop_in("x").await;
    Letterbox.external(id).drop_in("from afar").await?;
    Ok(unknown.expect_err("nobody is there").to_string())
}

#[workflow]
async fn parent_of_letterbox() -> Result<String> {
    let child = Letterbox.child().wait().start().await?;
    Letterbox.external(child.id()).drop_in("from home").await?;
    Ok(child.await?)
}

#[workflow]
async fn count_down(from: u32) -> Result<String> {
    if from == 0 {
        return Ok(format!(
            "lift-off in {:?}",
            workflow::info().continued_run_id.is_some()
        ));
    }
    workflow::continue_as_new((from - 1,))
}

#[tokio::test]
async fn children_run_beside_each_other() {
    let world = World::new().await;
    let run = world.client.workflow(sum_of_doubles, world.id("sum"));
    let sum = run.execute(vec![1, 2, 3]).await.expect("it completes");
    assert_eq!(sum, 12);
}

#[tokio::test]
async fn a_parent_sees_why_its_child_failed() {
    let world = World::new().await;
    let run = world.client.workflow(judge, world.id("judge"));
    assert_eq!(run.execute("Greed").await.expect("it completes"), "Greed");
}

#[tokio::test]
async fn a_parent_signals_its_child() {
    let world = World::new().await;
    let run = world.client.workflow(parent_of_letterbox, world.id("home"));
    assert_eq!(run.execute(()).await.expect("it completes"), "from home");
}

#[tokio::test]
async fn a_workflow_signals_another() {
    let world = World::new().await;
    let id = world.id("box");
    let letterbox = world.client.workflow(Letterbox, &id).wait().start().await;
    let letterbox = letterbox.expect("it starts");
    let poster = world.client.workflow(post, world.id("post"));
    let failed = poster.execute(id).await.expect("it completes");
    assert_eq!(
        failed,
        "SignalExternalWorkflowFailed: signal `drop_in` did not reach workflow \"nobody\": there is no such workflow, or it \
         is closed"
    );
    assert_eq!(letterbox.result().await.expect("it completes"), "from afar");
}

#[tokio::test]
async fn a_result_follows_the_runs_that_continue() {
    let world = World::new().await;
    let run = world.client.workflow(count_down, world.id("count"));
    assert_eq!(
        run.execute(3).await.expect("it completes"),
        "lift-off in true"
    );
}
