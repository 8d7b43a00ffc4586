//! Assertions on what a run has asked for and been told.

use std::fmt;
use std::time::Duration;

use mainspring_proto::history::v1::HistoryEvent;
use mainspring_proto::history::v1::history_event::Attributes;

use super::Operation;
use super::calls::decoded;
use crate::activity::Activity;
use crate::converter::{Args, DataConverter, EncodedValues};
use crate::history::History;
use crate::workflow::{SignalType, WorkflowType};

/// The history of a run under test; see [`TestEnv::history`](super::TestEnv::history).
///
/// ```standalone_crate
/// # use mainspring::prelude::*;
/// # use mainspring::testing::TestEnv;
/// #[workflow]
/// pub async fn remind(name: String) -> Result<String> {
///     workflow::sleep("30 days").await?;
///     Ok(format!("reminded {name}"))
/// }
///
/// # #[mainspring::test]
/// # async fn example(env: TestEnv) -> Result<()> {
/// let run = env.client().workflow(remind, "r-1").start("Ada").await?;
/// run.result().await?;
/// let history = env.history(&run).await?;
/// history.assert_asked_for(&["timer 30 days", r#"complete "reminded Ada""#]);
/// # Ok(())
/// # }
/// # fn main() { example().expect("it passes"); }
/// ```
#[derive(Clone, Debug)]
pub struct TestHistory {
    history: History,
    converter: DataConverter,
}

/// A message that a run got.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The signal's name.
    pub name: String,
    /// Its parameters.
    pub input: EncodedValues,
}

impl TestHistory {
    pub(super) fn of(history: History, converter: &DataConverter) -> Self {
        Self {
            history,
            converter: converter.clone(),
        }
    }

    /// All events.
    #[must_use]
    pub fn events(&self) -> &History {
        &self.history
    }

    /// What the code has asked for, in its order.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        let events = self.history.events().iter();
        events.filter_map(Operation::of_event).collect()
    }

    /// Asserts what the code has asked for, in its order, each in the words of [`Operation`]'s `Display`.
    ///
    /// # Panics
    /// If it has asked for something else, with both lists side by side.
    #[track_caller]
    pub fn assert_asked_for(&self, expected: &[&str]) {
        let found: Vec<String> = self.operations().iter().map(ToString::to_string).collect();
        if found != expected {
            panic!("{}", Unlike { found, expected });
        }
    }

    /// The parameters of the calls of an activity, in their order; of its first attempts, since history does not have
    /// the others. Nor does it have the parameters of local activities, which are left out: those that a test mocks have them
    /// in [`calls`](super::ActivityMock::calls).
    ///
    /// # Panics
    /// If they are of other types.
    #[must_use]
    #[track_caller]
    pub fn activity_calls<A: Activity>(&self) -> Vec<A::Args> {
        self.inputs(A::NAME, |operation| match operation {
            Operation::Activity { name, input } => Some((name, input)),
            _ => None,
        })
    }

    /// The parameters of the calls of a child workflow, in their order.
    ///
    /// # Panics
    /// If they are of other types.
    #[must_use]
    #[track_caller]
    pub fn child_calls<M: WorkflowType>(&self) -> Vec<M::Args> {
        self.inputs(M::NAME, |operation| match operation {
            Operation::Child { name, input, .. } => Some((name, input)),
            _ => None,
        })
    }

    /// The parameters of a signal that the code has sent to other workflows, in their order.
    ///
    /// # Panics
    /// If they are of other types.
    #[must_use]
    #[track_caller]
    pub fn signals_sent<S: SignalType>(&self) -> Vec<S::Args> {
        self.inputs(S::NAME, |operation| match operation {
            Operation::Signal { name, input, .. } => Some((name, input)),
            _ => None,
        })
    }

    /// The durations of the timers that the code has started, in their order.
    #[must_use]
    pub fn timers(&self) -> Vec<Duration> {
        let operations = self.operations().into_iter();
        let timers = operations.filter_map(|operation| match operation {
            Operation::Timer { after } => Some(after),
            _ => None,
        });
        timers.collect()
    }

    /// The parameters of a signal that the run got, in their order.
    ///
    /// # Panics
    /// If they are of other types.
    #[must_use]
    #[track_caller]
    pub fn signals<S: SignalType>(&self) -> Vec<S::Args> {
        let signals = self.signals_received().into_iter();
        let signals = signals.filter(|signal| signal.name == S::NAME);
        signals.map(|signal| signal.args()).collect()
    }

    /// The signals that the run got, of all kinds, in their order.
    #[must_use]
    pub fn signals_received(&self) -> Vec<Received> {
        let events = self.history.events().iter();
        let received = events.filter_map(received).map(|it| Received {
            input: it.input.read_by(&self.converter),
            ..it
        });
        received.collect()
    }

    /// Whether the run was asked to cancel.
    #[must_use]
    pub fn was_asked_to_cancel(&self) -> bool {
        let mut events = self.history.events().iter();
        events.any(|event| {
            matches!(
                event.attributes,
                Some(Attributes::WorkflowExecutionCancelRequestedEventAttributes(
                    _
                ))
            )
        })
    }

    #[track_caller]
    fn inputs<A: Args>(
        &self,
        wanted: &str,
        of: impl Fn(Operation) -> Option<(String, EncodedValues)>,
    ) -> Vec<A> {
        let calls = self.operations().into_iter().filter_map(of);
        let calls = calls.filter(|(name, _)| name == wanted);
        calls
            .map(|(name, input)| decoded(&name, &input.read_by(&self.converter)))
            .collect()
    }
}

impl Received {
    /// Its parameters, as a tuple.
    ///
    /// # Panics
    /// If they are of other types.
    #[must_use]
    #[track_caller]
    pub fn args<A: Args>(&self) -> A {
        decoded(&self.name, &self.input)
    }
}

fn received(event: &HistoryEvent) -> Option<Received> {
    match &event.attributes {
        Some(Attributes::WorkflowExecutionSignaledEventAttributes(it)) => Some(Received {
            name: it.signal_name.clone(),
            input: it.input.clone().into(),
        }),
        _ => None,
    }
}

impl fmt::Display for TestHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.history.fmt(f)
    }
}

/// What was found is not what was expected.
struct Unlike<'e> {
    found: Vec<String>,
    expected: &'e [&'e str],
}

impl fmt::Display for Unlike<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the workflow has not asked for what was expected (-), but for this (+):")?;
        for index in 0..self.found.len().max(self.expected.len()) {
            let found = self.found.get(index).map(String::as_str);
            let expected = self.expected.get(index).copied();
            match (expected, found) {
                (Some(expected), Some(found)) if expected == found => write!(f, "\n    {found}")?,
                (expected, found) => {
                    let expected = expected.map(|it| format!("\n  - {it}"));
                    let found = found.map(|it| format!("\n  + {it}"));
                    write!(
                        f,
                        "{}{}",
                        expected.unwrap_or_default(),
                        found.unwrap_or_default()
                    )?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked() {
        let unlike = Unlike {
            found: vec!["timer 1h".into(), "activity send(\"Eve\")".into()],
            expected: &["timer 1h", "activity send(\"Ada\")", "complete null"],
        };
        assert_eq!(
            unlike.to_string(),
            "the workflow has not asked for what was expected (-), but for this (+):\n    timer 1h\n  - activity send(\"Ada\")\n  \
             + activity send(\"Eve\")\n  - complete null"
        );
    }
}
