//! From events to activations.
//!
//! A workflow task that ran appears in history as *started*, *completed*, then one event per command. The engine
//! activates code once per such task, with all events up to its *started*; a task that failed or timed out does not
//! count. What the code then asks for must be what the events after *completed* say: in the same order, of the same
//! kind, with the same names. At the last task, which is still open, the commands go to the server instead.
//!
//! Some answers are needed before their event is reached: patches, side effects, local activities and updates are
//! looked up ahead, among the command events of the task that is being replayed.

use mainspring_proto::history::v1::HistoryEvent;
use mainspring_proto::history::v1::history_event::Attributes;
use mainspring_proto::query::v1::WorkflowQueryResult;

use super::handlers::UpdateRequest;
use super::machines::{local_activity, patch, side_effect};
use super::{
    Completion, Engine, LocalActivityResult, Nondeterminism, OpenTask, Output, TaskFailure,
    WorkflowTask, events, nondeterminism,
};
use crate::converter::Payload;
use crate::time::time_from_proto;

impl Engine {
    pub(super) fn handle_task(&mut self, task: WorkflowTask) -> Result<(), TaskFailure> {
        if let Some(last) = task.events.last() {
            self.last_event_id = last.event_id;
        }
        match self.incoming.is_empty() {
            true => self.incoming = task.events.into(),
            false => self.incoming.extend(task.events),
        }
        self.task = Some(OpenTask {
            started_event_id: task.started_event_id,
            queries: task.queries,
            query: task.query,
        });
        let mut messages = task.messages;
        let mut side_effects = task.side_effects;
        let mut local_activities = task.local_activities;
        let mut replayed = false;
        while let Some(at) = self.next_started() {
            let live = at + 1 == self.incoming.len()
                && self.incoming[at].event_id == task.started_event_id;
            if live {
                if std::mem::take(&mut replayed) {
                    self.around.caught_up.tell();
                }
                let requests = std::mem::take(&mut messages).into_iter();
                self.requests
                    .extend(requests.filter_map(UpdateRequest::from_message));
                for value in side_effects.drain(..) {
                    self.on_side_effect_ahead(value);
                }
            }
            let ended = match live {
                true => std::mem::take(&mut local_activities),
                false => Vec::new(),
            };
            self.activate_task(at, live, ended)?;
            replayed |= !live;
        }
        self.apply_rest()?;
        if replayed {
            self.around.caught_up.tell();
        }
        self.answer();
        Ok(())
    }

    pub(super) fn handle_local_activity(
        &mut self,
        result: LocalActivityResult,
    ) -> Result<(), TaskFailure> {
        if let Some(run) = &mut self.run {
            run.resolve_local_activity(result);
        }
        self.run_until_it_waits()?;
        self.answer();
        Ok(())
    }

    /// Finds the *started* event of the next task that counts.
    fn next_started(&self) -> Option<usize> {
        let at = |index: usize| {
            self.incoming
                .get(index)
                .and_then(|it| it.attributes.as_ref())
        };
        (0..self.incoming.len()).find(|&index| {
            matches!(
                at(index),
                Some(Attributes::WorkflowTaskStartedEventAttributes(_))
            ) && matches!(
                at(index + 1),
                None | Some(Attributes::WorkflowTaskCompletedEventAttributes(_))
            )
        })
    }

    /// Lets code take up what has happened until a task, and until the ends of local activities that are known.
    fn activate_task(
        &mut self,
        started: usize,
        live: bool,
        mut resolutions: Vec<LocalActivityResult>,
    ) -> Result<(), TaskFailure> {
        let events = match started + 1 == self.incoming.len() {
            // Nothing is left, and no room for it either: a worker keeps many runs that wait.
            true => std::mem::take(&mut self.incoming),
            false => self.incoming.drain(..=started).collect(),
        };
        if !live {
            resolutions = self.look_ahead();
        }
        for event in events {
            self.apply(event, live)?;
        }
        self.start_handlers()?;
        self.run_until_it_waits()?;
        // As it was when it happened: each result is recorded, and code goes on, before the next one.
        for result in resolutions {
            if let Some(run) = &mut self.run {
                run.resolve_local_activity(result);
            }
            self.run_until_it_waits()?;
        }
        Ok(())
    }

    fn run_until_it_waits(&mut self) -> Result<(), TaskFailure> {
        self.run_code()?;
        if let Some(run) = &mut self.run {
            run.begin_local_activities();
        }
        Ok(())
    }

    /// Learns what the commands of the task that is being replayed will turn out to say.
    fn look_ahead(&mut self) -> Vec<LocalActivityResult> {
        let mut resolutions = Vec::new();
        let mut requests = Vec::new();
        let mut side_effects = Vec::new();
        // The first is the *completed* event itself; a task that is open still has none of this.
        let ahead = self.incoming.iter().skip(1);
        for event in ahead.take_while(|event| events::answers_a_command(event)) {
            match &event.attributes {
                Some(Attributes::MarkerRecordedEventAttributes(marker)) => {
                    match marker.marker_name.as_str() {
                        local_activity::MARKER => {
                            resolutions.extend(local_activity::result_of(marker));
                        }
                        patch::MARKER => {
                            if let (Some((id, _)), Some(run)) =
                                (patch::patch_of(marker), &mut self.run)
                            {
                                run.on_patch_ahead(id);
                            } else if let Some((id, _)) = patch::patch_of(marker) {
                                self.executor.patches_ahead.push(id);
                            }
                        }
                        side_effect::MARKER => {
                            side_effects.push(side_effect::value_of(marker));
                        }
                        _ => {}
                    }
                }
                Some(Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(accepted)) => {
                    requests.extend(UpdateRequest::from_history(accepted));
                }
                _ => {}
            }
        }
        self.requests = requests;
        for value in side_effects {
            self.on_side_effect_ahead(value);
        }
        resolutions
    }

