//! Signals and cancellations to workflows that are not children, or are.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{SignalType, encoded_args};
use crate::converter::IntoArgs;
use crate::durable::{Durable, Seal};
use crate::engine::context;
use crate::engine::machines::{CancelExternalRequest, ExternalTarget, Seq, SignalExternalRequest};
use crate::error::ExternalFailure;

/// Another workflow execution, as workflow code can reach it.
#[derive(Clone, Debug)]
pub struct ExternalStub {
    target: ExternalTarget,
}

impl ExternalStub {
    /// The current run of a workflow id, in the same namespace.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            target: ExternalTarget {
                workflow_id: id.into(),
                ..ExternalTarget::default()
            },
        }
    }

    pub(crate) fn child(id: String) -> Self {
        let mut stub = Self::new(id);
        stub.target.child_only = true;
        stub
    }

    /// One run only.
    #[must_use]
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.target.run_id = run_id.into();
        self
    }

    /// A workflow of another namespace.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.target.namespace = namespace.into();
        self
    }

    /// A signal to it.
    #[track_caller]
    pub fn signal<S: SignalType>(&self, args: impl IntoArgs<S::Args>) -> ExternalSignalCall<S> {
        ExternalSignalCall {
            target: self.target.clone(),
            name: None,
            args: args.into_args(),
            at: Location::caller(),
        }
    }

    /// Asks it to cancel.
    #[track_caller]
    pub fn cancel(&self) -> ExternalCancelCall {
        ExternalCancelCall {
            target: self.target.clone(),
            reason: String::new(),
            at: Location::caller(),
        }
    }
}

/// A signal to another workflow, not yet sent. Awaiting it waits until the server has delivered it.
#[must_use = "a signal is not sent unless awaited"]
pub struct ExternalSignalCall<S: SignalType> {
    target: ExternalTarget,
    name: Option<String>,
    args: S::Args,
    at: &'static Location<'static>,
}

impl<S: SignalType> ExternalSignalCall<S> {
    /// Sends the signal by another name than the one of its type.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

#[diagnostic::do_not_recommend]
impl<S: SignalType> Durable for ExternalSignalCall<S> {
    type Output = Result<(), ExternalFailure>;
    type Fut = ExternalSignalFuture<S>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        let name = self.name.unwrap_or_else(|| S::NAME.to_owned());
        let seq = context::with("a signal to another workflow", |run| {
            let input = encoded_args(run, &name, &self.args);
            run.signal_external(SignalExternalRequest {
                target: self.target,
                signal_name: name,
                input,
                at: self.at,
            })
        });
        ExternalSignalFuture {
            seq,
            signal: PhantomData,
        }
    }
}

/// Waits until a signal is delivered.
pub struct ExternalSignalFuture<S> {
    seq: Seq,
    signal: PhantomData<fn() -> S>,
}

impl<S> Future for ExternalSignalFuture<S> {
    type Output = Result<(), ExternalFailure>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        context::with("a signal to another workflow", |run| {
            run.poll_signal_external(self.seq)
        })
    }
}

/// A request to cancel another workflow, not yet sent. Awaiting it waits until the server has delivered it.
#[must_use = "a cancellation is not sent unless awaited"]
pub struct ExternalCancelCall {
    target: ExternalTarget,
    reason: String,
    at: &'static Location<'static>,
}

impl ExternalCancelCall {
    /// Why; the history of the other workflow keeps it.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }
}

#[diagnostic::do_not_recommend]
impl Durable for ExternalCancelCall {
    type Output = Result<(), ExternalFailure>;
    type Fut = ExternalCancelFuture;

    fn into_fut(self, _: Seal) -> Self::Fut {
        let seq = context::with("the cancellation of another workflow", |run| {
            run.cancel_external(CancelExternalRequest {
                target: self.target,
                reason: self.reason,
                at: self.at,
            })
        });
        ExternalCancelFuture { seq }
    }
}

/// Waits until a cancellation is delivered.
pub struct ExternalCancelFuture {
    seq: Seq,
}

impl Future for ExternalCancelFuture {
    type Output = Result<(), ExternalFailure>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        context::with("the cancellation of another workflow", |run| {
            run.poll_cancel_external(self.seq)
        })
    }
}
