//! What workers and clients report of activities, by token or by id.

use std::sync::Arc;

use mainspring_proto::{
    common::v1::Payloads,
    failure::v1::{Failure, failure::FailureInfo},
    prost::Message as _,
};
use tonic::Status;

use crate::{
    history::{
        decide::activity::{
            ActivitySelector, CancelActivity, CompleteActivity, FailActivity, HeartbeatReply,
            RecordHeartbeat,
        },
        failure,
        ids::WorkflowKey,
        transition::Request,
        worker::Worker,
    },
    shard::RunSelector,
};

use super::{
    Frontend,
    status::{self, invalid_argument},
    validate,
};

/// How much is kept of a failure that is too large, in bytes: what Temporal's server keeps.
const KEPT_OF_OVERSIZED: usize = 512 * 1024;

/// The activity that is meant.
pub(super) struct Target {
    pub(super) workflow: WorkflowKey,
    /// Empty for the current run.
    pub(super) run_id: String,
    pub(super) activity: ActivitySelector,
}

impl Target {
    /// From the ids in a request.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when one is missing or malformed. One that is too long is that of nothing.
    pub(super) fn by_id(
        frontend: &Frontend,
        namespace: &str,
        workflow_id: &str,
        run_id: &str,
        activity_id: &str,
    ) -> Result<Self, Status> {
        let namespace = frontend.namespace(namespace)?;
        for (what, id) in [("ActivityId", activity_id), ("WorkflowId", workflow_id)] {
            if id.is_empty() {
                return Err(invalid_argument(format!("{what} is not set on request.")));
            }
        }
        validate::run_id(run_id).map_err(|_| invalid_argument("RunId is not valid UUID."))?;
        Ok(Self {
            workflow: WorkflowKey {
                namespace_id: Arc::clone(&namespace.id),
                workflow_id: workflow_id.into(),
            },
            run_id: run_id.to_owned(),
            activity: ActivitySelector::Id(activity_id.to_owned()),
        })
    }
}

/// The activity has a result. One that is too large fails the activity instead.
pub(super) async fn completed(
    frontend: &Frontend,
    target: Target,
    result: Option<Payloads>,
    worker: Worker,
) -> Result<(), Status> {
    if is_oversized(frontend, result.as_ref()) {
        let failure = failure::of_server("Complete result exceeds size limit.", true);
        return fail(frontend, target, Some(failure), None, worker).await;
    }
    let request = CompleteActivity {
        activity: target.activity,
        result,
        worker,
    };
    let reply = report(frontend, &target.workflow, &target.run_id, request).await;
    reply.map(|_| ())
}

/// The attempt failed.
pub(super) async fn failed(
    frontend: &Frontend,
    target: Target,
    failure: Option<Failure>,
    last_heartbeat_details: Option<Payloads>,
    worker: Worker,
) -> Result<(), Status> {
    let application = |it: &Failure| {
        matches!(
            it.failure_info,
            Some(FailureInfo::ApplicationFailureInfo(_))
        )
    };
    if !failure.as_ref().is_none_or(application) {
        return Err(invalid_argument(
            "Failure must have ApplicationFailureInfo.",
        ));
    }
    let limit = frontend.config.limits.blob_size;
    let failure = failure.map(|failure| match failure.encoded_len() > limit {
        true => failure::oversized(failure, KEPT_OF_OVERSIZED, true),
        false => failure,
    });
    fail(frontend, target, failure, last_heartbeat_details, worker).await
}

async fn fail(
    frontend: &Frontend,
    target: Target,
    failure: Option<Failure>,
    last_heartbeat_details: Option<Payloads>,
    worker: Worker,
) -> Result<(), Status> {
    let request = FailActivity {
        activity: target.activity,
        failure,
        last_heartbeat_details,
        worker,
    };
    let reply = report(frontend, &target.workflow, &target.run_id, request).await;
    reply.map(|_| ())
}

/// The activity obeyed the request to cancel.
pub(super) async fn canceled(
    frontend: &Frontend,
    target: Target,
    details: Option<Payloads>,
    identity: String,
) -> Result<(), Status> {
    if is_oversized(frontend, details.as_ref()) {
        let failure = failure::of_server("Canceled details exceed size limit.", true);
        return fail(frontend, target, Some(failure), None, identity.into()).await;
    }
    let request = CancelActivity {
        activity: target.activity,
        details,
        identity,
    };
    let reply = report(frontend, &target.workflow, &target.run_id, request).await;
    reply.map(|_| ())
}

/// The worker is still at it.
pub(super) async fn heartbeat(
    frontend: &Frontend,
    target: Target,
    details: Option<Payloads>,
    identity: String,
) -> Result<HeartbeatReply, Status> {
    if is_oversized(frontend, details.as_ref()) {
        let failure = failure::of_server("Heartbeat details exceed size limit.", true);
        fail(frontend, target, Some(failure), None, identity.into()).await?;
        return Ok(HeartbeatReply {
            cancel_requested: true,
            ..HeartbeatReply::default()
        });
    }
    let request = RecordHeartbeat {
        activity: target.activity,
        details,
    };
    report(frontend, &target.workflow, &target.run_id, request).await
}

/// Hands what was reported to the activity's run.
async fn report<R: Request>(
    frontend: &Frontend,
    workflow: &WorkflowKey,
    run_id: &str,
    request: R,
) -> Result<R::Reply, Status> {
    let selector = RunSelector::run(run_id);
    let done = frontend.shard.update(workflow, selector, request).await;
    done.map(|(_, reply)| reply).map_err(status::refusal)
}

fn is_oversized(frontend: &Frontend, payloads: Option<&Payloads>) -> bool {
    payloads.is_some_and(|it| it.encoded_len() > frontend.config.limits.blob_size)
}
