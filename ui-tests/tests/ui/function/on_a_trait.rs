use mainspring::prelude::*;

#[workflow]
trait Greeting {}

fn main() {}
