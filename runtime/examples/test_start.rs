//! How long a test environment takes to be ready: `cargo run --release -p mainspring --example test_start`.

use std::time::{Duration, Instant};

use mainspring::prelude::*;
use mainspring::testing::{Setup, TestEnv, run};

#[workflow]
async fn sleeps_a_month() -> Result<()> {
    workflow::sleep("30 days").await?;
    Ok(())
}

const RUNS: usize = 200;

fn main() {
    // Until there is a server, a client that is connected, and a worker; and until a workflow has slept a month.
    let ready = measured(|env| async move {
        env.client();
    });
    let month = measured(|env| async move {
        let month = env.client().workflow(sleeps_a_month, "s").execute(());
        month.await.expect("it completes");
    });
    println!("ready: {}", text(&ready));
    println!("a month of sleep: {}", text(&month));
}

fn measured<F: Future<Output = ()>>(test: impl Fn(TestEnv) -> F) -> Vec<Duration> {
    let runs = (0..RUNS).map(|_| {
        let since = Instant::now();
        run(Setup::default(), &test);
        since.elapsed()
    });
    let mut times: Vec<_> = runs.collect();
    times.sort();
    times
}

fn text(times: &[Duration]) -> String {
    let at = |part: usize| times[times.len() * part / 100];
    format!("p50 {:.1?}, p99 {:.1?}", at(50), at(99))
}
