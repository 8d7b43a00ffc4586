use mainspring::prelude::*;

#[activity_interface]
trait Prices {}

fn main() {}
