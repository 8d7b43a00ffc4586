//! What a test does to a workflow, one step after the other; and environments beside each other.

use std::time::Duration;

use mainspring::client::WorkflowStatus;
use mainspring::prelude::*;
use mainspring::testing::TestEnv;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[activity(start_to_close = "1h")]
async fn ship(what: String) -> Result<(), ActivityError> {
    Err(ActivityError::new("NoPost", format!("{what} stays here")))
}

#[workflow_interface]
pub trait Basket {
    #[run]
    async fn fill(&self) -> Result<Vec<String>>;
    #[signal]
    fn put(&self, what: String);
    #[signal]
    async fn send_now(&self, what: String);
    #[update(validator = may_take)]
    async fn take(&self, what: String) -> Result<u32>;
    #[query]
    fn content(&self) -> Vec<String>;
}

#[derive(Default)]
pub struct BasketWorkflow {
    content: State<Vec<String>>,
}

#[workflow]
impl Basket for BasketWorkflow {
    async fn fill(&self) -> Result<Vec<String>> {
        let closed = workflow::sleep("30 days").await;
        if closed.is_err() {
            workflow::detached(ship("what is left".into())).await?;
        }
        Ok(self.content.get())
    }

    fn put(&self, what: String) {
        self.content.update(|it| it.push(what));
    }

    async fn send_now(&self, what: String) {
        if ship(what.clone()).await.is_ok() {
            self.content.update(|it| it.retain(|other| *other != what));
        }
    }

    async fn take(&self, what: String) -> Result<u32> {
        self.content.update(|it| it.retain(|other| *other != what));
        Ok(u32::try_from(self.content.borrow().len()).expect("few"))
    }

    fn may_take(&self, what: &String) -> Result<()> {
        match self.content.borrow().iter().any(|it| it == what) {
            true => Ok(()),
            false => Err(WorkflowError::new("NotThere", what.clone())),
        }
    }

    fn content(&self) -> Vec<String> {
        self.content.get()
    }
}

#[mainspring::test]
async fn handlers_are_steps_of_the_test(env: TestEnv) -> Result<()> {
    let shipped = env.mock::<ship>(|_| Ok(()));
    let basket = env.client().workflow(Basket, "b");
    let before = env.now();
    let run = basket.fill().start().await?;

    basket.put("soap").await?;
    basket.put("tea").await?;
    assert_eq!(basket.content().await?, ["soap", "tea"]);
    // The handler, and the activity that it calls, have been when the signal returns.
    basket.send_now("tea").await?;
    assert_eq!(shipped.calls(), [("tea".to_owned(),)]);
    assert_eq!(basket.content().await?, ["soap"]);

    basket.take("salt").await.expect_err("there is none");
    assert_eq!(basket.take("soap").await?, 0);
    let passed = env.now().duration_since(before).expect("time goes on");
    assert!(passed < DAY, "steps take no time: {passed:?}");

    env.advance("30 days").await?;
    assert_eq!(run.describe().await?.status(), WorkflowStatus::Completed);
    Ok(())
}

#[mainspring::test]
async fn cancelling_is_a_step_too(env: TestEnv) -> Result<()> {
    let shipped = env.mock::<ship>(|_| Ok(()));
    let run = env.client().workflow(Basket, "b").fill().start().await?;
    run.cancel().await?;
    assert_eq!(shipped.calls(), [("what is left".to_owned(),)]);
    Ok(())
}

#[mainspring::test]
async fn what_takes_long_is_done_by_hand(env: TestEnv) -> Result<()> {
    let attempts = env.by_hand::<ship>();
    let basket = env.client().workflow(Basket, "b");
    let _run = basket.fill().start().await?;
    basket.put("tea").await?;
    basket.send_now("tea").await?;
    assert_eq!(basket.content().await?, ["tea"]);
    attempts.next().await.complete(()).await?;
    assert!(basket.content().await?.is_empty());
    Ok(())
}

#[workflow]
pub async fn ships_twice() -> Result<()> {
    workflow::sleep("1 day").await?;
    ship("tea".into()).await?;
    workflow::sleep("1 day").await?;
    ship("soap".into()).await?;
    Ok(())
}

#[mainspring::test]
async fn waiting_for_an_attempt_skips_time(env: TestEnv) -> Result<()> {
    let attempts = env.by_hand::<ship>();
    let before = env.now();
    let run = env.client().workflow(ships_twice, "w").start(()).await?;
    for (what, day) in [("tea", DAY), ("soap", 2 * DAY)] {
        let attempt = attempts.next().await;
        assert_eq!((attempt.args(), attempt.number()), (&(what.to_owned(),), 1));
        let passed = env.now().duration_since(before).expect("time goes on");
        assert!((day..day + DAY / 2).contains(&passed), "{passed:?}");
        attempt.complete(()).await?;
    }
    run.result().await?;
    Ok(())
}

/// The methods of a workflow are ordinary functions: without a server, what they do to its state can be tested.
#[test]
fn handlers_are_functions() {
    let basket = BasketWorkflow::default();
    basket.put("soap".into());
    assert!(basket.may_take(&"soap".into()).is_ok());
    assert!(basket.may_take(&"tea".into()).is_err());
    assert_eq!(basket.content(), ["soap"]);
}

#[mainspring::test]
async fn environments_beside_each_other_share_no_time(env: TestEnv) -> Result<()> {
    env.mock::<ship>(|_| Ok(()));
    let other = env.beside().await?;
    let shipped = other.mock::<ship>(|_| Ok(()));
    let before = env.now();

    // The same id in both.
    let here = env.client().workflow(Basket, "b");
    let run = here.fill().start().await?;
    let there = other.client().workflow(Basket, "b");
    let other_run = there.fill().start().await?;
    there.put("tea").await?;
    there.send_now("tea").await?;
    assert_eq!(shipped.count(), 1);

    assert!(other_run.result().await?.is_empty());
    let there_passed = other.now().duration_since(before).expect("time goes on");
    assert!(
        (DAY * 30..DAY * 31).contains(&there_passed),
        "{there_passed:?}"
    );
    let passed = env.now().duration_since(before).expect("time goes on");
    assert!(passed < DAY, "a month there is none here: {passed:?}");
    assert_eq!(run.describe().await?.status(), WorkflowStatus::Running);

    // A crash is one of the server that they share: each clock goes on where it was.
    let then = other.now();
    other.crash_server().await?;
    assert!(other.now() >= then && env.now() < then);
    other.shutdown().await;
    here.put("soap").await?;
    assert_eq!(run.result().await?, ["soap"]);
    Ok(())
}
