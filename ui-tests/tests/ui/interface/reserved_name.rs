use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[query(name = "__stack_trace")]
    fn stack(&self) -> String;
}

fn main() {}
