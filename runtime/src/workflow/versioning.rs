//! Changes of code under running workflows.

use crate::engine::context;

/// Whether this run is to take the code that came with a change. Runs that began before the change, and have passed this
/// point, go the old way for ever; all others go the new way.
///
/// ```no_run
/// use mainspring::prelude::*;
///
/// #[activity(start_to_close = "10s")]
/// async fn check_fraud(order: String) -> Result<(), ActivityError> {
///     Ok(())
/// }
///
/// #[workflow]
/// async fn ship(order: String) -> Result<()> {
///     if workflow::patched("fraud-check") {
///         check_fraud(order).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// # Panics
/// Outside workflow code.
#[track_caller]
pub fn patched(id: &str) -> bool {
    let at = std::panic::Location::caller();
    context::with("workflow::patched", |run| run.patched(id, false, at))
}

/// Says that no run goes the old way any more, so that only the new code is left; the next release may drop this too.
///
/// # Panics
/// Outside workflow code.
#[track_caller]
pub fn deprecate_patch(id: &str) {
    let at = std::panic::Location::caller();
    context::with("workflow::deprecate_patch", |run| {
        run.patched(id, true, at);
    });
}
