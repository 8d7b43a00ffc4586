//! Holds a steady load on a server, as a process, and shows what it takes over time.
//!
//! `MAINSPRING_SOAK_SECONDS` makes it longer. What is not deleted yet stays in the file, so that one
//! grows with the workflows; memory and descriptors must not.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    CLIENTS, Random, WORKERS, check,
    client::{self, Acknowledged, Latencies},
    process::Process,
    setting, worker,
};

/// How long it takes unless `MAINSPRING_SOAK_SECONDS` says otherwise.
const SECONDS: u64 = 4;

/// How many rows the table has.
const SAMPLES: u32 = 10;

/// Descriptors come and go with connections and readers; a leak grows beyond this.
const DESCRIPTORS_MARGIN: usize = 32;

/// One row of the table.
struct Sample {
    at: Duration,
    requests: usize,
    p50: Duration,
    p99: Duration,
    memory_mib: u64,
    descriptors: usize,
    file_mib: f64,
}

#[tokio::test]
async fn a_steady_load_takes_no_more_and_more() {
    tokio::task::LocalSet::new()
        .run_until(load_and_sample())
        .await;
}

async fn load_and_sample() {
    let length = Duration::from_secs(setting("MAINSPRING_SOAK_SECONDS", SECONDS));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = Process::start(directory.path()).await;
    let address = server.address.clone();
    let latencies = Latencies::default();
    let closing = Arc::new(AtomicBool::new(false));
    let stop = Arc::new(AtomicBool::new(false));
    for _ in 0..WORKERS {
        tokio::task::spawn_local(worker::workflows(address.clone(), Arc::clone(&stop)));
        tokio::task::spawn_local(worker::activities(address.clone(), Arc::clone(&stop)));
    }
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (closing, latencies) = (Arc::clone(&closing), latencies.clone());
            let random = Random::new(number);
            tokio::task::spawn_local(client::run(
                address.clone(),
                number,
                random,
                closing,
                latencies,
            ))
        })
        .collect();

    let begin = Instant::now();
    let mut samples = Vec::new();
    println!("  seconds  requests  p50_ms  p99_ms  memory_mib  descriptors  file_mib");
    for _ in 0..SAMPLES {
        tokio::time::sleep(length / SAMPLES).await;
        let sample = Sample::take(begin, &latencies, &server, directory.path());
        sample.print();
        samples.push(sample);
    }
    closing.store(true, Ordering::Relaxed);
    let mut acknowledged = Acknowledged::default();
    for client in clients {
        acknowledged.extend(client.await.expect("no client panics"));
    }
    let report = check::everything(&address, &acknowledged).await;
    stop.store(true, Ordering::Relaxed);
    println!("{report}");
    assert!(report.is_flawless(), "{report}\n{}", report.details());
    let (first, last) = (&samples[0], &samples[samples.len() - 1]);
    assert!(
        last.descriptors <= first.descriptors + DESCRIPTORS_MARGIN,
        "descriptors went from {} to {}",
        first.descriptors,
        last.descriptors
    );
}

impl Sample {
    fn take(begin: Instant, latencies: &Latencies, server: &Process, directory: &Path) -> Self {
        let mut recent = latencies.take();
        recent.sort_unstable();
        let at = |percent: usize| {
            let place = (recent.len() * percent / 100).min(recent.len().saturating_sub(1));
            recent.get(place).copied().unwrap_or_default()
        };
        let (p50, p99) = (at(50), at(99));
        let resources = server.resources();
        Self {
            at: begin.elapsed(),
            requests: recent.len(),
            p50,
            p99,
            memory_mib: resources.memory_mib,
            descriptors: resources.descriptors,
            file_mib: size_of(directory) as f64 / (1024.0 * 1024.0),
        }
    }

    fn print(&self) {
        println!(
            "  {:7.1}  {:8}  {:6.1}  {:6.1}  {:10}  {:11}  {:8.1}",
            self.at.as_secs_f64(),
            self.requests,
            self.p50.as_secs_f64() * 1000.0,
            self.p99.as_secs_f64() * 1000.0,
            self.memory_mib,
            self.descriptors,
            self.file_mib
        );
    }
}

pub(crate) fn size_of(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes = files.filter_map(|file| file.metadata().ok());
    sizes.map(|metadata| metadata.len()).sum()
}
