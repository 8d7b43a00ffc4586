//! Subscription: a workflow that lives as long as a customer does. It waits for the end of each
//! billing period, and meanwhile takes changes of plan and cancellations as messages.

use std::sync::Mutex;

use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Customer {
    pub id: String,
    /// A duration such as `30 days`.
    pub trial: String,
    pub billing_period: String,
    pub periods: u32,
    pub cents_per_period: i64,
}

#[activity_interface(start_to_close = "10s")]
pub trait Billing {
    async fn send_mail(&self, customer: String, text: String) -> Result<(), ActivityError>;
    async fn charge(&self, customer: String, cents: i64) -> Result<(), ActivityError>;
}

#[workflow_interface]
pub trait Subscription {
    /// Bills until the customer leaves; returns what was charged in all.
    #[run]
    async fn subscribe(&self, customer: Customer) -> Result<i64>;
    #[signal]
    fn cancel_subscription(&self);
    /// Changes the price from the next period on, and returns the one before.
    #[update(validator = check_price)]
    async fn change_price(&self, cents_per_period: i64) -> Result<i64>;
    #[query]
    fn charged(&self) -> i64;
}

#[derive(Default)]
pub struct SubscriptionWorkflow {
    cancelled: State<bool>,
    price: State<Option<i64>>,
    charged: State<i64>,
}

#[workflow]
impl Subscription for SubscriptionWorkflow {
    async fn subscribe(&self, customer: Customer) -> Result<i64> {
        let billing = BillingStub::default();
        if self.price.get().is_none() {
            self.price.set(Some(customer.cents_per_period));
        }
        billing
            .send_mail(&customer.id, "Welcome! Your trial begins.")
            .await?;
        if self.cancelled_within(&customer.trial).await? {
            billing
                .send_mail(&customer.id, "Sorry to see you go.")
                .await?;
            return Ok(0);
        }
        for _ in 0..customer.periods {
            let cents = self.price.get().unwrap_or(customer.cents_per_period);
            billing.charge(&customer.id, cents).await?;
            self.charged.update(|charged| *charged += cents);
            if self.cancelled_within(&customer.billing_period).await? {
                break;
            }
        }
        billing
            .send_mail(&customer.id, "Your subscription has ended.")
            .await?;
        Ok(self.charged.get())
    }

    fn cancel_subscription(&self) {
        self.cancelled.set(true);
    }

    fn check_price(&self, cents_per_period: &i64) -> Result<()> {
        if *cents_per_period <= 0 {
            return Err(WorkflowError::new("InvalidPrice", "a price is positive"));
        }
        Ok(())
    }

    async fn change_price(&self, cents_per_period: i64) -> Result<i64> {
        let before = self.price.get().unwrap_or_default();
        self.price.set(Some(cents_per_period));
        Ok(before)
    }

    fn charged(&self) -> i64 {
        self.charged.get()
    }
}

#[workflow]
impl SubscriptionWorkflow {
    /// Whether the customer left before the period was over.
    async fn cancelled_within(&self, period: &str) -> Result<bool> {
        let cancelled = workflow::wait_until(|| self.cancelled.get())
            .timeout(period)
            .await?;
        Ok(cancelled.is_ok())
    }
}

/// Billing that remembers what it did.
#[derive(Default)]
pub struct Ledger {
    entries: Mutex<Vec<String>>,
}

impl Ledger {
    fn note(&self, entry: String) {
        println!("{entry}");
        self.entries.lock().expect("no holder panics").push(entry);
    }
}

#[activity]
impl Billing for Ledger {
    async fn send_mail(&self, customer: String, text: String) -> Result<(), ActivityError> {
        self.note(format!("mail to {customer}: {text}"));
        Ok(())
    }

    async fn charge(&self, customer: String, cents: i64) -> Result<(), ActivityError> {
        self.note(format!("charge {customer}: {cents} cents"));
        Ok(())
    }
}

fn customer(id: &str) -> Customer {
    Customer {
        id: id.to_owned(),
        trial: "50ms".to_owned(),
        billing_period: "50ms".to_owned(),
        periods: 3,
        cents_per_period: 999,
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let env = TestEnv::from_env().await?;
    let client = env.client().with_task_queue("subscriptions");
    let worker = Worker::new(&client, "subscriptions").start()?;
    let id = format!("subscription-{}", std::process::id());
    let charged = client
        .workflow(Subscription, id)
        .subscribe(customer("Ada"))
        .await?;
    println!("charged in all: {charged} cents");
    worker.shutdown().await?;
    env.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer_for_a_year() -> Customer {
        Customer {
            trial: "14 days".into(),
            billing_period: "30 days".into(),
            periods: 12,
            ..customer("Ada")
        }
    }

    #[mainspring::test]
    async fn every_period_is_charged_at_its_price(env: TestEnv) -> Result<()> {
        let billing = BillingMock::new(&env);
        billing.send_mail(|_, _| Ok(()));
        let charged = billing.charge(|_, _| Ok(()));
        let subscription = env.client().workflow(Subscription, "s-1");
        let run = subscription
            .subscribe(customer_for_a_year())
            .start()
            .await?;

        env.advance("13 days").await?;
        assert_eq!(charged.count(), 0, "it is still on trial");
        // Two periods after the trial.
        env.advance("40 days").await?;
        assert_eq!(subscription.charged().await?, 2 * 999);
        assert_eq!(subscription.change_price(500).await?, 999);
        let refused = subscription.change_price(0).await;
        let refused = refused.expect_err("not for free");
        assert!(format!("{refused:?}").contains("a price is positive"));

        assert_eq!(run.result().await?, 2 * 999 + 10 * 500);
        let prices = charged.calls().into_iter().map(|(_, cents)| cents);
        let expected = [vec![999; 2], vec![500; 10]].concat();
        assert_eq!(prices.collect::<Vec<_>>(), expected);
        Ok(())
    }

    #[mainspring::test]
    async fn whoever_leaves_on_trial_pays_nothing(env: TestEnv) -> Result<()> {
        let billing = BillingMock::new(&env);
        let mails = billing.send_mail(|_, _| Ok(()));
        let charged = billing.charge(|_, _| Ok(()));
        let subscription = env.client().workflow(Subscription, "s-1");
        let run = subscription
            .subscribe(customer_for_a_year())
            .start()
            .await?;
        env.advance("3 days").await?;
        subscription.cancel_subscription().await?;
        assert_eq!(run.result().await?, 0);
        assert_eq!(charged.count(), 0);
        assert!(mails.count() > 0);
        Ok(())
    }
}
