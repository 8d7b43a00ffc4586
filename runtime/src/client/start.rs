//! Starting workflows.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use mainspring_proto::common::v1 as common;
use mainspring_proto::errordetails::v1::WorkflowExecutionAlreadyStartedFailure;
use mainspring_proto::sdk::v1::UserMetadata;
use mainspring_proto::taskqueue::v1::TaskQueue;
use mainspring_proto::workflowservice::v1 as service;
use prost::Message;
use tonic::{Code, Status};

use super::handle::Begun;
use super::shared::header;
use super::{Client, ClientError, ClientStub, WorkflowHandle};
use crate::activity::BoxFuture;
use crate::converter::{Args, ConverterError, DataConverter, Payload, Value};
use crate::interceptor::ClientCall;
use crate::retry::RetryPolicy;
use crate::time::duration_to_proto;
use crate::workflow::{IdConflictPolicy, IdReusePolicy, SearchAttributes, WorkflowType};

/// Options of a start. What is not set is the server's choice.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct StartOptions {
    pub(crate) task_queue: Option<String>,
    pub(crate) execution_timeout: Option<Duration>,
    pub(crate) run_timeout: Option<Duration>,
    pub(crate) task_timeout: Option<Duration>,
    pub(crate) id_reuse: IdReusePolicy,
    pub(crate) id_conflict: Option<IdConflictPolicy>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) cron: String,
    pub(crate) memo: BTreeMap<String, MemoValue>,
    pub(crate) search_attributes: SearchAttributes,
    pub(crate) start_delay: Option<Duration>,
    pub(crate) request_id: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) details: Option<String>,
    pub(crate) priority: crate::priority::Priority,
    pub(crate) headers: BTreeMap<String, Payload>,
    pub(crate) eager: bool,
}

/// A value of a memo, encoded once its client is known.
#[derive(Clone)]
pub(crate) struct MemoValue(Arc<Mutex<dyn Encode>>);

trait Encode: Send {
    fn encode(&self, converter: &DataConverter) -> Result<Payload, ConverterError>;
}

impl<T: Value> Encode for T {
    fn encode(&self, converter: &DataConverter) -> Result<Payload, ConverterError> {
        converter.to_payload(self)
    }
}

impl MemoValue {
    pub(crate) fn of<T: Value>(value: T) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }

    fn payload(&self, converter: &DataConverter) -> Result<Payload, ConverterError> {
        let value = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        value.encode(converter)
    }
}

impl std::fmt::Debug for MemoValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoValue(..)")
    }
}

macro_rules! start_setters {
    ($set:ident) => {
        /// The queue of the workers that run it.
        pub fn task_queue(mut self, name: impl Into<String>) -> Self {
            self.$set().task_queue = Some(name.into());
            self
        }

        /// The longest that all its runs may take together.
        pub fn execution_timeout(mut self, timeout: impl crate::time::IntoDuration) -> Self {
            self.$set().execution_timeout = Some(timeout.into_duration());
            self
        }

        /// The longest that one run may take.
        pub fn run_timeout(mut self, timeout: impl crate::time::IntoDuration) -> Self {
            self.$set().run_timeout = Some(timeout.into_duration());
            self
        }

        /// The longest that one workflow task may take.
        pub fn task_timeout(mut self, timeout: impl crate::time::IntoDuration) -> Self {
            self.$set().task_timeout = Some(timeout.into_duration());
            self
        }

        /// Whether the id of a closed workflow may be used again.
        pub fn id_reuse_policy(mut self, policy: crate::workflow::IdReusePolicy) -> Self {
            self.$set().id_reuse = policy;
            self
        }

        /// What to do if a workflow of the id runs already.
        pub fn id_conflict_policy(mut self, policy: crate::workflow::IdConflictPolicy) -> Self {
            self.$set().id_conflict = Some(policy);
            self
        }

        /// How its failures are retried, each time as a new run.
        pub fn retry(mut self, policy: crate::RetryPolicy) -> Self {
            self.$set().retry = Some(policy);
            self
        }

        /// Runs it again and again by a cron schedule.
        pub fn cron(mut self, schedule: impl Into<String>) -> Self {
            self.$set().cron = schedule.into();
            self
        }

        /// Attaches a value that describe and list show. One that does not encode fails the start.
        pub fn memo<T: crate::converter::Value>(
            mut self,
            name: impl Into<String>,
            value: T,
        ) -> Self {
            let value = crate::client::start::MemoValue::of(value);
            self.$set().memo.insert(name.into(), value);
            self
        }

        /// Attaches values to search by.
        pub fn search_attributes(mut self, attributes: crate::workflow::SearchAttributes) -> Self {
            self.$set().search_attributes = attributes;
            self
        }

        /// Waits before the first workflow task.
        pub fn start_delay(mut self, delay: impl crate::time::IntoDuration) -> Self {
            self.$set().start_delay = Some(delay.into_duration());
            self
        }

        /// Makes repeated starts with the same request id one start.
        pub fn request_id(mut self, id: impl Into<String>) -> Self {
            self.$set().request_id = Some(id.into());
            self
        }

        /// A line that the UI shows beside it.
        pub fn summary(mut self, text: impl Into<String>) -> Self {
            self.$set().summary = Some(text.into());
            self
        }

        /// Text that the UI shows in its page.
        pub fn details(mut self, text: impl Into<String>) -> Self {
            self.$set().details = Some(text.into());
            self
        }

        crate::priority::priority_setters!($set);

        /// Gives the first task to a worker of this client at once, without a way through its queue, if one of the queue
        /// runs in this process and has room; if none does, it starts as usual. That saves the time of a poll for workflows
        /// that somebody waits for. Not together with a signal or an update.
        pub fn eager(mut self) -> Self {
            self.$set().eager = true;
            self
        }

        /// Adds a header, which interceptors of its worker see.
        pub fn header(mut self, name: impl Into<String>, value: crate::converter::Payload) -> Self {
            self.$set().headers.insert(name.into(), value);
            self
        }
    };
}
pub(super) use start_setters;

