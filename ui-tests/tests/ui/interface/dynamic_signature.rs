use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal(dynamic)]
    fn other(&self, args: EncodedValues);
}

fn main() {}
