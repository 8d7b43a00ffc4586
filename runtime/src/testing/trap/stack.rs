//! Who called, and whether that is all right.

use std::fmt::Write;
use std::path::PathBuf;

use backtrace::{Frame, Symbol};
use tracing::level_filters::LevelFilter;

/// Where the code of a workflow begins, seen from the inside.
const ENGINE: &str = "mainspring::engine::";
/// Whose calls are no one's decision: log lines and traces, and allocators that look at the time.
const INNOCENT: [&str; 5] = [
    "opentelemetry",
    "tracing_core::",
    "tracing_log::",
    "log::__private_api",
    "GlobalAlloc",
];
/// This crate, between the engine and the code that it runs.
const OURS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
/// Lines of a stack that are shown; and the first that says where it is, if none of these does.
const LIMIT: usize = 20;

/// The stack of a thread, the innermost call first.
pub(super) struct Stack(Vec<Frame>);

/// A call that has a name.
struct Call {
    name: String,
    file: Option<PathBuf>,
    line: Option<u32>,
}

impl Stack {
    pub(super) fn here() -> Self {
        let mut frames = Vec::new();
        backtrace::trace(|frame| {
            frames.push(frame.clone());
            true
        });
        Self(frames)
    }

    /// Who called this function of libc, from the inside down to the engine, a line each; `None` if the call is
    /// innocent.
    pub(super) fn of_culprit(&self, function: &str) -> Option<String> {
        let mut calls: Vec<Call> = Vec::new();
        let mut found = false;
        // A name at a time, since looking one up takes long, and what decides is near.
        for call in self.0.iter().flat_map(named) {
            if !found {
                found = call.name == function;
                continue;
            }
            if call.name.contains(ENGINE) {
                break;
            }
            if INNOCENT.iter().any(|it| call.name.contains(it)) {
                return None;
            }
            calls.push(call);
        }
        if calls.is_empty() {
            // Without symbols a log line looks like anything else, so that nothing is said if there may be any.
            return (LevelFilter::current() == LevelFilter::OFF).then(String::new);
        }
        Some(lines(&calls))
    }
}

fn named(frame: &Frame) -> Vec<Call> {
    let mut calls = Vec::new();
    backtrace::resolve_frame(frame, |symbol| calls.extend(Call::of(symbol)));
    calls
}

impl Call {
    fn of(symbol: &Symbol) -> Option<Self> {
        Some(Self {
            name: format!("{:#}", symbol.name()?),
            file: symbol.filename().map(Into::into),
            line: symbol.lineno(),
        })
    }

    /// Whether users know it: their own code, and what they called. Dependencies may be built without debug information,
    /// and then there are only names to go by.
    fn is_known(&self) -> bool {
        let of_rust = match &self.file {
            Some(file) if file.starts_with(OURS) => return false,
            Some(file) => file.starts_with("/rustc"),
            None => ["core::", "alloc::"]
                .iter()
                .any(|it| self.name.starts_with(it)),
        };
        !of_rust || self.name.starts_with("std::")
    }

    /// Where it is, in code that is not Rust's own.
    fn place(&self) -> Option<String> {
        let (file, line) = (self.file.as_ref()?, self.line?);
        (!file.starts_with("/rustc")).then(|| format!("{}:{line}", file.display()))
    }
}

fn lines(calls: &[Call]) -> String {
    let known: Vec<_> = calls.iter().filter(|it| it.is_known()).collect();
    let (shown, rest) = known.split_at(known.len().min(LIMIT));
    let mut shown = shown.to_vec();
    if shown.iter().all(|it| it.place().is_none()) {
        shown.extend(rest.iter().find(|it| it.place().is_some()));
    }
    let mut text = String::new();
    for call in shown {
        let _ = write!(text, "    {}", call.name);
        if let Some(place) = call.place() {
            let _ = write!(text, " at {place}");
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_user_is_shown_however_far_out_it_is() {
        let call = |name: &str, file: Option<&str>| Call {
            name: name.to_owned(),
            file: file.map(Into::into),
            line: file.map(|_| 7),
        };
        // A dependency that was built without debug information.
        let mut calls: Vec<_> = (0..30)
            .map(|number| call(&format!("uuid::f{number}"), None))
            .collect();
        calls.insert(3, call("core::ops::function::FnOnce::call_once", None));
        calls.push(call("std::thread::spawn", Some("/rustc/lib.rs")));
        calls.push(call("mine::helper", Some("/mine/src/lib.rs")));
        calls.push(call("mine::workflow", Some("/mine/src/lib.rs")));
        let text = lines(&calls);
        let shown: Vec<_> = text.lines().map(str::trim).collect();
        assert_eq!(shown.len(), LIMIT + 1, "{text}");
        assert_eq!(shown[2..4], ["uuid::f2", "uuid::f3"]);
        assert_eq!(shown[LIMIT], "mine::helper at /mine/src/lib.rs:7");
    }
}
