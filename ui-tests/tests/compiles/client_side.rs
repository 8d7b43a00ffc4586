//! Stubs outside workflow code.
use mainspring::{Client, prelude::*};

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal]
    fn approve(&self, by: String);
    #[query]
    fn approvals(&self) -> u32;
    #[update]
    async fn rename(&self, name: String) -> Result<u32>;
}

pub async fn calls(client: &Client) -> Result<()> {
    let greeting = client
        .workflow(Greeting, "greeting-1")
        .task_queue("greetings");
    let handle = greeting
        .greet("World")
        .run_timeout("1h")
        .memo("a", 1u8)
        .start()
        .await?;
    let _: String = handle.result().await?;
    let _: String = greeting.handle().result().await?;
    greeting.approve(String::from("ada")).await?;
    let _: u32 = greeting.approvals().await?;
    let _: u32 = greeting.rename("x").await?;
    let _: String = greeting.greet("World").await?;
    Ok(())
}
