//! Calls of child workflows.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use mainspring_proto::enums::v1 as enums;

use super::{
    CancellationType, ExternalStub, IdReusePolicy, SearchAttributes, SignalType, WorkflowType,
    decoded, encoded_args,
};
use crate::converter::{IntoArgs, Payload, Value};
use crate::durable::{Durable, Seal};
use crate::engine::context;
use crate::engine::machines::{ChildRequest, Seq};
use crate::error::{ChildFailure, Failure};
use crate::retry::RetryPolicy;
use crate::time::IntoDuration;

/// What becomes of a child when its parent closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParentClosePolicy {
    /// It is terminated.
    #[default]
    Terminate,
    /// It runs on.
    Abandon,
    /// It is asked to cancel.
    RequestCancel,
}

impl ParentClosePolicy {
    pub(crate) fn into_proto(self) -> i32 {
        (match self {
            Self::Terminate => enums::ParentClosePolicy::Terminate,
            Self::Abandon => enums::ParentClosePolicy::Abandon,
            Self::RequestCancel => enums::ParentClosePolicy::RequestCancel,
        }) as i32
    }
}

/// What cancelling a child means for the parent that awaits it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChildCancellationType {
    /// Ask it to cancel, and wait for how it ends.
    #[default]
    WaitCancellationCompleted,
    /// Ask it to cancel, and wait until it was asked.
    WaitCancellationRequested,
    /// Ask it to cancel, and do not wait.
    TryCancel,
    /// Let it run, and do not wait.
    Abandon,
}

impl From<CancellationType> for ChildCancellationType {
    fn from(from: CancellationType) -> Self {
        match from {
            CancellationType::TryCancel => Self::TryCancel,
            CancellationType::WaitCancellationCompleted => Self::WaitCancellationCompleted,
            CancellationType::Abandon => Self::Abandon,
        }
    }
}

/// Options of child workflows.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ChildOptions {
    pub(crate) id: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) task_queue: Option<String>,
    pub(crate) execution_timeout: Option<Duration>,
    pub(crate) run_timeout: Option<Duration>,
    pub(crate) task_timeout: Option<Duration>,
    pub(crate) parent_close: ParentClosePolicy,
    pub(crate) cancellation: ChildCancellationType,
    pub(crate) id_reuse: IdReusePolicy,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) cron: String,
    pub(crate) memo: std::collections::BTreeMap<String, Payload>,
    pub(crate) search_attributes: SearchAttributes,
    pub(crate) summary: Option<String>,
    pub(crate) details: Option<String>,
    pub(crate) priority: crate::priority::Priority,
    pub(crate) headers: Vec<(String, Payload)>,
}

macro_rules! child_setters {
    ($set:ident) => {
        /// Its workflow id; by default one made from the parent's run and the number of the call.
        pub fn id(mut self, id: impl Into<String>) -> Self {
            self.$set().id = Some(id.into());
            self
        }

        /// The queue of the workers that run it; by default the parent's own.
        pub fn task_queue(mut self, name: impl Into<String>) -> Self {
            self.$set().task_queue = Some(name.into());
            self
        }

        /// The longest that all its runs may take together.
        pub fn execution_timeout(mut self, timeout: impl IntoDuration) -> Self {
            self.$set().execution_timeout = Some(timeout.into_duration());
            self
        }

        /// The longest that one run may take.
        pub fn run_timeout(mut self, timeout: impl IntoDuration) -> Self {
            self.$set().run_timeout = Some(timeout.into_duration());
            self
        }

        /// The longest that one workflow task may take.
        pub fn task_timeout(mut self, timeout: impl IntoDuration) -> Self {
            self.$set().task_timeout = Some(timeout.into_duration());
            self
        }

        /// What becomes of it when its parent closes.
        pub fn parent_close_policy(mut self, policy: ParentClosePolicy) -> Self {
            self.$set().parent_close = policy;
            self
        }

        /// What cancelling it means for the parent that awaits it.
        pub fn cancellation(mut self, cancellation: impl Into<ChildCancellationType>) -> Self {
            self.$set().cancellation = cancellation.into();
            self
        }

        /// Whether the id of a closed workflow may be used again.
        pub fn id_reuse_policy(mut self, policy: IdReusePolicy) -> Self {
            self.$set().id_reuse = policy;
            self
        }

        /// How its failures are retried, each time as a new run.
        pub fn retry(mut self, policy: RetryPolicy) -> Self {
            self.$set().retry = Some(policy);
            self
        }

        /// Runs it again and again by a cron schedule.
        pub fn cron(mut self, schedule: impl Into<String>) -> Self {
            self.$set().cron = schedule.into();
            self
        }

        /// Attaches a value that describe and list show.
        ///
        /// # Panics
        /// If the value does not encode.
        pub fn memo<T: Value>(mut self, name: impl Into<String>, value: T) -> Self {
            let payload = super::encoded_value("a memo", &value);
            self.$set().memo.insert(name.into(), payload);
            self
        }

        /// Attaches values to search by.
        pub fn search_attributes(mut self, attributes: SearchAttributes) -> Self {
            self.$set().search_attributes = attributes;
            self
        }

        /// A line that the UI shows beside it.
        pub fn summary(mut self, text: impl Into<String>) -> Self {
            self.$set().summary = Some(text.into());
            self
        }

        /// Text that the UI shows in its page.
        pub fn details(mut self, text: impl Into<String>) -> Self {
            self.$set().details = Some(text.into());
            self
        }

        crate::priority::priority_setters!($set);
    };
}

