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
    }
}
use api::{Auditable, Pausable as CanPause};

#[workflow_interface]
pub trait Order: Auditable + std::fmt::Debug {
    #[run]
    async fn order(&self) -> Result<()>;
}

#[workflow_interface]
pub trait Both: CanPause + api::Auditable {
    #[run]
    async fn both(&self) -> Result<()>;
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
}

#[workflow]
impl CanPause for OrderWorkflow {
    fn pause(&self) {
        self.paused.set(true)
    }
}

#[workflow_fn]
async fn several() -> Result<()> {
    Both.external("x").pause().await?;
    let _ = Both.child();
    Ok(())
}

pub async fn client(client: &mainspring::Client) -> Result<()> {
    let order = client.workflow(Order, "id");
    order.pause().await?;
    let _: Vec<String> = order.log().await?;
    let both = client.workflow(Both, "id");
    both.pause().await?;
    let _: Vec<String> = both.auditable().log().await?;
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
