use mainspring::prelude::*;

#[workflow(name = 7 + 1, task_queue = if true { "a" } else { "b" })]
async fn greet() -> Result<()> {
    Ok(())
}

fn main() {}
