use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal(dynamic, name = "other")]
    fn other(&self, name: String, args: EncodedValues);
}

fn main() {}
