//! What one run knows, beside the futures of its code.

use std::collections::BTreeMap;
use std::panic::Location;
use std::task::Poll;
use std::time::SystemTime;

use mainspring_proto::common::v1 as common;
use mainspring_proto::sdk::v1::UserMetadata;

use super::commands::{At, Attributes, CommandId, Commands};
use super::machines::{
    Activities, CancelExternals, Children, LocalActivities, Patches, SideEffects, SignalExternals,
    Timers, Updates,
};
use super::random::Random;
use super::surroundings::Surroundings;
use crate::activity::BoxFuture;
use crate::converter::{DataConverter, EncodedValues, Payload};
use crate::interceptor::{CallingWorkflow, WorkflowCall, WorkflowInput, WorkflowOutcome};
use crate::metrics::Sink;
use crate::registry;
use crate::workflow::{Sinks, WorkflowInfo};

/// The state behind the operations of workflow code. Operations reach it through `engine::context`.
pub struct Run {
    info: WorkflowInfo,
    defined_at: registry::Location,
    converter: DataConverter,
    around: Surroundings,
    pub(super) now: SystemTime,
    pub(super) replaying: bool,
    pub(super) history_length: i64,
    pub(super) history_size: i64,
    pub(super) continue_as_new_suggested: bool,
    /// Set while a query or a validator runs: its name for the message.
    pub(super) read_only: Option<&'static str>,
    pub(super) commands: Commands,
    pub(super) progress: bool,
    /// Whether a signal or update handler was running when this round of polls began.
    pub(super) handlers_run: bool,
    scopes: Vec<Scope>,
    current_scope: ScopeId,
    pub(super) spawned: Vec<BoxFuture<'static, ()>>,
    pub(crate) random: Random,
    /// Apart from `random`, so that tracing changes nothing that code sees.
    #[cfg(feature = "opentelemetry")]
    pub(crate) span_ids: Random,
    pub(crate) buffered_signals: BTreeMap<String, Vec<BufferedSignal>>,
    pub(super) cancel_reason: String,
    pub(crate) current_details: String,
    pub(crate) activities: Activities,
    pub(crate) local_activities: LocalActivities,
    pub(crate) timers: Timers,
    pub(crate) children: Children,
    pub(crate) signal_externals: SignalExternals,
    pub(crate) cancel_externals: CancelExternals,
    pub(crate) patches: Patches,
    pub(crate) side_effects: SideEffects,
    pub(crate) updates: Updates,
}

/// A group of operations that are cancelled together; the first is the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScopeId(usize);

#[derive(Debug, Default)]
struct Scope {
    /// None for the root, and for detached scopes.
    parent: Option<ScopeId>,
    cancelled: bool,
}

/// A signal that came before anything could handle it.
#[derive(Clone, Debug)]
pub(crate) struct BufferedSignal {
    pub(crate) payloads: Vec<Payload>,
}

impl Run {
    pub(super) fn new(
        info: WorkflowInfo,
        defined_at: registry::Location,
        converter: DataConverter,
        around: Surroundings,
        seed: &str,
    ) -> Self {
        Self {
            info,
            defined_at,
            converter,
            around,
            now: SystemTime::UNIX_EPOCH,
            replaying: false,
            history_length: 0,
            history_size: 0,
            continue_as_new_suggested: false,
            read_only: None,
            commands: Commands::default(),
            progress: false,
            handlers_run: false,
            scopes: vec![Scope::default()],
            current_scope: ScopeId(0),
            spawned: Vec::new(),
            random: Random::from_seed_text(seed),
            #[cfg(feature = "opentelemetry")]
            span_ids: Random::from_seed_text(&format!("{seed}/spans")),
            buffered_signals: BTreeMap::new(),
            cancel_reason: String::new(),
            current_details: String::new(),
            activities: Activities::default(),
            local_activities: LocalActivities::default(),
            timers: Timers::default(),
            children: Children::default(),
            signal_externals: SignalExternals::default(),
            cancel_externals: CancelExternals::default(),
            patches: Patches::default(),
            side_effects: SideEffects::default(),
            updates: Updates::default(),
        }
    }

