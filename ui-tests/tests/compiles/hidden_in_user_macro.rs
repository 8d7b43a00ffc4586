//! A hole: the body of a user's macro is not part of the tokens. The engine finds such a future at run time, when it waits.
use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

macro_rules! sneaky {
    ($e:expr) => {
        $e.await
    };
}

#[workflow_fn]
async fn run() -> u32 {
    sneaky!(helper())
}

#[test]
fn compiles() {
    let _ = run();
}
