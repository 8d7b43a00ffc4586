use mainspring::prelude::*;
use std::hash::DefaultHasher;

#[workflow_fn]
async fn run(n: u32) -> String {
    let _ = DefaultHasher::new();
    let _ = std::any::type_name::<u32>();
    let _ = std::ptr::eq(&n, &n);
    let _ = &n as *const u32;
    format!("{:p}", &n)
}

fn main() {}
