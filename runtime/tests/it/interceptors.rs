//! Code around calls, and the headers that travel with them.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use mainspring::activity::ActivityInfo;
use mainspring::client::ClientError;
use mainspring::converter::{DataConverter, Payload};
use mainspring::interceptor::{
    ActivityBody, CallingWorkflow, ClientCall, ClientNext, Headers, Interceptor, Message,
    ReadOnlyBody, WorkflowBody, WorkflowCall, WorkflowInput, WorkflowOutcome,
};
use mainspring::prelude::*;
use mainspring::workflow::WorkflowInfo;

use crate::World;

const CALLER: &str = "caller";

fn caller(headers: &Headers) -> String {
    let Some(caller) = headers.get(CALLER) else {
        return "nobody".to_owned();
    };
    let caller = DataConverter::default().from_payload(caller);
    caller.expect("it is a text")
}

/// Notes all calls, and who is behind them: a name that travels from the client everywhere.
#[derive(Clone, Default)]
struct Witness(Arc<Mutex<Vec<String>>>);

impl Witness {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().expect("no panic").push(what.into());
    }

    /// In the order of the alphabet: workers, activities and clients are not in step.
    fn notes(&self) -> Vec<String> {
        let mut notes = self.0.lock().expect("no panic").clone();
        notes.sort();
        notes
    }

    fn around(&self, what: String, body: WorkflowBody) -> WorkflowBody {
        let witness = self.clone();
        Box::pin(async move {
            let outcome = body.await;
            if !workflow::is_replaying() {
                witness.note(format!("{what}: {}", outcome.is_ok()));
            }
            outcome
        })
    }
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<(), ClientError>> + Send + 'a>>;

impl Interceptor for Witness {
    fn client_call<'a>(
        &'a self,
        call: &'a ClientCall<'a>,
        mut headers: Headers,
        next: ClientNext<'a>,
    ) -> Sent<'a> {
        let ada = DataConverter::default().to_payload(&"Ada".to_owned());
        headers.insert(CALLER.to_owned(), ada.expect("a text is JSON"));
        Box::pin(async move {
            let outcome = next.send(headers).await;
            let what = match call {
                ClientCall::Start { workflow_type, .. } => format!("start {workflow_type}"),
                ClientCall::Signal { name, .. } => format!("signal {name}"),
                ClientCall::Query { name, .. } => format!("query {name}"),
                ClientCall::Update { name, .. } => format!("update {name}"),
                ClientCall::Cancel { .. } => "cancel".to_owned(),
                other => format!("{other:?}"),
            };
            self.note(format!("client {what}: {}", outcome.is_ok()));
            outcome
        })
    }

    fn workflow_call(
        &self,
        from: &CallingWorkflow<'_>,
        call: &WorkflowCall<'_>,
        input: &mut WorkflowInput,
    ) {
        if let Some(caller) = from.info.headers.get(CALLER) {
            input.headers.insert(CALLER.to_owned(), caller.clone());
        }
        let what = match call {
            WorkflowCall::Activity { activity_type } => format!("activity {activity_type}"),
            WorkflowCall::LocalActivity { activity_type } => format!("local {activity_type}"),
            WorkflowCall::Child { workflow_type, .. } => format!("child {workflow_type}"),
            WorkflowCall::Signal { name, to_child, .. } => format!("signal {name} {to_child}"),
            WorkflowCall::Timer { duration } => format!("timer {duration:?}"),
            WorkflowCall::ContinueAsNew => "continue as new".to_owned(),
            other => format!("{other:?}"),
        };
        if !from.is_replaying {
            self.note(format!("workflow calls {what}"));
        }
    }

    fn workflow(&self, info: &WorkflowInfo, body: WorkflowBody) -> WorkflowBody {
        let caller = caller(&info.headers);
        self.around(format!("run {} for {caller}", info.workflow_type), body)
    }

    fn signal(&self, _: &WorkflowInfo, it: &Message<'_>, body: WorkflowBody) -> WorkflowBody {
        let what = format!("handle signal {} for {}", it.name, caller(it.headers));
        self.around(what, body)
    }

    fn update(&self, _: &WorkflowInfo, it: &Message<'_>, body: WorkflowBody) -> WorkflowBody {
        assert!(!it.id.is_empty());
        let what = format!("handle update {} for {}", it.name, caller(it.headers));
        self.around(what, body)
    }

    fn validate(
        &self,
        _: &WorkflowInfo,
        it: &Message<'_>,
        body: ReadOnlyBody<'_, ()>,
    ) -> Result<(), WorkflowError> {
        let outcome = body();
        let ok = outcome.is_ok();
        self.note(format!(
            "validate {} for {}: {ok}",
            it.name,
            caller(it.headers)
        ));
        outcome
    }

    fn query(
        &self,
        _: &WorkflowInfo,
        it: &Message<'_>,
        body: ReadOnlyBody<'_, Payload>,
    ) -> Result<Payload, WorkflowError> {
        self.note(format!("answer {} for {}", it.name, caller(it.headers)));
        body()
    }

    fn activity(&self, info: &ActivityInfo, body: ActivityBody) -> ActivityBody {
        let what = format!(
            "activity {} for {}",
            info.activity_type,
            caller(&info.headers)
        );
        let witness = self.clone();
        Box::pin(async move {
            let outcome = body.await;
            witness.note(format!("{what}: {}", outcome.is_ok()));
            outcome
        })
    }

    fn heartbeat(&self, info: &ActivityInfo, details: &mut Vec<Payload>) {
        STIRRED.notify_one();
        self.note(format!(
            "heartbeat of {}: {}",
            info.activity_type,
            details.len()
        ));
    }
}

