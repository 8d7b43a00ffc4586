use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal(name = "approve")]
    fn accept(&self);
    #[signal]
    fn approve(&self);
    #[query]
    fn approved(&self) -> bool;
    #[query(name = "approved")]
    fn accepted(&self) -> bool;
}

fn main() {}
