#![no_std]
// The twin of `pass/no_std_crate`: rustc itself refuses the names of std, in helpers too.
extern crate alloc;
use mainspring::{Result, workflow};

fn helper() {
    let _ = std::time::SystemTime::now();
    println!("x");
}

#[workflow]
async fn run() -> Result<()> {
    helper();
    Ok(())
}

fn main() {}
