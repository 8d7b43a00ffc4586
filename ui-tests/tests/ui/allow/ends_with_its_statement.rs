use mainspring::prelude::*;

#[workflow_fn]
async fn run(verbose: bool) {
    #[mainspring::allow(MS0101, reason = "only logged")]
    if verbose {
        let _ = std::time::SystemTime::now();
    }
    let _ = std::time::SystemTime::now();
}

fn main() {}
