//! Markers and exceptions may be written with the path of the crate, or with that of what re-exports them.
use mainspring::prelude::*;

/// What a crate of an application may gather for its own modules.
mod ours {
    pub use mainspring::{activity, activity_interface, allow, workflow};
    pub use mainspring::{workflow_fn, workflow_interface};
}

#[crate::marker_paths::ours::workflow_interface]
trait Gathered {
    #[self::ours::run]
    async fn run(&self) -> mainspring::Result<()>;
    #[crate::marker_paths::ours::signal(name = "go-on")]
    fn go(&self);
    #[ours::query]
    fn gone(&self) -> bool;
}

#[ours::activity_interface]
trait Prices {
    #[crate::marker_paths::ours::activity(name = "one-price", start_to_close = "5s")]
    async fn price(&self) -> u64;
}

struct Fixed;

#[ours::activity]
impl Fixed {
    #[crate::marker_paths::ours::activity(name = "fixed-price", start_to_close = "5s")]
    fn price(&self) -> u64 {
        1
    }
}

#[ours::workflow_fn]
async fn prices() -> Result<u64> {
    #[crate::marker_paths::ours::allow(MS0101, reason = "thrown away")]
    let _ = std::time::SystemTime::now();
    Ok(PricesStub::default().price().await?)
}

#[ours::allow(MS0102, reason = "thrown away")]
#[ours::workflow]
async fn fixed() -> Result<u64> {
    let _ = std::time::Instant::now();
    Ok(FixedStub::default().price().await?)
}

#[test]
fn options_of_markers_with_paths_count() {
    use mainspring::Activity;
    assert_eq!(<Prices_price as Activity>::NAME, "one-price");
    assert_eq!(<Fixed_price as Activity>::NAME, "fixed-price");
    let signal = <Gathered_go as workflow::SignalType>::NAME;
    assert_eq!(signal, "go-on");
    let _ = prices();
}

#[mainspring::workflow_interface]
trait Spelt {
    #[mainspring::run]
    async fn run(&self) -> mainspring::Result<()>;
    #[mainspring::signal]
    fn go(&self);
    #[mainspring::query]
    fn gone(&self) -> bool;
    #[mainspring::update(validator = check)]
    async fn change(&self, n: u32) -> u32;
    #[mainspring::validator]
    fn check(&self, n: &u32) -> Result<()>;
}

struct W;

#[mainspring::workflow]
impl Spelt for W {
    #[mainspring::init]
    fn new() -> Self {
        Self
    }
    async fn run(&self) -> mainspring::Result<()> {
        Ok(())
    }
    fn go(&self) {}
    fn gone(&self) -> bool {
        true
    }
    async fn change(&self, n: u32) -> u32 {
        n
    }
    fn check(&self, _n: &u32) -> Result<()> {
        Ok(())
    }
}
