//! The same in instructions, which stay the same however busy the machine is: `cargo bench -p mainspring-macros --bench
//! instructions`. It takes valgrind and `cargo install gungraun-runner`.

#![allow(dead_code, unused_imports)] // the modules have tests, and functions for other macros

include!("shared/workflow.rs");

use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group, main};

#[library_benchmark]
#[bench::of_2000_lines(setup = source)]
fn expand_a_workflow(source: String) -> TokenStream {
    black_box(expand_all(&source))
}

library_benchmark_group!(name = expansion, benchmarks = [expand_a_workflow]);

main!(library_benchmark_groups = [expansion]);
