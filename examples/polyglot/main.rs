//! One workflow, three languages: the workflow is Rust, one of its activities is Python, the other one Go, and the client
//! that starts it is Python too. Each half knows of the others only names and JSON.
//!
//! This is the Rust half: a worker that runs until it is stopped. `examples/README.md` says how to start the others.

use mainspring::prelude::*;
use serde::{Deserialize, Serialize};

/// Implemented in `python/publish.py`.
#[activity_interface(task_queue = "polyglot-python", start_to_close = "10s")]
pub trait Editor {
    /// Turns a title into what an address may contain.
    async fn slugify(&self, title: String) -> Result<String, ActivityError>;
}

/// Implemented in `go/main.go`.
#[activity_interface(task_queue = "polyglot-go", start_to_close = "10s")]
pub trait Statistics {
    /// Counts words and letters. What has no words is refused for good, with the type `NoWords`.
    async fn measure(&self, text: String) -> Result<Measure, ActivityError>;
}

/// What Go measures; there it is a struct with the same names in its tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    pub words: u32,
    pub letters: u32,
}

/// What the workflow returns; Python reads it as a dataclass.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Article {
    pub title: String,
    pub slug: String,
    pub words: u32,
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
        let (editor, statistics) = (EditorStub::default(), StatisticsStub::default());
        let (slug, measure) = try_join!(
            editor.slugify(title.clone()),
            statistics.measure(title.clone())
        )?;
        workflow::wait_until(|| self.approved_by.borrow().is_some()).await?;
        Ok(Article {
            title,
            slug,
            words: measure.words,
            approved_by: self.approved_by.get().unwrap_or_default(),
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

#[cfg(test)]
mod tests {
    use mainspring::testing::TestEnv;

    use super::*;

    /// The Rust half by itself. `cargo xtask conformance --lang polyglot` runs all of them together.
    #[mainspring::test]
    async fn an_article_is_published_once_it_is_approved(env: TestEnv) -> Result<()> {
        let slugified = EditorMock::new(&env).slugify(|title| Ok(title.to_lowercase()));
        let measured = StatisticsMock::new(&env).measure(|text| {
            Ok(Measure {
                words: 1,
                letters: text.len() as u32,
            })
        });
        let publishing = env.client().workflow(Publishing, "p");
        let run = publishing.publish("Durable").start().await?;
        publishing.approve("Ada").await?;
        let article = Article {
            title: "Durable".into(),
            slug: "durable".into(),
            words: 1,
            approved_by: "Ada".into(),
        };
        assert_eq!(run.result().await?, article);
        assert_eq!((slugified.count(), measured.count()), (1, 1));
        Ok(())
    }

    #[mainspring::test]
    async fn what_has_no_words_is_not_published(env: TestEnv) -> Result<()> {
        EditorMock::new(&env).slugify(Ok);
        StatisticsMock::new(&env).measure(|_| {
            Err(ApplicationError::non_retryable("NoWords", "not a word in it").into())
        });
        let published = env.client().workflow(Publishing, "p").publish("!").await;
        let error = published.expect_err("it is refused").to_string();
        assert!(error.contains("not a word in it"), "{error}");
        Ok(())
    }
}
