//! Kills a server, as a process, at random moments, and starts it on the same file again, while
//! clients and workers go on. At the end everything that was acknowledged must be in the histories,
//! once, and every workflow must have closed with the right result.
//!
//! `MAINSPRING_KILLS` and `MAINSPRING_SEED` make it longer and different.

mod check;
mod client;
mod process;
mod scale;
mod soak;
#[cfg(unix)]
mod stop;
mod task;
mod worker;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use client::Latencies;
use process::Process;

/// How many kills there are unless `MAINSPRING_KILLS` says otherwise.
const KILLS: u32 = 50;

/// How many workflows are under way at a time.
const CLIENTS: u64 = 8;

/// How many workers of each kind there are.
const WORKERS: usize = 4;

/// How many signals each workflow waits for.
const SIGNALS: u64 = 6;

/// Numbers that look random, and are the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().and_then(|text| text.parse().ok());
    value.unwrap_or(default)
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    tokio::task::LocalSet::new()
        .run_until(kill_and_check())
        .await;
}

async fn kill_and_check() {
    let kills = setting("MAINSPRING_KILLS", KILLS.into());
    let mut random = Random::new(setting("MAINSPRING_SEED", 1));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut server = Process::start(directory.path()).await;
    let address = server.address.clone();

    let stop = Arc::new(AtomicBool::new(false));
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(tokio::task::spawn_local(worker::workflows(
            address.clone(),
            Arc::clone(&stop),
        )));
        workers.push(tokio::task::spawn_local(worker::activities(
            address.clone(),
            Arc::clone(&stop),
        )));
    }
    let closing = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let closing = Arc::clone(&closing);
            let seed = random.below(u64::MAX);
            tokio::task::spawn_local(client::run(
                address.clone(),
                number,
                Random::new(seed),
                closing,
                Latencies::default(),
            ))
        })
        .collect();

    for _ in 0..kills {
        // Somewhere between "just started" and "in full swing".
        tokio::time::sleep(Duration::from_millis(20 + random.below(400))).await;
        server.kill();
        server = Process::start_again(directory.path(), &address).await;
    }
    closing.store(true, Ordering::Relaxed);
    let mut acknowledged = client::Acknowledged::default();
    for client in clients {
        acknowledged.extend(client.await.expect("no client panics"));
    }
    let report = check::everything(&address, &acknowledged).await;
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.abort();
    }
    println!("kills={kills}, {report}");
    assert!(report.is_flawless(), "{report}\n{}", report.details());
}
