//! Options of a run that are changed from outside.

use mainspring_proto::{
    common::v1::Priority,
    deployment::v1::WorkerDeploymentVersion,
    history::v1::{WorkflowExecutionOptionsUpdatedEventAttributes, history_event::Attributes},
    workflow::v1::{
        VersioningOverride, WorkflowExecutionOptions,
        versioning_override::{Override, PinnedOverride, PinnedOverrideBehavior},
    },
};

use crate::history::{
    decide::update_options::{OptionPath, UpdateOptions, check_override, options},
    rejection::Rejection,
};

use super::script::Do;
use super::world::{World, check};

fn pinned(build_id: &str) -> VersioningOverride {
    VersioningOverride {
        r#override: Some(Override::Pinned(PinnedOverride {
            behavior: PinnedOverrideBehavior::Pinned.into(),
            version: Some(WorkerDeploymentVersion {
                deployment_name: "orders".to_owned(),
                build_id: build_id.to_owned(),
            }),
        })),
        ..VersioningOverride::default()
    }
}

fn versioning(versioning_override: Option<VersioningOverride>) -> UpdateOptions {
    UpdateOptions {
        from: WorkflowExecutionOptions {
            versioning_override,
            ..WorkflowExecutionOptions::default()
        },
        paths: vec![OptionPath::VersioningOverride],
        identity: "me".to_owned(),
    }
}

fn last_update(world: &World) -> Option<WorkflowExecutionOptionsUpdatedEventAttributes> {
    match world.history().last()?.attributes() {
        Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(it)) => {
            Some((**it).clone())
        }
        _ => None,
    }
}

#[test]
fn an_override_is_set_and_removed_by_events() {
    let mut world = check(&[], "");
    let set = world.send(versioning(Some(pinned("1"))));
    assert_eq!(set.map(|it| it.versioning_override), Ok(Some(pinned("1"))));
    let expected = WorkflowExecutionOptionsUpdatedEventAttributes {
        versioning_override: Some(pinned("1")),
        identity: "me".to_owned(),
        ..Default::default()
    };
    assert_eq!(last_update(&world), Some(expected));
    let event = world.history().last().cloned();
    assert!(event.is_some_and(|event| event.proto().worker_may_ignore));
    // What changes nothing is no event.
    assert!(world.send(versioning(Some(pinned("1")))).is_ok());
    assert!(world.send(versioning(None)).is_ok());
    let expected = WorkflowExecutionOptionsUpdatedEventAttributes {
        unset_versioning_override: true,
        identity: "me".to_owned(),
        ..Default::default()
    };
    assert_eq!(last_update(&world), Some(expected));
    assert_eq!(
        world.kinds(),
        [
            "Started",
            "WftScheduled",
            "OptionsUpdated",
            "OptionsUpdated"
        ]
    );
    assert_eq!(options(&world.state), WorkflowExecutionOptions::default());
    assert_eq!(world.recovered(), world.state);
}

#[test]
fn a_priority_changes_by_its_parts() {
    let mut world = check(&[], "");
    let priority = |priority_key, fairness_key: &str| Priority {
        priority_key,
        fairness_key: fairness_key.to_owned(),
        ..Priority::default()
    };
    let update = |from: Priority, path| UpdateOptions {
        from: WorkflowExecutionOptions {
            priority: Some(from),
            ..WorkflowExecutionOptions::default()
        },
        paths: vec![path],
        identity: String::new(),
    };
    let first = world.send(update(priority(1, "a"), OptionPath::Priority));
    assert_eq!(first.map(|it| it.priority), Ok(Some(priority(1, "a"))));
    let second = world.send(update(priority(2, "b"), OptionPath::PriorityKey));
    assert_eq!(second.map(|it| it.priority), Ok(Some(priority(2, "a"))));
    let third = world.send(update(priority(3, "b"), OptionPath::FairnessKey));
    assert_eq!(third.map(|it| it.priority), Ok(Some(priority(2, "b"))));
}

#[test]
fn an_update_during_a_workflow_task_comes_after_it() {
    let mut world = check(&[Do::Poll], "WftStarted");
    assert!(world.send(versioning(Some(pinned("1")))).is_ok());
    assert_eq!(world.kinds().len(), 3);
    let done = world.step(&Do::Complete(Vec::new()));
    assert_eq!(done, Ok(()));
    assert_eq!(
        world.kinds()[3..],
        ["WftCompleted", "OptionsUpdated", "WftScheduled"]
    );
}

#[test]
fn an_ended_run_has_no_options() {
    let mut world = check(&[Do::Terminate], "Terminated");
    let refused = world.send(versioning(Some(pinned("1"))));
    assert_eq!(refused, Err(Rejection::WorkflowClosed));
}

#[test]
fn overrides_that_say_nothing_are_refused() {
    assert_eq!(check_override(&pinned("1")), Ok(()));
    let of = |it| VersioningOverride {
        r#override: Some(it),
        ..VersioningOverride::default()
    };
    assert_eq!(check_override(&of(Override::AutoUpgrade(true))), Ok(()));
    for (wrong, why) in [
        (
            VersioningOverride::default(),
            "override behavior is required",
        ),
        (pinned(""), "must provide version if override is pinned."),
        (
            of(Override::Pinned(PinnedOverride {
                behavior: 0,
                version: Some(WorkerDeploymentVersion {
                    deployment_name: "orders".to_owned(),
                    build_id: "1".to_owned(),
                }),
            })),
            "must specify pinned override behavior if override is pinned.",
        ),
        (
            of(Override::OneTime(Default::default())),
            "must provide target deployment version if override is one-time.",
        ),
        (
            of(Override::AutoUpgrade(false)),
            "auto-upgrade override must be true",
        ),
    ] {
        assert_eq!(check_override(&wrong), Err(why));
    }
}
