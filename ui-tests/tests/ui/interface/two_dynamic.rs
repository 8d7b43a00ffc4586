use mainspring::prelude::*;

#[workflow_interface]
pub trait Greeting {
    #[run]
    async fn greet(&self) -> Result<String>;
    #[query(dynamic)]
    fn anything(&self, name: String, args: EncodedValues) -> u32;
    #[query(dynamic)]
    fn whatever(&self, name: String, args: EncodedValues) -> u32;
}

fn main() {}
