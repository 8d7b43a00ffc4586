// The attribute itself, since this crate does without the feature `testing`.
use mainspring_macros as mainspring_with_testing;

pub struct TestEnv;

#[mainspring_with_testing::test(faults = "7")]
pub async fn works(env: TestEnv) {
    drop(env);
}

fn main() {}
