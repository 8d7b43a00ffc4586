//! Calls RPCs of a server in this process, and checks what must hold of any answer.

use std::{sync::LazyLock, time::Duration};

use bytes::Bytes;
use mainspring_proto::{FILE_DESCRIPTOR_SET, rpc::Encoded};
use mainspring_server::fuzzing::{Calls, Served};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use tonic::{Code, Request, Status, client::Grpc, codegen::http::uri::PathAndQuery};

/// What long polls are given: little more than the least. The clock of the runtime is paused, so
/// nobody really waits, but whoever looks around from time to time does so all the same.
const DEADLINE: Duration = Duration::from_secs(3);

/// Whether to tell of each call, for whoever wants to know what an input is about.
static TRACE: LazyLock<bool> = LazyLock::new(|| std::env::var_os("FUZZ_TRACE").is_some());

/// An RPC.
#[derive(Debug)]
pub struct Method {
    /// Its name alone.
    pub name: String,
    /// What it takes.
    pub input: MessageDescriptor,
    /// What it answers.
    pub output: MessageDescriptor,
    /// Whether it is about the server's time.
    pub is_of_time: bool,
    path: PathAndQuery,
}

static METHODS: LazyLock<Vec<Method>> = LazyLock::new(|| {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("our own descriptors");
    let mut methods = Vec::new();
    for service in pool.services() {
        if !matches!(
            service.name(),
            "WorkflowService" | "OperatorService" | "TestService"
        ) {
            continue;
        }
        methods.extend(service.methods().map(|method| {
            Method {
                name: method.name().to_owned(),
                input: method.input(),
                output: method.output(),
                is_of_time: service.name() == "TestService",
                path: format!("/{}/{}", service.full_name(), method.name())
                    .parse()
                    .expect("a path"),
            }
        }));
    }
    methods
});

/// Every RPC of the protocol.
pub fn methods() -> &'static [Method] {
    &METHODS
}

/// The RPC of this name.
pub fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// Runs a future whose waits take no time.
pub fn run(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(future);
}

/// A client of a server in this process.
#[derive(Clone, Debug)]
pub struct Caller(Calls);

impl Caller {
    /// A client of that server.
    pub fn of(server: &Served) -> Self {
        Self(server.services())
    }

    /// Calls the RPC with these bytes.
    pub async fn call(&self, method: &Method, body: Bytes) -> Result<Bytes, Status> {
        let mut client = Grpc::new(self.0.clone()).max_decoding_message_size(usize::MAX);
        client.ready().await.expect("a router is always ready");
        let mut request = Request::new(body);
        request.set_timeout(DEADLINE);
        let answer = client.unary(request, method.path.clone(), Encoded);
        let answer = match tokio::time::timeout(DEADLINE, answer).await {
            Ok(answer) => answer.map(|answer| answer.into_inner()),
            Err(_) => {
                assert!(method.is_of_time, "{} waits for ever", method.name);
                Err(Status::deadline_exceeded("time does not come so far"))
            }
        };
        if *TRACE {
            let refused = answer.as_ref().err().map(Status::message);
            eprintln!("{}: {refused:?}", method.name);
        }
        answer
    }

    /// Calls the RPC while nothing else is under way and time stands still, and panics if it is refused and still
    /// leaves a trace, or if something does not hold of a run after it.
    pub async fn call_alone(
        &self,
        server: &Served,
        method: &Method,
        body: Bytes,
    ) -> Result<Bytes, Status> {
        settle().await;
        if method.is_of_time {
            return self.call(method, body).await;
        }
        let _still = server.hold_time();
        let before = server.snapshot();
        let answer = self.call(method, body).await;
        settle().await;
        server.check();
        if let Err(status) = &answer
            && !may_change(method, status)
        {
            let after = server.snapshot();
            let left = format!("{} left a trace of {status:?}", method.name);
            assert_eq!(before, after, "{left}");
        }
        answer
    }
}

/// Whether the RPC has changed something although it answers with this error: a workflow task that is completed
/// with nonsense has failed, as has one that was kept alive for too long, and the start of an update-with-start
/// stays when its update is refused.
fn may_change(method: &Method, status: &Status) -> bool {
    match method.name.as_str() {
        "RespondWorkflowTaskCompleted" => {
            status.code() == Code::InvalidArgument || status.message().contains("heartbeat")
        }
        "ExecuteMultiOperation" => true,
        _ => false,
    }
}

/// Waits until nothing is under way: a paused clock moves on only then.
pub async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
