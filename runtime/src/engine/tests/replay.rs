//! What happens when history and code meet again.

use mainspring_proto::command::v1::Command;
use mainspring_proto::command::v1::command::Attributes as CommandAttributes;
use mainspring_proto::enums::v1::WorkflowTaskFailedCause;
use mainspring_proto::history::v1::MarkerRecordedEventAttributes;
use mainspring_proto::history::v1::history_event::Attributes;

use super::history::History;
use super::{check, check_failure, engine, feed, workflow};
use crate::durable::Gate;
use crate::workflow;

/// The event by which a server records a marker.
pub(super) fn recorded(command: &Command) -> Attributes {
    let Some(CommandAttributes::RecordMarkerCommandAttributes(marker)) = &command.attributes else {
        panic!("no marker: {command:?}");
    };
    Attributes::MarkerRecordedEventAttributes(Box::new(MarkerRecordedEventAttributes {
        marker_name: marker.marker_name.clone(),
        details: marker.details.clone(),
        failure: marker.failure.clone(),
        ..Default::default()
    }))
}

macro_rules! wait {
    ($operation:expr) => {
        Gate::__durable($operation).await
    };
}

#[test]
fn an_event_of_another_kind_is_nondeterminism() {
    let line = line!() + 1;
    let workflow = workflow(|| async { Ok(wait!(workflow::sleep("1s"))?) });
    let history = History::started().completed().activity("1", "greet");
    let history = history.activity_completed(1, ()).task();
    check_failure(
        &workflow,
        history.events(),
        &format!(
            "[TMPRL1100] nondeterminism: the history has event 5 ActivityTaskScheduled, but the code asks for a timer \
             (number 1) at {}:{line}:49. The code has changed since this history was written (use `workflow::patched`), \
             or it is not deterministic",
            file!()
        ),
    );
}

#[test]
fn the_end_that_history_has_not_is_that_of_the_users_definition() {
    let location = crate::location!();
    let definition = crate::workflow::WorkflowDefinition::builder::<(), ()>("test", location);
    let definition = definition
        .init_default()
        .run(|_, ()| crate::durable::durable(async { Ok(()) }));
    let history = History::started().completed().timer("1").timer_fired(1);
    check_failure(
        &std::sync::Arc::new(definition.build()),
        history.task().events(),
        &format!(
            "[TMPRL1100] nondeterminism: the history has event 5 TimerStarted, but the code asks for the completion of the \
             workflow defined at {location}. The code has changed since this history was written (use \
             `workflow::patched`), or it is not deterministic",
        ),
    );
}

#[test]
fn an_event_that_the_code_does_not_ask_for_is_nondeterminism() {
    let workflow = workflow(|| async {
        wait!(workflow::wait_until(|| false))?;
        Ok(())
    });
    let history = History::started()
        .completed()
        .timer("1")
        .timer_fired(1)
        .task();
    check_failure(
        &workflow,
        history.events(),
        "[TMPRL1100] nondeterminism: the history has event 5 TimerStarted, but the code asks for nothing more. The code \
         has changed since this history was written (use `workflow::patched`), or it is not deterministic",
    );
}

#[test]
fn a_command_without_an_event_is_nondeterminism() {
    let line = line!() + 1;
    let workflow = workflow(|| async { Ok(wait!(workflow::sleep("1s"))?) });
    let history = History::started().completed().signal("x", ()).task();
    check_failure(
        &workflow,
        history.events(),
        &format!(
            "[TMPRL1100] nondeterminism: the history has nothing more before event 5 WorkflowExecutionSignaled, but the \
             code asks for a timer (number 1) at {}:{line}:49. The code has changed since this history was written (use \
             `workflow::patched`), or it is not deterministic",
            file!()
        ),
    );
}

#[test]
fn a_task_that_failed_does_not_count() {
    let workflow = workflow(|| async { Ok(wait!(workflow::sleep("1s"))?) });
    let history = History::started().failed().task().failed().task();
    check(&workflow, history.events(), &["timer 1 1s"]);
}

#[test]
fn a_panic_fails_the_task() {
    let workflow = workflow(|| async {
        if workflow::now() > std::time::UNIX_EPOCH {
            panic!("at the disco");
        }
        Ok(())
    });
    let failure = feed(&mut engine(&workflow), History::started().events());
    let failure = failure.expect_err("the task fails");
    assert_eq!(
        failure.cause,
        WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure
    );
    assert_eq!(
        failure.failure.message,
        "workflow code panicked: at the disco"
    );
}

