//! What StartWorkflowExecution and SignalWithStartWorkflowExecution share: from the request's
//! fields to a validated start, with every default filled in.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use mainspring_proto::{
    common::v1::{
        Callback, Header, Link, Memo, Payloads, Priority, RetryPolicy, SearchAttributes,
        WorkflowType, link::Variant,
    },
    enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    history::v1::WorkflowExecutionStartedEventAttributes,
    prost::Message as _,
    prost_types,
    sdk::v1::UserMetadata,
    taskqueue::v1::TaskQueue,
    workflow::v1::{OnConflictOptions, VersioningOverride},
};
use tonic::Status;

use crate::{
    config::Limits,
    history::{
        decide::{attach::Attach, cron, retry, update_options::check_override},
        ids::WorkflowKey,
        time::{proto_duration, tighter},
        transition::{Extras, Inadmissible},
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
    pub(super) on_conflict: Option<OnConflictOptions>,
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
        mut self,
        frontend: &Frontend,
        namespace: &Namespace,
    ) -> Result<StartRequest, Status> {
        let limits = &frontend.config.limits;
        validate::new_workflow_id(&self.workflow_id, limits)?;
        if let Some(policy) = &self.retry_policy {
            retry::validate(policy).map_err(invalid_argument)?;
        }
        let now = frontend.shard.clocks.of(&namespace.id).now();
        let backoff = self.backoff(now)?;
        let kind = self.workflow_type.as_ref().map_or("", |kind| &kind.name);
        validate::required_id("WorkflowType", kind, limits)?;
        let queue = validate::task_queue(self.task_queue.as_ref(), limits)?
            .name
            .clone();
        let timeouts = self.timeouts(frontend)?;
        validate::optional_id("RequestId", &self.request_id, limits)?;
        let (reuse, conflict) = self.policies()?;
        self.check_on_conflict()?;
        self.check_contents(frontend, namespace)?;
        let request_id = match self.request_id.as_str() {
            "" => uuid::Uuid::new_v4().to_string(),
            _ => self.request_id,
        };
        let attach = self.on_conflict.map(|attach| Attach {
            request_id: match attach.attach_request_id {
                true => request_id.clone(),
                false => String::new(),
            },
            links: match attach.attach_links {
                true => self.links.clone(),
                false => Vec::new(),
            },
        });
        let expires = (timeouts.execution.filter(|it| !it.is_zero()))
            .map(|execution| now.after(execution).to_proto());
        let started = WorkflowExecutionStartedEventAttributes {
            workflow_type: self.workflow_type,
            task_queue: Some(normal_queue(queue)),
            input: self.input,
            workflow_execution_timeout: timeouts.execution.map(proto_duration),
            workflow_run_timeout: timeouts.run.map(proto_duration),
            workflow_task_timeout: Some(proto_duration(timeouts.task)),
            identity: self.identity,
            retry_policy: self.retry_policy.map(|policy| retry::filled(Some(policy))),
            attempt: 1,
            workflow_execution_expiration_time: expires,
            cron_schedule: self.cron_schedule,
            first_workflow_task_backoff: Some(proto_duration(backoff)),
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
            attach,
            first_task_withheld: false,
        })
    }

    /// Checks what the workflow is started with. Search attributes get their types.
    fn check_contents(&mut self, frontend: &Frontend, namespace: &Namespace) -> Result<(), Status> {
        let limits = &frontend.config.limits;
        if let Some(attributes) = &mut self.search_attributes {
            frontend
                .shard
                .admit_search_attributes(namespace, attributes, &BTreeMap::new())
                .map_err(|refused| match refused {
                    Inadmissible::Wrong(why) | Inadmissible::TooLarge(why) => invalid_argument(why),
                })?;
        }
        validate::priority(self.priority.as_ref())?;
        check_links(&self.links, limits)?;
        if let Some(input) = &self.input {
            validate::size("Input", input, limits.blob_size)?;
        }
        if let Some(memo) = &self.memo {
            validate::memo(memo, limits)?;
        }
        if let Some(versioning) = &self.versioning_override {
            check_override(versioning).map_err(invalid_argument)?;
        }
        Ok(())
    }

    fn timeouts(&self, frontend: &Frontend) -> Result<Timeouts, Status> {
        let limits = &frontend.shard.limits;
        let asked =
            |name, it: &Option<prost_types::Duration>| validate::duration(name, it.as_ref());
        let execution = asked("WorkflowExecutionTimeoutSeconds", &self.execution_timeout)?;
        let run = asked("WorkflowRunTimeoutSeconds", &self.run_timeout)?;
        let task = asked("WorkflowTaskTimeoutSeconds", &self.task_timeout)?.unwrap_or_default();
        let mut effective = tighter(run.unwrap_or_default(), execution.unwrap_or_default());
        if effective.is_zero() && frontend.config.time_skipping.is_some() {
            effective = TEST_RUN_TIMEOUT;
        }
        let task = match task {
            zero if zero.is_zero() => limits.default_workflow_task_timeout,
            asked => asked.min(limits.max_workflow_task_timeout),
        };
        Ok(Timeouts {
            execution,
            run: match effective {
                none if none.is_zero() => run,
                effective => Some(effective),
            },
            task: tighter(task, effective),
        })
    }

    fn policies(&self) -> Result<(WorkflowIdReusePolicy, WorkflowIdConflictPolicy), Status> {
        use WorkflowIdReusePolicy::{AllowDuplicate, RejectDuplicate, TerminateIfRunning};
        if self.reuse == TerminateIfRunning
            && self.conflict != WorkflowIdConflictPolicy::Unspecified
        {
            return Err(invalid_argument(
                "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with a WorkflowIDConflictPolicy",
            ));
        }
        if self.reuse == RejectDuplicate
            && self.conflict == WorkflowIdConflictPolicy::TerminateExisting
        {
            return Err(invalid_argument(
                "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE cannot be used together with WorkflowIdConflictPolicy WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING",
            ));
        }
        let reuse = match self.reuse {
            WorkflowIdReusePolicy::Unspecified => AllowDuplicate,
            reuse => reuse,
        };
        Ok((reuse, self.conflict))
    }

    fn check_on_conflict(&self) -> Result<(), Status> {
        match &self.on_conflict {
            Some(it) if it.attach_completion_callbacks && !it.attach_request_id => {
                Err(invalid_argument(
                    "attaching request ID is required for attaching completion callbacks",
                ))
            }
            _ => Ok(()),
        }
    }

    fn backoff(&self, now: crate::history::time::Time) -> Result<Duration, Status> {
        if self.cron_schedule.is_empty() {
            let delay = validate::duration("WorkflowStartDelaySeconds", self.start_delay.as_ref())?;
            return Ok(delay.unwrap_or_default());
        }
        if self.start_delay.is_some() {
            return Err(invalid_argument(
                "CronSchedule and WorkflowStartDelay may not be used together.",
            ));
        }
        cron::validate(&self.cron_schedule).map_err(|error| invalid_argument(error.to_string()))?;
        Ok(cron::backoff(&self.cron_schedule, now, now).unwrap_or_default())
    }
}

