//! SignalWorkflowExecution.

use mainspring_proto::{
    enums::v1::EventType,
    workflowservice::v1::{SignalWorkflowExecutionRequest, SignalWorkflowExecutionResponse},
};
use tonic::{Request, Status};

use crate::{
    history::decide::{signal::SignalRun, start_run::Signal},
    shard::RunSelector,
};

use super::{Frontend, links, start_options::check_links, status, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<SignalWorkflowExecutionRequest>,
) -> Result<SignalWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    let limits = &frontend.config.limits;
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.workflow_execution.as_ref())?.clone();
    validate::required_id("SignalName", &request.signal_name, limits)?;
    validate::optional_id("RequestId", &request.request_id, limits)?;
    check_links(&request.links, &frontend.config.limits)?;
    if let Some(input) = &request.input {
        validate::size("Input", input, limits.blob_size)?;
    }
    let signal = SignalRun {
        signal: Signal {
            name: request.signal_name,
            input: request.input,
            identity: request.identity,
            header: request.header,
            request_id: request.request_id.clone(),
            external: None,
        },
        links: request.links,
        ends_start_delay: false,
    };
    let workflow = namespace.workflow(&execution.workflow_id);
    let (run, ()) = frontend
        .shard
        .update(&workflow, RunSelector::run(&execution.run_id), signal)
        .await
        .map_err(status::refusal)?;
    Ok(SignalWorkflowExecutionResponse {
        link: Some(links::request(
            &namespace.name,
            &run,
            &request.request_id,
            EventType::WorkflowExecutionSignaled,
        )),
    })
}
