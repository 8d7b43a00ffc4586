use mainspring::prelude::*;

#[workflow_interface]
trait Greeting<T> {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
}

fn main() {}
