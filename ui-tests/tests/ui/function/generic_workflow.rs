use mainspring::prelude::*;

#[workflow]
async fn run<T: Send + 'static>(value: T) -> u32 {
    drop(value);
    1
}

fn main() {}
