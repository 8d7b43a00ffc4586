//! What `#[mainspring::test]` expands to.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use super::TestEnv;

/// Names the seed for tests with faults, so that one that failed can be run again.
const SEED: &str = "MAINSPRING_FAULTS";

/// How the test is run.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup {
    /// Whether tasks are not replayed from scratch.
    pub without_replay: bool,
    /// Whether workflow code may ask the operating system for what it likes.
    pub without_trap: bool,
    /// Whether the test goes on although something fails over and over.
    pub without_giving_up: bool,
    /// After how many attempts of an activity the test fails, if not after the usual number.
    pub attempts: Option<u32>,
    /// What goes wrong between the server and its clients.
    pub faults: Faults,
    /// When its time starts, as RFC 3339 writes it, if not now.
    pub starts_at: Option<&'static str>,
}

impl Setup {
    /// When its time starts, if not now.
    ///
    /// # Panics
    /// If it is no time, or one before 1970.
    pub(super) fn starts_at(&self) -> Option<SystemTime> {
        let text = self.starts_at?;
        let time = text.parse::<prost_types::Timestamp>().ok();
        let time = time.and_then(|it| SystemTime::try_from(it).ok());
        let time = time.filter(|it| *it >= SystemTime::UNIX_EPOCH);
        let Some(time) = time else {
            panic!(
                "`starts_at = {text:?}` is no time from 1970 on: write a date, a time and an offset, as in \
                 \"2026-03-28T12:00:00Z\" or \"2026-03-28T12:00:00+01:00\""
            );
        };
        Some(time)
    }
}

/// What goes wrong between the server and its clients.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Faults {
    /// Nothing.
    #[default]
    None,
    /// What follows from a seed that differs each time.
    OfAnySeed,
    /// What follows from this seed.
    OfSeed(u64),
}

impl Faults {
    /// The seed of this run, if anything is to go wrong in it.
    ///
    /// # Panics
    /// If the variable is no number.
    fn seed(self) -> Option<u64> {
        if self == Self::None {
            return None;
        }
        if let Ok(seed) = std::env::var(SEED) {
            let Ok(seed) = seed.parse() else {
                panic!("{SEED} is {seed:?}, and must be the number of a seed");
            };
            return Some(seed);
        }
        match self {
            Self::OfSeed(seed) => Some(seed),
            // Small, as it may have to be typed.
            _ => Some(RandomState::new().hash_one(SEED) % 1_000_000),
        }
    }
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
    let seed = setup.faults.seed();
    if let Some(seed) = seed {
        // Shown if the test fails.
        eprintln!(
            "the faults are those of seed {seed}; to have them again: {SEED}={seed}, or #[mainspring::test(faults = {seed})]"
        );
    }
    let outcome = runtime.block_on(async {
        let env = match TestEnv::set_up(setup, seed).await {
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
