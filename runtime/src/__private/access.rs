//! Whether a handler may change state: what expansions put before `set`, `update` and the like.

/// For signals, updates and helpers.
#[derive(Clone, Copy, Debug)]
pub struct Changes;

/// For queries and validators.
#[derive(Clone, Copy, Debug)]
pub struct Reads;

/// Implemented for [`Changes`] alone.
#[diagnostic::on_unimplemented(
    message = "a query or validator cannot change workflow state",
    label = "this changes state, and no event in history would say so",
    note = "queries and validators only read; make it an `#[update]` or a `#[signal]`",
    note = "see https://github.com/mainspring-rs/mainspring/blob/main/docs/errors/MS0701.md"
)]
pub trait MayChange {}

impl MayChange for Changes {}
