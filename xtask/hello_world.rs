// What a user begins with: compiled by `cargo xtask package` against the crates as they are published.
use mainspring::prelude::*;

#[activity(start_to_close = "10s")]
async fn compose(greeting: String, name: String) -> Result<String, ActivityError> {
    Ok(format!("{greeting}, {name}!"))
}

#[workflow]
async fn greet(name: String) -> Result<String> {
    workflow::sleep("1s").await?;
    Ok(compose("Hello".into(), name).await?)
}

#[mainspring::main]
async fn main() -> Result<()> {
    let client = Client::connect_from_env().await?.with_task_queue("greetings");
    let worker = Worker::new(&client, "greetings").start()?;
    let hello = client.workflow(greet, "hello-1").execute("World").await?;
    println!("{hello}");
    worker.shutdown().await?;
    Ok(())
}