/// What is shown of the timeouts: of those that were not asked for, only what follows from others.
struct Timeouts {
    execution: Option<Duration>,
    run: Option<Duration>,
    task: Duration,
}

/// Callbacks that somebody wants at the end of what is started.
///
/// # Errors
/// UNIMPLEMENTED rather than to forget them.
pub(super) fn refuse_callbacks(callbacks: &[Callback]) -> Result<(), Status> {
    match callbacks {
        [] => Ok(()),
        _ => Err(Status::unimplemented(
            "completion callbacks are not delivered by this server: ask without them, and wait for \
             the result instead",
        )),
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
    for link in links {
        let (size, limit) = (link.encoded_len(), limits.link_size);
        if size > limit {
            return Err(invalid_argument(format!(
                "link exceeds allowed size of {limit}, got {size}"
            )));
        }
        check_link(link)?;
    }
    Ok(())
}

/// Whether a link says all of what it leads to.
fn check_link(link: &Link) -> Result<(), Status> {
    let (kind, fields): (_, &[_]) = match &link.variant {
        Some(Variant::WorkflowEvent(it)) => (
            "workflow event",
            &[
                ("namespace field", &it.namespace),
                ("workflow ID field", &it.workflow_id),
                ("run ID field", &it.run_id),
            ],
        ),
        Some(Variant::BatchJob(it)) => ("batch job", &[("job ID", &it.job_id)]),
        Some(Variant::Activity(it)) => (
            "activity",
            &[
                ("namespace field", &it.namespace),
                ("activity ID field", &it.activity_id),
                ("run ID field", &it.run_id),
            ],
        ),
        Some(Variant::NexusOperation(it)) => (
            "nexus operation",
            &[
                ("namespace field", &it.namespace),
                ("operation ID field", &it.operation_id),
                ("run ID field", &it.run_id),
            ],
        ),
        _ => return Err(invalid_argument("unsupported link variant")),
    };
    match fields.iter().find(|(_, value)| value.is_empty()) {
        Some((field, _)) => Err(invalid_argument(format!(
            "{kind} link must not have an empty {field}"
        ))),
        None => Ok(()),
    }
}
