use mainspring::prelude::*;

struct W;

#[workflow]
impl W {
    #[signal]
    fn approve(&self, by: String) {
        drop(by);
    }
}

fn main() {}
