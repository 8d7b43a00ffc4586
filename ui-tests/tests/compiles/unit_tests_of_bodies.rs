//! Bodies are plain functions for tests.
use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn compose(greeting: String, name: String) -> Result<String, ActivityError> {
    Ok(format!("{greeting}, {name}"))
}

#[tokio::test]
async fn an_activity_is_called_by_run() {
    let text = compose::run("Hi".into(), "Ada".into()).await;
    assert_eq!(text.expect("it does not fail"), "Hi, Ada");
}
