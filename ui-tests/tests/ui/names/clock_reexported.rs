use mainspring::prelude::*;

mod prelude {
    pub mod clocks {
        pub use std::time::Instant;
        pub type Wall = std::time::SystemTime;
    }
}
use crate::prelude::clocks::{self, Wall};

#[workflow_fn]
async fn run() {
    use crate::prelude::clocks::Instant;
    let _ = Instant::now();
    let _ = Wall::now();
    let _ = clocks::Wall::now();
    let _ = crate::prelude::clocks::Wall::now();
}

fn main() {}
