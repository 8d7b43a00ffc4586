//! How long the expansion of 2,000 lines of workflow code takes: `cargo bench -p mainspring-macros --bench expansion`.

#![allow(dead_code, unused_imports)] // the modules have tests, and functions for other macros

include!("shared/workflow.rs");

use std::time::{Duration, Instant};

const ROUNDS: u32 = 20;

fn main() {
    let source = source();
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        expand_all(&source);
        best = best.min(started.elapsed());
    }
    println!(
        "{} lines expand in {:.1} ms (best of {ROUNDS})",
        source.lines().count(),
        best.as_secs_f64() * 1e3
    );
}
