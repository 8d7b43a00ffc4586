//! Texts as arguments.

/// What the methods of stubs take for a `String`.
#[diagnostic::on_unimplemented(
    message = "expected a text, found `{Self}`",
    label = "expected `&str` or `String`"
)]
pub trait Text {
    /// The text, owned.
    fn into_text(self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: Into<String>> Text for T {
    fn into_text(self) -> String {
        self.into()
    }
}
