//! The server's core: requests in, records out; and back again, as recovery reads them.

use std::hint::black_box;

use bytes::Bytes;
use gungraun::{library_benchmark, library_benchmark_group};
use mainspring_server::history::{apply::apply, ids::WorkflowKey, record, state::MutableState};

use crate::chain;

// The thousandth activity must cost what the tenth does.
#[library_benchmark]
#[bench::of_1(1)]
#[bench::of_10(10)]
#[bench::of_1000(1_000)]
fn decide_a_chain(activities: u32) -> Vec<Bytes> {
    black_box(chain::records(activities))
}

#[library_benchmark]
#[bench::of_1000(setup = chain::records, args = (1_000))]
fn recover_a_chain(records: Vec<Bytes>) -> MutableState {
    let key = WorkflowKey {
        namespace_id: "namespace".into(),
        workflow_id: "chain".into(),
    };
    let mut state = MutableState::new(key.run("run"));
    for record in records {
        for change in record::decode(record).expect("it was just encoded") {
            apply(&mut state, &change);
        }
    }
    black_box(state)
}

library_benchmark_group!(
    name = decisions,
    benchmarks = [decide_a_chain, recover_a_chain]
);
