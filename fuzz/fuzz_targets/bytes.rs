//! One RPC with any bytes: `Name`, a line feed, and the body. The server has one workflow.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mainspring_fuzz::{Caller, method, run};
use mainspring_proto::{
    common::v1::WorkflowType,
    prost::Message,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{GetSystemInfoRequest, StartWorkflowExecutionRequest},
};
use mainspring_server::fuzzing::Served;

fuzz_target!(|data: &[u8]| {
    let Some(at) = data.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let (name, body) = (&data[..at], &data[at + 1..]);
    let Some(method) = std::str::from_utf8(name).ok().and_then(method) else {
        return;
    };
    run(async {
        let server = Served::start(false, None).await;
        let caller = Caller::of(&server);
        call(&caller, "StartWorkflowExecution", &start()).await;
        let body = bytes::Bytes::copy_from_slice(body);
        let _refused = caller.call_alone(&server, method, body).await;
        call(&caller, "GetSystemInfo", &GetSystemInfoRequest {}).await;
    });
});

async fn call(caller: &Caller, name: &str, request: &impl Message) {
    let method = method(name).expect("an RPC");
    let answer = caller.call(method, request.encode_to_vec().into()).await;
    answer.expect("it makes sense");
}

fn start() -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "n".to_owned(),
        workflow_type: Some(WorkflowType {
            name: "n".to_owned(),
        }),
        task_queue: Some(TaskQueue {
            name: "n".to_owned(),
            ..TaskQueue::default()
        }),
        request_id: "n".to_owned(),
        ..StartWorkflowExecutionRequest::default()
    }
}
