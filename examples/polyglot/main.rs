//! One workflow, two languages: the workflow is Rust, its activity is Python, and so is the client
//! that starts it. The Python half is `conformance/python/test_polyglot.py`; this half is a worker
//! that runs until it is stopped.

use mainspring::prelude::*;
use serde::{Deserialize, Serialize};

/// Implemented by a Python worker on the queue `polyglot-python`.
#[activity_interface(task_queue = "polyglot-python", start_to_close = "10s")]
pub trait Editor {
    /// Turns a title into what an address may contain.
    async fn slugify(&self, title: String) -> Result<String, ActivityError>;
}

/// What the workflow returns; Python reads it as a dataclass.
#[derive(Debug, Serialize, Deserialize)]
pub struct Article {
    pub title: String,
    pub slug: String,
    pub approved_by: String,
}

#[workflow_interface]
pub trait Publishing {
    #[run]
    async fn publish(&self, title: String) -> Result<Article>;
    #[signal]
    fn approve(&self, by: String);
}

#[derive(Default)]
pub struct PublishingWorkflow {
    approved_by: State<Option<String>>,
}

#[workflow]
impl Publishing for PublishingWorkflow {
    async fn publish(&self, title: String) -> Result<Article> {
        let slug = EditorStub::default().slugify(title.clone()).await?;
        workflow::wait_until(|| self.approved_by.borrow().is_some()).await?;
        let approved_by = self.approved_by.get().unwrap_or_default();
        Ok(Article {
            title,
            slug,
            approved_by,
        })
    }

    fn approve(&self, by: String) {
        self.approved_by.set(Some(by));
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::connect_from_env().await?;
    Worker::new(&client, "polyglot-rust").run().await?;
    Ok(())
}