#[test]
fn a_foreign_future_fails_the_task() {
    /// Keeps its waker, as every future does that waits for something outside.
    struct Foreign(Option<std::task::Waker>);
    impl Future for Foreign {
        type Output = ();
        fn poll(
            mut self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<()> {
            self.0 = Some(cx.waker().clone());
            std::task::Poll::Pending
        }
    }
    let workflow = workflow(|| async {
        Foreign(None).await;
        Ok(())
    });
    check_failure(
        &workflow,
        History::started().events(),
        "workflow code awaited a future that is not durable: it waits for something outside the workflow, which a replay \
         could not reproduce. Do that work in an activity [MS0307]",
    );
}

#[test]
fn new_runs_take_the_patched_way_and_old_ones_the_old() {
    let workflow = workflow(|| async {
        let after = if workflow::patched("longer") {
            "1h"
        } else {
            "1m"
        };
        Ok(wait!(workflow::sleep(after))?)
    });
    let history = History::started();
    check(
        &workflow,
        history.events(),
        &["marker core_patch", "timer 1 3600s"],
    );

    let old = History::started()
        .completed()
        .timer("1")
        .timer_fired(1)
        .task();
    check(&workflow, old.events(), &["complete "]);

    let fresh = feed(&mut engine(&workflow), history.events()).expect("the task succeeds");
    let new = history.completed().event(recorded(&fresh.commands[0]));
    let new = new.timer("1").timer_fired(1).task();
    check(&workflow, new.events(), &["complete "]);
}

#[test]
fn a_deprecated_patch_can_be_dropped_later() {
    let deprecating = workflow(|| async {
        workflow::deprecate_patch("longer");
        Ok(wait!(workflow::sleep("1h"))?)
    });
    let history = History::started();
    let fresh = feed(&mut engine(&deprecating), history.events()).expect("the task succeeds");
    let marker = recorded(&fresh.commands[0]);
    let deprecated = history.completed().event(marker);
    let deprecated = deprecated.timer("1").timer_fired(1).task();
    check(&deprecating, deprecated.events(), &["complete "]);
    // Runs that the patched code has begun go on with it.
    let patching = workflow(|| async {
        assert!(workflow::patched("longer"));
        Ok(wait!(workflow::sleep("1h"))?)
    });
    let history = History::started();
    let fresh = feed(&mut engine(&patching), history.events()).expect("the task succeeds");
    let patched = history.completed().event(recorded(&fresh.commands[0]));
    let patched = patched.timer("1").timer_fired(1).task();
    check(&deprecating, patched.events(), &["complete "]);
    // Code that has forgotten the patch can go on with what deprecated it, and with nothing else.
    let forgetful = workflow(|| async { Ok(wait!(workflow::sleep("1h"))?) });
    check(&forgetful, deprecated.events(), &["complete "]);
    let failed = feed(&mut engine(&forgetful), patched.events()).expect_err("it is too early");
    assert_eq!(failed.cause, WorkflowTaskFailedCause::NonDeterministicError);
}

#[test]
fn code_learns_that_its_history_is_long() {
    let workflow = workflow(|| async {
        let suggested = workflow::continue_as_new_suggested();
        wait!(workflow::sleep("1h"))?;
        Ok((suggested, workflow::continue_as_new_suggested()))
    });
    let history = History::started().completed().timer("1").timer_fired(1);
    check(
        &workflow,
        history.suggesting_task().events(),
        &["complete [false,true]"],
    );
    let history = History::started().completed().timer("1").timer_fired(1);
    check(
        &workflow,
        history.task().events(),
        &["complete [false,false]"],
    );
}

#[test]
fn code_outside_workflows_is_told_so() {
    let panic = std::panic::catch_unwind(workflow::now).expect_err("there is no workflow here");
    let message = super::super::message_of(&*panic);
    assert!(
        message.starts_with("workflow::now was used outside workflow code"),
        "{message}"
    );
}

#[test]
fn a_run_that_waits_keeps_no_room_for_events() {
    let workflow = workflow(|| async {
        wait!(workflow::sleep("1s"))?;
        Ok(wait!(workflow::sleep("1s"))?)
    });
    // From its first task on, and after a replay.
    let first = History::started();
    let replayed = History::started()
        .completed()
        .timer("1")
        .timer_fired(1)
        .task();
    for history in [first, replayed] {
        let mut engine = engine(&workflow);
        feed(&mut engine, history.events()).expect("an answer");
        assert_eq!(engine.incoming.capacity(), 0);
    }
}
