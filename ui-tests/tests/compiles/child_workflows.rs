//! Children by interface and by function, with options, handles and signals.
use mainspring::prelude::*;
use mainspring::workflow::ParentClosePolicy;

#[workflow]
async fn leaf(n: u32) -> Result<u32> {
    Ok(n)
}

#[workflow_interface]
trait Branch {
    #[run]
    async fn branch(&self, name: String) -> Result<u32>;
    #[signal]
    fn grow(&self, by: u32);
}

#[workflow]
async fn tree() -> Result<u32> {
    let one = leaf(1).id("leaf-1").await?;
    let stub = Branch
        .child()
        .task_queue("branches")
        .parent_close_policy(ParentClosePolicy::Abandon)
        .run_timeout("1h");
    let two = stub.branch("a").await?;
    let handle = stub.clone().id("b").branch("b").start().await?;
    Branch.external(handle.id()).grow(2).await?;
    let three = handle.await?;
    let all = workflow::join_all((0..3).map(leaf)).await;
    Ok(one + two + three + all.len() as u32)
}
