//! What each operation asks for, and how its events answer it.

use super::history::History;
use super::{check, engine, feed, workflow};
use crate::activity::Activity;
use crate::durable::{Durable, Gate};
use crate::error::{ActivityFailure, Failure, Result};
use crate::workflow::{
    self, ActivityCall, ActivityOptions, CancellationScope, CancellationType, TimeoutSet,
};

struct Greet;

impl Activity for Greet {
    const NAME: &'static str = "greet";
    type Args = (String,);
    type Output = String;

    type Timeouts = TimeoutSet;

    fn options() -> ActivityOptions {
        ActivityOptions::new().start_to_close("10s")
    }
}

fn greet(name: &str) -> ActivityCall<Greet> {
    ActivityCall::new((name.to_owned(),))
}

/// What `.await` in workflow code expands to.
macro_rules! wait {
    ($operation:expr) => {
        Gate::__durable($operation).await
    };
}

#[test]
fn an_activity_yields_its_result() {
    let workflow = workflow(|| async { Ok(wait!(greet("Ada"))?) });
    let history = History::started();
    check(&workflow, history.events(), &["activity 1 greet(\"Ada\")"]);
    let history = history.completed().activity("1", "greet");
    let history = history
        .activity_completed(1, "Hello, Ada!".to_owned())
        .task();
    check(&workflow, history.events(), &["complete \"Hello, Ada!\""]);
}

#[test]
fn an_activitys_failure_can_be_matched_on() {
    let workflow = workflow(|| async {
        match wait!(greet("Ada")) {
            Err(error) if error.error_type() == "Rude" => Ok("forgiven".to_owned()),
            other => Ok(other?),
        }
    });
    let history = History::started().completed().activity("1", "greet");
    let rude = Failure::application("Rude", "no").into_proto();
    let history = history.activity_failed(1, rude).task();
    check(&workflow, history.events(), &["complete \"forgiven\""]);
}

#[test]
fn an_activitys_failure_fails_the_workflow_with_its_type() {
    let workflow = workflow(|| async { Ok(wait!(greet("Ada"))?) });
    let history = History::started().completed().activity("1", "greet");
    let rude = Failure::application("Rude", "no").into_proto();
    let history = history.activity_failed(1, rude).task();
    let completion = feed(&mut engine(&workflow), history.events()).expect("the task succeeds");
    let Some(super::Attributes::FailWorkflowExecutionCommandAttributes(fail)) =
        completion.commands[0].attributes.clone()
    else {
        panic!("the workflow does not fail");
    };
    let failure = Failure::from_proto(fail.failure.expect("a failure says why"));
    assert_eq!(failure.root_cause().error_type(), "Rude");
}

#[test]
fn a_timer_fires_once_its_event_is_there() {
    let workflow = workflow(|| async { Ok(wait!(workflow::sleep("1 day"))?) });
    let history = History::started();
    check(&workflow, history.events(), &["timer 1 86400s"]);
    let history = history.completed().timer("1").timer_fired(1).task();
    check(&workflow, history.events(), &["complete "]);
}

#[test]
fn a_run_in_memory_goes_on_from_the_new_events() {
    let workflow = workflow(|| async {
        wait!(workflow::sleep("1s"))?;
        Ok(wait!(greet("Ada"))?)
    });
    let mut engine = engine(&workflow);
    let history = History::started();
    feed(&mut engine, history.events()).expect("the task succeeds");
    let history = history.completed().timer("1").timer_fired(1).task();
    let new = history.after(engine.last_event_id());
    let completion = feed(&mut engine, new).expect("the task succeeds");
    let found: Vec<_> = completion.commands.iter().map(super::describe).collect();
    assert_eq!(found, ["activity 1 greet(\"Ada\")"]);
}

#[test]
fn a_timer_cancelled_before_it_was_sent_is_never_sent() {
    let workflow = workflow(|| async {
        drop(Gate::__durable(workflow::sleep("1s")));
        Ok(())
    });
    check(&workflow, History::started().events(), &["complete "]);
}

#[test]
fn a_timer_that_is_dropped_later_is_cancelled() {
    let workflow = workflow(|| async {
        let timer = Gate::__durable(workflow::sleep("1h"));
        wait!(greet("Ada"))?;
        drop(timer);
        Ok(())
    });
    let history = History::started()
        .completed()
        .timer("1")
        .activity("1", "greet");
    let history = history.activity_completed(1, String::new()).task();
    check(
        &workflow,
        history.events(),
        &["cancel timer 1", "complete "],
    );
}

#[test]
fn a_cancelled_workflow_cancels_what_it_waits_for() {
    let workflow = workflow(|| async { Ok(wait!(workflow::sleep("1h"))?) });
    let history = History::started().completed().timer("1");
    let history = history.cancel_requested().task();
    check(
        &workflow,
        history.events(),
        &["cancel timer 1", "cancelled"],
    );
}

