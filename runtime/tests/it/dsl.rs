//! What attributes and stubs promise, from the call to the wire and back.

use mainspring::prelude::*;
use mainspring::testing::TestEnv;

#[activity_interface(start_to_close = "1m")]
pub trait Translation {
    async fn translate(&self, text: String) -> Result<String, ActivityError>;
}

pub struct English;

#[activity(task_queue = "english")]
impl Translation for English {
    async fn translate(&self, text: String) -> Result<String, ActivityError> {
        Ok(format!("{text} in English"))
    }
}

pub struct Frisian;

#[activity(task_queue = "frisian")]
impl Translation for Frisian {
    async fn translate(&self, text: String) -> Result<String, ActivityError> {
        let attempt = mainspring::activity::info().attempt;
        if attempt == 1 {
            return Err(ApplicationError::new("Asleep", "try again").into());
        }
        Ok(format!("{text} in Frisian, at attempt {attempt}"))
    }
}

#[workflow]
pub async fn translates_into_both(text: String) -> Result<Vec<String>> {
    let english = TranslationStub::new(ActivityOptions::new().task_queue("english"));
    let patient = ActivityOptions::new()
        .task_queue("frisian")
        .retry(RetryPolicy::new().maximum_attempts(2));
    let frisian = TranslationStub::new(patient.clone());
    let hasty = TranslationStub::new(patient.retry(RetryPolicy::none()));
    let all = [&english, &frisian, &hasty].map(|stub| stub.translate(text.clone()));
    let all = workflow::join_all(all).await;
    Ok(all
        .into_iter()
        .map(|outcome| outcome.unwrap_or_else(|failure| failure.to_string()))
        .collect())
}

#[mainspring::test]
async fn stubs_of_one_interface_differ_in_their_options(env: TestEnv) -> Result<()> {
    env.activities(English);
    env.activities(Frisian);
    let run = env.client().workflow(translates_into_both, "w");
    let all = run.execute("a word").await?;
    assert_eq!(all[0], "a word in English");
    assert_eq!(all[1], "a word in Frisian, at attempt 2");
    assert!(all[2].contains("try again"), "{}", all[2]);
    Ok(())
}

/// Runs whatever its queue is asked for.
#[derive(Default)]
pub struct Anything {
    seen: State<Vec<String>>,
}

#[workflow(dynamic, task_queue = "anything")]
impl Anything {
    #[run]
    async fn run(&self, args: EncodedValues) -> Result<Vec<String>> {
        let (first, second): (String, u32) = args.decode()?;
        self.seen
            .update(|seen| seen.push(format!("{first} {second}")));
        workflow::wait_until(|| self.seen.borrow().len() == 3).await?;
        let far = workflow::untyped_activity("of-no-name").start_to_close("1m");
        let answer: u32 = far.call((3_u32, 4_u32)).await?;
        self.seen.update(|seen| seen.push(answer.to_string()));
        Ok(self.seen.get())
    }
    #[signal(dynamic)]
    fn signalled(&self, name: String, args: EncodedValues) {
        self.seen
            .update(|seen| seen.push(format!("signal {name} {}", args.len())));
    }
    #[query(dynamic)]
    fn asked(&self, name: String, args: EncodedValues) -> Result<String> {
        let number: u32 = args.get(0)?;
        Ok(format!("query {name} {number}"))
    }
    #[update(dynamic)]
    async fn updated(&self, name: String, args: EncodedValues) -> Result<u32> {
        self.seen.update(|seen| seen.push(format!("update {name}")));
        Ok(args.get::<u32>(1)?)
    }
}

/// Runs for every name that no other activity of this program has.
#[activity(dynamic, start_to_close = "1m")]
async fn any_sum(args: EncodedValues) -> Result<u32, ActivityError> {
    let (a, b): (u32, u32) = args.decode()?;
    Ok(a + b)
}

