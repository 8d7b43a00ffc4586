//! Clients that start, signal and update workflows, try again what was not answered, and remember
//! what was acknowledged.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mainspring_proto::{
    common::v1::{Payload, Payloads, WorkflowExecution, WorkflowType},
    enums::v1::UpdateWorkflowExecutionLifecycleStage,
    taskqueue::v1::TaskQueue,
    update::v1::{Input, Meta, Request, WaitPolicy},
    workflowservice::v1::{workflow_service_client::WorkflowServiceClient, *},
};
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};

use super::{Random, SIGNALS};

pub(crate) const NAMESPACE: &str = "default";
pub(crate) const QUEUE: &str = "crash";

/// How long requests took, since somebody looked.
#[derive(Clone, Default)]
pub(crate) struct Latencies(Arc<Mutex<Vec<Duration>>>);

impl Latencies {
    fn add(&self, latency: Duration) {
        // Nobody panics while holding it.
        self.0.lock().expect("not poisoned").push(latency);
    }

    pub(crate) fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.0.lock().expect("not poisoned"))
    }
}

/// What a server has acknowledged, by workflow id.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    pub(crate) workflows: BTreeMap<String, Workflow>,
}

#[derive(Debug, Default)]
pub(crate) struct Workflow {
    pub(crate) run_id: String,
    pub(crate) signals: Vec<String>,
    pub(crate) updates: Vec<String>,
}

impl Acknowledged {
    pub(crate) fn extend(&mut self, other: Self) {
        self.workflows.extend(other.workflows);
    }
}

pub(crate) async fn connect(address: &str) -> Option<WorkflowServiceClient<Channel>> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a valid address");
    let channel = endpoint
        .connect_timeout(Duration::from_secs(1))
        .connect()
        .await;
    channel.ok().map(WorkflowServiceClient::new)
}

/// A client that outlives the server it talks to.
pub(crate) struct Persistent {
    address: String,
    client: Option<WorkflowServiceClient<Channel>>,
}

impl Persistent {
    pub(crate) fn new(address: String) -> Self {
        Self {
            address,
            client: None,
        }
    }

    /// Calls once; an error of the connection drops it.
    pub(crate) async fn once<T>(
        &mut self,
        call: impl AsyncFnOnce(&mut WorkflowServiceClient<Channel>) -> Result<T, Status>,
    ) -> Result<T, Status> {
        if self.client.is_none() {
            self.client = connect(&self.address).await;
        }
        let Some(client) = &mut self.client else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            return Err(Status::unavailable("not connected"));
        };
        let result = call(client).await;
        if let Err(status) = &result
            && matches!(
                status.code(),
                Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal
            )
        {
            self.client = None;
        }
        result
    }

    /// Calls until there is an answer that is none of the connection.
    pub(crate) async fn insist<T>(
        &mut self,
        call: impl AsyncFn(&mut WorkflowServiceClient<Channel>) -> Result<T, Status>,
    ) -> Result<T, Status> {
        loop {
            match self.once(async |client| call(client).await).await {
                Err(status)
                    if matches!(
                        status.code(),
                        Code::Unavailable
                            | Code::Unknown
                            | Code::Cancelled
                            | Code::Internal
                            | Code::DeadlineExceeded
                    ) => {}
                answer => return answer,
            }
        }
    }
}

/// Starts one workflow after the other, until `closing`.
pub(crate) async fn run(
    address: String,
    number: u64,
    mut random: Random,
    closing: Arc<AtomicBool>,
    latencies: Latencies,
) -> Acknowledged {
    let mut client = Persistent::new(address);
    let mut acknowledged = Acknowledged::default();
    for index in 0.. {
        if closing.load(Ordering::Relaxed) {
            break;
        }
        let workflow_id = format!("mix-{number}-{index}");
        let workflow = drive(&mut client, &workflow_id, &mut random, &latencies).await;
        acknowledged.workflows.insert(workflow_id, workflow);
    }
    acknowledged
}

async fn drive(
    client: &mut Persistent,
    workflow_id: &str,
    random: &mut Random,
    latencies: &Latencies,
) -> Workflow {
    let start = StartWorkflowExecutionRequest {
        namespace: NAMESPACE.into(),
        workflow_id: workflow_id.into(),
        workflow_type: Some(WorkflowType { name: "Mix".into() }),
        task_queue: Some(TaskQueue {
            name: QUEUE.into(),
            ..Default::default()
        }),
        input: Some(json(
            serde_json::json!([{"target": SIGNALS, "seen": 0, "generation": 0}]),
        )),
        // A task that dies with the server comes again when its time is up.
        workflow_task_timeout: Some(mainspring_proto::prost_types::Duration {
            seconds: 1,
            nanos: 0,
        }),
        request_id: format!("start-{workflow_id}"),
        ..Default::default()
    };
    let started = client
        .insist(async |client| client.start_workflow_execution(start.clone()).await)
        .await
        .expect("a start is taken");
    let mut workflow = Workflow {
        run_id: started.into_inner().run_id,
        ..Default::default()
    };
    for index in 0..SIGNALS {
        tokio::time::sleep(Duration::from_millis(random.below(40))).await;
        // While a signal is missing the workflow is open, so an update has somewhere to go.
        if random.below(3) == 0 {
            let id = format!("update-{index}");
            if update(client, workflow_id, &id).await {
                workflow.updates.push(id);
            }
        }
        let name = format!("signal-{index}");
        let signal = SignalWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_execution: execution(workflow_id),
            request_id: format!("{workflow_id}-{name}"),
            signal_name: name.clone(),
            ..Default::default()
        };
        let asked = Instant::now();
        client
            .insist(async |client| client.signal_workflow_execution(signal.clone()).await)
            .await
            .expect("a signal to an open workflow is taken");
        latencies.add(asked.elapsed());
        workflow.signals.push(name);
    }
    workflow
}

/// Whether the update was acknowledged as completed.
async fn update(client: &mut Persistent, workflow_id: &str, update_id: &str) -> bool {
    let completed = UpdateWorkflowExecutionLifecycleStage::Completed;
    let request = UpdateWorkflowExecutionRequest {
        namespace: NAMESPACE.into(),
        workflow_execution: execution(workflow_id),
        wait_policy: Some(WaitPolicy {
            lifecycle_stage: completed as i32,
        }),
        request: Some(Request {
            meta: Some(Meta {
                update_id: update_id.into(),
                identity: "client".into(),
            }),
            input: Some(Input {
                name: "touch".into(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    // One try that is not answered is one update that may or may not have happened.
    let answer = client
        .once(async |client| client.update_workflow_execution(request).await)
        .await;
    match answer {
        Ok(answer) => answer.into_inner().stage() == completed,
        Err(_) => false,
    }
}

pub(crate) fn execution(workflow_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution {
        workflow_id: workflow_id.into(),
        run_id: String::new(),
    })
}

/// Payloads of a JSON array's elements.
pub(crate) fn json(values: serde_json::Value) -> Payloads {
    let values = values.as_array().cloned().unwrap_or_default();
    let payload = |value: serde_json::Value| Payload {
        metadata: BTreeMap::from([("encoding".into(), "json/plain".into())]),
        data: value.to_string().into(),
        ..Default::default()
    };
    Payloads {
        payloads: values.into_iter().map(payload).collect(),
    }
}
