//! What stands in for others in tests, and what a history says.

use std::time::Duration;

use mainspring::prelude::*;
use mainspring::testing::TestEnv;

#[activity_interface(start_to_close = "1m")]
pub trait Kitchen {
    async fn cook(&self, dish: String, portions: u32) -> Result<String, ActivityError>;
    fn wash_up(&self) -> Result<(), ActivityError>;
}

#[workflow_interface]
pub trait Courier {
    #[run]
    async fn bring(&self, what: String) -> Result<u32>;
    #[signal]
    fn hurry(&self, by: u32);
}

#[workflow_interface(task_queue = "restaurants")]
pub trait Restaurant {
    #[run]
    async fn serve(&self, dish: String) -> Result<u32>;
}

#[derive(Default)]
pub struct RestaurantWorkflow;

#[workflow(task_queue = "restaurants")]
impl Restaurant for RestaurantWorkflow {
    async fn serve(&self, dish: String) -> Result<u32> {
        let kitchen = KitchenStub::default();
        let cooked = kitchen.cook(dish, 2).await?;
        workflow::sleep("90m").await?;
        let paid = Courier.child().id("courier").bring(cooked).await?;
        Courier.external("other-courier").hurry(5_u32).await?;
        Courier.external("other-courier").cancel().await?;
        kitchen.wash_up().await?;
        Ok(paid)
    }
}

#[mainspring::test]
async fn interfaces_are_mocked_and_calls_recorded(env: TestEnv) -> Result<()> {
    let kitchen = KitchenMock::new(&env);
    let cooked = kitchen.cook(|dish, portions| Ok(format!("{portions} {dish}")));
    let washed = kitchen.wash_up(|| Ok(()));
    let brought = CourierMock::new(&env).bring(|_| Ok(30));
    let other = env.stand_in("other-courier").await?;

    let run = env
        .client()
        .workflow(Restaurant, "r")
        .serve("soups")
        .start()
        .await?;
    assert_eq!(run.result().await?, 30);
    assert_eq!(cooked.calls(), [("soups".to_owned(), 2)]);
    assert_eq!(washed.count(), 1);
    assert_eq!(brought.calls(), [("2 soups".to_owned(),)]);

    assert_eq!(other.signals::<Courier_hurry>().await?, [(5,)]);
    let heard = other.history().await?;
    let signals = heard.signals_received();
    assert_eq!(signals.len(), 1);
    assert_eq!(signals[0].name, "hurry");
    assert_eq!(signals[0].args::<(u32,)>(), (5,));
    assert!(heard.was_asked_to_cancel());

    let history = env.history(&run).await?;
    assert_eq!(history.signals_sent::<Courier_hurry>(), [(5,)]);
    assert_eq!(
        history.child_calls::<Courier_bring>(),
        [("2 soups".to_owned(),)]
    );
    assert_eq!(history.child_calls::<hands_over>(), []);
    assert_eq!(history.signals::<Courier_hurry>(), []);
    history.assert_asked_for(&[
        "activity cook(\"soups\", 2)",
        "timer 1h 30m",
        "child Courier(\"2 soups\")",
        "signal hurry(5) to other-courier",
        "cancel workflow other-courier",
        "activity wash_up()",
        "complete 30",
    ]);
    assert_eq!(history.timers(), [Duration::from_secs(90 * 60)]);
    Ok(())
}

#[mainspring::test]
async fn a_mocked_child_fails_as_it_is_told(env: TestEnv) -> Result<()> {
    KitchenMock::new(&env).cook(|dish, _| Ok(dish));
    let brought = CourierMock::new(&env);
    let brought =
        brought.bring(|what| Err(WorkflowError::new("Spilt", format!("{what} on the road"))));
    let error = env.client().workflow(Restaurant, "r").serve("soups").await;
    let error = error.expect_err("nothing was brought").to_string();
    assert!(error.contains("soups on the road"), "{error}");
    assert_eq!(brought.count(), 1);
    Ok(())
}

#[mainspring::test]
#[should_panic(expected = "  - timer 2h\n  + timer 1h 30m\n")]
async fn another_history_than_expected_says_where(env: TestEnv) {
    KitchenMock::new(&env).cook(|dish, _| Ok(dish));
    CourierMock::new(&env).bring(|_| Err(WorkflowError::new("Spilt", "")));
    let restaurant = env.client().workflow(Restaurant, "r");
    let run = restaurant.serve("soups").start().await.expect("it starts");
    let _ = run.result().await;
    let history = env.history(&run).await.expect("it has one");
    history.assert_asked_for(&[
        "activity cook(\"soups\", 2)",
        "timer 2h",
        "child Courier(\"soups\")",
    ]);
}

