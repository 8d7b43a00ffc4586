//! Headers that travel from client to workflow to activity.

use mainspring::client::ConnectOptions;
use mainspring::converter::DataConverter;
use mainspring::interceptor::{ClientCall, Headers, Interceptor, WorkflowCall};
use mainspring::prelude::*;
use mainspring::workflow::WorkflowInfo;

use crate::World;

/// Carries a name from the client to every activity.
struct Caller(&'static str);

const CALLER: &str = "caller";

impl Interceptor for Caller {
    fn client_call(&self, call: &ClientCall<'_>, headers: &mut Headers) {
        assert!(matches!(call, ClientCall::Start { .. }));
        let payload = DataConverter::default().to_payload(&self.0.to_owned());
        headers.insert(CALLER.to_owned(), payload.expect("a text is JSON"));
    }

    fn workflow_call(&self, info: &WorkflowInfo, call: &WorkflowCall<'_>, headers: &mut Headers) {
        assert_eq!(
            *call,
            WorkflowCall::Activity {
                activity_type: "who_calls"
            }
        );
        headers.extend(info.headers.clone());
    }
}

#[activity(start_to_close = "10s")]
async fn who_calls() -> Result<String, ActivityError> {
    let info = activity::info();
    let caller = info.headers.get(CALLER).expect("the header has travelled");
    Ok(DataConverter::default().from_payload(caller)?)
}

#[workflow]
async fn ask_who_calls() -> Result<String> {
    Ok(who_calls().await?)
}

#[tokio::test]
async fn a_header_travels_from_the_client_to_the_activity() {
    let world = World::without_worker().await;
    let client = ConnectOptions::new(world.address()).interceptor(Caller("Ada"));
    let client = client.connect().await.expect("it answers");
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    let run = client.workflow(ask_who_calls, world.id("caller"));
    assert_eq!(run.execute(()).await.expect("it completes"), "Ada");
    worker.shutdown().await.expect("the worker was well");
}