/// Lets nobody in.
struct Doorkeeper;

impl Interceptor for Doorkeeper {
    fn client_call<'a>(&'a self, _: &'a ClientCall<'a>, _: Headers, _: ClientNext<'a>) -> Sent<'a> {
        Box::pin(async { Err(ClientError::Interceptor("nobody may".into())) })
    }
}

#[activity(start_to_close = "10s")]
async fn cook(dish: String) -> Result<String, ActivityError> {
    Ok(dish)
}

/// Told by the interceptor of heartbeats, which are sent while the activity runs.
static STIRRED: tokio::sync::Notify = tokio::sync::Notify::const_new();

#[activity(start_to_close = "10s", heartbeat = "10s")]
async fn stir() -> Result<(), ActivityError> {
    activity::heartbeat(1_u32);
    STIRRED.notified().await;
    Ok(())
}

/// On the blocking pool.
#[activity(start_to_close = "10s", retry(maximum_attempts = 1))]
fn burn(dish: String) -> Result<(), ActivityError> {
    Err(ActivityError::new("Burnt", dish))
}

#[workflow]
async fn wash_up() -> Result<()> {
    Ok(())
}

#[workflow_interface]
pub trait Dinner {
    #[run]
    async fn dine(&self) -> Result<u32>;
    #[signal]
    fn order(&self, dish: String);
    #[query]
    fn dishes(&self) -> u32;
    #[update(validator = check_pay)]
    async fn pay(&self, amount: u32) -> Result<u32>;
}

#[derive(Default)]
pub struct Restaurant {
    dishes: State<u32>,
    paid: State<u32>,
}

#[workflow]
impl Dinner for Restaurant {
    async fn dine(&self) -> Result<u32> {
        cook("soup".into()).await?;
        burn("toast".into()).await.expect_err("it burns");
        stir().await?;
        cook("salad".into()).local().await?;
        wash_up().await?;
        workflow::sleep("1ms").await?;
        workflow::wait_until(|| self.paid.get() > 0).await?;
        Ok(self.paid.get())
    }

    fn order(&self, _dish: String) {
        self.dishes.update(|dishes| *dishes += 1);
    }

    fn dishes(&self) -> u32 {
        self.dishes.get()
    }

    async fn pay(&self, amount: u32) -> Result<u32> {
        self.paid.set(amount);
        Ok(amount)
    }

    fn check_pay(&self, amount: &u32) -> Result<()> {
        if *amount == 0 {
            return Err(ApplicationError::new("Unpaid", "nothing is free").into());
        }
        Ok(())
    }
}

#[tokio::test]
async fn interceptors_are_around_all_calls_and_their_headers_travel() {
    let world = World::without_worker().await;
    let witness = Witness::default();
    let client = world
        .client_with(|it| it.interceptor(witness.clone()))
        .await;
    // Without a cache every task is replayed, which must not be noted.
    let worker = Worker::new(&client, &world.queue).max_cached_workflows(0);
    let worker = worker.activities(crate::activities::Bank::with(1)).start();
    let worker = worker.expect("the worker starts");
    let dinner = client.workflow(Dinner, world.id("dinner"));
    let run = dinner.dine().start().await.expect("it starts");
    dinner.order("soup").await.expect("it is taken");
    assert_eq!(dinner.dishes().await.expect("it is answered"), 1);
    dinner.pay(0).await.expect_err("it is rejected");
    dinner.pay(12).await.expect("it is accepted");
    assert_eq!(run.result().await.expect("it completes"), 12);
    worker.shutdown().await.expect("the worker was well");
    let expected = [
        "activity burn for Ada: false",
        "activity cook for Ada: true",
        "activity cook for Ada: true",
        "activity stir for Ada: true",
        "answer dishes for Ada",
        "client query dishes: true",
        "client signal order: true",
        "client start Dinner: true",
        "client update pay: false",
        "client update pay: true",
        "handle signal order for Ada: true",
        "handle update pay for Ada: true",
        "heartbeat of stir: 1",
        "run Dinner for Ada: true",
        "run wash_up for Ada: true",
        "validate pay for Ada: false",
        "validate pay for Ada: true",
        "workflow calls activity burn",
        "workflow calls activity cook",
        "workflow calls activity stir",
        "workflow calls child wash_up",
        "workflow calls local cook",
        "workflow calls timer 1ms",
    ];
    assert_eq!(witness.notes(), expected);
}

