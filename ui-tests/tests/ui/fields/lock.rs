use mainspring::prelude::*;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Order {
    items: Arc<Mutex<Vec<u32>>>,
}

#[workflow]
impl Order {
    #[run] async fn run(&self) -> Result<()> { Ok(()) }
}

fn main() {}
