use mainspring::prelude::*;

type Answer = Result<u32, String>;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[query]
    fn approvals(&self) -> Answer;
}

fn main() {}
