//! A worker warns of activities that nothing implements. A program of its own, in which no activity is dynamic: such a one
//! implements whatever is called.

// Interfaces are public, as they are where they matter.
#![allow(unreachable_pub)]

use std::sync::{Arc, Mutex};

use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use tracing::field::{Field, Visit};
use tracing::span;

/// Nothing here implements it.
#[activity_interface(start_to_close = "10s")]
pub trait Crane {
    async fn lift(&self, load: u32) -> Result<(), ActivityError>;
}

/// Something here does.
#[activity_interface(start_to_close = "10s")]
pub trait Truck {
    async fn carry(&self, load: u32) -> Result<(), ActivityError>;
}

#[derive(Default)]
struct Lorry;

#[activity]
impl Truck for Lorry {
    async fn carry(&self, load: u32) -> Result<(), ActivityError> {
        let _ = load;
        Ok(())
    }
}

#[workflow]
async fn unload(load: u32) -> Result<()> {
    CraneStub::default().lift(load).await?;
    TruckStub::default().carry(load).await?;
    Ok(())
}

/// Keeps the lines of warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Visit for Warnings {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        let mut lines = self.0.lock().expect("no panic");
        lines.push(format!("{value:?}"));
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn activities_that_nothing_implements_are_warned_of() {
    let env = TestEnv::start().await.expect("a server starts");
    let worker = Worker::new(env.client(), "quay");
    let warnings = Warnings::default();
    let started = tracing::subscriber::with_default(warnings.clone(), || worker.start());
    let worker = started.expect("a warning, not an error");
    let warnings = warnings.0.lock().expect("no panic").clone();
    let [warning] = warnings.as_slice() else {
        panic!("one warning: {warnings:?}");
    };
    for text in [
        "workflow `unload` (runtime/tests/unimplemented.rs:",
        "calls the activities of `Crane`",
        "on its own task queue, `quay`",
        "nothing in this program implements `lift`",
        "Write `#[activity] impl Crane for ..`",
    ] {
        assert!(warning.contains(text), "{text:?} in {warning}");
    }
    worker.shutdown().await.expect("the worker was well");
}
