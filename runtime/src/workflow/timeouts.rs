//! Whether the timeout that every activity call needs is set, in types.

/// A timeout is set: `start_to_close` or `schedule_to_close`.
#[derive(Clone, Copy, Debug)]
pub struct TimeoutSet;

/// Neither `start_to_close` nor `schedule_to_close` is set, yet.
#[derive(Clone, Copy, Debug)]
pub struct NoTimeout;

/// [`TimeoutSet`] or [`NoTimeout`].
pub trait Timeouts: sealed::Sealed + Send + Sync + 'static {
    /// Set here, or else there.
    type Or<Other: Timeouts>: Timeouts;
}

impl Timeouts for TimeoutSet {
    type Or<Other: Timeouts> = Self;
}

impl Timeouts for NoTimeout {
    type Or<Other: Timeouts> = Other;
}

/// What a call of the activity `A` needs before it is made.
#[diagnostic::on_unimplemented(
    message = "this call of activity `{A}` has no timeout",
    label = "neither `start_to_close` nor `schedule_to_close` is set",
    note = "without one the workflow would wait for ever for a worker that is gone, so the server refuses the call",
    note = "set it for all calls, `#[activity(start_to_close = \"10s\")]`, or for this one, `.start_to_close(\"10s\")`",
    note = "see https://github.com/mainspring-rs/mainspring/blob/main/docs/errors/MS0703.md"
)]
pub trait HasTimeout<A>: Timeouts {}

#[diagnostic::do_not_recommend]
impl<A> HasTimeout<A> for TimeoutSet {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::TimeoutSet {}
    impl Sealed for super::NoTimeout {}
}