    pub(crate) fn info(&self) -> &WorkflowInfo {
        &self.info
    }

    /// What interceptors of handlers are told, if there are any.
    pub(super) fn info_for_interceptors(&self) -> Option<WorkflowInfo> {
        (!self.around.interceptors.is_empty()).then(|| self.info.clone())
    }

    pub(crate) fn metrics(&self) -> &Sink {
        &self.around.metrics
    }

    pub(crate) fn sinks(&self) -> &Sinks {
        &self.around.sinks
    }

    pub(crate) fn info_mut(&mut self) -> &mut WorkflowInfo {
        &mut self.info
    }

    pub(crate) fn converter(&self) -> &DataConverter {
        &self.converter
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.now
    }

    /// Queries only ever see the present, so that their logs and sinks are not held back.
    pub(crate) fn is_replaying(&self) -> bool {
        self.around.silent || (self.replaying && self.read_only.is_none())
    }

    pub(crate) fn history_length(&self) -> i64 {
        self.history_length
    }

    pub(crate) fn history_size(&self) -> i64 {
        self.history_size
    }

    pub(crate) fn continue_as_new_suggested(&self) -> bool {
        self.continue_as_new_suggested
    }

    pub(crate) fn cancel_reason(&self) -> &str {
        &self.cancel_reason
    }

    pub(crate) fn handlers_run(&self) -> bool {
        self.handlers_run
    }

    /// A leaf has yielded: code has gone on, so that conditions must be looked at again.
    pub(crate) fn progressed(&mut self) {
        self.progress = true;
    }

    /// Takes the oldest signal of a name that no handler took.
    pub(crate) fn next_buffered_signal(&mut self, name: &str) -> Option<BufferedSignal> {
        let waiting = self.buffered_signals.get_mut(name)?;
        (!waiting.is_empty()).then(|| waiting.remove(0))
    }

    /// Adds a piece of code that runs beside the others.
    pub(crate) fn spawn(&mut self, future: BoxFuture<'static, ()>) {
        self.assert_may_command("workflow::spawn");
        self.spawned.push(future);
    }

    /// # Panics
    /// In a query or a validator, which must not change anything.
    pub(crate) fn assert_may_command(&self, item: &str) {
        if let Some(reader) = self.read_only {
            panic!("{item} was used in {reader}, which must not change anything [MS0701]");
        }
    }

    pub(crate) fn command(
        &mut self,
        id: CommandId,
        attributes: Attributes,
        at: &'static Location<'static>,
    ) {
        self.command_with(id, attributes, None, at);
    }

    pub(crate) fn command_with(
        &mut self,
        id: CommandId,
        attributes: Attributes,
        metadata: Option<UserMetadata>,
        at: &'static Location<'static>,
    ) {
        self.around.progress.pass(at);
        self.commands.push(id, attributes, metadata, at.into());
    }

    /// A command that no call of the code asks for: the end of the workflow, or an answer to an update.
    pub(super) fn command_of_definition(&mut self, id: CommandId, attributes: Attributes) {
        let at = At::Definition(self.defined_at);
        self.commands.push(id, attributes, None, at);
    }

    pub(crate) fn retract(&mut self, id: CommandId) {
        self.commands.retract(&id);
    }

    /// What the UI shows beside an operation.
    pub(crate) fn summary(
        &self,
        summary: Option<String>,
        details: Option<String>,
    ) -> Option<UserMetadata> {
        if summary.is_none() && details.is_none() {
            return None;
        }
        let encode =
            |text: Option<String>| text.and_then(|text| self.converter.to_payload(&text).ok());
        Some(UserMetadata {
            summary: encode(summary),
            details: encode(details),
        })
    }

