//! Activities are ordinary code: no rule applies to them.
use mainspring::prelude::*;
use std::collections::HashMap;

#[activity(start_to_close = "1m")]
async fn fetch(path: String) -> Result<u64, ActivityError> {
    tokio::time::sleep(std::time::Duration::ZERO).await;
    let counts: HashMap<char, usize> = HashMap::new();
    for (letter, count) in &counts {
        println!("{letter} {count}");
    }
    Ok(std::fs::read_to_string(path)?.len() as u64 + u64::from(rand::random::<u8>()))
}
