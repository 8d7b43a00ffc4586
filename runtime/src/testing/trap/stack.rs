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
/// Lines of a stack that are shown.
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

    /// Whether users know it: their own code, and what they called.
    fn is_known(&self) -> bool {
        match &self.file {
            Some(file) if file.starts_with(OURS) => false,
            Some(file) if file.starts_with("/rustc") => self.name.starts_with("std::"),
            _ => true,
        }
    }
}

fn lines(calls: &[Call]) -> String {
    let mut text = String::new();
    for call in calls.iter().filter(|it| it.is_known()).take(LIMIT) {
        let _ = write!(text, "    {}", call.name);
        if let (Some(file), Some(line)) = (&call.file, call.line)
            && !file.starts_with("/rustc")
        {
            let _ = write!(text, " at {}:{line}", file.display());
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}
