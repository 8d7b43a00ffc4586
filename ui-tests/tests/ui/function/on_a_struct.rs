use mainspring::prelude::*;

#[workflow]
struct Order;

#[workflow_fn]
struct Other;

fn main() {}
