use mainspring::prelude::*;
use std::path::Path;

#[workflow_fn]
async fn run(path: String) -> bool {
    let _ = Path::metadata(Path::new(&path));
    Path::is_file(Path::new(&path))
}

fn main() {}
