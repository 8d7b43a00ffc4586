use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
}

#[workflow_interface]
trait Order {
    #[run]
    async fn order(&self) -> Result<()>;
    #[signal]
    fn pay(&self);
}

async fn client(client: &mainspring::Client) -> Result<()> {
    let start = client.workflow(Greeting, "id").greet("Ada");
    client.workflow(Order, "id").pay().with_start(start).await?;
    Ok(())
}

fn main() {}
