//! Compares what was acknowledged with what the histories say.

use std::{collections::BTreeMap, fmt};

use mainspring_proto::{
    enums::v1::{EventType, HistoryEventFilterType},
    history::v1::{HistoryEvent, history_event::Attributes},
    workflowservice::v1::GetWorkflowExecutionHistoryRequest,
};

use super::{
    SIGNALS,
    client::{Acknowledged, NAMESPACE, Persistent, Workflow},
};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    workflows: usize,
    acknowledged: usize,
    lost: Vec<String>,
    duplicated: Vec<String>,
    wrong: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "workflows={}, acknowledged={}, lost={}, duplicated={}, wrong={}",
            self.workflows,
            self.acknowledged,
            self.lost.len(),
            self.duplicated.len(),
            self.wrong.len()
        )
    }
}

impl Report {
    pub(crate) fn is_flawless(&self) -> bool {
        self.lost.is_empty() && self.duplicated.is_empty() && self.wrong.is_empty()
    }

    pub(crate) fn details(&self) -> String {
        let all = self.lost.iter().chain(&self.duplicated).chain(&self.wrong);
        all.cloned().collect::<Vec<_>>().join("\n")
    }

    fn exactly_once(&mut self, what: String, times: usize) {
        self.acknowledged += 1;
        match times {
            0 => self.lost.push(what),
            1 => {}
            _ => self.duplicated.push(what),
        }
    }
}

/// Waits for every workflow's end, and looks at every history.
pub(crate) async fn everything(address: &str, acknowledged: &Acknowledged) -> Report {
    let mut client = Persistent::new(address.to_owned());
    let mut report = Report::default();
    for (workflow_id, workflow) in &acknowledged.workflows {
        report.workflows += 1;
        report.acknowledged += 1;
        let Some(chain) = chain(&mut client, workflow_id, &workflow.run_id).await else {
            report
                .lost
                .push(format!("{workflow_id}: the run {}", workflow.run_id));
            continue;
        };
        check(&mut report, workflow_id, workflow, &chain);
    }
    report
}

/// The events of a run and of those it continues in, once the last is closed.
async fn chain(
    client: &mut Persistent,
    workflow_id: &str,
    run_id: &str,
) -> Option<Vec<Vec<HistoryEvent>>> {
    let mut runs = Vec::new();
    let mut run_id = run_id.to_owned();
    while !run_id.is_empty() {
        // Waits for the end first.
        history(
            client,
            workflow_id,
            &run_id,
            HistoryEventFilterType::CloseEvent,
        )
        .await?;
        let events = history(
            client,
            workflow_id,
            &run_id,
            HistoryEventFilterType::AllEvent,
        )
        .await?;
        run_id = match events.last().and_then(|event| event.attributes.as_ref()) {
            Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(it)) => {
                it.new_execution_run_id.clone()
            }
            _ => String::new(),
        };
        runs.push(events);
    }
    Some(runs)
}

async fn history(
    client: &mut Persistent,
    workflow_id: &str,
    run_id: &str,
    filter: HistoryEventFilterType,
) -> Option<Vec<HistoryEvent>> {
    let mut request = GetWorkflowExecutionHistoryRequest {
        namespace: NAMESPACE.into(),
        execution: Some(mainspring_proto::common::v1::WorkflowExecution {
            workflow_id: workflow_id.into(),
            run_id: run_id.into(),
        }),
        wait_new_event: filter == HistoryEventFilterType::CloseEvent,
        history_event_filter_type: filter as i32,
        ..Default::default()
    };
    let mut events = Vec::new();
    loop {
        let page = client
            .insist(async |client| client.get_workflow_execution_history(request.clone()).await)
            .await
            .ok()?
            .into_inner();
        events.extend(page.history.unwrap_or_default().events);
        request.next_page_token = page.next_page_token;
        if request.next_page_token.is_empty() {
            return Some(events);
        }
    }
}

fn check(report: &mut Report, workflow_id: &str, workflow: &Workflow, chain: &[Vec<HistoryEvent>]) {
    let mut signals = BTreeMap::<&str, usize>::new();
    let mut updates = BTreeMap::<&str, usize>::new();
    for events in chain {
        let dense = events
            .iter()
            .zip(1..)
            .all(|(event, id)| event.event_id == id);
        if !dense {
            report
                .wrong
                .push(format!("{workflow_id}: event ids are not dense"));
        }
        check_pairs(report, workflow_id, events);
        for event in events {
            match event.attributes.as_ref() {
                Some(Attributes::WorkflowExecutionSignaledEventAttributes(it)) => {
                    *signals.entry(&it.signal_name).or_default() += 1;
                }
                Some(Attributes::WorkflowExecutionUpdateCompletedEventAttributes(it)) => {
                    let id = it.meta.as_ref().map_or("", |meta| &meta.update_id);
                    *updates.entry(id).or_default() += 1;
                }
                _ => {}
            }
        }
    }
    for name in &workflow.signals {
        let times = signals.get(name.as_str()).copied().unwrap_or(0);
        report.exactly_once(format!("{workflow_id}: {name}"), times);
    }
    for id in &workflow.updates {
        let times = updates.get(id.as_str()).copied().unwrap_or(0);
        report.exactly_once(format!("{workflow_id}: {id}"), times);
    }
    let last = chain.last().and_then(|events| events.last());
    let result = match last.and_then(|event| event.attributes.as_ref()) {
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(it)) => {
            let payload = it
                .result
                .as_ref()
                .and_then(|result| result.payloads.first());
            payload.map(|payload| payload.data.clone())
        }
        _ => None,
    };
    if result.as_deref() != Some(SIGNALS.to_string().as_bytes()) || chain.len() != 2 {
        let kind = last.map(|event| event.event_type().as_str_name());
        report.wrong.push(format!(
            "{workflow_id}: {} runs, ended by {kind:?} with {result:?}",
            chain.len()
        ));
    }
}

/// Whatever was begun in a run has ended once: two activities, a timer and a child.
fn check_pairs(report: &mut Report, workflow_id: &str, events: &[HistoryEvent]) {
    for (kind, expected) in [
        (EventType::ActivityTaskScheduled, 2),
        (EventType::ActivityTaskCompleted, 2),
        (EventType::TimerStarted, 1),
        (EventType::TimerFired, 1),
        (EventType::StartChildWorkflowExecutionInitiated, 1),
        (EventType::ChildWorkflowExecutionStarted, 1),
        (EventType::ChildWorkflowExecutionCompleted, 1),
    ] {
        let of_kind = events.iter().filter(|event| event.event_type() == kind);
        let found = of_kind.count();
        let what = || format!("{workflow_id}: {} {found} times", kind.as_str_name());
        match found {
            _ if found == expected => {}
            _ if found < expected => report.lost.push(what()),
            _ => report.duplicated.push(what()),
        }
    }
    let timers: Vec<_> = events
        .iter()
        .filter(|event| {
            matches!(
                event.event_type(),
                EventType::TimerStarted | EventType::TimerFired
            )
        })
        .filter_map(|event| event.event_time)
        .collect();
    if let [started, fired] = timers[..] {
        let nanos = |time: mainspring_proto::prost_types::Timestamp| {
            i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos)
        };
        if nanos(fired) - nanos(started) < 30_000_000 {
            report
                .wrong
                .push(format!("{workflow_id}: the timer fired early"));
        }
    }
}
