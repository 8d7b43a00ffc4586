use mainspring::prelude::*;

#[workflow_interface]
struct Greeting;

fn main() {}
