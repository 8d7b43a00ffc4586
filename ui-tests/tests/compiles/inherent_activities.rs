//! Activities as methods of a type with what they need.
use mainspring::prelude::*;

pub struct Payments {
    pub key: String,
}

#[activity(name_prefix = "Payments_", start_to_close = "10s")]
impl Payments {
    /// Charges.
    #[activity(retry(maximum_attempts = 3, initial_interval = "1s", backoff_coefficient = 1.5, non_retryable = ["Declined"]))]
    pub async fn charge(&self, cents: u64) -> Result<String, ActivityError> {
        Ok(format!("{} {cents}", self.helper()))
    }
    #[activity(name = "refund", heartbeat = "5s")]
    pub fn give_back(&self, receipt: String) -> Result<(), ActivityError> {
        drop(receipt);
        Ok(())
    }
    fn helper(&self) -> &str {
        &self.key
    }
}

#[derive(Default)]
struct WithDefault;

#[activity(start_to_close = "10s")]
impl WithDefault {
    #[activity]
    async fn ping(&self) -> u8 {
        1
    }
}

#[workflow]
async fn buy(cents: u64) -> Result<()> {
    let payments = PaymentsStub::default();
    let fast = PaymentsStub::new(
        ActivityOptions::new()
            .start_to_close("1s")
            .task_queue("fast"),
    );
    let receipt = payments.charge(cents).await?;
    fast.give_back(receipt).summary("refund").await?;
    let handle = WithDefaultStub::default().ping().local().start();
    handle.await?;
    Ok(())
}

#[test]
fn compiles() {
    let names: Vec<String> = mainspring::registry::activities()
        .iter()
        .map(|it| it.name().to_owned())
        .collect();
    for name in ["Payments_charge", "ping", "refund"] {
        assert!(names.iter().any(|it| it == name), "{name}");
    }
}
