use mainspring::prelude::*;

#[workflow_interface(nme = "x")]
trait Greeting {
    #[run]
    fn greet(&self, name: &str) -> Result<String>;
    #[signal]
    fn approve(&mut self) -> u32;
    fn unmarked(&self);
    #[query]
    async fn approvals(&self) -> u32;
}

// The stubs are there all the same: no mistakes here.
async fn client(client: &mainspring::Client) {
    let greeting = client.workflow(Greeting, "id");
    let _ = greeting.approve();
    let _ = greeting.approvals();
}

fn main() {}