    /// What a call carries: the headers of its options and its arguments, and what interceptors make of them.
    pub(crate) fn sent(
        &self,
        call: &WorkflowCall<'_>,
        headers: Vec<(String, Payload)>,
        args: Vec<Payload>,
    ) -> WorkflowInput {
        let mut input = WorkflowInput {
            headers: headers.into_iter().collect(),
            args,
        };
        let interceptors = &self.around.interceptors;
        interceptors.workflow_call(&self.calling(), call, &mut input);
        input
    }

    /// Makes of what has come of a call what interceptors make of it, before code learns of it.
    pub(crate) fn learn(&self, call: &WorkflowCall<'_>, outcome: &mut WorkflowOutcome) {
        let interceptors = &self.around.interceptors;
        interceptors.workflow_outcome(&self.calling(), call, outcome);
    }

    pub(crate) fn has_interceptors(&self) -> bool {
        !self.around.interceptors.is_empty()
    }

    fn calling(&self) -> CallingWorkflow<'_> {
        CallingWorkflow {
            info: &self.info,
            now: self.now,
            is_replaying: self.is_replaying(),
        }
    }

    pub(crate) fn encode_result(&self, payload: Payload) -> Option<common::Payloads> {
        EncodedValues::new(vec![payload]).into_proto()
    }
}

impl Run {
    /// The scope of the code that is being polled.
    pub(crate) fn scope(&self) -> ScopeId {
        self.current_scope
    }

    /// Polls code of another scope; returns the one to go back to.
    pub(crate) fn enter_scope(&mut self, scope: ScopeId) -> ScopeId {
        std::mem::replace(&mut self.current_scope, scope)
    }

    /// A scope within the current one.
    pub(crate) fn new_scope(&mut self) -> ScopeId {
        let parent = Some(self.current_scope);
        self.push_scope(parent)
    }

    /// A scope that no other one cancels.
    pub(crate) fn new_detached_scope(&mut self) -> ScopeId {
        self.push_scope(None)
    }

    fn push_scope(&mut self, parent: Option<ScopeId>) -> ScopeId {
        let cancelled = parent.is_some_and(|it| self.is_cancelled(it));
        self.scopes.push(Scope { parent, cancelled });
        ScopeId(self.scopes.len() - 1)
    }

    pub(crate) fn is_cancelled(&self, scope: ScopeId) -> bool {
        self.scopes[scope.0].cancelled
    }

    pub(crate) fn is_run_cancelled(&self) -> bool {
        self.scopes[0].cancelled
    }

    pub(crate) fn poll_cancelled(&mut self, scope: ScopeId) -> Poll<()> {
        if !self.is_cancelled(scope) {
            return Poll::Pending;
        }
        self.progressed();
        Poll::Ready(())
    }

    /// Cancels a scope, those within it, and their operations.
    pub(crate) fn cancel_scope(&mut self, scope: ScopeId) {
        if self.is_cancelled(scope) {
            return;
        }
        self.scopes[scope.0].cancelled = true;
        let mut cancelled = vec![false; self.scopes.len()];
        cancelled[scope.0] = true;
        // Parents come before their children, so that one pass finds all.
        for id in 0..self.scopes.len() {
            if let Some(parent) = self.scopes[id].parent
                && cancelled[parent.0]
            {
                cancelled[id] = true;
                self.scopes[id].cancelled = true;
            }
        }
        let within = move |id: ScopeId| cancelled[id.0];
        self.cancel_activities_of(&within);
        self.cancel_local_activities_of(&within);
        self.cancel_timers_of(&within);
        self.cancel_children_of(&within);
        self.progressed();
    }

    /// Cancels the whole run.
    pub(super) fn cancel_run(&mut self, reason: &str) {
        reason.clone_into(&mut self.cancel_reason);
        self.cancel_scope(ScopeId(0));
    }
}
