//! Every RPC with bytes that nobody meant: the server answers something, and goes on.

use std::time::Duration;

use bytes::Bytes;
use mainspring_proto::{
    FILE_DESCRIPTOR_SET,
    prost_types::FileDescriptorSet,
    rpc::Encoded,
    workflowservice::v1::{GetSystemInfoRequest, StartWorkflowExecutionRequest},
};
use prost::Message;
use tonic::Request;

use crate::{
    support::{channel, start},
    support_workflow::start_request,
};

/// A small generator of noise: the same bytes every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = self.next() % 64;
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// A valid message with some bytes changed, or cut short.
    fn damaged(&mut self, message: &[u8]) -> Vec<u8> {
        let mut damaged = message.to_vec();
        for _ in 0..=self.next() % 4 {
            let at = self.next() as usize % damaged.len();
            damaged[at] = self.next() as u8;
        }
        if self.next().is_multiple_of(4) {
            damaged.truncate(self.next() as usize % damaged.len());
        }
        damaged
    }
}

fn methods() -> Vec<String> {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("our own descriptors");
    let mut methods = Vec::new();
    for file in set.file {
        for service in &file.service {
            if !matches!(service.name(), "WorkflowService" | "OperatorService") {
                continue;
            }
            let of_service = service.method.iter();
            methods.extend(
                of_service.map(|method| {
                    format!("/{}.{}/{}", file.package(), service.name(), method.name())
                }),
            );
        }
    }
    methods
}

#[tokio::test]
async fn no_bytes_bring_the_server_down() {
    let mut server = start().await;
    let mut client = tonic::client::Grpc::new(channel(&server.server).await);
    let valid: StartWorkflowExecutionRequest = start_request("w");
    let valid = valid.encode_to_vec();
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    let methods = methods();
    assert!(methods.len() > 120);
    for method in methods {
        for _ in 0..8 {
            for body in [noise.bytes(), noise.damaged(&valid)] {
                client.ready().await.expect("the server is there");
                let mut request = Request::new(Bytes::from(body));
                // Whatever waits has waited long enough: it was understood.
                request.set_timeout(Duration::from_millis(20));
                let path = method.parse().expect("a path");
                let answer = client.unary(request, path, Encoded).await;
                // A handler that panics resets its stream.
                let reset = answer.is_err_and(|status| status.message().contains("h2 protocol"));
                assert!(!reset, "{method} broke off");
            }
        }
    }
    let alive = server.client.get_system_info(GetSystemInfoRequest {}).await;
    alive.expect("the server is alive");
}
