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

async fn client(client: &mainspring::Client) {
    client.workflow(Greeting, "id").pay().await.unwrap();
}

fn main() {}
