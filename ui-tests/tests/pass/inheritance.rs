#![deny(warnings)]
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

fn main() {
    assert_eq!(mainspring::registry::workflows().len(), 1);
    assert_eq!(mainspring::registry::workflows()[0].name(), "Order");
    let _ = several();
}
