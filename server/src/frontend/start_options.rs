//! What StartWorkflowExecution and SignalWithStartWorkflowExecution share: from the request's
//! fields to a validated start, with every default filled in.

use std::{sync::Arc, time::Duration};

use mainspring_proto::{
    common::v1::{
        Header, Link, Memo, Payloads, Priority, RetryPolicy, SearchAttributes, WorkflowType,
    },
    enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    history::v1::WorkflowExecutionStartedEventAttributes,
    prost::Message as _,
    prost_types,
    sdk::v1::UserMetadata,
    taskqueue::v1::TaskQueue,
    workflow::v1::VersioningOverride,
};
use tonic::Status;

use crate::{
    config::Limits,
    history::{
        decide::{cron, retry, update_options::check_override},
        ids::WorkflowKey,
        time::{proto_duration, proto_duration_if_set, tighter},
        transition::Extras,
    },
    namespace::Namespace,
    shard::start::StartRequest,
};

use super::{Frontend, status::invalid_argument, validate, workflow_task::normal_queue};

/// How long a run may last in a server for tests if nothing else is said, so that one that hangs ends
/// as soon as time can be skipped. It is what Temporal's test server gives.
const TEST_RUN_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The fields of a start, whichever request they come from.
pub(super) struct StartOptions {
    pub(super) workflow_id: String,
    pub(super) workflow_type: Option<WorkflowType>,
    pub(super) task_queue: Option<TaskQueue>,
    pub(super) input: Option<Payloads>,
    pub(super) execution_timeout: Option<prost_types::Duration>,
    pub(super) run_timeout: Option<prost_types::Duration>,
    pub(super) task_timeout: Option<prost_types::Duration>,
    pub(super) identity: String,
    pub(super) request_id: String,
    pub(super) reuse: WorkflowIdReusePolicy,
    pub(super) conflict: WorkflowIdConflictPolicy,
    pub(super) retry_policy: Option<RetryPolicy>,
    pub(super) cron_schedule: String,
    pub(super) memo: Option<Memo>,
    pub(super) search_attributes: Option<SearchAttributes>,
    pub(super) header: Option<Header>,
    pub(super) start_delay: Option<prost_types::Duration>,
    pub(super) user_metadata: Option<UserMetadata>,
    pub(super) links: Vec<Link>,
    pub(super) versioning_override: Option<VersioningOverride>,
    pub(super) priority: Option<Priority>,
}

impl StartOptions {
    /// Checks everything and fills in the defaults.
    ///
    /// # Errors
    /// INVALID_ARGUMENT with what is wrong.
    pub(super) fn into_request(
        self,
        frontend: &Frontend,
        namespace: &Namespace,
    ) -> Result<StartRequest, Status> {
        let limits = &frontend.config.limits;
        validate::required_id("WorkflowId", &self.workflow_id, limits)?;
        let kind = self.workflow_type.as_ref().map_or("", |kind| &kind.name);
        validate::required_id("WorkflowType", kind, limits)?;
        validate::optional_id("RequestId", &self.request_id, limits)?;
        let queue = validate::task_queue(self.task_queue.as_ref(), limits)?
            .name
            .clone();
        let timeouts = self.timeouts(frontend)?;
        let (reuse, conflict) = self.policies()?;
        if let Some(input) = &self.input {
            validate::size("Input", input, limits.blob_size)?;
        }
        if let Some(memo) = &self.memo {
            validate::memo(memo, limits)?;
        }
        if let Some(policy) = &self.retry_policy {
            retry::validate(policy).map_err(invalid_argument)?;
        }
        if let Some(versioning) = &self.versioning_override {
            check_override(versioning).map_err(invalid_argument)?;
        }
        self.check_priority()?;
        frontend.check_search_attributes(namespace, self.search_attributes.as_ref())?;
        let now = frontend.shard.clocks.of(&namespace.id).now();
        let backoff = self.backoff(now)?;
        let request_id = match self.request_id.as_str() {
            "" => uuid::Uuid::new_v4().to_string(),
            _ => self.request_id,
        };
        let expires = (!timeouts.execution.is_zero())
            .then(|| now.after(timeouts.execution).after(backoff).to_proto());
        let started = WorkflowExecutionStartedEventAttributes {
            workflow_type: self.workflow_type,
            task_queue: Some(normal_queue(queue)),
            input: self.input,
            workflow_execution_timeout: Some(proto_duration(timeouts.execution)),
            workflow_run_timeout: Some(proto_duration(timeouts.run)),
            workflow_task_timeout: Some(proto_duration(timeouts.task)),
            identity: self.identity,
            retry_policy: self.retry_policy.map(|policy| retry::filled(Some(policy))),
            attempt: 1,
            workflow_execution_expiration_time: expires,
            cron_schedule: self.cron_schedule,
            first_workflow_task_backoff: proto_duration_if_set(backoff),
            memo: self.memo,
            search_attributes: self.search_attributes,
            header: self.header,
            workflow_id: self.workflow_id.clone(),
            versioning_override: self.versioning_override,
            priority: self.priority,
            ..WorkflowExecutionStartedEventAttributes::default()
        };
        Ok(StartRequest {
            workflow: WorkflowKey {
                namespace_id: Arc::clone(&namespace.id),
                workflow_id: self.workflow_id.into(),
            },
            started,
            request_id,
            reuse,
            conflict,
            extras: Extras {
                user_metadata: self.user_metadata,
                links: self.links,
            },
            signal: None,
            eager_identity: None,
            attach: None,
            first_task_withheld: false,
        })
    }

