use mainspring::prelude::*;

struct Declined;

#[workflow_interface]
trait Order {
    #[run]
    async fn order(&self) -> Result<()>;
    #[update]
    async fn pay(&self) -> Result<u32, Declined>;
    #[query]
    fn paid(&self) -> Result<u32, Declined>;
}

fn main() {}
