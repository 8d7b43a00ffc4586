//! Activities: ordinary code that workflows call, with retries and timeouts by the server.

mod definition;

pub use definition::{ActivityBuilder, ActivityDefinition};
pub(crate) use definition::{ActivityRun, BoxFuture, Instance, InstanceSource};

use crate::converter::{Args, Value};
use crate::workflow::ActivityOptions;

/// An activity type: its name, its parameters and its result. `#[activity]` and `#[activity_interface]` implement it
/// on a type of the activity's name.
pub trait Activity: 'static {
    /// The activity type's name on the wire.
    const NAME: &'static str;
    /// Its parameters.
    type Args: Args;
    /// What it returns on success.
    type Output: Value;

    /// The options of its attribute, for calls that do not set their own.
    fn options() -> ActivityOptions {
        ActivityOptions::default()
    }
}