impl StartOptions {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    start_setters!(me);

    fn me(&mut self) -> &mut Self {
        self
    }
}

/// A start, not yet made: set options; then await it to wait for the workflow's result, or `start` it.
#[must_use = "a workflow is not started unless awaited"]
pub struct StartCall<M: WorkflowType> {
    pub(super) stub: ClientStub,
    pub(super) name: String,
    pub(super) args: M::Args,
}

impl<M: WorkflowType> StartCall<M> {
    pub(super) fn new(stub: ClientStub, name: String, args: M::Args) -> Self {
        Self { stub, name, args }
    }

    start_setters!(set);

    fn set(&mut self) -> &mut StartOptions {
        &mut self.stub.options
    }

    /// Replaces all options.
    pub fn with(mut self, options: StartOptions) -> Self {
        self.stub.options = options;
        self
    }

    /// Starts it, without waiting for its result.
    ///
    /// # Errors
    /// If it cannot be started, for example because a workflow of this id runs already.
    pub async fn start(self) -> Result<WorkflowHandle<M>, ClientError> {
        let (client, id) = (self.stub.client.clone(), self.stub.id.clone());
        let is_eager = self.stub.options.eager;
        let request = self.into_request().await?;
        let begun = begin(&client, request, is_eager).await?;
        Ok(WorkflowHandle::begun(client, id, begun))
    }

    /// The request, with the headers of the options; interceptors have not seen it.
    pub(super) async fn into_request(
        self,
    ) -> Result<service::StartWorkflowExecutionRequest, ClientError> {
        let input = self.args.to_payloads(&self.stub.client.shared.converter)?;
        request(self.stub, self.name, M::TASK_QUEUE, input).await
    }
}

impl<M: WorkflowType> IntoFuture for StartCall<M> {
    type Output = Result<M::Output, ClientError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.start().await?.result().await })
    }
}

// What follows is the same for workflows of all types. It is boxed here, so that it is compiled once and not in each program.

/// Sends a start.
fn begin(
    client: &Client,
    mut request: service::StartWorkflowExecutionRequest,
    is_eager: bool,
) -> BoxFuture<'_, Result<Begun, ClientError>> {
    Box::pin(async move {
        let shared = &client.shared;
        let room = match (&request.task_queue, is_eager) {
            (Some(queue), true) => shared.local_workers.room(&queue.name),
            _ => None,
        };
        request.request_eager_execution = room.is_some();
        let headers = request.header.take().unwrap_or_default().fields;
        let workflow_type = request.workflow_type.clone().unwrap_or_default().name;
        let workflow_id = &request.workflow_id.clone();
        let call = ClientCall::Start {
            workflow_type: &workflow_type,
            workflow_id,
        };
        let send = move |headers| -> BoxFuture<'_, _> {
            request.header = header(headers);
            Box::pin(async move {
                let response = shared.call(&request).await;
                response.map_err(|status| start_error(workflow_id, status))
            })
        };
        let response = shared
            .interceptors
            .client_call(&call, headers, send)
            .await?;
        if let (Some(task), Some(run)) = (response.eager_workflow_task, room) {
            run(task);
        }
        let (run_id, first) = (response.run_id, response.first_execution_run_id);
        Ok(Begun::new(run_id, first, response.started))
    })
}

