use mainspring::prelude::*;

#[activity(start_to_clos = "5s")]
async fn one() {}

#[workflow(taskqueue = "q")]
async fn two() {}

#[workflow_interface(title = "x")]
trait Three {
    #[run]
    async fn run(&self);
    #[signal(nam = "x")]
    fn go(&self);
    #[query(validator = x)]
    fn ask(&self) -> u32;
}

#[activity_interface(rename = "camelCase")]
trait Four {
    async fn act(&self);
}

fn main() {}
