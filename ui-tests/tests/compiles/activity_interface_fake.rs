//! A fake for unit tests implements the interface without the attribute, and no worker learns of it.
use mainspring::prelude::*;

#[activity_interface(name_prefix = "Fake_", start_to_close = "5s")]
trait Mailer {
    async fn send(&self, to: String) -> Result<(), ActivityError>;
}

struct Fake;

impl Mailer for Fake {
    async fn send(&self, _to: String) -> Result<(), ActivityError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_fake_is_not_registered() {
    Fake.send("x".into()).await.expect("it does not fail");
    assert!(
        !mainspring::registry::activities()
            .iter()
            .any(|it| it.name() == "Fake_send")
    );
}