/// The request that a start is.
fn request(
    stub: ClientStub,
    name: String,
    task_queue: Option<&'static str>,
    input: Vec<Payload>,
) -> BoxFuture<'static, Result<service::StartWorkflowExecutionRequest, ClientError>> {
    Box::pin(async move {
        let (shared, options) = (&stub.client.shared, stub.options);
        let task_queue = options
            .task_queue
            .or_else(|| task_queue.map(Into::into))
            .or_else(|| queue_of_definition(&name))
            .or_else(|| shared.default_task_queue())
            .ok_or_else(|| ClientError::NoTaskQueue {
                workflow_type: name.clone(),
            })?;
        let mut memo = BTreeMap::new();
        for (name, value) in options.memo {
            let payload = value.payload(&shared.converter)?;
            let mut encoded = shared.encode(vec![payload]).await?;
            memo.extend(encoded.pop().map(|payload| (name, payload)));
        }
        Ok(service::StartWorkflowExecutionRequest {
            namespace: shared.namespace.clone(),
            workflow_id: stub.id,
            workflow_type: Some(common::WorkflowType { name }),
            task_queue: Some(TaskQueue {
                name: task_queue,
                ..TaskQueue::default()
            }),
            input: shared.input(input).await?,
            workflow_execution_timeout: options.execution_timeout.map(duration_to_proto),
            workflow_run_timeout: options.run_timeout.map(duration_to_proto),
            workflow_task_timeout: options.task_timeout.map(duration_to_proto),
            identity: shared.identity.clone(),
            request_id: options
                .request_id
                .unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            workflow_id_reuse_policy: options.id_reuse.into_proto(),
            workflow_id_conflict_policy: options.id_conflict.map_or(0, |it| it.into_proto()),
            retry_policy: options.retry.map(|it| it.to_proto()),
            cron_schedule: options.cron,
            memo: (!memo.is_empty()).then_some(common::Memo { fields: memo }),
            search_attributes: options.search_attributes.to_proto(),
            header: header(options.headers),
            workflow_start_delay: options.start_delay.map(duration_to_proto),
            user_metadata: user_metadata(shared, options.summary, options.details).await?,
            priority: options.priority.into_proto(),
            ..Default::default()
        })
    })
}

pub(super) fn start_error(workflow_id: &str, status: Status) -> ClientError {
    if status.code() != Code::AlreadyExists {
        return ClientError::rpc("start workflow", status);
    }
    let detail = detail::<WorkflowExecutionAlreadyStartedFailure>(&status);
    ClientError::AlreadyStarted {
        workflow_id: workflow_id.to_owned(),
        run_id: detail.unwrap_or_default().run_id,
    }
}

/// The detail of a type that a status carries.
pub(super) fn detail<M: Message + prost::Name + Default>(status: &Status) -> Option<M> {
    let whole = mainspring_proto::google::rpc::Status::decode(status.details()).ok()?;
    let wanted = M::full_name();
    let mut details = whole.details.iter();
    let any = details.find(|any| any.type_url.ends_with(&wanted))?;
    M::decode(any.value.as_slice()).ok()
}

/// The queue in the attribute of the implementation, if it is part of this program.
fn queue_of_definition(name: &str) -> Option<String> {
    // What is registered does not change while the program runs, and making definitions costs too much for every start.
    static QUEUES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
        let definitions = crate::registry::workflows().into_iter();
        definitions
            .filter_map(|it| Some((it.name, it.task_queue?)))
            .collect()
    });
    QUEUES.get(name).cloned()
}

async fn user_metadata(
    shared: &super::Shared,
    summary: Option<String>,
    details: Option<String>,
) -> Result<Option<UserMetadata>, ClientError> {
    if summary.is_none() && details.is_none() {
        return Ok(None);
    }
    let encode = |text: Option<String>| text.map(|it| shared.converter.to_payload(&it)).transpose();
    let mut metadata = UserMetadata {
        summary: encode(summary)?,
        details: encode(details)?,
    };
    shared.converter.encode_all(&mut metadata).await?;
    Ok(Some(metadata))
}
