use mainspring::prelude::*;

pub struct TestEnv;

#[mainspring::test]
async fn works(env: TestEnv) -> Result<()> {
    drop(env);
    Ok(())
}

fn main() {}
