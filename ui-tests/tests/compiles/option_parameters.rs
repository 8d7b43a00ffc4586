//! A parameter that callers of before did not send.
use mainspring::prelude::*;

#[workflow]
async fn grown(name: String, loud: Option<bool>, tags: Vec<String>) -> Option<String> {
    (loud == Some(true)).then(|| name + &tags.concat())
}
