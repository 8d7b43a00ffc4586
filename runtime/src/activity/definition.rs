//! What a worker needs to run an activity.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use super::Activity;
use crate::converter::{Args, DataConverter, Payload};
use crate::error::ActivityError;
use crate::registry::Location;
#[cfg(unix)]
use crate::worker::Isolation;

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
pub(crate) type Instance = Arc<dyn Any + Send + Sync>;
pub(crate) type Factory = Arc<dyn Fn() -> Instance + Send + Sync>;

type Outcome = Result<Payload, ActivityError>;
type AsyncRun =
    dyn Fn(Instance, DataConverter, Vec<Payload>) -> BoxFuture<'static, Outcome> + Send + Sync;
type BlockingRun = dyn Fn(Instance, DataConverter, Vec<Payload>) -> Outcome + Send + Sync;

/// One activity with its implementation.
#[derive(Clone)]
pub struct ActivityDefinition {
    pub(crate) name: String,
    pub(crate) location: Location,
    pub(crate) task_queue: Option<String>,
    pub(crate) dynamic: bool,
    pub(crate) instance: InstanceSource,
    pub(crate) run: ActivityRun,
}

/// The body of an activity.
#[derive(Clone)]
pub(crate) enum ActivityRun {
    Async(Arc<AsyncRun>),
    /// Runs on the blocking pool.
    Blocking(Arc<BlockingRun>),
    /// Runs in a process of its own, which has the code.
    #[cfg(unix)]
    Isolated(Arc<Isolation>),
}

/// Where the value comes from on which an activity's method is called.
#[derive(Clone)]
pub(crate) struct InstanceSource {
    pub(crate) type_id: TypeId,
    pub(crate) type_name: &'static str,
    /// Makes one if the worker was given none.
    pub(crate) default: Option<Factory>,
}

impl ActivityDefinition {
    /// Begins the definition of an activity that needs no instance.
    #[allow(clippy::new_ret_no_self)]
    pub fn new<A: Activity>(location: Location) -> ActivityBuilder<A, ()> {
        ActivityBuilder {
            definition: Common {
                name: A::NAME.to_owned(),
                location,
                task_queue: None,
                dynamic: false,
            },
            instance: InstanceSource::of::<()>(Some(|| ())),
            types: PhantomData,
        }
    }

    /// The same activity, whose code and instance are in another process.
    #[cfg(unix)]
    pub(crate) fn isolated(self, isolation: Arc<Isolation>) -> Self {
        Self {
            instance: InstanceSource::of::<()>(Some(|| ())),
            run: ActivityRun::Isolated(isolation),
            ..self
        }
    }

    /// The activity type's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is defined.
    pub fn location(&self) -> Location {
        self.location
    }
}

impl fmt::Debug for ActivityDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivityDefinition")
            .field("name", &self.name)
            .field("location", &self.location)
            .field("task_queue", &self.task_queue)
            .field("instance", &self.instance.type_name)
            .finish_non_exhaustive()
    }
}

impl InstanceSource {
    fn of<T: Send + Sync + 'static>(default: Option<fn() -> T>) -> Self {
        Self {
            type_id: TypeId::of::<T>(),
            type_name: type_name::<T>(),
            default: default.map(|make| Arc::new(move || Arc::new(make()) as Instance) as Factory),
        }
    }
}

struct Common {
    name: String,
    location: Location,
    task_queue: Option<String>,
    dynamic: bool,
}

/// An activity whose body is still to be given; `T` is the type that the body is called on.
pub struct ActivityBuilder<A, T> {
    definition: Common,
    instance: InstanceSource,
    types: PhantomData<fn() -> (A, T)>,
}

impl<A: Activity, T: Send + Sync + 'static> ActivityBuilder<A, T> {
    /// The type on whose value the body is called, and how to make one if the worker is given none.
    #[must_use]
    pub fn instance<U: Send + Sync + 'static>(
        self,
        default: Option<fn() -> U>,
    ) -> ActivityBuilder<A, U> {
        ActivityBuilder {
            definition: self.definition,
            instance: InstanceSource::of::<U>(default),
            types: PhantomData,
        }
    }

    /// Only workers of this task queue run it.
    #[must_use]
    pub fn task_queue(mut self, name: impl Into<String>) -> Self {
        self.definition.task_queue = Some(name.into());
        self
    }

    /// Runs for every type that has no activity of its own.
    #[must_use]
    pub fn dynamic(mut self) -> Self {
        self.definition.dynamic = true;
        self
    }

    /// An asynchronous body.
    pub fn run_async<F, Fut>(self, body: F) -> ActivityDefinition
    where
        F: Fn(Arc<T>, A::Args) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<A::Output, ActivityError>> + Send + 'static,
    {
        let body = Arc::new(body);
        self.build(ActivityRun::Async(Arc::new(
            move |instance, converter, payloads| {
                let body = Arc::clone(&body);
                Box::pin(async move {
                    let args = A::Args::from_payloads(&converter, &payloads)?;
                    let output = body(downcast(instance), args).await?;
                    Ok(converter.to_payload(&output)?)
                })
            },
        )))
    }

    /// A body that blocks its thread.
    pub fn run_blocking<F>(self, body: F) -> ActivityDefinition
    where
        F: Fn(Arc<T>, A::Args) -> Result<A::Output, ActivityError> + Send + Sync + 'static,
    {
        self.build(ActivityRun::Blocking(Arc::new(
            move |instance, converter, payloads| {
                let args = A::Args::from_payloads(&converter, &payloads)?;
                let output = body(downcast(instance), args)?;
                Ok(converter.to_payload(&output)?)
            },
        )))
    }

    fn build(self, run: ActivityRun) -> ActivityDefinition {
        let Common {
            name,
            location,
            task_queue,
            dynamic,
        } = self.definition;
        ActivityDefinition {
            name,
            location,
            task_queue,
            dynamic,
            instance: self.instance,
            run,
        }
    }
}

fn downcast<T: Send + Sync + 'static>(instance: Instance) -> Arc<T> {
    instance
        .downcast()
        .unwrap_or_else(|_| unreachable!("the worker looks instances up by the type's id"))
}
