//! Calls out of workflow code to the process that runs it.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::engine::context;

/// Calls something of the worker's process that is not durable: an audit log, a progress bar, a cache of what goes on.
/// It is skipped on replay, and nothing comes back from it. The worker is given the value with
/// [`Worker::sink`](crate::Worker::sink).
///
/// It may happen more than once, when a workflow task is tried again, and must not block: it is a part of the task.
///
/// ```no_run
/// use mainspring::prelude::*;
///
/// struct Audit;
/// impl Audit {
///     fn note(&self, text: &str) {
///         println!("{text}");
///     }
/// }
///
/// #[workflow]
/// async fn ship(order: String) -> Result<()> {
///     workflow::sink::<Audit>(move |audit| audit.note(&order));
///     Ok(())
/// }
/// # fn with(client: &Client) {
/// let worker = Worker::new(client, "orders").sink(Audit);
/// # }
/// ```
///
/// # Panics
/// Outside workflow code, or if the worker was given no such value.
#[track_caller]
pub fn sink<T: Send + Sync + 'static>(call: impl FnOnce(&T) + 'static) {
    let found = context::with("workflow::sink", |run| {
        (!run.is_replaying()).then(|| run.sinks().get::<T>())
    });
    match found {
        None => {}
        Some(Some(sink)) => context::exempt(|| call(&sink)),
        Some(None) => panic!(
            "workflow::sink found no `{}`: give the worker one with `Worker::sink(…)`",
            type_name::<T>()
        ),
    }
}

/// What workflow code may call in its process, by type.
#[derive(Clone, Default)]
pub(crate) struct Sinks(Arc<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Sinks {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, sink: T) {
        Arc::make_mut(&mut self.0).insert(TypeId::of::<T>(), Arc::new(sink));
    }

    fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let sink = self.0.get(&TypeId::of::<T>())?;
        Some(
            Arc::clone(sink)
                .downcast()
                .unwrap_or_else(|_| unreachable!("sinks are kept by their type")),
        )
    }
}

impl fmt::Debug for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sinks", self.0.len())
    }
}
