//! What does not compile, and the exact words; README.md says how cases are named and how to bless them. What compiles is
//! in `compiles/`, or in a crate of its own.
//!
//! A case that passes among these would have trybuild run them one by one, and build all dependencies, instead of checking
//! the lot in one go.

#[test]
fn what_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/*.rs");
}
