//! What compiles, what does not, and the exact words; README.md says how cases are named and how to bless them.

#[test]
fn what_compiles() {
    trybuild::TestCases::new().pass("tests/pass/*.rs");
}

#[test]
fn what_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
