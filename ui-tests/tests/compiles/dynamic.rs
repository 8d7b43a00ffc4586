//! Handlers of whatever has no handler of its own.
use mainspring::prelude::*;

#[workflow_interface]
trait Anything {
    #[run]
    async fn run(&self) -> Result<()>;
    #[signal(dynamic)]
    fn any_signal(&self, name: String, args: EncodedValues);
    #[query(dynamic)]
    fn any_query(&self, name: String, args: EncodedValues) -> String;
    #[update(dynamic)]
    async fn any_update(&self, name: String, args: EncodedValues) -> Result<u32>;
}

#[derive(Default)]
struct W {
    names: State<Vec<String>>,
}

#[workflow]
impl Anything for W {
    async fn run(&self) -> Result<()> {
        Ok(())
    }
    fn any_signal(&self, name: String, _args: EncodedValues) {
        self.names.update(|names| names.push(name))
    }
    fn any_query(&self, name: String, _args: EncodedValues) -> String {
        name
    }
    async fn any_update(&self, _name: String, args: EncodedValues) -> Result<u32> {
        drop(args);
        Ok(1)
    }
}

#[workflow(dynamic)]
async fn any_workflow(args: EncodedValues) -> Result<u32> {
    drop(args);
    Ok(1)
}

#[activity(dynamic)]
async fn any_activity(args: EncodedValues) -> Result<u32, ActivityError> {
    drop(args);
    Ok(1)
}

#[test]
fn compiles() {
    assert!(mainspring::registry::workflows().len() > 1);
}
