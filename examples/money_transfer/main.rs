//! Money transfer: two activities, and a third one that makes amends when the second fails for good.
//!
//! Each activity carries an idempotency key, because the server may run it more than once.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Transfer {
    pub from: String,
    pub to: String,
    pub cents: i64,
    /// Names the transfer; the activities derive their keys from it.
    pub reference: String,
}

#[activity_interface(
    start_to_close = "5s",
    retry(initial_interval = "100ms", maximum_attempts = 5)
)]
pub trait Bank {
    async fn withdraw(&self, account: String, cents: i64, key: String)
    -> Result<(), ActivityError>;
    async fn deposit(&self, account: String, cents: i64, key: String) -> Result<(), ActivityError>;
}

/// A bank that keeps its books in memory.
#[derive(Default)]
pub struct Books {
    accounts: Mutex<HashMap<String, i64>>,
    booked: Mutex<HashSet<String>>,
}

impl Books {
    pub fn with(accounts: &[(&str, i64)]) -> Self {
        let accounts = accounts
            .iter()
            .map(|(name, cents)| ((*name).to_owned(), *cents));
        Self {
            accounts: Mutex::new(accounts.collect()),
            booked: Mutex::default(),
        }
    }

    pub fn balance(&self, account: &str) -> Option<i64> {
        self.accounts
            .lock()
            .expect("no holder panics")
            .get(account)
            .copied()
    }

    fn book(&self, account: &str, cents: i64, key: String) -> Result<(), ActivityError> {
        let mut accounts = self.accounts.lock().expect("no holder panics");
        let Some(balance) = accounts.get_mut(account) else {
            let message = format!("there is no account {account}");
            return Err(ApplicationError::non_retryable("UnknownAccount", message).into());
        };
        if *balance + cents < 0 {
            let message = format!("{account} has only {balance} cents");
            return Err(ApplicationError::non_retryable("InsufficientFunds", message).into());
        }
        if self.booked.lock().expect("no holder panics").insert(key) {
            *balance += cents;
        }
        Ok(())
    }
}

#[activity]
impl Bank for Books {
    async fn withdraw(
        &self,
        account: String,
        cents: i64,
        key: String,
    ) -> Result<(), ActivityError> {
        self.book(&account, -cents, key)
    }

    async fn deposit(&self, account: String, cents: i64, key: String) -> Result<(), ActivityError> {
        self.book(&account, cents, key)
    }
}

#[workflow]
async fn transfer_money(transfer: Transfer) -> Result<String> {
    let bank = BankStub::default();
    let Transfer {
        from,
        to,
        cents,
        reference,
    } = transfer;
    bank.withdraw(&from, cents, format!("{reference}-withdraw"))
        .await?;
    if let Err(failure) = bank
        .deposit(&to, cents, format!("{reference}-deposit"))
        .await
    {
        bank.deposit(&from, cents, format!("{reference}-refund"))
            .await?;
        return Err(failure.into());
    }
    Ok(format!("moved {cents} cents from {from} to {to}"))
}

#[tokio::main]
async fn main() -> Result<()> {
    let env = TestEnv::from_env().await?;
    let client = env.client().with_task_queue("money-transfer");
    let books = Books::with(&[("alice", 10_000), ("bob", 500)]);
    let worker = Worker::new(&client, "money-transfer")
        .activities(books)
        .start()?;

    for to in ["bob", "nobody"] {
        let reference = format!("transfer-{to}-{}", std::process::id());
        let transfer = Transfer {
            from: "alice".into(),
            to: to.into(),
            cents: 2_500,
            reference,
        };
        match client
            .workflow(transfer_money, &transfer.reference)
            .execute(transfer)
            .await
        {
            Ok(done) => println!("{done}"),
            Err(error) => println!("not moved: {error}"),
        }
    }

    worker.shutdown().await?;
    env.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    async fn transfer(
        env: TestEnv,
        to: &str,
        cents: i64,
    ) -> (Result<String, ClientError>, Arc<Books>) {
        let books = Arc::new(Books::with(&[("alice", 10_000), ("bob", 500)]));
        let shared = Arc::clone(&books);
        env.prepare_worker(move |worker| worker.shared_activities(Arc::clone(&shared)));
        let transfer = Transfer {
            from: "alice".into(),
            to: to.into(),
            cents,
            reference: "t-1".into(),
        };
        let workflow = env.client().workflow(transfer_money, "t-1");
        (workflow.execute(transfer).await, books)
    }

    #[mainspring::test]
    async fn money_moves(env: TestEnv) {
        let (outcome, books) = transfer(env, "bob", 2_500).await;
        assert_eq!(
            outcome.expect("it succeeds"),
            "moved 2500 cents from alice to bob"
        );
        assert_eq!(
            (books.balance("alice"), books.balance("bob")),
            (Some(7_500), Some(3_000))
        );
    }

    #[mainspring::test]
    async fn a_failed_deposit_is_refunded(env: TestEnv) {
        let (outcome, books) = transfer(env, "nobody", 2_500).await;
        let error = outcome.expect_err("nobody has no account");
        assert!(
            format!("{error:?}").contains("there is no account nobody"),
            "{error:?}"
        );
        assert_eq!(books.balance("alice"), Some(10_000));
    }

    #[mainspring::test]
    async fn nothing_moves_without_funds(env: TestEnv) {
        let (outcome, books) = transfer(env, "bob", 99_999).await;
        assert!(outcome.is_err());
        assert_eq!(
            (books.balance("alice"), books.balance("bob")),
            (Some(10_000), Some(500))
        );
    }

    /// Whatever is lost, late, or comes twice on the way: money does not.
    #[mainspring::test(faults)]
    async fn money_moves_once_on_a_bad_wire(env: TestEnv) {
        let (outcome, books) = transfer(env, "bob", 2_500).await;
        outcome.expect("it succeeds");
        assert_eq!(
            (books.balance("alice"), books.balance("bob")),
            (Some(7_500), Some(3_000))
        );
    }
}
