//! Any `std::error::Error` says why a workflow failed.
use mainspring::prelude::*;

#[derive(Debug)]
struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

impl std::error::Error for Declined {}

#[workflow]
async fn pay(text: String) -> Result<u32, Declined> {
    text.parse().map_err(|_| Declined)
}

#[workflow]
async fn any_error(text: String) -> Result<u32> {
    let n: u32 = text.parse()?;
    if n == 0 {
        Err(Declined)?;
    }
    Ok(n)
}
