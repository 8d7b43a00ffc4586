//! Names on the wire.
use mainspring::{Activity, prelude::*, workflow::WorkflowType};

const SHOUT: &str = "Shout";

#[activity_interface(name_prefix = "G_", rename_all = "camelCase", start_to_close = "5s")]
trait Activities {
    async fn compose_greeting(&self) -> String;
    #[activity(name = SHOUT)]
    async fn shout_it(&self) -> String;
}

#[workflow_interface(name = "Greeting", rename_all = "PascalCase", task_queue = "greetings")]
trait MyGreeting {
    #[run]
    async fn greet(&self) -> String;
    #[signal]
    fn approve_it(&self);
    #[query(name = "how-many")]
    fn approvals(&self) -> u32;
}

#[derive(Default)]
struct Parcel;

#[workflow(name = "parcel", rename_all = "kebab-case")]
impl Parcel {
    #[run]
    async fn run_it(&self) {}
    #[signal]
    fn was_sent(&self) {}
    #[update(name = "Lost")]
    async fn was_lost(&self) {}
}

#[activity(
    name_prefix = "scale.",
    rename_all = "PascalCase",
    start_to_close = "5s"
)]
impl Scale {
    #[activity]
    fn weigh_parcel(&self) {}
    #[activity(name = "tare")]
    fn to_zero(&self) {}
}
#[derive(Default)]
struct Scale;

#[workflow(name = "other-name", task_queue = "q")]
async fn named() {}

#[activity(name = "act")]
async fn with_a_name() {}

#[workflow_fn]
async fn use_them() {
    let _ = (
        ActivitiesStub::default().compose_greeting(),
        ActivitiesStub::default().shout_it(),
    );
}

#[test]
fn compiles() {
    let _ = use_them();
    assert_eq!(
        <Activities_compose_greeting as Activity>::NAME,
        "G_composeGreeting"
    );
    assert_eq!(<Activities_shout_it as Activity>::NAME, "Shout");
    assert_eq!(<with_a_name as Activity>::NAME, "act");
    assert_eq!(<MyGreeting_greet as WorkflowType>::NAME, "Greeting");
    assert_eq!(
        <MyGreeting_greet as WorkflowType>::TASK_QUEUE,
        Some("greetings")
    );
    assert_eq!(
        <MyGreeting_approve_it as workflow::SignalType>::NAME,
        "ApproveIt"
    );
    assert_eq!(
        <MyGreeting_approvals as workflow::QueryType>::NAME,
        "how-many"
    );
    assert_eq!(<Parcel_run_it as WorkflowType>::NAME, "parcel");
    assert_eq!(<Parcel_was_sent as workflow::SignalType>::NAME, "was-sent");
    assert_eq!(<Parcel_was_lost as workflow::UpdateType>::NAME, "Lost");
    assert_eq!(<Scale_weigh_parcel as Activity>::NAME, "scale.WeighParcel");
    assert_eq!(<Scale_to_zero as Activity>::NAME, "tare");
    assert_eq!(<named as WorkflowType>::NAME, "other-name");
    assert_eq!(<named as WorkflowType>::TASK_QUEUE, Some("q"));
}
