// The attribute itself, since this crate does without the feature `testing`.
use mainspring_macros as mainspring_with_testing;

pub struct TestEnv;

#[mainspring_with_testing::test(without_replay = " ")]
pub async fn empty(env: TestEnv) {
    drop(env);
}

#[mainspring_with_testing::test(without_trap = true)]
pub async fn no_text(env: TestEnv) {
    drop(env);
}

#[mainspring_with_testing::test(without_trap)]
pub async fn none(env: TestEnv) {
    drop(env);
}

fn main() {}
