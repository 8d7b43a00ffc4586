// The attribute itself, since this crate does without the feature `testing`.
use mainspring_macros as mainspring_with_testing;

pub struct TestEnv;

#[mainspring_with_testing::test]
pub struct Works;

fn main() {}
