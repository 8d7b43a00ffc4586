//! What the second look at workflow tasks has found.

use tokio::sync::watch;

/// The first difference that was found, for whoever waits for it.
#[derive(Clone, Debug)]
pub(crate) struct Suspicions(watch::Sender<Option<String>>);

impl Default for Suspicions {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Suspicions {
    pub(crate) fn report(&self, difference: String) {
        self.0.send_if_modified(|first| {
            let new = first.is_none();
            first.get_or_insert(difference);
            new
        });
    }

    /// What was found so far.
    pub(crate) fn found(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Waits until something is found.
    pub(crate) async fn wait(&self) -> String {
        let mut found = self.0.subscribe();
        loop {
            if let Some(difference) = found.borrow_and_update().clone() {
                return difference;
            }
            if found.changed().await.is_err() {
                // `self` is a sender, so there is always one.
                std::future::pending::<()>().await;
            }
        }
    }
}
