//! The attribute macros, with their documentation.

/// Makes a function or an `impl` a workflow.
///
/// **On an `async fn`** it is the whole workflow: parameters in, result out. The name then has two roles: `greet(..)` is the
/// call of a child workflow, and `client.workflow(greet, "id")` starts it from outside.
///
/// ```
/// use mainspring::prelude::*;
///
/// #[activity(start_to_close = "10s")]
/// async fn compose(greeting: String, name: String) -> Result<String, ActivityError> {
///     Ok(format!("{greeting}, {name}!"))
/// }
///
/// #[workflow(task_queue = "greetings")]
/// async fn greet(name: String) -> Result<String> {
///     Ok(compose("Hello".into(), name).await?)
/// }
/// ```
///
/// **On the `impl` of a [`workflow_interface`]** it implements that workflow; see there.
///
/// **On an `impl` with a `#[run]` method** it is a workflow without an interface of its own; its handlers are marked as in
/// an interface, and callers name it `Order::INTERFACE`. **On any other `impl`** it makes the methods workflow code, for
/// helpers.
///
/// ```
/// use mainspring::prelude::*;
///
/// struct Order {
///     paid: State<u64>,
/// }
///
/// #[workflow(name = "order")]
/// impl Order {
///     #[init]
///     fn new(_total: &u64) -> Self {
///         Self { paid: State::new(0) }
///     }
///     #[run]
///     async fn run(&self, total: u64) -> Result<u64> {
///         workflow::wait_until(|| self.paid.get() >= total).await?;
///         Ok(self.paid.get())
///     }
///     #[signal]
///     fn pay(&self, cents: u64) {
///         self.paid.update(|paid| *paid += cents)
///     }
/// }
/// ```
///
/// # In workflow code
/// every `.await` is on a durable operation ([`Durable`](crate::Durable)), and what differs on replay is refused with the
/// id of a rule, such as MS0101 for the wall clock; `docs/errors` has a page for each. [`macro@allow`] makes an exception.
///
/// # Options
/// `name`: the workflow type's name, by default that of the function, type or interface. `task_queue`: only workers of
/// this queue run it, and starts go there by default. `versioning`: a
/// [`VersioningBehavior`](crate::workflow::VersioningBehavior). `dynamic`: runs for every type that has no workflow of its
/// own; the parameter is then [`EncodedValues`](crate::EncodedValues). On an `impl` without an interface also
/// `rename_all = "camelCase"` (and other cases) for its handlers.
pub use mainspring_macros::workflow;

/// Declares what callers see of a workflow: one run method, and any number of signals, queries and updates.
///
/// ```
/// use mainspring::prelude::*;
///
/// #[workflow_interface]
/// pub trait Greeting {
///     /// Greets, once approved.
///     #[run]
///     async fn greet(&self, name: String) -> Result<String>;
///     #[signal]
///     fn approve(&self, by: String);
///     #[query]
///     fn approvals(&self) -> u32;
///     #[update(validator = check_rename)]
///     async fn rename(&self, name: String) -> Result<()>;
/// }
///
/// #[derive(Default)]
/// struct GreetingWorkflow {
///     approvals: State<Vec<String>>,
///     name: State<Option<String>>,
/// }
///
/// #[workflow]
/// impl Greeting for GreetingWorkflow {
///     async fn greet(&self, name: String) -> Result<String> {
///         workflow::wait_until(|| !self.approvals.borrow().is_empty()).await?;
///         Ok(format!("Hello, {}!", self.name.get().unwrap_or(name)))
///     }
///     fn approve(&self, by: String) {
///         self.approvals.update(|list| list.push(by))
///     }
///     fn approvals(&self) -> u32 {
///         self.approvals.borrow().len() as u32
///     }
///     fn check_rename(&self, name: &String) -> Result<()> {
///         if name.is_empty() {
///             return Err(ApplicationError::new("Empty", "a name has letters").into());
///         }
///         Ok(())
///     }
///     async fn rename(&self, name: String) -> Result<()> {
///         self.name.set(Some(name));
///         Ok(())
///     }
/// }
///
/// async fn from_outside(client: &mainspring::Client) -> Result<String> {
///     let greeting = client.workflow(Greeting, "greeting-1").task_queue("greetings");
///     let run = greeting.greet("Ada").start().await?;
///     greeting.approve("Grace").await?;
///     Ok(run.result().await?)
/// }
///
/// #[workflow_fn]
/// async fn from_a_workflow() -> Result<String> {
///     Greeting.external("greeting-1").approve("me").await?;
///     Ok(Greeting.child().id("child-1").greet("Ada").await?)
/// }
/// ```
///
/// The trait's name also names a constant that makes the stubs, so one `use` brings all of it. Methods of stubs take any
/// text for a `String`. The state starts as `Default`, or as `#[init] fn new(name: &String) -> Self` in the `impl` says.
///
/// An interface may inherit others (`trait Greeting: Pausable + Audited`); one without a run method is made for that. Its
/// stubs have the methods of theirs, at any depth. A supertrait that is no interface, other than those of std and local
/// ones, goes into a `where Self: ..`.
///
/// # Options
/// Of the interface: `name`, `rename_all = "camelCase"` (and other cases) for its handlers, `task_queue`. Of a signal,
/// query or update: `name`; `dynamic`, for names that have no handler, with parameters
/// `(&self, name: String, args: EncodedValues)`; of signals and updates `unfinished = "abandon"`; of updates `validator`.
pub use mainspring_macros::workflow_interface;

