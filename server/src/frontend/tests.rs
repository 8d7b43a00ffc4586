//! What is the same for every RPC.

use mainspring_proto::common::v1::Payload;
use tonic::{Code, codec::SingleMessageCompressionOverride};

use super::*;
use crate::{persistence::MemoryStore, server::ensure_namespaces};

/// One that is ready, over what the store has, and its default namespace.
pub(crate) async fn ready_over(
    store: Arc<dyn Store>,
    config: Config,
    held: Option<&HeldTasks>,
) -> (Frontend, Arc<Namespace>) {
    let namespaces = Arc::new(Namespaces::load(Arc::clone(&store)).expect("it is read"));
    let made = ensure_namespaces(&namespaces, &config).await;
    made.expect("the default namespace is made");
    let namespace = namespaces.by_name("default").expect("it is there");
    let clocks = Clocks::start(&config);
    let stopping = CancellationToken::new();
    let frontend = Frontend::new(config, clocks, store, namespaces, stopping);
    frontend.recover(held).expect("it is read");
    (frontend, namespace)
}

#[tokio::test]
async fn nothing_is_answered_before_the_store_is_read() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let namespaces = Namespaces::load(Arc::clone(&store)).expect("an empty store");
    let frontend = Frontend::new(
        Config::in_memory(),
        crate::clock::Clocks::start(&Config::in_memory()),
        store,
        Arc::new(namespaces),
        CancellationToken::new(),
    );
    let ask = || frontend.get_system_info(Request::new(GetSystemInfoRequest {}));
    let refused = ask().await.expect_err("it has not recovered");
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(
        refused.message(),
        "the server is reading its data file and not ready yet"
    );
    frontend.recover(None).expect("an empty store");
    ask().await.expect("ready");
}

fn may_be_compressed(size: usize) -> bool {
    let response = respond(Payload {
        data: vec![0; size].into(),
        ..Payload::default()
    });
    let said = response.extensions().get();
    said.copied() != Some(SingleMessageCompressionOverride::Disable)
}

#[test]
fn only_large_answers_are_compressed() {
    assert!(!may_be_compressed(0));
    assert!(!may_be_compressed(COMPRESS_FROM - 100));
    assert!(may_be_compressed(COMPRESS_FROM));
}
