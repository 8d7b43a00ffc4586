/// A `Result`, whatever it is called: how expansions name the two halves of a return type behind an alias.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called a result but is none",
    label = "expected `Result<T, E>` or an alias of it"
)]
pub trait Fallible {
    /// What success yields.
    type Ok;
    /// What failure yields.
    type Err;
    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Ok, Self::Err>;
}

impl<T, E> Fallible for Result<T, E> {
    type Ok = T;
    type Err = E;

    fn into_result(self) -> Self {
        self
    }
}