#[tokio::test]
async fn an_interceptor_may_refuse_a_call() {
    let world = World::without_worker().await;
    let client = world.client_with(|it| it.interceptor(Doorkeeper)).await;
    let started = client
        .workflow(wash_up, world.id("refused"))
        .start(())
        .await;
    let error = started.expect_err("it is refused");
    assert_eq!(error.to_string(), "an interceptor: nobody may");
}

/// Sends everything that is cooked to the neighbours, and tastes it when it comes back.
struct Taster;

fn text(payload: &Payload) -> String {
    let text = DataConverter::default().from_payload(payload);
    text.expect("it is a text")
}

fn payload(text: impl Into<String>) -> Payload {
    let payload = DataConverter::default().to_payload(&text.into());
    payload.expect("a text is JSON")
}

impl Interceptor for Taster {
    fn workflow_call(
        &self,
        _: &CallingWorkflow<'_>,
        call: &WorkflowCall<'_>,
        input: &mut WorkflowInput,
    ) {
        if let WorkflowCall::Activity { activity_type } = call
            && *activity_type == "cook"
        {
            input.args[0] = payload(format!("{} for the neighbours", text(&input.args[0])));
        }
    }

    fn workflow_outcome(
        &self,
        from: &CallingWorkflow<'_>,
        call: &WorkflowCall<'_>,
        outcome: &mut WorkflowOutcome,
    ) {
        assert_eq!(from.info.workflow_type, "eats");
        *outcome = match (call, &*outcome) {
            (WorkflowCall::Activity { activity_type }, Err(failure)) => {
                let why = &failure.root_cause().message;
                Ok(payload(format!(
                    "{activity_type} failed with {why}, had bread"
                )))
            }
            (WorkflowCall::Activity { .. }, Ok(dish)) => {
                Ok(payload(format!("salted {}", text(dish))))
            }
            (WorkflowCall::LocalActivity { .. }, Ok(dish)) => {
                Ok(payload(format!("warm {}", text(dish))))
            }
            (WorkflowCall::Child { workflow_type, .. }, Ok(_)) => Err(Failure::application(
                "Broken",
                format!("{workflow_type} broke a plate"),
            )),
            _ => return,
        };
    }
}

#[activity(start_to_close = "10s", retry(maximum_attempts = 1))]
async fn bake(dish: String) -> Result<String, ActivityError> {
    Err(ActivityError::new("Burnt", dish))
}

#[workflow]
async fn eats() -> Result<Vec<String>> {
    let mut eaten = vec![cook("soup".into()).await?];
    eaten.push(cook("salad".into()).local().await?);
    eaten.push(bake("cake".into()).await?);
    workflow::sleep("1ms").await?;
    if let Err(ChildFailure::Application(failure)) = wash_up().await {
        eaten.push(failure.message);
    }
    Ok(eaten)
}

#[tokio::test]
async fn interceptors_change_what_workflows_send_and_learn() {
    let world = World::without_worker().await;
    let client = world.client_with(|it| it.interceptor(Taster)).await;
    // Without a cache every task is replayed, and must be told the same.
    let worker = Worker::new(&client, &world.queue).max_cached_workflows(0);
    let worker = worker.activities(crate::activities::Bank::with(1)).start();
    let worker = worker.expect("the worker starts");
    let run = client.workflow(eats, world.id("eats")).execute(()).await;
    let expected = [
        "salted soup for the neighbours",
        "warm salad",
        "bake failed with cake, had bread",
        "wash_up broke a plate",
    ];
    assert_eq!(run.expect("it completes"), expected);
    worker.shutdown().await.expect("the worker was well");
}

/// Hears which signals come, and what travels with them.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<String>>>);

impl Interceptor for Ear {
    fn signal(&self, _: &WorkflowInfo, it: &Message<'_>, body: WorkflowBody) -> WorkflowBody {
        let from = it.headers.get("from").map(text);
        let heard = format!("{} from {}", it.name, from.unwrap_or_default());
        let heard_so_far = Arc::clone(&self.0);
        Box::pin(async move {
            let outcome = body.await;
            heard_so_far.lock().expect("no panic").push(heard);
            outcome
        })
    }
}

#[tokio::test]
async fn signals_without_a_handler_pass_them_too() {
    let world = World::without_worker().await;
    let ear = Ear::default();
    let client = world.client_with(|it| it.interceptor(ear.clone())).await;
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    let id = world.id("heard");
    let run = client
        .workflow(crate::hello::greet_later, &id)
        .start("World")
        .await
        .expect("it starts");
    let untyped = client.untyped_workflow("", &id);
    let signal = untyped.signal("greeting", ("Hi".to_owned(),));
    let signal = signal.header("from", payload("a friend"));
    signal.await.expect("the signal is taken");
    assert_eq!(run.result().await.expect("it completes"), "Hi, World!");
    assert_eq!(
        ear.0.lock().expect("no panic").first().map(String::as_str),
        Some("greeting from a friend")
    );
    worker.shutdown().await.expect("the worker was well");
}
