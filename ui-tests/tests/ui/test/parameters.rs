// The attribute itself, since this crate does without the feature `testing`.
use mainspring_macros as mainspring_with_testing;

pub struct TestEnv;

#[mainspring_with_testing::test]
pub async fn without_any() {}

#[mainspring_with_testing::test]
pub async fn with_others(env: TestEnv, retries: u32) {
    drop((env, retries));
}

#[mainspring_with_testing::test]
pub async fn generic<E>(env: E) {
    drop(env);
}

fn main() {}
