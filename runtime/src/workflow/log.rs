//! Log lines of workflow code, silent on replay.

/// `workflow::info!` and its siblings: as in `tracing`, but only where the workflow goes on, not where it is replayed.
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
