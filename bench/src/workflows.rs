//! The workflows that are measured.

use mainspring::prelude::*;

/// The one activity: it does nothing that takes time.
#[activity(start_to_close = "1m")]
async fn say(name: String) -> Result<String, ActivityError> {
    Ok(format!("Hello, {name}!"))
}

/// One activity.
#[workflow]
pub(crate) async fn hello(name: String) -> Result<String> {
    Ok(say(name).await?)
}

/// Nothing at all.
#[workflow]
pub(crate) async fn empty(name: String) -> Result<String> {
    Ok(name)
}

/// So many activities, one after the other. Returns the last result.
#[workflow]
pub(crate) async fn chain(steps: u32) -> Result<String> {
    let mut last = String::new();
    for step in 0..steps {
        last = say(step.to_string()).await?;
    }
    Ok(last)
}

/// Computes something.
#[workflow]
pub(crate) async fn collatz(numbers: u64) -> Result<String> {
    Ok(steps_to_one(numbers).to_string())
}

/// How many steps of Collatz's it takes all numbers up to this one to come to 1, together.
pub(crate) fn steps_to_one(numbers: u64) -> u64 {
    (1..=numbers)
        .map(|number| {
            let sequence = std::iter::successors(Some(number), |&it| match it {
                1 => None,
                it if it % 2 == 0 => Some(it / 2),
                it => Some(3 * it + 1),
            });
            sequence.count() as u64
        })
        .sum()
}

/// Waits for a signal that ends it.
#[workflow_interface]
pub(crate) trait Sleepy {
    /// Returns what the signal brings.
    #[run]
    async fn sleep(&self) -> Result<String>;
    /// Ends it.
    #[signal]
    fn finish(&self, result: String);
}

/// See [`trait@Sleepy`].
#[derive(Default)]
pub(crate) struct Sleeper {
    result: State<Option<String>>,
}

#[workflow]
impl Sleepy for Sleeper {
    async fn sleep(&self) -> Result<String> {
        workflow::wait_until(|| self.result.borrow().is_some()).await?;
        Ok(self.result.get().unwrap_or_default())
    }

    fn finish(&self, result: String) {
        self.result.set(Some(result));
    }
}
