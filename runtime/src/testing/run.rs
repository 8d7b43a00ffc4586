//! What `#[mainspring::test]` expands to.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};

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
