//! Nothing is generated under a name that the user may want for a module.
use mainspring::prelude::*;

mod greeting_workflow {
    pub const NAME: &str = "Ada";
}

#[workflow_interface]
trait ModuleGreeting {
    #[run]
    async fn greet(&self) -> Result<String>;
}

#[derive(Default)]
struct GreetingWorkflow;

#[workflow]
impl ModuleGreeting for GreetingWorkflow {
    async fn greet(&self) -> Result<String> {
        Ok(greeting_workflow::NAME.into())
    }
}
