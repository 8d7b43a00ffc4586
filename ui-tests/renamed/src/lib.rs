//! All that expansions name is found by the name in this crate's manifest, and there is no `tokio`, no `futures` and no
//! `mainspring` to be found by accident.

#![deny(warnings)]

extern crate flows as krate;

#[path = "../../shapes.rs"]
pub mod shapes;
