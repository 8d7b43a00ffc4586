//! Clients and workers that ask for anything in any order, each request made of noise by its
//! descriptor. Whatever they do, the server goes on, what it refuses leaves no trace, and a restart
//! finds every run as it was.

#![no_main]

use std::sync::{Arc, Mutex};

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use mainspring_fuzz::{Caller, Method, Seen, message, method, methods, run};
use mainspring_proto::{
    common::v1::WorkflowExecution,
    prost::Message as _,
    workflowservice::v1::{DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse},
};
use mainspring_server::fuzzing::Served;
use prost_reflect::DynamicMessage;
use tokio::task::JoinHandle;

/// How many calls one input is good for.
const CALLS: usize = 32;

/// The RPCs that most of the others need to have been called before.
const COMMON: [&str; 8] = [
    "StartWorkflowExecution",
    "PollWorkflowTaskQueue",
    "RespondWorkflowTaskCompleted",
    "PollActivityTaskQueue",
    "RespondWorkflowTaskFailed",
    "SignalWithStartWorkflowExecution",
    "UpdateWorkflowExecution",
    "QueryWorkflow",
];

fuzz_target!(|data: &[u8]| run(play(data)));

async fn play(data: &[u8]) {
    let server = Served::start().await;
    let caller = Caller::of(&server);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let mut under_way: Vec<JoinHandle<()>> = Vec::new();
    let mut noise = Unstructured::new(data);
    for _ in 0..CALLS {
        let Ok(Some((method, body, alone))) = next(&mut noise, &seen) else {
            break;
        };
        if alone {
            for call in under_way.drain(..) {
                call.await.expect("no call panics");
            }
            let answer = caller.call_alone(&server, method, body).await;
            remember(&seen, method, answer);
        } else {
            let (caller, seen) = (caller.clone(), Arc::clone(&seen));
            under_way.push(tokio::spawn(async move {
                let answer = caller.call(method, body).await;
                remember(&seen, method, answer);
            }));
        }
    }
    for call in under_way {
        call.await.expect("no call panics");
    }
    let before = described(&caller).await;
    let after = described(&Caller::of(&server.restarted().await)).await;
    assert_eq!(before, after, "a restart changes a run");
}

type Call = (&'static Method, bytes::Bytes, bool);

fn next(noise: &mut Unstructured<'_>, seen: &Mutex<Seen>) -> arbitrary::Result<Option<Call>> {
    if noise.is_empty() {
        return Ok(None);
    }
    let method = if noise.ratio(3, 4)? {
        method(noise.choose(&COMMON)?)
    } else {
        Some(noise.choose(methods())?)
    };
    let Some(method) = method else {
        return Ok(None);
    };
    let alone = noise.ratio(3, 4)?;
    let seen = seen.lock().expect("no call panics");
    let body = message(noise, &method.input, &seen)?;
    Ok(Some((method, body.encode_to_vec().into(), alone)))
}

fn remember(seen: &Mutex<Seen>, method: &Method, answer: Result<bytes::Bytes, tonic::Status>) {
    let Ok(answer) = answer else {
        return;
    };
    let answer = DynamicMessage::decode(method.output.clone(), answer).expect("an answer");
    seen.lock().expect("no call panics").remember(&answer);
}

/// What can be asked of the workflow that most calls are about.
async fn described(caller: &Caller) -> Option<DescribeWorkflowExecutionResponse> {
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: Some(WorkflowExecution {
            workflow_id: "n".to_owned(),
            run_id: String::new(),
        }),
    };
    let method = method("DescribeWorkflowExecution")?;
    let answer = caller.call(method, request.encode_to_vec().into()).await;
    let mut answer = DescribeWorkflowExecutionResponse::decode(answer.ok()?).expect("an answer");
    for activity in &mut answer.pending_activities {
        // Depends on the time.
        activity.current_retry_interval = None;
    }
    Some(answer)
}
