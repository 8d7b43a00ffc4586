//! Values to payloads and back.

use std::collections::BTreeMap;
use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group};
use mainspring::converter::{DataConverter, Payload};

type Order = BTreeMap<String, Vec<u64>>;

/// About 1 KiB of JSON.
fn order() -> Order {
    let lines = 0..20_u64;
    lines
        .map(|line| (format!("sku-{line:04}"), (line..line + 10).collect()))
        .collect()
}

fn payload() -> Payload {
    DataConverter::default()
        .to_payload(&order())
        .expect("it is plain data")
}

#[library_benchmark]
#[bench::kib(setup = order)]
fn to_payload(order: Order) -> Payload {
    black_box(
        DataConverter::default()
            .to_payload(&order)
            .expect("it is plain data"),
    )
}

#[library_benchmark]
#[bench::kib(setup = payload)]
fn from_payload(payload: Payload) -> Order {
    black_box(
        DataConverter::default()
            .from_payload(&payload)
            .expect("it is an order"),
    )
}

library_benchmark_group!(name = payloads, benchmarks = [to_payload, from_payload]);
