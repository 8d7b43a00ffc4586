//! Timers.

use std::panic::Location;
use std::task::Poll;
use std::time::Duration;

use mainspring_proto::command::v1 as command;
use mainspring_proto::history::v1 as history;

use super::{Seq, Table};
use crate::engine::Run;
use crate::engine::commands::{Attributes, CommandId};
use crate::engine::nondeterminism::Mismatch;
use crate::engine::run::ScopeId;
use crate::error::Cancelled;
use crate::interceptor::WorkflowCall;
use crate::time::duration_to_proto;

/// A timer that workflow code asks for.
pub(crate) struct TimerRequest {
    pub(crate) duration: Duration,
    pub(crate) summary: Option<String>,
    pub(crate) at: &'static Location<'static>,
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    table: Table<Timer>,
}

#[derive(Debug)]
struct Timer {
    duration: Duration,
    scope: ScopeId,
    at: &'static Location<'static>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// The command has met no event yet.
    Requested,
    Started,
    Fired,
    Cancelled,
}

impl Run {
    pub(crate) fn start_timer(&mut self, request: TimerRequest) -> Seq {
        let TimerRequest {
            duration,
            summary,
            at,
        } = request;
        self.assert_may_command("a timer");
        let scope = self.scope();
        let cancelled = self.is_cancelled(scope);
        let seq = self.timers.table.push(Timer {
            duration,
            scope,
            at,
            state: if cancelled {
                State::Cancelled
            } else {
                State::Requested
            },
        });
        if cancelled {
            return seq;
        }
        self.sent(&WorkflowCall::Timer { duration }, Vec::new(), Vec::new());
        let attributes = command::StartTimerCommandAttributes {
            timer_id: seq.to_string(),
            // The server refuses a timer of no time; a millisecond is its shortest.
            start_to_fire_timeout: Some(duration_to_proto(duration.max(Duration::from_millis(1)))),
        };
        let attributes = Attributes::StartTimerCommandAttributes(Box::new(attributes));
        let metadata = self.summary(summary, None);
        self.command_with(CommandId::StartTimer(seq), attributes, metadata, at);
        seq
    }

    pub(crate) fn poll_timer(&mut self, seq: Seq) -> Poll<Result<(), Cancelled>> {
        let polled = match self.timers.table.get(seq).state {
            State::Requested | State::Started => return Poll::Pending,
            State::Fired => Ok(()),
            State::Cancelled => Err(Cancelled),
        };
        self.progressed();
        Poll::Ready(polled)
    }

    pub(crate) fn cancel_timer(&mut self, seq: Seq) {
        let timer = self.timers.table.get(seq);
        let (state, at) = (timer.state, timer.at);
        match state {
            State::Requested => {
                timer.state = State::Cancelled;
                self.retract(CommandId::StartTimer(seq));
            }
            State::Started => {
                timer.state = State::Cancelled;
                let attributes = command::CancelTimerCommandAttributes {
                    timer_id: seq.to_string(),
                };
                self.command(
                    CommandId::CancelTimer(seq),
                    Attributes::CancelTimerCommandAttributes(Box::new(attributes)),
                    at,
                );
            }
            State::Fired | State::Cancelled => {}
        }
    }

    pub(crate) fn cancel_timers_of(&mut self, in_scope: &dyn Fn(ScopeId) -> bool) {
        let open = self.timers.table.iter();
        let open: Vec<Seq> = open
            .filter(|(_, it)| matches!(it.state, State::Requested | State::Started))
            .filter(|(_, it)| in_scope(it.scope))
            .map(|(seq, _)| seq)
            .collect();
        for seq in open {
            self.cancel_timer(seq);
        }
    }

    /// The lines of `__stack_trace` for what is being waited for.
    pub(crate) fn waiting_timers(&self) -> impl Iterator<Item = String> + '_ {
        let open = self.timers.table.iter();
        open.filter(|(_, it)| matches!(it.state, State::Requested | State::Started))
            .map(|(_, it)| format!("timer of {:?} at {}", it.duration, it.at))
    }

    pub(crate) fn on_timer_started(
        &mut self,
        seq: Seq,
        event_id: i64,
        event: &history::TimerStartedEventAttributes,
    ) -> Result<(), Mismatch> {
        Mismatch::check("timer id", &seq.to_string(), &event.timer_id)?;
        let timer = self.timers.table.get(seq);
        if timer.state == State::Requested {
            timer.state = State::Started;
        }
        self.timers.table.bind(event_id, seq);
        Ok(())
    }

    pub(crate) fn on_timer_fired(&mut self, started_event_id: i64) {
        if let Some((_, timer)) = self.timers.table.by_event(started_event_id)
            && timer.state == State::Started
        {
            timer.state = State::Fired;
        }
    }
}
