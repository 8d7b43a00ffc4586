//! The options of `#[activity(..)]` that become options of its calls.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::Options;

/// Options of `#[activity]` that become options of every call.
pub(crate) const ACTIVITY_CALL: &[&str] = &[
    "start_to_close",
    "schedule_to_close",
    "schedule_to_start",
    "heartbeat",
    "retry",
    "task_queue",
    "cancellation",
    "local",
    "local_retry_threshold",
    "summary",
    "priority",
    "eager",
];

/// Whether the options set what every call needs: a timeout.
pub(crate) fn set_timeout(options: &Options<'_>) -> bool {
    let mut needed = ["start_to_close", "schedule_to_close"].iter();
    needed.any(|key| options.span(key).is_some())
}

const RETRY: &[&str] = &[
    "maximum_attempts",
    "initial_interval",
    "backoff_coefficient",
    "maximum_interval",
    "non_retryable",
];

/// The calls on `ActivityOptions` that the options amount to: `.start_to_close(..)`.
pub(crate) fn activity_options(options: &Options<'_>, krate: &TokenStream) -> TokenStream {
    let mut calls = TokenStream::new();
    for key in [
        "start_to_close",
        "schedule_to_close",
        "schedule_to_start",
        "heartbeat",
        "local_retry_threshold",
    ] {
        if let Some(value) = options.duration(key) {
            let method = Ident::new(key, Span::call_site());
            calls.extend(quote!(.#method(#value)));
        }
    }
    for key in ["task_queue", "summary"] {
        if let Some(value) = options.text(key) {
            let method = Ident::new(key, Span::call_site());
            calls.extend(quote!(.#method(#value)));
        }
    }
    if let Some(value) = options.expr("cancellation", "CancellationType::Abandon") {
        calls.extend(quote!(.cancellation(#value)));
    }
    if let Some(value) = options.expr("priority", "1") {
        calls.extend(quote!(.priority(#value)));
    }
    if options.flag("local") {
        calls.extend(quote!(.local()));
    }
    if options.flag("eager") {
        calls.extend(quote!(.eager(true)));
    }
    if let Some(retry) = options.list("retry", "retry", RETRY) {
        let policy = retry_policy(&retry, krate);
        calls.extend(quote!(.retry(#policy)));
    }
    calls
}

fn retry_policy(options: &Options<'_>, krate: &TokenStream) -> TokenStream {
    let mut policy = quote!(#krate::RetryPolicy::new());
    for key in ["initial_interval", "maximum_interval"] {
        if let Some(value) = options.duration(key) {
            let method = Ident::new(key, Span::call_site());
            policy.extend(quote!(.#method(#value)));
        }
    }
    if let Some(value) = options.expr("maximum_attempts", "3") {
        policy.extend(quote_spanned!(value.span()=> .maximum_attempts(#value)));
    }
    if let Some(value) = options.expr("backoff_coefficient", "2.0") {
        policy.extend(quote_spanned!(value.span()=> .backoff_coefficient(#value)));
    }
    if let Some(value) = options.expr("non_retryable", "[\"NotFound\"]") {
        policy.extend(quote_spanned!(value.span()=> .non_retryable(#value)));
    }
    policy
}
