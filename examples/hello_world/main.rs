//! Hello, durable world: an interface, its implementation, an activity, a worker and a client.
//!
//! `cargo run -p mainspring-examples --bin hello_world` runs it on a server in this process, or on
//! the one that `TEMPORAL_ADDRESS` names.

use mainspring::prelude::*;
use mainspring::testing::TestEnv;

/// What callers see of the workflow.
#[workflow_interface]
pub trait Greeting {
    /// Greets, once somebody has approved.
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal]
    fn approve(&self, by: String);
    #[query]
    fn approved_by(&self) -> Option<String>;
}

/// An activity is ordinary code: it may call services, and is retried until it succeeds.
#[activity(start_to_close = "10s")]
async fn compose(greeting: String, name: String) -> Result<String, ActivityError> {
    Ok(format!("{greeting}, {name}!"))
}

/// The workflow's state survives crashes, because its history does.
#[derive(Default)]
pub struct GreetingWorkflow {
    approved_by: State<Option<String>>,
}

#[workflow]
impl Greeting for GreetingWorkflow {
    async fn greet(&self, name: String) -> Result<String> {
        workflow::wait_until(|| self.approved_by.borrow().is_some()).await?;
        workflow::sleep("100ms").await?;
        Ok(compose("Hello".into(), name).await?)
    }

    fn approve(&self, by: String) {
        self.approved_by.set(Some(by));
    }

    fn approved_by(&self) -> Option<String> {
        self.approved_by.get()
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let env = TestEnv::from_env().await?;
    let client = env.client().with_task_queue("greetings");
    let worker = Worker::new(&client, "greetings").start()?;

    let greeting = client.workflow(Greeting, format!("hello-{}", std::process::id()));
    let run = greeting.greet("World").start().await?;
    greeting.approve("Ada").await?;
    println!("{}\n", run.result().await?);
    println!("{}", run.history().await?);

    worker.shutdown().await?;
    env.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[mainspring::test]
    async fn nobody_is_greeted_before_it_is_approved(env: TestEnv) -> Result<()> {
        let greeting = env.client().workflow(Greeting, "hello");
        let run = greeting.greet("World").start().await?;
        env.advance("1 day").await?;
        assert_eq!(greeting.approved_by().await?, None);
        greeting.approve("Ada").await?;
        assert_eq!(greeting.approved_by().await?, Some("Ada".to_owned()));
        assert_eq!(run.result().await?, "Hello, World!");
        Ok(())
    }
}
