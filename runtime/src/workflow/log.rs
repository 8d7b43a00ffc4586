//! Log lines and spans of workflow code, silent on replay.
//!
//! The worker runs replayed code without a subscriber, so that all that `tracing` offers is silent there, in helpers and
//! libraries too. It runs code that goes on within a span that names the workflow.

use tracing::Span;
use tracing::instrument::{Instrument, Instrumented};

use crate::durable::{Durable, Seal, Task};

/// Awaits an operation within a span of `tracing`: it is entered whenever the operation goes on.
///
/// ```no_run
/// use mainspring::prelude::*;
///
/// #[workflow]
/// async fn remind(name: String) -> Result<()> {
///     let span = tracing::info_span!("waiting", name);
///     workflow::in_span(span, workflow::sleep("30 days")).await?;
///     Ok(())
/// }
/// ```
pub fn in_span<D: Durable>(span: Span, operation: D) -> Task<Instrumented<D::Fut>> {
    crate::durable::durable(operation.into_fut(Seal::new()).instrument(span))
}

/// `workflow::info!` and its siblings: as in `tracing`, for programs that do not depend on it themselves.
macro_rules! silent_on_replay {
    ($dollar:tt $($hidden:ident $level:ident $doc:literal;)*) => { $(
        #[doc = $doc]
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $hidden {
            ($dollar($dollar arguments:tt)*) => {
                if !$crate::workflow::is_replaying() {
                    $crate::__private::tracing::$level!($dollar($dollar arguments)*)
                }
            };
        }
        #[doc(inline)]
        pub use $hidden as $level;
    )* };
}

silent_on_replay! {$
    __workflow_trace trace "A log line at trace level, silent on replay.";
    __workflow_debug debug "A log line at debug level, silent on replay.";
    __workflow_info info "A log line at info level, silent on replay.";
    __workflow_warn warn "A log line at warn level, silent on replay.";
    __workflow_error error "A log line at error level, silent on replay.";
}
