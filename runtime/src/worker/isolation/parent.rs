//! The worker's side: starts the process, listens to it, and kills it when it must.

use std::ffi::OsString;
use std::fmt;
use std::future::pending;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::WORKER_PID;
use super::wire::{
    FromProcess, Measure, Measured, Outcome, Start, ToProcess, reason_to_wire, receive, send,
};
use crate::activity::{CancelReason, Execution};
use crate::converter::Payload;
use crate::error::{ActivityError, Failure};
use crate::metrics::{Label, Sink};

/// How long a process that has said its outcome may take to end.
const LAST_STEPS: Duration = Duration::from_secs(1);

/// How processes of activities are started, and stopped.
#[derive(Clone, Debug)]
pub(crate) struct Isolation {
    /// This program if not set.
    pub(crate) command: Option<(PathBuf, Vec<OsString>)>,
    /// How long an activity that should stop has before its process is killed.
    pub(crate) patience: Duration,
}

impl Default for Isolation {
    fn default() -> Self {
        Self {
            command: None,
            patience: Duration::from_secs(5),
        }
    }
}

/// Runs one attempt in a process of its own.
pub(in crate::worker) async fn run(
    isolation: Arc<Isolation>,
    execution: Arc<Execution>,
    input: Vec<Payload>,
) -> Result<Payload, ActivityError> {
    let started = Process::start(&isolation);
    let mut process = started.map_err(|error| process_error("cannot be started", &error))?;
    let start = Start::new(&execution.info, &execution.last_heartbeat, input);
    let start = ToProcess {
        start: Some(start),
        cancel: None,
    };
    // A process that is gone already is found out below, with its status.
    let _ = send(&mut process.to, &start).await;
    match process.listen(&isolation, &execution).await {
        End::Outcome(outcome) => {
            let ended = tokio::time::timeout(LAST_STEPS, process.child.wait());
            // It is killed when it is dropped.
            let _ = ended.await;
            outcome.into_result()
        }
        End::Lost => {
            let status = process.child.wait().await;
            let status = status.map_err(|error| process_error("cannot be waited for", &error))?;
            Err(process_error("ended before it had a result", &status))
        }
        End::Killed(Why::Cancelled) => Err(ActivityError::cancelled()),
        End::Killed(Why::TimedOut) => Err(ActivityError::timed_out()),
    }
}

fn process_error(what: &str, why: &dyn fmt::Display) -> ActivityError {
    ActivityError::new(
        "Process",
        format!("the process of the activity {what}: {why}"),
    )
}

struct Process {
    child: Child,
    from: Option<OwnedReadHalf>,
    to: OwnedWriteHalf,
}

enum End {
    Outcome(Box<Outcome>),
    Lost,
    Killed(Why),
}

#[derive(Clone, Copy)]
enum Why {
    Cancelled,
    TimedOut,
}

impl Process {
    fn start(isolation: &Isolation) -> io::Result<Self> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let mut command = match &isolation.command {
            Some((program, args)) => {
                let mut command = Command::new(program);
                command.args(args);
                command
            }
            None => Command::new(std::env::current_exe()?),
        };
        let child = command
            .env(WORKER_PID, std::process::id().to_string())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .kill_on_drop(true)
            .spawn()?;
        let (from, to) = UnixStream::from_std(ours)?.into_split();
        Ok(Self {
            child,
            from: Some(from),
            to,
        })
    }

    /// Passes on what the process says, until its outcome or its end; and to it that it should stop.
    async fn listen(&mut self, isolation: &Isolation, execution: &Execution) -> End {
        let Some(from) = self.from.take() else {
            return End::Lost;
        };
        let mut cancel = execution.cancel.subscribe();
        let deadline = execution.info.start_to_close.map(|it| Instant::now() + it);
        let mut kill_at = None;
        // Kept from round to round: a message that is half read must not be lost.
        let mut message = Box::pin(next(from));
        loop {
            tokio::select! {
                received = &mut message => {
                    let Ok((from, received)) = received else {
                        return End::Lost;
                    };
                    if let Some(outcome) = received.outcome {
                        return End::Outcome(Box::new(outcome));
                    }
                    pass_on(received, execution);
                    message = Box::pin(next(from));
                }
                reason = cancelled(&mut cancel), if kill_at.is_none() => {
                    kill_at = Some(Instant::now() + isolation.patience);
                    let stop = ToProcess { start: None, cancel: Some(reason_to_wire(reason)) };
                    let _ = send(&mut self.to, &stop).await;
                }
                () = at(kill_at) => return self.kill(Why::Cancelled).await,
                () = at(deadline) => return self.kill(Why::TimedOut).await,
            }
        }
    }

    async fn kill(&mut self, why: Why) -> End {
        // It fails only for a process that has ended.
        let _ = self.child.kill().await;
        End::Killed(why)
    }
}

async fn next(mut from: OwnedReadHalf) -> io::Result<(OwnedReadHalf, FromProcess)> {
    let message = receive(&mut from).await?;
    Ok((from, message))
}

async fn cancelled(
    cancel: &mut tokio::sync::watch::Receiver<Option<CancelReason>>,
) -> CancelReason {
    let reason = match cancel.wait_for(Option::is_some).await {
        Ok(reason) => *reason,
        Err(_) => None,
    };
    match reason {
        Some(reason) => reason,
        None => pending().await,
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => pending().await,
    }
}

fn pass_on(message: FromProcess, execution: &Execution) {
    if let Some(details) = message.heartbeat {
        execution.report(details.payloads);
    }
    if let Some(measured) = message.measured {
        measured.take(&execution.metrics);
    }
}

impl Measured {
    fn take(&self, sink: &Sink) {
        let Some(metrics) = sink.get() else { return };
        let names = self.label_names.iter().map(String::as_str);
        let labels = names.zip(self.label_values.iter().map(String::as_str));
        let labels: Vec<Label<'_>> = labels.collect();
        match self.measure() {
            Measure::Count => metrics.count(&self.name, &labels, self.value as u64),
            Measure::Gauge => metrics.gauge(&self.name, &labels, self.value),
            Measure::Record => metrics.record(&self.name, &labels, self.value),
            Measure::Latency => {
                let took = Duration::try_from_secs_f64(self.value).unwrap_or_default();
                metrics.latency(&self.name, &labels, took);
            }
        }
    }
}

impl Outcome {
    fn into_result(self) -> Result<Payload, ActivityError> {
        match (self.result, self.failure) {
            (Some(payload), _) => Ok(payload),
            (None, Some(failure)) => Err(ActivityError::from_failure(Failure::from_proto(failure))),
            (None, None) => Err(ActivityError::will_complete_async()),
        }
    }
}
