//! What `#[mainspring::test]` finds in workflow code that is not deterministic, hidden in helpers where the scan of
//! the macros does not look. Each test fails as it should; `should_panic` says how.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use mainspring::prelude::*;
use mainspring::testing::TestEnv;

#[activity(start_to_close = "1m")]
async fn note(text: String) -> Result<(), ActivityError> {
    let _ = text;
    Ok(())
}

/// A map from a function, whose order the scan does not see.
fn stock() -> HashMap<u32, u32> {
    (0..40).map(|sku| (sku, sku)).collect()
}

#[workflow]
pub async fn notes_in_the_order_of_a_hash_map() -> Result<()> {
    for (sku, _) in stock() {
        note(sku.to_string()).await?;
    }
    Ok(())
}

#[mainspring::test]
#[should_panic(
    expected = "the code of workflow \"w\" is not deterministic: run again from the start, on another thread, its task of \
                event 3 asks for activity note("
)]
async fn the_order_of_a_hash_map_decides(env: TestEnv) {
    let workflow = env.client().workflow(notes_in_the_order_of_a_hash_map, "w");
    let _ = workflow.execute(()).await;
}

/// How few there can be.
fn pair() -> HashMap<u32, u32> {
    [(1, 1), (2, 2)].into()
}

#[workflow]
pub async fn notes_the_first_of_two() -> Result<()> {
    let first = pair().into_keys().next().unwrap_or_default();
    note(first.to_string()).await?;
    Ok(())
}

#[mainspring::test]
#[should_panic(
    expected = "is not deterministic: run again from the start, on another thread, its task of event "
)]
async fn the_order_of_two_entries_decides(env: TestEnv) {
    // Each look misses it half the time: once in 256 all eight at the first task do, and one at a later task finds it.
    for run in 0..10 {
        let workflow = env
            .client()
            .workflow(notes_the_first_of_two, format!("w-{run}"));
        let _ = workflow.execute(()).await;
    }
}

#[workflow]
pub async fn looks_up_in_a_hash_map() -> Result<u32> {
    Ok(stock().get(&7).copied().unwrap_or_default())
}

#[mainspring::test]
async fn a_hash_map_that_is_only_looked_up_in_is_fine(env: TestEnv) -> Result<()> {
    let workflow = env.client().workflow(looks_up_in_a_hash_map, "w");
    assert_eq!(workflow.execute(()).await?, 7);
    Ok(())
}

static CALLS: AtomicU32 = AtomicU32::new(0);

fn next_call() -> u32 {
    CALLS.fetch_add(1, Ordering::Relaxed)
}

#[workflow]
pub async fn counts_in_a_static() -> Result<u32> {
    Ok(next_call())
}

#[mainspring::test]
#[should_panic(expected = "its task of event 3 asks for complete 1 instead of complete 0")]
async fn a_static_counter_decides(env: TestEnv) {
    let _ = env
        .client()
        .workflow(counts_in_a_static, "w")
        .execute(())
        .await;
}

/// Entropy that no call of libc shows: the address of what was just allocated and is not freed.
fn address() -> u64 {
    let leaked: &'static u8 = Box::leak(Box::new(7));
    std::ptr::from_ref(leaked) as u64
}

#[workflow]
pub async fn sends_an_address() -> Result<()> {
    note(address().to_string()).await?;
    Ok(())
}

#[mainspring::test]
#[should_panic(expected = "its task of event 3 asks for activity note(")]
async fn bytes_of_a_payload_differ(env: TestEnv) {
    let _ = env
        .client()
        .workflow(sends_an_address, "w")
        .execute(())
        .await;
}

#[workflow_interface]
pub trait Lottery {
    #[run]
    async fn hold(&self) -> Result<()>;
    #[update]
    fn draw(&self) -> u64;
}

#[derive(Default)]
pub struct Rigged {
    drawn: State<bool>,
}

#[workflow]
impl Lottery for Rigged {
    async fn hold(&self) -> Result<()> {
        workflow::wait_until(|| self.drawn.get()).await?;
        Ok(())
    }

    fn draw(&self) -> u64 {
        self.drawn.set(true);
        address()
    }
}

#[mainspring::test]
#[should_panic(expected = "answers an update with another value")]
async fn the_answer_to_an_update_differs(env: TestEnv) {
    let lottery = env.client().workflow(Lottery, "w");
    let _run = lottery.hold().start().await.expect("it starts");
    let _ = lottery.draw().await;
}

