//! What `#[mainspring::main]` expands to.

use std::future::Future;

/// Runs a program on a runtime of as many threads as the machine has cores.
///
/// # Panics
/// If the threads cannot be started.
pub fn run_main<F: Future>(program: F) -> F::Output {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(program),
        Err(error) => panic!("no runtime for the program: {error}"),
    }
}
