use mainspring::{prelude::*, run, signal};

trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal]
    fn approve(&self, by: String);
}

fn main() {}
