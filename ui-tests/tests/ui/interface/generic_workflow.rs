use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
}

#[derive(Default)]
struct W<T>(T);

#[workflow]
impl<T: Send + Sync + Default + 'static> Greeting for W<T> {
    async fn greet(&self, name: String) -> Result<String> {
        Ok(name)
    }
}

fn main() {}
