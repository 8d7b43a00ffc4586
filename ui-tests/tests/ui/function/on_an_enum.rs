use mainspring::prelude::*;

#[workflow]
enum Order {
    New,
}

#[activity]
enum Price {
    Free,
}

fn main() {}
