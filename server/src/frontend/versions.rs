//! What workers say of their version when they poll and answer. Tasks are not routed by it.

use mainspring_proto::{
    common::v1::{WorkerVersionCapabilities, WorkerVersionStamp},
    deployment::v1::{WorkerDeploymentOptions, WorkerDeploymentVersion},
    enums::v1::{TaskQueueKind, WorkerVersioningMode},
    errordetails::v1::PermissionDeniedFailure,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::RespondWorkflowTaskCompletedRequest,
};
use tonic::{Code, Status};

use super::status::{self, invalid_argument};

/// The longest id of a build, in bytes.
const MAX_BUILD_ID: usize = 255;

/// The longest name of a deployment, and the longest id of a build in it, in bytes: Temporal's server makes one id of
/// both.
const MAX_DEPLOYMENT: usize = 480;

/// A poll's version, if it makes sense.
///
/// # Errors
/// INVALID_ARGUMENT if it does not, PERMISSION_DENIED to a worker that wants only what the rules of its task queue
/// give to its build: here it would get everything.
pub(super) fn check_poll(
    capabilities: Option<&WorkerVersionCapabilities>,
    deployment: Option<&WorkerDeploymentOptions>,
    queue: &TaskQueue,
) -> Result<(), Status> {
    let (build_id, routed) =
        capabilities.map_or(("", false), |it| (&it.build_id, it.use_versioning));
    check(build_id, routed, deployment, Some(queue))?;
    let by_rules = routed && deployment.is_none_or(|it| !is_versioned(it));
    if by_rules && capabilities.is_some_and(|it| it.deployment_series_name.is_empty()) {
        return Err(status::with_detail(
            Code::PermissionDenied,
            "Worker versioning in workflow progress APIs is disabled on this namespace.",
            &PermissionDeniedFailure::default(),
        ));
    }
    Ok(())
}

/// The version of a worker that completed a workflow task, if it makes sense.
///
/// # Errors
/// INVALID_ARGUMENT if it does not.
pub(super) fn check_completion(
    request: &RespondWorkflowTaskCompletedRequest,
) -> Result<(), Status> {
    let stamp = request.worker_version_stamp.as_ref();
    let (build_id, routed) = stamp.map_or(("", false), |it| (&it.build_id, it.use_versioning));
    let sticky = request.sticky_attributes.as_ref();
    let deployment = request.deployment_options.as_ref();
    let queue = sticky.and_then(|it| it.worker_task_queue.as_ref());
    check(build_id, routed, deployment, queue)?;
    let versioned = request.deployment.is_some() || deployment.is_some_and(is_versioned);
    if request.versioning_behavior != 0 && !versioned {
        return Err(invalid_argument(
            "versioning behavior cannot be specified without deployment options being set with versioned mode",
        ));
    }
    Ok(())
}

fn check(
    build_id: &str,
    routed: bool,
    deployment: Option<&WorkerDeploymentOptions>,
    queue: Option<&TaskQueue>,
) -> Result<(), Status> {
    let of_nothing =
        |it: &TaskQueue| it.kind() == TaskQueueKind::Sticky && it.normal_name.is_empty();
    if queue.is_some_and(of_nothing) && (routed || deployment.is_some()) {
        return Err(invalid_argument(
            "NormalName must be set on sticky queue when UseVersioning is true or DeploymentOptions are set.",
        ));
    }
    if routed && build_id.is_empty() {
        return Err(invalid_argument(
            "WorkerVersionStamp must be present if UseVersioning is true.",
        ));
    }
    if build_id.len() > MAX_BUILD_ID {
        return Err(invalid_argument(
            "Build ID exceeds configured limit.workerBuildIdSize, use a shorter build ID.",
        ));
    }
    match deployment.filter(|it| is_versioned(it)) {
        Some(deployment) => check_deployment(deployment),
        None => Ok(()),
    }
}

fn check_deployment(deployment: &WorkerDeploymentOptions) -> Result<(), Status> {
    let (name, build_id) = (&deployment.deployment_name, &deployment.build_id);
    if name.is_empty() || build_id.is_empty() {
        return Err(invalid_argument(
            "Deployment name and build id must be set together.",
        ));
    }
    if let Some(what) = name.chars().find(|it| matches!(it, '.' | ':')) {
        return Err(invalid_argument(format!(
            "worker deployment name cannot contain '{what}'"
        )));
    }
    for (what, text) in [("WorkerDeploymentName", name), ("BuildID", build_id)] {
        if text.len() > MAX_DEPLOYMENT {
            return Err(invalid_argument(format!(
                "size of {what} larger than the maximum allowed"
            )));
        }
        if text.starts_with("__") {
            return Err(invalid_argument(format!("{what} cannot start with '__'")));
        }
    }
    Ok(())
}

fn is_versioned(deployment: &WorkerDeploymentOptions) -> bool {
    deployment.worker_versioning_mode() == WorkerVersioningMode::Versioned
}

/// The build behind a poll, as the event of the task that it gets says it.
pub(crate) fn stamp(
    capabilities: Option<&WorkerVersionCapabilities>,
) -> Option<WorkerVersionStamp> {
    let told = capabilities.filter(|it| {
        let by_deployment = it.use_versioning && !it.deployment_series_name.is_empty();
        !it.build_id.is_empty() && !by_deployment
    })?;
    Some(WorkerVersionStamp {
        build_id: told.build_id.clone(),
        use_versioning: told.use_versioning,
    })
}

/// The name of the deployment of a worker that completed a workflow task.
pub(super) fn deployment_name(request: &RespondWorkflowTaskCompletedRequest) -> String {
    let options = request.deployment_options.as_ref();
    let name = options.map_or("", |it| &it.deployment_name);
    match (name, &request.deployment) {
        ("", Some(older)) => older.series_name.clone(),
        _ => name.to_owned(),
    }
}

/// The version of that deployment, if the worker wants only what is for it.
pub(super) fn deployment_version(
    request: &RespondWorkflowTaskCompletedRequest,
) -> Option<WorkerDeploymentVersion> {
    let options = request
        .deployment_options
        .as_ref()
        .filter(|it| is_versioned(it))?;
    Some(WorkerDeploymentVersion {
        build_id: options.build_id.clone(),
        deployment_name: options.deployment_name.clone(),
    })
}