    fn timeouts(&self, frontend: &Frontend) -> Result<Timeouts, Status> {
        let limits = &frontend.shard.limits;
        let or_zero = |name, it: &Option<prost_types::Duration>| {
            validate::duration(name, it.as_ref()).map(Option::unwrap_or_default)
        };
        let execution = or_zero("WorkflowExecutionTimeout", &self.execution_timeout)?;
        let mut run = tighter(or_zero("WorkflowRunTimeout", &self.run_timeout)?, execution);
        if run.is_zero() && frontend.config.time_skipping.is_some() {
            run = TEST_RUN_TIMEOUT;
        }
        let task = match or_zero("WorkflowTaskTimeout", &self.task_timeout)? {
            zero if zero.is_zero() => limits.default_workflow_task_timeout,
            asked => asked.min(limits.max_workflow_task_timeout),
        };
        Ok(Timeouts {
            execution,
            run,
            task: tighter(task, run),
        })
    }

    fn policies(&self) -> Result<(WorkflowIdReusePolicy, WorkflowIdConflictPolicy), Status> {
        use WorkflowIdReusePolicy::{AllowDuplicate, RejectDuplicate, TerminateIfRunning};
        if self.reuse == TerminateIfRunning
            && self.conflict != WorkflowIdConflictPolicy::Unspecified
        {
            return Err(invalid_argument(
                "WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with a WorkflowIdConflictPolicy.",
            ));
        }
        if self.reuse == RejectDuplicate
            && self.conflict == WorkflowIdConflictPolicy::TerminateExisting
        {
            return Err(invalid_argument(
                "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE cannot be used together with WorkflowIdConflictPolicy WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING.",
            ));
        }
        let reuse = match self.reuse {
            WorkflowIdReusePolicy::Unspecified => AllowDuplicate,
            reuse => reuse,
        };
        Ok((reuse, self.conflict))
    }

    fn check_priority(&self) -> Result<(), Status> {
        let Some(priority) = &self.priority else {
            return Ok(());
        };
        if priority.priority_key < 0 {
            return Err(invalid_argument("priority key can't be negative"));
        }
        if priority.fairness_key.len() > 64 {
            return Err(invalid_argument("fairness key length exceeds limit: 64"));
        }
        Ok(())
    }

    fn backoff(&self, now: crate::history::time::Time) -> Result<Duration, Status> {
        let delay = validate::duration("WorkflowStartDelay", self.start_delay.as_ref())?;
        if self.cron_schedule.is_empty() {
            return Ok(delay.unwrap_or_default());
        }
        cron::validate(&self.cron_schedule).map_err(|error| invalid_argument(error.to_string()))?;
        if delay.is_some_and(|delay| !delay.is_zero()) {
            return Err(invalid_argument(
                "CronSchedule and WorkflowStartDelay may not be used together.",
            ));
        }
        Ok(cron::backoff(&self.cron_schedule, now, now).unwrap_or_default())
    }
}

struct Timeouts {
    execution: Duration,
    run: Duration,
    task: Duration,
}

impl Frontend {
    /// Whether search attributes may be set in this namespace.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when they are unknown, malformed or too large.
    pub(super) fn check_search_attributes(
        &self,
        namespace: &Namespace,
        attributes: Option<&SearchAttributes>,
    ) -> Result<(), Status> {
        let Some(attributes) = attributes else {
            return Ok(());
        };
        self.shard
            .check_search_attributes(namespace, attributes)
            .map_err(invalid_argument)
    }
}

/// Links to what a request has to do with, within their limits.
pub(super) fn check_links(links: &[Link], limits: &Limits) -> Result<(), Status> {
    if links.len() > limits.links {
        return Err(invalid_argument(format!(
            "cannot attach more than {} links per request, got {}",
            limits.links,
            links.len()
        )));
    }
    let too_large = links
        .iter()
        .any(|link| link.encoded_len() > limits.link_size);
    if too_large {
        return Err(invalid_argument(format!(
            "link exceeds allowed size of {}",
            limits.link_size
        )));
    }
    Ok(())
}
