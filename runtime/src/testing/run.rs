//! What `#[mainspring::test]` expands to.

use std::future::Future;

use super::TestEnv;

/// How the test is run.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup {
    /// Whether tasks are not replayed from scratch.
    pub without_replay: bool,
}

/// Runs a test with an environment of its own.
///
/// # Panics
/// If the environment cannot be made, or a workflow turns out not to be deterministic.
#[doc(hidden)]
pub fn run<T, F: Future<Output = T>>(setup: Setup, test: impl FnOnce(TestEnv) -> F) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime for the test: {error}"),
    };
    let outcome = runtime.block_on(async {
        let env = match TestEnv::skipping_time().await {
            Ok(env) if setup.without_replay => env.without_replay(),
            Ok(env) => env,
            Err(error) => panic!("{error}"),
        };
        let suspicions = env.suspicions();
        let outcome = tokio::select! {
            biased;
            difference = suspicions.wait() => Err(difference),
            outcome = test(env) => Ok(outcome),
        };
        match suspicions.found() {
            Some(difference) => Err(difference),
            None => outcome,
        }
    });
    // Activities that block are not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(outcome) => outcome,
        Err(difference) => panic!("{difference}"),
    }
}
