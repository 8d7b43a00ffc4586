//! Expansions bring the rules of their own edition along: what `impl` captures, above all.

#![deny(warnings)]

extern crate mainspring as krate;

#[path = "../../shapes.rs"]
pub mod shapes;
