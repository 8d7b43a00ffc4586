use mainspring::prelude::*;
use rand::{prelude::*, rngs::*};

#[workflow_fn]
async fn run() {
    let _ = SmallRng::from_os_rng();
    let _ = StdRng::from_os_rng();
    let _ = OsRng;
}

fn main() {}
