//! Clients and workers who know the protocol, and now and then send nonsense, while time passes and the server is
//! killed. Whatever they do, the server goes on, what it refuses leaves no trace, every run is what its records say,
//! what is due happens, a restart finds every run as it was, and no task is lost. Some servers have a file, which
//! must hold what a server without one has in memory.

#![no_main]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use arbitrary::Unstructured;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use mainspring_fuzz::{
    Caller, Method, Seen, message, method, methods, plausible, run, settle, spoil,
};
use mainspring_proto::{
    common::v1::WorkflowExecution,
    enums::v1::TaskQueueKind,
    prost::Message,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{
        DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
        PollActivityTaskQueueRequest, PollActivityTaskQueueResponse, PollWorkflowTaskQueueRequest,
        PollWorkflowTaskQueueResponse,
    },
};
use mainspring_server::fuzzing::{Owed, Served};
use prost_reflect::DynamicMessage;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// How many steps one input is good for.
const STEPS: usize = 64;

/// How many tasks a few steps can leave behind.
const TASKS: usize = 1000;

/// How much time passes at once, in seconds.
const TIMES: [u64; 6] = [1, 3, 11, 61, 3_600, 86_400];

fuzz_target!(|data: &[u8]| {
    run(async {
        let mut noise = Unstructured::new(data);
        let (forgetful, on_file) = match noise.int_in_range(1..=4) {
            Ok(1) => (true, false),
            Ok(2) => (true, true),
            _ => (false, false),
        };
        let mut play = Play::begin(forgetful, on_file).await;
        for _ in 0..STEPS {
            if noise.is_empty() || play.step(&mut noise).await.is_err() {
                break;
            }
        }
        play.end().await;
    });
});

struct Play {
    server: Served,
    /// Where its file is, if it has one; removed after the server.
    _folder: Option<TempDir>,
    caller: Caller,
    seen: Arc<Mutex<Seen>>,
    under_way: Vec<JoinHandle<()>>,
}

impl Play {
    async fn begin(forgetful: bool, on_file: bool) -> Self {
        let folder = on_file.then(|| tempfile::tempdir().expect("a folder"));
        let file = folder.as_ref().map(|it| it.path().join("data.db"));
        let server = Served::start(forgetful, file.as_deref()).await;
        Self {
            _folder: folder,
            caller: Caller::of(&server),
            server,
            seen: Arc::default(),
            under_way: Vec::new(),
        }
    }

    async fn step(&mut self, noise: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        match noise.int_in_range(0..=15)? {
            15 => self.restart().await,
            14 | 13 => self.pass(*noise.choose(&TIMES)?).await,
            _ => {
                let how = noise.int_in_range(0..=7)?;
                let (method, body) = self.next(noise)?;
                self.call(how, method, body).await;
            }
        }
        Ok(())
    }

    fn next(&self, noise: &mut Unstructured<'_>) -> arbitrary::Result<(&'static Method, Bytes)> {
        let mut seen = self.seen.lock().expect("no call panics");
        let dice = noise.int_in_range(0..=15)?;
        if dice >= 14 {
            let method = noise.choose(methods())?;
            let body = message(noise, &method.input, &seen)?;
            return Ok((method, body.encode_to_vec().into()));
        }
        let (name, body) = plausible(noise, &mut seen)?;
        let method = rpc(name);
        if dice < 11 {
            return Ok((method, body.into()));
        }
        let body = DynamicMessage::decode(method.input.clone(), body.as_slice());
        let mut body = body.expect("a request");
        spoil(noise, &mut body, &seen)?;
        Ok((method, body.encode_to_vec().into()))
    }

    /// Calls while nothing else is under way, or beside whatever is, or leaves the call under way.
    async fn call(&mut self, how: u8, method: &'static Method, body: Bytes) {
        match how {
            0..=3 => {
                self.finish_calls().await;
                let answer = self.caller.call_alone(&self.server, method, body).await;
                remember(&self.seen, method, answer);
            }
            4 | 5 => {
                let answer = self.caller.call(method, body).await;
                remember(&self.seen, method, answer);
            }
            _ => {
                let (caller, seen) = (self.caller.clone(), Arc::clone(&self.seen));
                self.under_way.push(tokio::spawn(async move {
                    let answer = caller.call(method, body).await;
                    remember(&seen, method, answer);
                }));
                settle().await;
            }
        }
    }

