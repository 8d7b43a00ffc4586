use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {}

fn main() {}
