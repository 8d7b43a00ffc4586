//! Questions about a type that only the compiler can answer, at the place where an expansion names it.
//!
//! Each is a pair of methods of one name: an inherent one, which exists for the types in question, and one of a trait
//! that serves all others.

use std::marker::PhantomData;

/// A type, named.
#[derive(Debug)]
pub struct Names<T: ?Sized>(PhantomData<fn() -> Box<T>>);

impl<T: ?Sized> Names<T> {
    /// Of this type.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The clocks of std and of the crates we know: `X::now()` for an `X` that is one of them differs on replay.
pub trait Clock {}

impl Clock for std::time::SystemTime {}
impl Clock for std::time::Instant {}
impl Clock for tokio::time::Instant {}

/// Never implemented.
#[diagnostic::on_unimplemented(
    message = "`{Self}::now` is not deterministic in workflow code: the wall clock differs on replay",
    label = "this is a clock",
    note = "use `workflow::now()`",
    note = "see https://github.com/mainspring-rs/mainspring/blob/main/docs/errors/MS0101.md"
)]
pub trait Replayable {}

impl<T: Clock> Names<T> {
    /// Exists for clocks, and never type checks.
    pub fn __replayable(&self)
    where
        T: Replayable,
    {
    }
}

/// All types that are no clocks.
pub trait NotAClock {
    /// Says nothing.
    fn __replayable(&self) {}
}

impl<T: ?Sized> NotAClock for Names<T> {}

/// Never implemented.
#[diagnostic::on_unimplemented(
    message = "`{Self}` hides a `Result`, whose error would travel as a value",
    label = "call the alias something that ends in `Result`, or write `Result<..>`",
    note = "the attribute sees names, not types: it takes a type for fallible if its name ends in `Result`"
)]
pub trait Plain {}

impl<T, E> Names<Result<T, E>> {
    /// Exists for results, and never type checks.
    pub fn __plain(&self)
    where
        Result<T, E>: Plain,
    {
    }
}

/// All types that are no results.
pub trait NotAResult {
    /// Says nothing.
    fn __plain(&self) {}
}

impl<T: ?Sized> NotAResult for Names<T> {}

impl<T: Default> Names<T> {
    /// How to make one.
    pub fn __default(&self) -> Option<fn() -> T> {
        Some(T::default)
    }
}

/// All types without `Default`.
pub trait NoDefault<T> {
    /// Nobody knows how to make one.
    fn __default(&self) -> Option<fn() -> T> {
        None
    }
}

impl<T> NoDefault<T> for Names<T> {}