/// Sleeps, and then asks for what differs.
#[workflow]
pub async fn slips_late(days: u32) -> Result<()> {
    for _ in 0..days {
        workflow::sleep("1 day").await?;
    }
    note(address().to_string()).await?;
    Ok(())
}

#[mainspring::test]
#[should_panic(expected = " activity note(")]
async fn what_comes_late_is_found_too(env: TestEnv) {
    // More tasks than are run again one by one. The one that slips is skipped, but not what history has of it.
    let run = env.client().workflow(slips_late, "w").start(40_u32).await;
    let _ = run.expect("it starts").result().await;
}

#[mainspring::test(without_replay = "to see that it can be turned off")]
async fn the_second_look_can_be_turned_off(env: TestEnv) -> Result<()> {
    env.client()
        .workflow(sends_an_address, "w")
        .execute(())
        .await?;
    Ok(())
}

#[workflow]
pub async fn draws_by_a_side_effect() -> Result<u64> {
    let drawn = workflow::side_effect(address);
    note(drawn.to_string()).await?;
    let stamped = workflow::side_effect(stamp);
    note(stamped.to_string()).await?;
    Ok(drawn)
}

#[mainspring::test]
async fn a_side_effect_may_do_what_it_likes(env: TestEnv) -> Result<()> {
    let workflow = env.client().workflow(draws_by_a_side_effect, "w");
    workflow.execute(()).await?;
    Ok(())
}

fn stamp() -> u64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since_epoch.map_or(0, |it| it.as_secs())
}

fn nap() -> u64 {
    std::thread::sleep(Duration::from_nanos(1));
    0
}

fn config() -> u64 {
    std::fs::read("/etc/hostname").map_or(0, |it| it.len() as u64)
}

fn is_there() -> u64 {
    std::path::Path::new("/etc/hostname").exists().into()
}

fn links_to() -> u64 {
    std::fs::read_link("/proc/self").map_or(0, |it| it.as_os_str().len() as u64)
}

fn lists() -> u64 {
    std::fs::read_dir("/").map_or(0, |it| it.count() as u64)
}

fn resolves() -> u64 {
    std::fs::canonicalize("/proc/self").map_or(0, |it| it.as_os_str().len() as u64)
}

fn removes() -> u64 {
    std::fs::remove_file("/there/is/no/such/file")
        .is_ok()
        .into()
}

fn makes_a_folder() -> u64 {
    std::fs::create_dir("/there/is/no/such/folder")
        .is_ok()
        .into()
}

fn runs_a_program() -> u64 {
    let status = std::process::Command::new("/there/is/no/such/program").status();
    status.is_ok().into()
}

fn finds_a_host() -> u64 {
    use std::net::ToSocketAddrs;
    ("localhost", 9)
        .to_socket_addrs()
        .map_or(0, |it| it.count() as u64)
}

fn pairs() -> u64 {
    std::os::unix::net::UnixStream::pair().is_ok().into()
}

fn draw() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0
}

fn connect() -> u64 {
    // Nobody listens there, and whether somebody does is what must not matter.
    let connected = std::net::TcpStream::connect("127.0.0.1:9");
    u64::from(connected.is_ok())
}

fn in_a_thread() -> u64 {
    std::thread::spawn(|| 7).join().unwrap_or(0)
}

/// Calls one of the helpers, and does not let what it says decide anything.
#[workflow]
pub async fn asks_the_machine(what: String) -> Result<()> {
    let helper: fn() -> u64 = match what.as_str() {
        "stamp" => stamp,
        "nap" => nap,
        "config" => config,
        "draw" => draw,
        "connect" => connect,
        "in_a_thread" => in_a_thread,
        "is_there" => is_there,
        "links_to" => links_to,
        "lists" => lists,
        "resolves" => resolves,
        "removes" => removes,
        "makes_a_folder" => makes_a_folder,
        "runs_a_program" => runs_a_program,
        "finds_a_host" => finds_a_host,
        "pairs" => pairs,
        _ => || 0,
    };
    std::hint::black_box(helper());
    workflow::sleep("1 day").await?;
    Ok(())
}

