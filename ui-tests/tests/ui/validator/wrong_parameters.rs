use mainspring::prelude::*;

#[derive(Default)]
struct W;

#[workflow]
impl W {
    #[run]
    async fn greet(&self, name: String) -> Result<String> {
        Ok(name)
    }
    #[update(validator = check_rename)]
    async fn rename(&self, _name: String) -> Result<()> {
        Ok(())
    }
    #[validator]
    fn check_rename(&self, _name: &u32) -> Result<()> {
        Ok(())
    }
}

fn main() {}
