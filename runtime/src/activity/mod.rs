//! Activities: ordinary code that workflows call, with retries and timeouts by the server.
//!
//! The free functions here act on the activity whose code runs in this task. Called elsewhere they panic, with the name
//! of the item and the cure.

mod context;
mod definition;

pub use crate::error::ActivityError;
pub use context::{
    ActivityInfo, CancelReason, cancel_reason, cancelled, client, complete_async, heartbeat,
    heartbeat_details, info, is_cancelled, metrics,
};
pub use definition::{ActivityBuilder, ActivityDefinition};

#[cfg(feature = "testing")]
pub(crate) use context::Reported;
pub(crate) use context::{CURRENT, Execution};
pub(crate) use definition::{ActivityRun, BoxFuture, Factory, Instance};

use crate::converter::{Args, Value};
use crate::workflow::{ActivityOptions, Timeouts};

/// An activity type: its name, its parameters and its result. `#[activity]` and `#[activity_interface]` implement it
/// on a type of the activity's name.
pub trait Activity: 'static {
    /// The activity type's name on the wire.
    const NAME: &'static str;
    /// Its parameters.
    type Args: Args;
    /// What it returns on success.
    type Output: Value;

    /// Whether its attribute sets `start_to_close` or `schedule_to_close`: if not, each call must.
    type Timeouts: Timeouts;

    /// The options of its attribute, for calls that do not set their own.
    fn options() -> ActivityOptions<Self::Timeouts>;
}