    /// The next side effects have these values.
    fn on_side_effect_ahead(&mut self, value: Payload) {
        match &mut self.run {
            Some(run) => run.on_side_effect_ahead(value),
            None => self.executor.side_effects_ahead.push(value),
        }
    }

    /// Applies what comes after the last task: the ends of closed runs.
    fn apply_rest(&mut self) -> Result<(), TaskFailure> {
        let Some(OpenTask {
            started_event_id: 0,
            ..
        }) = self.task
        else {
            return Ok(());
        };
        let rest = self.incoming.iter().take_while(|event| {
            matches!(
                event.attributes,
                Some(Attributes::WorkflowTaskCompletedEventAttributes(_))
            ) || events::answers_a_command(event)
        });
        let count = rest.count();
        let events: Vec<HistoryEvent> = self.incoming.drain(..count).collect();
        for event in events {
            self.apply(event, false)?;
        }
        // All events of a completed task's commands are written at once, so that what is missing now is missing for good.
        if count > 0
            && self.matching
            && let Some(slot) = self.run.as_ref().and_then(|run| run.commands.front())
        {
            let error = Nondeterminism {
                event_id: self.last_event_id,
                found: "nothing more".to_owned(),
                expected: slot.describe(),
            };
            return Err(error.into());
        }
        Ok(())
    }

    /// Applies one event: matches it to a command, or tells the machine that waits for it.
    fn apply(&mut self, event: HistoryEvent, live: bool) -> Result<(), TaskFailure> {
        if events::answers_a_command(&event) {
            return self.answer_command(&event);
        }
        if self.matching {
            self.matching = false;
            if let Some(run) = &self.run
                && let Some(slot) = run.commands.front()
            {
                let error = Nondeterminism {
                    event_id: event.event_id,
                    found: format!("nothing more before {}", nondeterminism::describe(&event)),
                    expected: slot.describe(),
                };
                return Err(error.into());
            }
        }
        let event_id = event.event_id;
        let time = event.event_time.map(time_from_proto);
        let Some(attributes) = event.attributes else {
            return Ok(());
        };
        match attributes {
            Attributes::WorkflowExecutionStartedEventAttributes(started) => {
                return self.start_run(*started, time);
            }
            Attributes::WorkflowTaskCompletedEventAttributes(_) => self.matching = true,
            Attributes::WorkflowTaskStartedEventAttributes(started) => {
                if let Some(run) = &mut self.run {
                    run.on_task_started(event_id, time, &started, !live);
                }
            }
            Attributes::WorkflowExecutionSignaledEventAttributes(signal) => {
                self.executor.signals.push(*signal);
            }
            other => {
                if let Some(run) = &mut self.run {
                    run.on_event(event_id, other);
                }
            }
        }
        Ok(())
    }

    fn answer_command(&mut self, event: &HistoryEvent) -> Result<(), TaskFailure> {
        let Some(run) = &mut self.run else {
            return Ok(());
        };
        #[cfg(feature = "testing")]
        if self.strict {
            run.check_input(event)?;
        }
        Ok(run.answer_command(event)?)
    }

    /// Says what there is to say now that code cannot go on.
    fn answer(&mut self) {
        let Some(task) = &self.task else { return };
        let live = task.started_event_id > 0;
        if let Some(run) = &mut self.run
            && live
        {
            for task in run.take_local_activities_to_start() {
                let output = Output::StartLocalActivity(Box::new(task));
                self.outputs.push_back(output);
            }
            for seq in run.take_local_activities_to_cancel() {
                self.outputs.push_back(Output::CancelLocalActivity(seq));
            }
            if !self.finished && run.local_activities_run() {
                return;
            }
        }
        self.complete(false);
    }

    /// Answers the task with what there is.
    pub(super) fn complete(&mut self, local_activities_run: bool) {
        let Some(task) = self.task.take() else { return };
        if let Some(query) = task.query {
            let answer: WorkflowQueryResult = self.query(&query);
            self.outputs
                .push_back(Output::QueryAnswer(Box::new(answer)));
            return;
        }
        if task.started_event_id == 0 {
            return;
        }
        let query_results = task.queries.iter();
        let query_results = query_results
            .map(|(id, query)| (id.clone(), self.query(query)))
            .collect();
        let Some(run) = &mut self.run else { return };
        let completion = Completion {
            commands: run.commands.take_unsent(),
            messages: run.take_messages(),
            query_results,
            force_new_task: local_activities_run,
            versioning: self.definition.versioning,
            finished: self.finished,
        };
        let output = Output::Completion(Box::new(completion));
        self.outputs.push_back(output);
    }
}