/// Makes an `async fn` a helper that workflow code may await, under the same rules.
///
/// ```
/// # use mainspring::prelude::*;
/// #[workflow_fn]
/// async fn patiently<T, D>(mut operation: impl FnMut() -> D + Send) -> Result<T>
/// where
///     T: Send,
///     D: Durable<Output = Result<T, ActivityFailure>>,
/// {
///     loop {
///         match operation().await {
///             Ok(value) => return Ok(value),
///             Err(_) => workflow::sleep("1h").await?,
///         }
///     }
/// }
/// ```
pub use mainspring_macros::workflow_fn;

/// Makes functions or methods activities: ordinary code that workflows call, with retries and timeouts by the server.
///
/// **On a function** the name has two roles: `compose(..)` is the call in workflow code, a builder to be awaited or
/// started, and `compose::run(..)` the body, for tests. A function that is not `async` runs on the pool for blocking work.
///
/// **On the `impl` of an [`activity_interface`]** it tells workers of the implementation.
///
/// **On an `impl` with `#[activity]` methods** these are activities of a type that has what they need; workflows call
/// them through `PaymentsStub`.
///
/// ```
/// use mainspring::prelude::*;
///
/// struct Payments {
///     key: String,
/// }
///
/// #[activity(name_prefix = "Payments_", start_to_close = "10s")]
/// impl Payments {
///     #[activity(retry(maximum_attempts = 3, non_retryable = ["Declined"]))]
///     async fn charge(&self, cents: u64) -> Result<String, ActivityError> {
///         Ok(format!("{}: {cents}", self.key))
///     }
/// }
///
/// #[workflow]
/// async fn buy(cents: u64) -> Result<String> {
///     let payments = PaymentsStub::new(ActivityOptions::new().task_queue("payments"));
///     Ok(payments.charge(cents).summary("the order").await?)
/// }
/// ```
///
/// # Options
/// `name`, and `dynamic` for names that have no activity. For the calls, unless they set their own: `start_to_close`,
/// `schedule_to_close`, `schedule_to_start`, `heartbeat`, `local_retry_threshold` (durations: `"10s"`, `"1m30s"`, `"1 day"`,
/// or a constant), `retry(maximum_attempts, initial_interval, backoff_coefficient, maximum_interval, non_retryable)`,
/// `task_queue`, `cancellation`, `summary`, `priority`, `local`, `eager`. One of the first two must be set, here or at the call;
/// a call without either does not compile.
pub use mainspring_macros::activity;