    async fn finish_calls(&mut self) {
        for call in self.under_way.drain(..) {
            call.await.expect("no call panics");
        }
    }

    async fn pass(&mut self, seconds: u64) {
        self.server.pass(Duration::from_secs(seconds));
        settle().await;
    }

    /// Kills the server with all that is under way.
    async fn restart(&mut self) {
        for call in self.under_way.drain(..) {
            call.abort();
        }
        self.server.restart().await;
        self.caller = Caller::of(&self.server);
        settle().await;
        self.server.check();
    }

    async fn end(mut self) {
        self.finish_calls().await;
        settle().await;
        self.server.check();
        let before = self.described().await;
        self.restart().await;
        assert_eq!(before, self.described().await, "a restart changes a run");
        for time in TIMES {
            self.take_tasks().await;
            self.pass(time).await;
            self.server.check();
        }
        self.take_tasks().await;
    }

    /// Polls for every task that a run has, and must get it.
    async fn take_tasks(&mut self) {
        for _ in 0..TASKS {
            let Some(owed) = self.server.owed() else {
                return;
            };
            self.take(&owed).await;
            settle().await;
        }
        panic!("there is always another task: {:?}", self.server.owed());
    }

    async fn take(&self, owed: &Owed) {
        let namespace = owed.namespace.clone();
        let kind = match owed.sticky {
            true => TaskQueueKind::Sticky,
            false => TaskQueueKind::Normal,
        };
        let task_queue = Some(TaskQueue {
            name: owed.queue.clone(),
            kind: kind.into(),
            ..TaskQueue::default()
        });
        let token = if owed.activity {
            let poll = PollActivityTaskQueueRequest {
                namespace,
                task_queue,
                ..PollActivityTaskQueueRequest::default()
            };
            let answer: PollActivityTaskQueueResponse = self
                .ask("PollActivityTaskQueue", &poll)
                .await
                .expect("a task");
            answer.task_token
        } else {
            let poll = PollWorkflowTaskQueueRequest {
                namespace,
                task_queue,
                ..PollWorkflowTaskQueueRequest::default()
            };
            let answer: PollWorkflowTaskQueueResponse = self
                .ask("PollWorkflowTaskQueue", &poll)
                .await
                .expect("a task");
            answer.task_token
        };
        assert!(!token.is_empty(), "a task is lost: {owed:?}");
    }

    /// What can be asked of the workflows that most calls are about.
    async fn described(&self) -> Vec<Option<DescribeWorkflowExecutionResponse>> {
        let mut all = Vec::new();
        for workflow_id in ["n", "m", "o"] {
            let request = DescribeWorkflowExecutionRequest {
                namespace: "default".to_owned(),
                execution: Some(WorkflowExecution {
                    workflow_id: workflow_id.to_owned(),
                    run_id: String::new(),
                }),
            };
            let answer = self.ask("DescribeWorkflowExecution", &request).await;
            let mut described: Option<DescribeWorkflowExecutionResponse> = answer.ok();
            let info = described.as_mut().map(|it| &mut it.workflow_execution_info);
            if let Some(Some(info)) = info {
                // Grows when the worker is gone for which a task waits.
                info.state_transition_count = 0;
            }
            all.push(described);
        }
        all
    }

    async fn ask<M: Message + Default>(
        &self,
        name: &str,
        request: &impl Message,
    ) -> Result<M, tonic::Status> {
        let answer = self.caller.call(rpc(name), request.encode_to_vec().into());
        answer.await.map(|it| M::decode(it).expect("an answer"))
    }
}

fn rpc(name: &str) -> &'static Method {
    method(name).expect("an RPC")
}

fn remember(seen: &Mutex<Seen>, method: &Method, answer: Result<Bytes, tonic::Status>) {
    if let Ok(answer) = answer {
        seen.lock()
            .expect("no call panics")
            .remember(method, answer);
    }
}