impl ChildOptions {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    child_setters!(me);

    fn me(&mut self) -> &mut Self {
        self
    }
}

/// The children of one interface, with options for all calls through it.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ChildStub {
    options: ChildOptions,
}

impl ChildStub {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    child_setters!(set);

    fn set(&mut self) -> &mut ChildOptions {
        &mut self.options
    }

    /// Replaces all options.
    pub fn with(mut self, options: ChildOptions) -> Self {
        self.options = options;
        self
    }

    /// A call of the run method.
    #[track_caller]
    pub fn call<M: WorkflowType>(&self, args: impl IntoArgs<M::Args>) -> ChildCall<M> {
        let mut call = ChildCall::new(args.into_args());
        let task_queue = call.options.task_queue.take();
        call.options = self.options.clone();
        call.options.task_queue = call.options.task_queue.or(task_queue);
        call
    }
}

/// A call of a child workflow, not yet made: set options, then await it, or start it.
#[must_use = "a child workflow does nothing unless awaited or started"]
pub struct ChildCall<M: WorkflowType> {
    name: Option<String>,
    args: M::Args,
    options: ChildOptions,
    at: &'static Location<'static>,
}

impl<M: WorkflowType> ChildCall<M> {
    /// A call on the task queue of the workflow's attribute.
    #[track_caller]
    pub fn new(args: M::Args) -> Self {
        Self {
            name: None,
            args,
            options: ChildOptions {
                task_queue: M::TASK_QUEUE.map(Into::into),
                ..ChildOptions::default()
            },
            at: Location::caller(),
        }
    }

    /// Calls the workflow by another name than the one of its type.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    child_setters!(set);

    fn set(&mut self) -> &mut ChildOptions {
        &mut self.options
    }

    /// Replaces all options.
    pub fn with(mut self, options: ChildOptions) -> Self {
        self.options = options;
        self
    }

    /// Starts it; awaiting this yields a handle once the child has started.
    pub fn start(self) -> ChildStart<M> {
        ChildStart(self)
    }

    fn request(self) -> Seq {
        let name = self.name.unwrap_or_else(|| M::NAME.to_owned());
        context::with("a child workflow", |run| {
            let input = encoded_args(run, &name, &self.args);
            run.start_child(ChildRequest {
                name,
                input,
                options: self.options,
                at: self.at,
            })
        })
    }
}

#[diagnostic::do_not_recommend]
impl<M: WorkflowType> Durable for ChildCall<M> {
    type Output = Result<M::Output, ChildFailure>;
    type Fut = ChildFuture<M>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        ChildFuture {
            seq: self.request(),
            cancel_on_drop: true,
            output: PhantomData,
        }
    }
}

/// The start of a child workflow, not yet made.
#[must_use = "a child workflow does nothing unless awaited"]
pub struct ChildStart<M: WorkflowType>(ChildCall<M>);

