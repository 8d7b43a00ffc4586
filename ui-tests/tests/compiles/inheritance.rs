//! Interfaces inherit: handlers, stubs and registration, through `use`, paths and several parents.
use mainspring::prelude::*;

mod api {
    use mainspring::prelude::*;
    #[workflow_interface]
    pub trait Pausable {
        #[signal]
        fn pause(&self);
    }
    #[workflow_interface]
    pub trait Auditable: Pausable {
        #[query]
        fn log(&self) -> Vec<String>;
        #[signal]
        fn forget(&self);
    }
}
use api::{Auditable, Pausable as CanPause};

#[workflow_interface]
pub trait Order: Auditable + std::fmt::Debug {
    #[run]
    async fn order(&self) -> Result<()>;
}

/// No interface: a local trait without our attribute.
pub trait Named {}

#[workflow_interface]
pub trait Limited {
    #[update]
    async fn limit(&self, to: u32) -> Result<u32>;
    #[signal]
    fn lift(&self);
}

#[workflow_interface]
pub trait Runs {
    #[run]
    async fn both(&self) -> Result<()>;
}

/// Two ways to `Pausable`, two levels to some, and the run method from one of them.
#[workflow_interface]
pub trait Both: CanPause + api::Auditable + Limited + Runs + Named {
    #[signal]
    fn own(&self);
}

#[derive(Default, Debug)]
pub struct OrderWorkflow {
    paused: State<bool>,
}

#[workflow]
impl Order for OrderWorkflow {
    async fn order(&self) -> Result<()> {
        Order.external("x").pause().await?;
        Ok(())
    }
}

#[workflow]
impl Auditable for OrderWorkflow {
    fn log(&self) -> Vec<String> {
        vec![]
    }
    fn forget(&self) {}
}

#[workflow]
impl CanPause for OrderWorkflow {
    fn pause(&self) {
        self.paused.set(true)
    }
}

#[workflow_fn]
async fn several() -> Result<()> {
    let both = Both.external("x");
    both.own().await?;
    both.pause().await?;
    both.forget().await?;
    both.lift().await?;
    Both.child().id("y").both().await?;
    Ok(())
}

pub async fn client(client: &mainspring::Client) -> Result<()> {
    let order = client.workflow(Order, "id");
    order.pause().await?;
    let _: Vec<String> = order.log().await?;
    let both = client.workflow(Both, "id");
    both.pause().await?;
    let _: Vec<String> = both.log().await?;
    let _: u32 = both.limit(1).await?;
    let handle = both.both().start().await?;
    handle.result().await?;
    both.clone().handle().cancel().await?;
    client.workflow(CanPause, "id").pause().await?;
    Ok(())
}

#[test]
fn compiles() {
    let names = |name: &str| {
        mainspring::registry::workflows()
            .iter()
            .filter(|it| it.name() == name)
            .count()
    };
    assert_eq!((names("Auditable"), names("Pausable")), (0, 0));
    assert!(names("Order") > 0);
    let _ = several();
}
