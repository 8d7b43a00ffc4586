//! The short form.
use mainspring::prelude::*;

#[activity(start_to_close = "10s")]
async fn compose_greeting(greeting: String, name: String) -> Result<String, ActivityError> {
    Ok(format!("{greeting}, {name}!"))
}

#[workflow]
async fn greet(name: String) -> Result<String> {
    Ok(compose_greeting("Hello".into(), name).await?)
}

async fn from_client(client: &mainspring::Client) -> Result<String> {
    let hello: String = client.workflow(greet, "hello-1").execute("World").await?;
    Ok(hello)
}

#[test]
fn compiles() {
    let _ = from_client;
    assert_eq!(
        <compose_greeting as mainspring::Activity>::NAME,
        "compose_greeting"
    );
    assert!(
        mainspring::registry::workflows()
            .iter()
            .any(|it| it.name() == "greet")
    );
    assert!(
        mainspring::registry::activities()
            .iter()
            .any(|it| it.name() == "compose_greeting")
    );
}