#[diagnostic::do_not_recommend]
impl<M: WorkflowType> Durable for ChildStart<M> {
    type Output = Result<ChildHandle<M>, ChildFailure>;
    type Fut = ChildStarted<M>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        ChildStarted {
            seq: self.0.request(),
            output: PhantomData,
        }
    }
}

/// Waits until a child has started.
pub struct ChildStarted<M: WorkflowType> {
    seq: Seq,
    output: PhantomData<fn() -> M>,
}

impl<M: WorkflowType> Future for ChildStarted<M> {
    type Output = Result<ChildHandle<M>, ChildFailure>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let seq = self.seq;
        let started = context::with("a child workflow", |run| run.poll_child_started(seq));
        let Poll::Ready(started) = started else {
            return Poll::Pending;
        };
        Poll::Ready(started.map(|(id, run_id)| ChildHandle {
            seq,
            id,
            run_id,
            output: PhantomData,
        }))
    }
}

/// A child workflow that has started. Dropping it lets the child run.
#[must_use = "a child whose outcome nobody awaits may fail unseen"]
pub struct ChildHandle<M: WorkflowType> {
    seq: Seq,
    id: String,
    run_id: String,
    output: PhantomData<fn() -> M>,
}

impl<M: WorkflowType> ChildHandle<M> {
    /// The child's workflow id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The child's first run id.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Asks it to cancel. What awaiting it then yields depends on its `cancellation` option.
    pub fn cancel(&self) {
        context::with("ChildHandle::cancel", |run| run.cancel_child(self.seq));
    }

    /// A signal to the child.
    #[track_caller]
    pub fn signal<S: SignalType>(
        &self,
        args: impl IntoArgs<S::Args>,
    ) -> super::ExternalSignalCall<S> {
        ExternalStub::child(self.id.clone()).signal::<S>(args)
    }

    /// For the signals of an interface.
    pub fn external(&self) -> ExternalStub {
        ExternalStub::child(self.id.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<M: WorkflowType> Durable for ChildHandle<M> {
    type Output = Result<M::Output, ChildFailure>;
    type Fut = ChildFuture<M>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        ChildFuture {
            seq: self.seq,
            cancel_on_drop: false,
            output: PhantomData,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<M: WorkflowType> Durable for &mut ChildHandle<M> {
    type Output = Result<M::Output, ChildFailure>;
    type Fut = ChildFuture<M>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        ChildFuture {
            seq: self.seq,
            cancel_on_drop: false,
            output: PhantomData,
        }
    }
}

/// The outcome of a child workflow. Dropped before it is known, as the loser of a `select!` is, it cancels a child
/// that was not started through a handle.
pub struct ChildFuture<M: WorkflowType> {
    seq: Seq,
    cancel_on_drop: bool,
    output: PhantomData<fn() -> M>,
}

impl<M: WorkflowType> Future for ChildFuture<M> {
    type Output = Result<M::Output, ChildFailure>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let seq = self.seq;
        let outcome = context::with("a child workflow", |run| run.poll_child(seq));
        let Poll::Ready(outcome) = outcome else {
            return Poll::Pending;
        };
        self.cancel_on_drop = false;
        Poll::Ready(outcome.map(|payload| decoded(M::NAME, payload)))
    }
}

impl<M: WorkflowType> Drop for ChildFuture<M> {
    fn drop(&mut self) {
        if self.cancel_on_drop {
            context::try_with(|run| run.cancel_child(self.seq));
        }
    }
}

/// A failure to start, in the form of the failures of children that did start.
pub(crate) fn not_started(cause: i32, workflow_id: &str, workflow_type: &str) -> ChildFailure {
    let (text, make): (&str, fn(Box<Failure>) -> ChildFailure) =
        match enums::StartChildWorkflowExecutionFailedCause::try_from(cause) {
            Ok(enums::StartChildWorkflowExecutionFailedCause::NamespaceNotFound) => (
                "its namespace does not exist",
                ChildFailure::NamespaceNotFound,
            ),
            _ => (
                "a workflow of this id exists already",
                ChildFailure::AlreadyExists,
            ),
        };
    make(Box::new(Failure::application(
        "ChildWorkflowNotStarted",
        format!("child workflow `{workflow_type}` with id {workflow_id:?} did not start: {text}"),
    )))
}
