// Two functions of one name: what the attribute on the second reads is not the `use` items of the first.
use mainspring::prelude::*;

pub mod first {
    use super::*;

    pub struct Instant;
    impl Instant {
        pub fn now() {}
    }

    #[workflow_fn]
    pub async fn run() {
        Instant::now();
    }
}

pub mod second {
    use super::*;
    use std::time::Instant;

    #[workflow_fn]
    pub async fn run() {
        Instant::now();
    }
}

fn main() {}
