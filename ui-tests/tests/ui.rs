//! What does not compile, and the exact words; README.md says how cases are named and how to bless them. What compiles is
//! in `compiles/`, but for what needs a crate of its own.

#[test]
fn what_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/*.rs");
    cases.pass("tests/pass/*.rs");
}
