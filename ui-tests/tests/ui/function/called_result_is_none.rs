use mainspring::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct LabResult;

#[workflow]
async fn run() -> LabResult {
    LabResult
}

fn main() {}
