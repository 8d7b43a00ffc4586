//! UpdateWorkflowExecutionOptions: another priority, or an override of the versioning, for a run.

use mainspring_proto::{
    common::v1::Priority,
    history::v1::{WorkflowExecutionOptionsUpdatedEventAttributes, history_event::Attributes},
    workflow::v1::{VersioningOverride, WorkflowExecutionOptions},
};

use crate::history::{
    rejection::Rejection,
    state::MutableState,
    task::Task,
    transition::{Draft, Request},
};

/// See the module.
#[derive(Clone, Debug)]
pub struct UpdateOptions {
    /// Where the new options are; what is missing is removed.
    pub from: WorkflowExecutionOptions,
    /// Which options change.
    pub paths: Vec<OptionPath>,
    /// Who asks.
    pub identity: String,
}

/// What may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionPath {
    /// The override of the versioning.
    VersioningOverride,
    /// The priority.
    Priority,
    /// Its key alone.
    PriorityKey,
    /// Its fairness key alone.
    FairnessKey,
    /// Its fairness weight alone.
    FairnessWeight,
}

impl OptionPath {
    /// From the path of a field mask.
    pub fn from_path(path: &str) -> Option<Self> {
        Some(match path {
            "versioning_override" => Self::VersioningOverride,
            "priority" => Self::Priority,
            "priority.priority_key" => Self::PriorityKey,
            "priority.fairness_key" => Self::FairnessKey,
            "priority.fairness_weight" => Self::FairnessWeight,
            _ => return None,
        })
    }
}

impl Request for UpdateOptions {
    /// The options from now on.
    type Reply = WorkflowExecutionOptions;

    fn decide(self, draft: &mut Draft<'_>) -> Result<WorkflowExecutionOptions, Rejection> {
        if !draft.state().is_open() {
            return Err(Rejection::WorkflowClosed);
        }
        let before = options(draft.state());
        let after = merged(before.clone(), &self.from, &self.paths);
        if after == before {
            return Ok(after);
        }
        let attributes = WorkflowExecutionOptionsUpdatedEventAttributes {
            unset_versioning_override: after.versioning_override.is_none(),
            versioning_override: after.versioning_override.clone(),
            // None at all would say that it stays.
            priority: (after.priority != before.priority)
                .then(|| after.priority.clone().unwrap_or_default()),
            identity: self.identity,
            ..WorkflowExecutionOptionsUpdatedEventAttributes::default()
        };
        draft.event(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(
            Box::new(attributes),
        ));
        draft.task(Task::Visibility);
        Ok(options(draft.state()))
    }
}

/// The options of the run.
pub fn options(state: &MutableState) -> WorkflowExecutionOptions {
    WorkflowExecutionOptions {
        versioning_override: state.started.versioning_override.clone(),
        priority: state.started.priority.clone(),
        ..WorkflowExecutionOptions::default()
    }
}

fn merged(
    mut into: WorkflowExecutionOptions,
    from: &WorkflowExecutionOptions,
    paths: &[OptionPath],
) -> WorkflowExecutionOptions {
    for path in paths {
        let priority = || from.priority.clone().unwrap_or_default();
        let field: fn(&mut Priority, Priority) = match path {
            OptionPath::VersioningOverride => {
                into.versioning_override
                    .clone_from(&from.versioning_override);
                continue;
            }
            OptionPath::Priority => {
                into.priority.clone_from(&from.priority);
                continue;
            }
            OptionPath::PriorityKey => |into, from| into.priority_key = from.priority_key,
            OptionPath::FairnessKey => |into, from| into.fairness_key = from.fairness_key,
            OptionPath::FairnessWeight => |into, from| into.fairness_weight = from.fairness_weight,
        };
        field(into.priority.get_or_insert_default(), priority());
    }
    into
}

/// Whether the override says what it means to.
///
/// # Errors
/// A sentence about what is missing, or too much.
pub fn check_override(it: &VersioningOverride) -> Result<(), &'static str> {
    use mainspring_proto::{
        enums::v1::VersioningBehavior,
        workflow::v1::versioning_override::{Override, PinnedOverrideBehavior},
    };
    let is_named = |version: &Option<mainspring_proto::deployment::v1::WorkerDeploymentVersion>| {
        version
            .as_ref()
            .is_some_and(|it| !it.deployment_name.is_empty() && !it.build_id.is_empty())
    };
    match (&it.r#override, it.behavior()) {
        (Some(Override::AutoUpgrade(true)), _) => Ok(()),
        (Some(Override::AutoUpgrade(false)), _) => Err("auto-upgrade override must be true"),
        (Some(Override::Pinned(pinned)), _) if !is_named(&pinned.version) => {
            Err("must provide version if override is pinned.")
        }
        (Some(Override::Pinned(pinned)), _)
            if pinned.behavior() == PinnedOverrideBehavior::Unspecified =>
        {
            Err("must specify pinned override behavior if override is pinned.")
        }
        (Some(Override::OneTime(once)), _) if !is_named(&once.target_deployment_version) => {
            Err("must provide target deployment version if override is one-time.")
        }
        (Some(_), _) | (None, VersioningBehavior::AutoUpgrade) => Ok(()),
        (None, VersioningBehavior::Pinned)
            if it.deployment.is_none() && it.pinned_version.is_empty() =>
        {
            Err("must provide deployment (deprecated) or pinned version if behavior is 'PINNED'")
        }
        (None, VersioningBehavior::Pinned) => Ok(()),
        (None, VersioningBehavior::Unspecified) => Err("override behavior is required"),
    }
}
