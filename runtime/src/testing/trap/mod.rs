//! Notices when workflow code asks the operating system for something: the time, chance, a file, a thread.
//!
//! The names that the scan of the macros looks for are those in workflow code itself. This sees what a helper does, of
//! whichever crate. It needs glibc on Linux, where a program's own `clock_gettime` comes before libc's: `calls` defines
//! such functions, which go on to libc's, and note the call if
//!
//! 1. [`watch`] is on the stack of this thread;
//! 2. what runs is code of the user that must be deterministic ([`is_bound`](crate::engine::context::is_bound)), not
//!    the engine's, nor the closure of a side effect; and
//! 3. no panic is under way, whose message may need files.
//!
//! That it was for a log line, or for an allocator, shows in the `stack` of the call.
//!
//! The keys of hash maps are drawn once per thread, and here that is done before the code runs: looking up is allowed,
//! and an order that matters is found by the replay on another thread.

macro_rules! on_glibc {
    ($($item:item)*) => { $(
        #[cfg(all(
            target_os = "linux",
            target_env = "gnu",
            target_pointer_width = "64",
            not(target_feature = "crt-static")
        ))]
        $item
    )* };
}

on_glibc! {
    mod calls;
    mod stack;
    mod watch;
    pub(crate) use watch::watch;
}

use std::fmt;

/// What workflow code asks the operating system for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // Only glibc's functions are noticed.
enum Kind {
    Clock,
    Chance,
    Sleep,
    Thread,
    Process,
    Host,
    Socket,
    File,
    Path,
    Change,
}

/// A call that workflow code must not make.
#[derive(Debug)]
pub(crate) struct Culprit {
    /// The function of libc.
    function: &'static str,
    kind: Kind,
    /// Who called whom, the innermost first; a line each. Empty where the program has no symbols.
    stack: String,
}

impl fmt::Display for Culprit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (does, instead) = match self.kind {
            Kind::Clock => ("reads the machine's clock", "use `workflow::now()`"),
            Kind::Chance => (
                "draws from the machine's randomness",
                "use `workflow::random()` or `workflow::uuid()`",
            ),
            Kind::Sleep => (
                "puts its thread to sleep",
                "use `workflow::sleep(..).await`",
            ),
            Kind::Thread => (
                "starts a thread",
                "use `workflow::spawn(..)`, or an activity",
            ),
            Kind::Process => ("starts a process", "do that in an activity"),
            Kind::Host => ("looks up a host", "do that in an activity"),
            Kind::Socket => ("opens a socket", "do that in an activity"),
            Kind::File => ("opens a file", "do that in an activity"),
            Kind::Path => ("looks at the file system", "do that in an activity"),
            Kind::Change => ("changes the file system", "do that in an activity"),
        };
        write!(
            f,
            "{does} (`{}`), and may find something else on replay: {instead}",
            self.function
        )?;
        if !self.stack.is_empty() {
            write!(f, "\n{}", self.stack)?;
        }
        Ok(())
    }
}

/// Runs code; nothing is noticed here.
#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    not(target_feature = "crt-static")
)))]
pub(crate) fn watch<R>(code: impl FnOnce() -> R) -> (R, Option<Culprit>) {
    (code(), None)
}