#[mainspring::test]
async fn dynamic_handlers_take_what_has_no_handler(env: TestEnv) -> Result<()> {
    let client = env.client().with_task_queue("anything");
    let untyped = client.untyped_workflow("NeverHeardOf", "w");
    let run = untyped.execute::<_, Vec<String>>(("a".to_owned(), 1_u32));
    let run = run.start().await?;
    untyped.signal("go", (1_u32, 2_u32)).await?;
    let answer = untyped.query::<_, String>("what", (7_u32,)).await?;
    assert_eq!(answer, "query what 7");
    let second = untyped.update::<_, u32>("change", (1_u32, 2_u32)).await?;
    assert_eq!(second, 2);
    let seen = run.result().await?;
    assert_eq!(seen, ["a 1", "signal go 2", "update change", "7"]);
    Ok(())
}

#[workflow_interface]
pub trait Curious {
    #[run]
    async fn wait(&self) -> Result<()>;
    #[query]
    fn starts_an_activity(&self) -> u32;
    #[query]
    fn spawns(&self) -> u32;
    #[query]
    fn changes_by_a_helper(&self) -> u32;
    #[query]
    fn draws(&self) -> u64;
    #[query]
    fn draws_an_id(&self) -> String;
    #[query]
    fn cancels(&self) -> u32;
    #[query]
    fn sends(&self) -> u32;
    #[query]
    fn receives(&self) -> Option<u32>;
    #[query]
    fn takes_a_signal(&self) -> Option<(u32,)>;
    #[query]
    fn shows(&self) -> u32;
    #[update(validator = starts_a_timer)]
    async fn change(&self) -> Result<()>;
}

#[derive(Default)]
pub struct CuriousWorkflow {
    count: State<u32>,
}

impl CuriousWorkflow {
    /// Ordinary code, which the scan of the macros does not see.
    fn count_up(&self) -> u32 {
        self.count.update(|count| {
            *count += 1;
            *count
        })
    }
}

#[workflow]
impl Curious for CuriousWorkflow {
    async fn wait(&self) -> Result<()> {
        workflow::wait_until(|| self.count.get() > 0).await?;
        Ok(())
    }
    fn starts_an_activity(&self) -> u32 {
        drop(any_sum(EncodedValues::new(Vec::new())).start());
        1
    }
    fn spawns(&self) -> u32 {
        drop(workflow::spawn(async {}));
        1
    }
    fn changes_by_a_helper(&self) -> u32 {
        self.count_up()
    }
    fn draws(&self) -> u64 {
        workflow::random().next_u64()
    }
    fn draws_an_id(&self) -> String {
        workflow::uuid().to_string()
    }
    fn cancels(&self) -> u32 {
        workflow::CancellationScope::new().cancel();
        1
    }
    fn sends(&self) -> u32 {
        let (sender, _receiver) = workflow::channel();
        let _ = sender.try_send(1);
        1
    }
    fn receives(&self) -> Option<u32> {
        let (_sender, mut receiver) = workflow::channel();
        receiver.try_recv()
    }
    fn takes_a_signal(&self) -> Option<(u32,)> {
        workflow::signals::<(u32,)>("anything").try_recv()
    }
    fn shows(&self) -> u32 {
        workflow::set_current_details("seen");
        1
    }
    fn starts_a_timer(&self) -> Result<()> {
        drop(any_sum(EncodedValues::new(Vec::new())).start());
        Ok(())
    }
    async fn change(&self) -> Result<()> {
        self.count_up();
        Ok(())
    }
}

#[mainspring::test]
async fn queries_and_validators_only_read_whatever_they_call(env: TestEnv) -> Result<()> {
    let curious = env.client().workflow(Curious, "w");
    let run = curious.wait().start().await?;
    let told = [
        curious.starts_an_activity().await.map(drop),
        curious.spawns().await.map(drop),
        curious.changes_by_a_helper().await.map(drop),
        curious.draws().await.map(drop),
        curious.draws_an_id().await.map(drop),
        curious.cancels().await.map(drop),
        curious.sends().await.map(drop),
        curious.receives().await.map(drop),
        curious.takes_a_signal().await.map(drop),
        curious.shows().await.map(drop),
        curious.change().await,
    ];
    for answer in told {
        let error = answer.expect_err("it is refused");
        let told = format!("{error} {error:?}");
        assert!(told.contains("[MS0701]"), "{told}");
    }
    run.terminate("it waits for ever").await?;
    Ok(())
}
