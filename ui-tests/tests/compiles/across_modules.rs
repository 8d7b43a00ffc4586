//! One `use` brings a workflow or an activity in all its roles, renamed or not.
mod api {
    #[mainspring::workflow_interface]
    pub trait Greeting {
        #[run]
        async fn greet(&self, name: String) -> mainspring::Result<String>;
    }

    #[mainspring::activity(start_to_close = "5s")]
    pub async fn price(sku: u32) -> Result<u64, mainspring::ActivityError> {
        Ok(sku.into())
    }

    #[mainspring::workflow]
    pub async fn order(sku: u32) -> mainspring::Result<u64> {
        Ok(price(sku).await?)
    }
}
use api::{Greeting, Greeting as Renamed, order, price as cost};
use mainspring::{Activity, Client, Result, workflow};

#[derive(Default)]
pub struct W;

#[workflow]
impl Greeting for W {
    async fn greet(&self, name: String) -> Result<String> {
        cost(order(1).await? as u32).await?;
        Ok(Greeting.child().greet(name).await?)
    }
}

pub async fn client(client: &Client) -> Result<u64> {
    client.workflow(Renamed, "id").greet("x").await?;
    Ok(client.workflow(order, "id").execute(1u32).await?)
}

pub async fn unit_test() {
    assert_eq!(cost::run(3).await.unwrap(), 3);
    assert_eq!(<cost as Activity>::NAME, "price");
}
