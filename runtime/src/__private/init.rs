//! The state in which a workflow starts.

/// Makes a workflow from its input. `#[init]` implements it; a type with `Default` has it by itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no state to start in",
    label = "no `Default`, and no `#[init]` that takes `{A}`",
    note = "derive `Default` for it, or add `#[init] fn new(..) -> Self`, which takes a reference to each parameter of the run method"
)]
pub trait Init<A> {
    /// The state.
    fn init(args: &A) -> Self;
}

#[diagnostic::do_not_recommend]
impl<A, W: Default> Init<A> for W {
    fn init(_: &A) -> Self {
        W::default()
    }
}