#[test]
fn clean_up_runs_detached() {
    let workflow = workflow(|| async {
        let slept = wait!(workflow::sleep("1h"));
        wait!(workflow::detached(greet("bye")))?;
        Ok(slept?)
    });
    let history = History::started().completed().timer("1");
    let history = history.cancel_requested().task();
    let expected = ["cancel timer 1", "activity 1 greet(\"bye\")"];
    check(&workflow, history.events(), &expected);
}

#[test]
fn cancelling_an_activity_does_not_wait_unless_asked_to() {
    let try_cancel = workflow(|| async { cancel_while_waiting(CancellationType::TryCancel).await });
    let wait = workflow(|| async {
        cancel_while_waiting(CancellationType::WaitCancellationCompleted).await
    });
    let history = History::started().completed().timer("1");
    let history = history.activity("1", "greet").timer_fired(1).task();
    check(
        &try_cancel,
        history.events(),
        &["cancel activity of event 6", "complete \"cancelled\""],
    );
    check(&wait, history.events(), &["cancel activity of event 6"]);
}

async fn cancel_while_waiting(cancellation: CancellationType) -> Result<String> {
    let scope = CancellationScope::new();
    let timer = Gate::__durable(workflow::sleep("1s"));
    let activity = Gate::__durable(scope.run(greet("Ada").cancellation(cancellation)));
    timer.await?;
    scope.cancel();
    match activity.await {
        Err(ActivityFailure::Cancelled(_)) => Ok("cancelled".to_owned()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn signals_without_a_handler_wait_for_a_reader() {
    let workflow = workflow(|| async {
        let mut names = workflow::signals::<(String,)>("name");
        let (first,) = wait!(names.recv());
        let (second,) = wait!(names.recv());
        Ok(first + &second)
    });
    let history = History::started();
    let one = history.completed().signal("name", "a".to_owned()).task();
    check(&workflow, one.events(), &[]);
    let two = one.completed().signal("name", "b".to_owned()).task();
    check(&workflow, two.events(), &["complete \"ab\""]);
}

#[test]
fn random_numbers_and_time_are_the_same_on_replay() {
    let workflow = workflow(|| async {
        let first = (workflow::random().next_u64(), workflow::now());
        wait!(workflow::sleep("1s"))?;
        Ok(format!(
            "{first:?} {} {:?}",
            workflow::uuid(),
            workflow::now()
        ))
    });
    let history = History::started();
    let mut live = engine(&workflow);
    feed(&mut live, history.events()).expect("the task succeeds");
    let history = history.completed().timer("1").timer_fired(1).task();
    let new = history.after(live.last_event_id());
    let live = feed(&mut live, new).expect("the task succeeds");
    let replayed = feed(&mut engine(&workflow), history.events()).expect("the task succeeds");
    assert_eq!(live.commands, replayed.commands);
}

#[test]
fn spawned_code_runs_beside_the_rest() {
    let workflow = workflow(|| async {
        let (sender, mut receiver) = workflow::channel();
        let spawned = workflow::spawn(crate::durable::durable(async move {
            for name in ["a", "b"] {
                let _ = wait!(sender.send(name));
            }
            "done"
        }));
        let mut names = String::new();
        while let Some(name) = wait!(receiver.recv()) {
            names += name;
        }
        Ok(names + wait!(spawned))
    });
    check(
        &workflow,
        History::started().events(),
        &["complete \"abdone\""],
    );
}

#[test]
fn continue_as_new_ends_the_run() {
    let workflow = workflow(|| async { workflow::continue_as_new::<_, ()>((1u8, "x".to_owned())) });
    check(
        &workflow,
        History::started().events(),
        &["continue as test(1, \"x\")"],
    );
}

#[test]
fn wait_until_gives_up_after_its_timeout() {
    let workflow = workflow(|| async {
        let waited = wait!(workflow::wait_until(|| false).timeout("1m"))?;
        Ok(waited.is_err())
    });
    let history = History::started();
    check(&workflow, history.events(), &["timer 1 60s"]);
    let history = history.completed().timer("1").timer_fired(1).task();
    check(&workflow, history.events(), &["complete true"]);
}

#[test]
fn a_side_effect_is_computed_once() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let workflow = workflow(|| async {
        let value = workflow::side_effect(|| CALLS.fetch_add(1, Ordering::Relaxed));
        wait!(workflow::sleep("1s"))?;
        Ok(value)
    });
    let history = History::started();
    let completion = feed(&mut engine(&workflow), history.events()).expect("the task succeeds");
    let history = history
        .completed()
        .event(super::replay::recorded(&completion.commands[0]));
    let history = history.timer("1").timer_fired(1).task();
    check(&workflow, history.events(), &["complete 0"]);
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
}

#[test]
fn durable_operations_can_be_boxed() {
    let workflow = workflow(|| async {
        let either: Vec<crate::BoxDurable<'_, bool>> =
            vec![crate::boxed(crate::durable::durable(async {
                wait!(workflow::sleep("1s")).is_ok()
            }))];
        for one in either {
            let _: bool = one.into_fut(crate::durable::Seal::new()).await;
        }
        Ok(())
    });
    check(&workflow, History::started().events(), &["timer 1 1s"]);
}