/// Declares activities by their signatures, to implement here, in another crate, or in a test.
///
/// ```
/// use mainspring::prelude::*;
///
/// #[activity_interface(name_prefix = "Greeting_", start_to_close = "10s")]
/// pub trait GreetingActivities {
///     async fn compose(&self, greeting: String, name: String) -> Result<String, ActivityError>;
///     #[activity(name = "shout", schedule_to_close = "1m")]
///     fn shout(&self, text: String) -> String;
/// }
///
/// struct English;
///
/// #[activity]
/// impl GreetingActivities for English {
///     async fn compose(&self, greeting: String, name: String) -> Result<String, ActivityError> {
///         Ok(format!("{greeting}, {name}!"))
///     }
///     fn shout(&self, text: String) -> String {
///         text.to_uppercase()
///     }
/// }
///
/// #[workflow]
/// async fn greet(name: String) -> Result<String> {
///     Ok(GreetingActivitiesStub::default().compose("Hello", name).await?)
/// }
/// ```
///
/// An interface inherits others by its supertraits, and its stub has their activities too. A supertrait that is no
/// interface, other than those of std and local ones, goes into a `where Self: ..`.
///
/// A worker warns when it starts if one of its workflows, or a helper that it calls, makes a stub for its own task queue and
/// nothing in the program implements the interface.
///
/// # Options
/// `name_prefix` and `rename_all` for the names that are not written out, and those of [`macro@activity`] for all calls.
pub use mainspring_macros::activity_interface;

/// An exception to a rule of determinism, with its reason: on a statement, an expression, a match arm or a function; of the
/// rule about payloads, MS0606, also on an activity or a method of an interface.
///
/// ```
/// # use mainspring::prelude::*;
/// # use std::collections::HashMap;
/// #[workflow_fn]
/// async fn total(prices: HashMap<String, u64>) -> u64 {
///     #[mainspring::allow(MS0203, reason = "a sum is order-free")]
///     prices.values().sum()
/// }
/// ```
pub use mainspring_macros::allow;

/// Waits for all of several durable operations, and yields their outcomes as a tuple.
///
/// ```
/// # use mainspring::prelude::*;
/// # #[activity(start_to_close = "5s")] async fn price(sku: u32) -> Result<u64, ActivityError> { Ok(sku.into()) }
/// #[workflow]
/// async fn both() -> Result<u64> {
///     let (a, b) = join!(price(1), async { price(2).await });
///     Ok(a? + b?)
/// }
/// ```
pub use mainspring_macros::join;

/// Waits for all of several durable operations, or for the first that fails; the others are dropped then, which
/// cancels them. All have the same type of error.
pub use mainspring_macros::try_join;

/// Waits for the first of several durable operations, in the order written if several are ready, and runs its arm. The
/// others are dropped, which cancels them.
///
/// ```
/// # use mainspring::prelude::*;
/// # #[activity(start_to_close = "5s")] async fn ship() -> Result<(), ActivityError> { Ok(()) }
/// #[workflow_fn]
/// async fn deadline(paid: &State<bool>, patient: bool) -> Result<&'static str> {
///     select! {
///         reached = workflow::wait_until(|| paid.get()) => {
///             reached?;
///             ship().await?;
///             Ok("shipped")
///         }
///         _ = workflow::sleep("7 days"), if !patient => Ok("too late"),
///     }
/// }
/// ```
///
/// If every arm has a condition, an `else` arm says what to do when none holds.
pub use mainspring_macros::select;

/// Marks the run method in a [`macro@workflow_interface`], or in an `impl` with [`macro@workflow`].
pub use mainspring_macros::run;

/// Marks a signal: a message that is not answered.
pub use mainspring_macros::signal;

/// Marks a query: a question about the state, answered at once.
pub use mainspring_macros::query;

/// Marks an update: a message that is answered.
pub use mainspring_macros::update;

/// Marks a validator: says whether an update is accepted, before it is recorded.
pub use mainspring_macros::validator;

/// Marks the function that makes the first state from the input: `#[init] fn new(name: &String) -> Self`.
pub use mainspring_macros::init;

/// Makes an `async fn main()` the `main` of a program, on a runtime of as many threads as the machine has cores.
///
/// It is a tokio runtime, so that a program with tokio among its dependencies may use `#[tokio::main]` instead.
///
/// ```no_run
/// use mainspring::prelude::*;
///
/// #[mainspring::main]
/// async fn main() -> Result<()> {
///     let client = Client::connect_from_env().await?;
///     Ok(Worker::new(&client, "greetings").run().await?)
/// }
/// ```
pub use mainspring_macros::main;
