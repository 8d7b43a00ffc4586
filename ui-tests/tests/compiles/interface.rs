//! Interfaces, as in api.md.
use mainspring::prelude::*;

#[activity_interface(name_prefix = "Greeting_", start_to_close = "10s")]
pub trait GreetingActivities {
    /// Composes.
    async fn compose(&self, greeting: String, name: String) -> Result<String, ActivityError>;
    #[activity(name = "shout", schedule_to_close = "1m", retry(maximum_attempts = 3))]
    fn shout(&self, text: String) -> Result<String, ActivityError>;
}

pub struct English {
    pub suffix: String,
}

#[activity]
impl GreetingActivities for English {
    async fn compose(&self, greeting: String, name: String) -> Result<String, ActivityError> {
        Ok(greeting + &name + &self.suffix)
    }
    fn shout(&self, text: String) -> Result<String, ActivityError> {
        Ok(text.to_uppercase())
    }
}

#[workflow_interface]
pub trait Pausable {
    #[signal]
    fn pause(&self);
    #[query]
    fn is_paused(&self) -> bool;
}

#[workflow_interface(name = "Greeting")]
pub trait Greeting: Pausable {
    /// Greets, once approved.
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal]
    fn approve(&self, by: String);
    #[query]
    fn approvals(&self) -> u32;
    #[update(validator = check_rename)]
    async fn rename(&self, name: String) -> Result<()>;
}

#[derive(Default)]
pub struct GreetingWorkflow {
    approvals: State<Vec<String>>,
    name: State<Option<String>>,
    paused: State<bool>,
}

#[workflow(task_queue = "greetings")]
impl Greeting for GreetingWorkflow {
    async fn greet(&self, name: String) -> Result<String> {
        let activities = GreetingActivitiesStub::new(ActivityOptions::new().task_queue("english"));
        workflow::wait_until(|| !self.approvals.borrow().is_empty()).await?;
        workflow::sleep("1 day").await?;
        let child = Greeting.child().id("child-1");
        child.greet(name.clone()).await?;
        Greeting.external("other-id").approve("me").await?;
        Greeting.external("other-id").pause().await?;
        self.help(&name).await?;
        Ok(activities.compose("Hello", name).await?)
    }
    fn approve(&self, by: String) {
        self.approvals.update(|a| a.push(by))
    }
    fn approvals(&self) -> u32 {
        self.approvals.borrow().len() as u32
    }
    fn check_rename(&self, name: &String) -> Result<()> {
        if name.is_empty() {
            return Err(WorkflowError::new("Empty", "no name"));
        }
        Ok(())
    }
    async fn rename(&self, name: String) -> Result<()> {
        self.name.set(Some(name));
        Ok(())
    }
}

#[workflow]
impl Pausable for GreetingWorkflow {
    fn pause(&self) {
        self.paused.set(true)
    }
    fn is_paused(&self) -> bool {
        self.paused.get()
    }
}

#[workflow]
impl GreetingWorkflow {
    async fn help(&self, _name: &str) -> Result<()> {
        workflow::sleep("1s").await?;
        Ok(())
    }
}

pub async fn from_client(client: &mainspring::Client) -> Result<String> {
    let g = client.workflow(Greeting, "greeting-1");
    g.approve("ada").await?;
    g.pause().await?;
    let _n: u32 = g.approvals().await?;
    g.rename("x").await?;
    Ok(g.greet(String::from("Ada")).await?)
}

#[test]
fn compiles() {
    let found = |name: &str| {
        mainspring::registry::workflows()
            .iter()
            .filter(|it| it.name() == name)
            .count()
    };
    assert_eq!((found("Greeting") > 0, found("Pausable")), (true, 0));
    assert!(
        mainspring::registry::activities()
            .iter()
            .any(|it| it.name() == "Greeting_compose")
    );
}
