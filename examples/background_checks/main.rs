//! Background checks: a parent workflow asks the candidate for consent, runs a child workflow for
//! each search, and reports what came back, also when a search failed or nobody answered.

use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use serde::{Deserialize, Serialize};

/// How long the candidate has to consent.
const CONSENT_WITHIN: &str = "10s";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub name: String,
    pub searches: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub candidate: String,
    /// What each search found, in the order asked for.
    pub findings: Vec<String>,
}

#[activity(
    start_to_close = "5s",
    retry(maximum_attempts = 3, initial_interval = "20ms")
)]
async fn search_records(kind: String, name: String) -> Result<String, ActivityError> {
    match kind.as_str() {
        "criminal" | "employment" => Ok(format!("{kind}: nothing against {name}")),
        _ => {
            let message = format!("there are no {kind} records");
            Err(ApplicationError::non_retryable("UnknownRecords", message).into())
        }
    }
}

#[activity(start_to_close = "5s")]
async fn notify(name: String, text: String) -> Result<(), ActivityError> {
    println!("to {name}: {text}");
    Ok(())
}

/// One search: a workflow of its own, so that it has a history, and can be found and cancelled.
#[workflow]
async fn search(kind: String, name: String) -> Result<String> {
    Ok(search_records(kind, name).await?)
}

#[workflow_interface]
pub trait BackgroundCheck {
    #[run]
    async fn check(&self, candidate: Candidate) -> Result<Report>;
    #[signal]
    fn consent(&self, given: bool);
    #[query]
    fn progress(&self) -> String;
}

#[derive(Default)]
pub struct BackgroundCheckWorkflow {
    consent: State<Option<bool>>,
    progress: State<String>,
}

#[workflow]
impl BackgroundCheck for BackgroundCheckWorkflow {
    async fn check(&self, candidate: Candidate) -> Result<Report> {
        let Candidate { name, searches } = candidate;
        self.progress.set("waiting for consent".into());
        notify(name.clone(), "please consent to a background check".into()).await?;
        let answered = workflow::wait_until(|| self.consent.borrow().is_some());
        let in_time = answered.timeout(CONSENT_WITHIN).await?.is_ok();
        if !in_time || self.consent.get() != Some(true) {
            return Err(WorkflowError::new(
                "NoConsent",
                format!("{name} did not consent"),
            ));
        }

        self.progress
            .set(format!("{} searches under way", searches.len()));
        let children = searches
            .iter()
            .map(|kind| search(kind.clone(), name.clone()));
        let outcomes = workflow::join_all(children).await;
        let findings = searches.into_iter().zip(outcomes).map(|(kind, outcome)| {
            outcome.unwrap_or_else(|failure| format!("{kind}: failed, {failure}"))
        });
        let findings = findings.collect();
        self.progress.set("done".into());
        notify(name.clone(), "your background check is complete".into()).await?;
        Ok(Report {
            candidate: name,
            findings,
        })
    }

    fn consent(&self, given: bool) {
        self.consent.set(Some(given));
    }

    fn progress(&self) -> String {
        self.progress.get()
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let env = TestEnv::from_env().await?;
    let client = env.client().with_task_queue("background-checks");
    let worker = Worker::new(&client, "background-checks").start()?;

    let check = client.workflow(BackgroundCheck, format!("check-{}", std::process::id()));
    let searches = ["criminal", "employment", "lunar"]
        .map(String::from)
        .to_vec();
    let run = check
        .check(Candidate {
            name: "Ada".into(),
            searches,
        })
        .start()
        .await?;
    println!("{}", check.progress().await?);
    check.consent(true).await?;
    println!("{:#?}", run.result().await?);

    worker.shutdown().await?;
    env.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Candidate {
        Candidate {
            name: "Ada".into(),
            searches: vec!["employment".into(), "lunar".into()],
        }
    }

    #[mainspring::test]
    async fn searches_are_reported_whether_they_find_something_or_fail(env: TestEnv) -> Result<()> {
        let check = env.client().workflow(BackgroundCheck, "check-1");
        let run = check.check(ada()).start().await?;
        check.consent(true).await?;
        let report = run.result().await?;
        assert_eq!(report.findings[0], "employment: nothing against Ada");
        assert!(
            report.findings[1].contains("there are no lunar records"),
            "{report:?}"
        );
        assert_eq!(check.progress().await?, "done");
        Ok(())
    }

    #[mainspring::test]
    async fn nothing_is_searched_without_consent(env: TestEnv) -> Result<()> {
        let check = env.client().workflow(BackgroundCheck, "check-2");
        let run = check.check(ada()).start().await?;
        check.consent(false).await?;
        let refused = run.result().await.expect_err("no consent, no check");
        assert!(
            format!("{refused:?}").contains("Ada did not consent"),
            "{refused:?}"
        );
        Ok(())
    }

    #[mainspring::test]
    async fn consent_is_not_waited_for_forever(env: TestEnv) -> Result<()> {
        let check = env.client().workflow(BackgroundCheck, "check-3");
        let error = check.check(ada()).await.expect_err("nobody answers");
        assert!(format!("{error:?}").contains("did not"), "{error:?}");
        Ok(())
    }
}
