//! Hands transitions to the store, and lets their effects go once they are durable.

use std::sync::Arc;

use crate::{
    clock::Clock,
    frontend::execution_info,
    history::{ids::RunKey, record, task::Task, transition::Transition},
    matching::PriorityKey,
    persistence::{Commit, RunWrite},
    visibility::Record,
};

use super::{
    Shard, TaskRef,
    chain::{Chain, Run},
    dispatch::Dispatch,
    effects::Effect,
    queries::{normal_queue, redirect_waiting},
    ticket::Ticket,
};

/// A run that moves, in one commit with others of its chain.
#[derive(Debug)]
pub(crate) struct Moved {
    key: RunKey,
    transition: Transition<()>,
    becomes_current: bool,
}

impl Moved {
    /// A run that is there already.
    pub(crate) fn existing(key: RunKey, transition: Transition<()>) -> Self {
        Self {
            key,
            transition,
            becomes_current: false,
        }
    }

    /// A run that comes into being, and gets the workflow id.
    pub(crate) fn new(key: RunKey, transition: Transition<()>) -> Self {
        Self {
            key,
            transition,
            becomes_current: true,
        }
    }
}

impl Shard {
    /// Takes transitions of runs of one chain, in one commit, while the chain is locked.
    pub(crate) fn submit(self: &Arc<Self>, chain: &mut Chain, moved: Vec<Moved>) -> Ticket {
        // Work may go over from one run to the next, and is not done in between.
        let _at_work = self.clock(&chain.key).hold();
        let ticket = Ticket::default();
        let mut commit = Commit::default();
        let mut effects = Vec::new();
        let mut before = None;
        let mut moved: std::collections::VecDeque<_> = moved.into();
        while let Some(mut next) = moved.pop_front() {
            if let Some(new_run) = next.transition.new_run.take() {
                let key = new_run.state.run.clone();
                moved.push_front(Moved::new(key, *new_run));
            }
            let durable = next.transition.is_durable();
            let previous = self.move_run(chain, next, &mut commit, &mut effects);
            if durable {
                continue;
            }
            before = Some(previous);
        }
        if commit.runs.is_empty() {
            // Nothing to store, but what is said may rest on a commit that is under way.
            let before = before.unwrap_or(ticket);
            self.after(before.clone(), effects);
            return before;
        }
        for write in &commit.runs {
            if let Ok(run) = chain.run(&*self.store, &write.run.run_id) {
                run.ticket = ticket.clone();
            }
        }
        if let Some(current) = &commit.current {
            chain.set_current(Arc::clone(&current.run_id));
        }
        let shard = Arc::clone(self);
        let resolved = ticket.clone();
        self.store.commit(
            commit,
            Box::new(move |result| {
                if result.is_ok() {
                    shard.perform(effects);
                }
                resolved.resolve(result);
            }),
        );
        ticket
    }

    /// Puts the run into its new state. Returns its last commit before.
    fn move_run(
        self: &Arc<Self>,
        chain: &mut Chain,
        moved: Moved,
        commit: &mut Commit,
        effects: &mut Vec<Effect>,
    ) -> Ticket {
        let Moved {
            key,
            mut transition,
            becomes_current,
        } = moved;
        let promised = self.start_at_once(&mut transition, effects);
        if becomes_current {
            commit.current = Some(key.clone());
            chain.insert(Run::new(crate::history::state::MutableState::new(
                key.clone(),
            )));
        }
        let Ok(run) = chain.run(&*self.store, &key.run_id) else {
            // The run was read under this very lock, so it is hot.
            return Ticket::default();
        };
        let previous = run.ticket.clone();
        let events = (run.state.next_event_id, transition.state.next_event_id);
        let was_open = run.state.is_open();
        if transition.is_durable() {
            run.seq += 1;
            commit.runs.push(RunWrite {
                run: key.clone(),
                seq: run.seq,
                record: record::encode(&transition.changes),
                events,
                visibility: None,
                active: transition.state.is_open()
                    || transition
                        .state
                        .close
                        .as_ref()
                        .is_some_and(|close| close.unannounced),
            });
        }
        for change in &transition.changes {
            run.remember(change);
        }
        run.state = transition.state;
        if transition.tasks.contains(&Task::Visibility) {
            let namespace = self.namespace(&key.workflow.namespace_id);
            let shown = Record::new(execution_info::shown(run), &namespace.search_attributes);
            if let Some(write) = commit.runs.last_mut().filter(|write| write.run == key) {
                write.visibility = Some(Arc::new(shown));
            }
        }
        effects.extend(self.effects_of(run, transition.tasks));
        if !promised.is_empty() {
            let namespace = self.namespace(&key.workflow.namespace_id);
            let promised = promised.into_iter();
            effects.extend(promised.map(|it| it.effect(run, &namespace.name)));
        }
        if was_open && !run.state.is_open() {
            effects.push(Effect::Closed(key.clone()));
            effects.extend(orphaned_queries(run));
        }
        if !transition.changes.is_empty() {
            effects.push(Effect::Changed(run.changed()));
        }
        self.set_timer(run);
        chain.weigh(&key.run_id);
        previous
    }

    /// Sees to it that time passes for the run as it should.
    pub(super) fn set_timer(&self, run: &mut Run) {
        let at = run.state.next_deadline();
        let workflow = &run.state.run.workflow;
        let (clock, timers) = (self.clock(workflow), self.timers.of(&workflow.namespace_id));
        if let Clock::System = clock {
            let stays = match (at, run.wakes_at) {
                // What is due later is seen when it wakes up.
                (Some(at), Some(wakes_at)) => wakes_at <= at,
                (at, wakes_at) => at == wakes_at,
            };
            if !stays {
                timers.shift(&run.state.run, run.wakes_at, at);
                run.wakes_at = at;
            }
            return;
        }
        timers.replace(&run.state.run, at);
        // After the timer is set, for time may jump to it from here on.
        match (run.state.is_at_work(&run.lost), &run.at_work) {
            (true, None) => run.at_work = Some(clock.hold()),
            (false, Some(_)) => run.at_work = None,
            _ => {}
        }
        if !run.state.is_open() {
            run.release_result_waits();
        }
    }

    /// Performs effects once that commit is durable.
    fn after(self: &Arc<Self>, ticket: Ticket, effects: Vec<Effect>) {
        if effects.is_empty() {
            return;
        }
        if ticket.is_durable() {
            self.perform(effects);
            return;
        }
        let shard = Arc::clone(self);
        self.spawn(async move {
            if ticket.durable().await.is_ok() {
                shard.perform(effects);
            }
        });
    }
}

/// Queries that were to ride on a workflow task which will not come: the ended run answers them by
/// tasks of their own, if it ever did anything.
fn orphaned_queries(run: &mut Run) -> Vec<Effect> {
    if !run.state.has_completed_workflow_task() {
        run.queries.clear();
        return Vec::new();
    }
    let key = run.state.run.clone();
    let normal = normal_queue(run);
    let redirected = redirect_waiting(run).into_iter();
    redirected
        .map(|(query_id, ..)| {
            Effect::Dispatch(Dispatch {
                queue: normal.clone(),
                sticky: false,
                task: TaskRef::Query {
                    run: key.clone(),
                    query_id,
                },
                priority: PriorityKey::DEFAULT,
            })
        })
        .collect()
}
