//! Documentation is carried, and asked for in vain on nothing that is generated.
#![deny(missing_docs)]
use mainspring::prelude::*;

/// A greeting.
#[workflow_interface]
pub trait Documented {
    /// Greets.
    #[run]
    async fn greet(&self) -> Result<()>;
    /// Approves.
    #[signal]
    fn approve(&self);
}

/// Prices.
#[activity_interface(start_to_close = "5s")]
pub trait Prices {
    /// One price.
    async fn price(&self) -> u64;
}

/// A workflow.
#[workflow]
pub async fn documented() {}
