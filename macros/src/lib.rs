//! The attribute macros of Mainspring; use them through the crate `mainspring`.