/// What the test of a workflow that calls this helper says.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[track_caller]
fn check(helper: &'static str, expected: &[&str]) {
    let outcome = std::panic::catch_unwind(|| {
        mainspring::testing::run(mainspring::testing::Setup::default(), |env| async move {
            let workflow = env.client().workflow(asks_the_machine, "w");
            let _ = workflow.execute(helper).await;
        })
    });
    let panic = outcome.expect_err("the trap finds it");
    let message = panic.downcast_ref::<String>().expect("a text");
    let prefix = "the code of workflow \"w\" is not deterministic: it ";
    let this_file = "tests/it/determinism.rs:";
    for expected in [prefix, &format!("{helper} at "), this_file]
        .iter()
        .chain(expected)
    {
        assert!(message.contains(expected), "{expected:?} in {message}");
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn calls_of_the_operating_system_are_named() {
    check(
        "stamp",
        &[
            "reads the machine's clock (`clock_gettime`)",
            "use `workflow::now()`",
        ],
    );
    check(
        "nap",
        &[
            "puts its thread to sleep (`clock_nanosleep`)",
            "use `workflow::sleep(..).await`",
        ],
    );
    check(
        "config",
        &["opens a file (`open64`)", "do that in an activity"],
    );
    let looks = "looks at the file system";
    check(
        "is_there",
        &[&format!("{looks} (`statx`)"), "do that in an activity"],
    );
    check("links_to", &[&format!("{looks} (`readlink`)")]);
    check("lists", &[&format!("{looks} (`opendir`)")]);
    check("resolves", &[&format!("{looks} (`realpath`)")]);
    let changes = "changes the file system";
    check("removes", &[&format!("{changes} (`unlink`)")]);
    check("makes_a_folder", &[&format!("{changes} (`mkdir`)")]);
    check("runs_a_program", &["starts a process (`"]);
    check("finds_a_host", &["looks up a host (`getaddrinfo`)"]);
    check("pairs", &["opens a socket (`socketpair`)"]);
    check(
        "draw",
        &[
            "draws from the machine's randomness (`getrandom`)",
            "use `workflow::random()`",
        ],
    );
    check(
        "connect",
        &["opens a socket (`socket`)", "do that in an activity"],
    );
    check(
        "in_a_thread",
        &[
            "starts a thread (`pthread_create`)",
            "`workflow::spawn(..)`",
        ],
    );
}

#[mainspring::test(without_trap = "to see that it can be turned off")]
async fn the_trap_can_be_turned_off(env: TestEnv) -> Result<()> {
    let workflow = env.client().workflow(asks_the_machine, "w");
    workflow.execute("stamp").await?;
    Ok(())
}

fn logs_too() {
    tracing::info!("another line");
}

#[workflow]
pub async fn logs() -> Result<()> {
    workflow::info!("a line");
    logs_too();
    workflow::sleep("1 day").await?;
    Ok(())
}

#[mainspring::test]
async fn log_lines_are_no_culprits(env: TestEnv) -> Result<()> {
    // It asks for the time of every line.
    crate::replay_safe::log_of_threads();
    env.client().workflow(logs, "w").execute(()).await?;
    Ok(())
}

#[workflow]
pub async fn looks_up_in_the_order_of_a_hash_map() -> Result<()> {
    for (sku, _) in stock() {
        note(sku.to_string()).local().await?;
    }
    Ok(())
}

#[mainspring::test]
#[should_panic(expected = "its task of event 3 asks for local activity note(")]
async fn the_order_of_a_hash_map_decides_over_local_activities(env: TestEnv) {
    let workflow = env
        .client()
        .workflow(looks_up_in_the_order_of_a_hash_map, "w");
    let _ = workflow.execute(()).await;
}

#[workflow]
pub async fn sends_an_address_after_a_local_activity() -> Result<()> {
    note("first".to_owned()).local().await?;
    note(address().to_string()).await?;
    Ok(())
}

#[mainspring::test]
#[should_panic(expected = "its task of event 3 asks for activity note(")]
async fn what_comes_after_a_local_activity_differs(env: TestEnv) {
    let workflow = env
        .client()
        .workflow(sends_an_address_after_a_local_activity, "w");
    let _ = workflow.execute(()).await;
}

#[tokio::test]
async fn workers_of_other_tests_are_looked_at_as_closely() {
    if !crate::is_bundled_server() {
        return crate::skipped("workers_of_other_tests", "they are not, on other servers");
    }
    let world = crate::World::new().await;
    let workflow = world
        .client
        .workflow(looks_up_in_the_order_of_a_hash_map, world.id("w"));
    let _ = workflow.execute(()).await;
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(world)));
    let panic = outcome.expect_err("it is found");
    let message = panic.downcast_ref::<String>().expect("a text");
    assert!(message.contains("is not deterministic"), "{message}");
}
