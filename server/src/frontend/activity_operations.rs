//! What operators ask of the pending activities of a run, by eight RPCs: four that name a workflow
//! execution, and four newer ones that name an activity first.

use std::time::Duration;

use mainspring_proto::{
    activity::v1::ActivityOptions, common::v1::WorkflowExecution, prost_types::FieldMask,
};
use tonic::Status;

use crate::{
    history::{
        decide::activity_operations::{Activities, OptionsUpdate},
        ids::WorkflowKey,
        transition::Request,
    },
    shard::RunSelector,
};

use super::{
    Frontend,
    status::{self, invalid_argument},
    validate,
};

/// The run whose activities are meant.
pub(super) struct Target<'a> {
    frontend: &'a Frontend,
    workflow: WorkflowKey,
    run_id: String,
}

impl<'a> Target<'a> {
    /// The one that a request names.
    ///
    /// # Errors
    /// When its namespace does not exist, or the execution is missing or malformed.
    pub(super) fn of(
        frontend: &'a Frontend,
        namespace: &str,
        execution: Option<&WorkflowExecution>,
    ) -> Result<Self, Status> {
        let namespace = frontend.namespace(namespace)?;
        let execution = validate::execution(execution)?;
        Ok(Self {
            frontend,
            workflow: namespace.workflow(&execution.workflow_id),
            run_id: execution.run_id.clone(),
        })
    }

    /// The one that a newer request names, which is of a workflow's activity.
    ///
    /// # Errors
    /// UNIMPLEMENTED when it is of an activity without a workflow; otherwise as [`Target::of`].
    pub(super) fn of_activity(
        frontend: &'a Frontend,
        namespace: &str,
        workflow_id: &str,
        run_id: &str,
    ) -> Result<Self, Status> {
        if workflow_id.is_empty() {
            return Err(Status::unimplemented(
                "activities without a workflow are not supported by this server: set workflow_id",
            ));
        }
        let execution = WorkflowExecution {
            workflow_id: workflow_id.to_owned(),
            run_id: run_id.to_owned(),
        };
        Self::of(frontend, namespace, Some(&execution))
    }

    /// Asks it of the run.
    pub(super) async fn operate<R: Request>(self, request: R) -> Result<R::Reply, Status> {
        let selector = RunSelector::run(&self.run_id);
        let shard = &self.frontend.shard;
        let done = shard.update(&self.workflow, selector, request).await;
        done.map(|(_, reply)| reply).map_err(status::refusal)
    }
}

/// The activity of this id.
pub(super) fn by_id(id: String) -> Result<Activities, Status> {
    match id.is_empty() {
        true => Err(unnamed()),
        false => Ok(Activities::Id(id)),
    }
}

/// The activities of this type.
pub(super) fn by_type(name: String) -> Result<Activities, Status> {
    match name.is_empty() {
        true => Err(unnamed()),
        false => Ok(Activities::Type(name)),
    }
}

/// No activity is named.
pub(super) fn unnamed() -> Status {
    invalid_argument("Either Activity.Id or Activity.Type should be set on request.")
}

/// How far attempts are to be spread.
pub(super) fn jitter(
    jitter: Option<&mainspring_proto::prost_types::Duration>,
) -> Result<Duration, Status> {
    Ok(validate::duration("Jitter", jitter)?.unwrap_or_default())
}

/// What changes of the options.
///
/// # Errors
/// INVALID_ARGUMENT when nothing does, or when the original ones are asked for and others too.
pub(super) fn options_update(
    frontend: &Frontend,
    options: Option<ActivityOptions>,
    mask: Option<FieldMask>,
    restore: bool,
) -> Result<OptionsUpdate, Status> {
    let paths = mask.map(|mask| mask.paths).unwrap_or_default();
    if restore {
        return match options.is_none() && paths.is_empty() {
            true => Ok(OptionsUpdate::Restore),
            false => Err(invalid_argument(
                "RestoreOriginal cannot be combined with other options",
            )),
        };
    }
    let Some(options) = options else {
        return Err(invalid_argument("ActivityOptions are not provided"));
    };
    if paths.is_empty() {
        return Err(invalid_argument("UpdateMask is not provided"));
    }
    if options.task_queue.is_some() {
        validate::task_queue(options.task_queue.as_ref(), &frontend.config.limits)?;
    }
    Ok(OptionsUpdate::Some {
        from: Box::new(options),
        paths: paths
            .iter()
            .map(|path| validate::snake_case(path))
            .collect(),
    })
}