#[mainspring::test]
async fn no_port_is_listened_on(env: TestEnv) -> Result<()> {
    env.client();
    assert_eq!(env.url(), None);
    Ok(())
}

#[activity(
    start_to_close = "1h",
    heartbeat = "10m",
    retry(initial_interval = "1m", maximum_attempts = 3)
)]
async fn hand_over(to: String) -> Result<String, ActivityError> {
    Err(ActivityError::new("Unreachable", to))
}

#[workflow]
pub async fn hands_over(to: String) -> Result<String> {
    Ok(hand_over(to).await?)
}

#[mainspring::test]
async fn an_activity_is_done_by_hand(env: TestEnv) -> Result<()> {
    let attempts = env.by_hand::<hand_over>();
    let run = env.client().workflow(hands_over, "d").start("Ada").await?;

    let first = attempts.next().await;
    assert_eq!((first.number(), first.args()), (1, &("Ada".to_owned(),)));
    first
        .fail(ActivityError::new("Away", "not at home"))
        .await?;
    env.advance("1m").await?;

    // Silent for too long, although it had said something in between.
    let second = attempts.next().await;
    env.advance("9m").await?;
    assert!(!second.heartbeat(50_u32).await?);
    env.advance("9m").await?;
    assert_eq!(second.number(), 2);
    env.advance("3m").await?;
    second
        .complete("too late".into())
        .await
        .expect_err("it has timed out");

    let third = attempts.next().await;
    assert_eq!(third.number(), 3);
    third.complete("there".into()).await?;
    assert_eq!(run.result().await?, "there");
    Ok(())
}

#[workflow]
pub async fn hands_over_at_once(to: String) -> Result<String> {
    let here = hand_over(to.clone()).local().await?;
    let there = hand_over(to).await?;
    Ok(format!("{here} and {there}"))
}

#[mainspring::test]
async fn a_local_activity_is_mocked_as_any(env: TestEnv) -> Result<()> {
    let attempts = std::sync::atomic::AtomicU32::new(0);
    let mock = env.mock::<hand_over>(move |(to,)| {
        match attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => Err(ApplicationError::non_retryable("Away", to).into()),
            _ => Ok(format!("{to}, local: {}", activity::info().is_local)),
        }
    });
    let client = env.client();
    let failed = client.workflow(hands_over_at_once, "f").execute("Eve");
    failed.await.expect_err("nobody is at home");
    let run = client
        .workflow(hands_over_at_once, "d")
        .start("Ada")
        .await?;
    assert_eq!(
        run.result().await?,
        "Ada, local: true and Ada, local: false"
    );
    assert_eq!(
        mock.calls(),
        ["Eve", "Ada", "Ada"].map(|it| (it.to_owned(),))
    );
    let history = env.history(&run).await?;
    history.assert_asked_for(&[
        "local activity hand_over",
        "activity hand_over(\"Ada\")",
        "complete \"Ada, local: true and Ada, local: false\"",
    ]);
    // Of the local one history has only the end.
    assert_eq!(history.activity_calls::<hand_over>().len(), 1);
    Ok(())
}

#[mainspring::test]
#[should_panic(
    expected = "activity `hand_over` is done by hand in this test, and is called as a local activity"
)]
async fn a_local_activity_is_not_done_by_hand(env: TestEnv) {
    let attempts = env.by_hand::<hand_over>();
    let workflow = env.client().workflow(hands_over_at_once, "d");
    let _run = workflow.start("Ada").await.expect("it starts");
    let _ = attempts.next().await;
}

/// Nobody here implements it, so that only its mock says where it is called.
#[activity_interface(task_queue = "abroad", start_to_close = "1m")]
pub trait Abroad {
    async fn translate(&self, text: String) -> Result<String, ActivityError>;
}

#[workflow_interface(task_queue = "far-abroad")]
pub trait FarAbroad {
    #[run]
    async fn answer(&self, text: String) -> Result<String>;
}

#[workflow]
pub async fn writes_abroad(text: String) -> Result<String> {
    let text = AbroadStub::default().translate(text).await?;
    Ok(FarAbroad.child().answer(text).await?)
}

#[mainspring::test]
async fn mocks_are_called_on_the_queues_of_their_interfaces(env: TestEnv) -> Result<()> {
    AbroadMock::new(&env).translate(|text| Ok(format!("{text}, translated")));
    FarAbroadMock::new(&env).answer(|text| Ok(format!("{text} and answered")));
    let run = env.client().workflow(writes_abroad, "w").execute("hello");
    assert_eq!(run.await?, "hello, translated and answered");
    Ok(())
}
