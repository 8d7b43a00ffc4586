//! Runs `examples/polyglot`: a Rust workflow, its Python and Go activities, and a Python client, each in a process of its
//! own.

use std::process::Command;

use crate::{
    conformance::{cache_of, prepare_python, python_of},
    process::{self, Owned, Server},
};

pub(crate) const NAME: &str = "polyglot";

/// What is published, and what Python prints then.
const CASES: [(&str, &str); 2] = [
    (
        "Hello Durable World",
        r#"{"title": "Hello Durable World", "slug": "hello-durable-world", "words": 3, "approved_by": "Ada"}"#,
    ),
    // The error of the Go activity, through the Rust workflow.
    ("42", "not published: NoWords: there is not a word in it"),
];

/// Runs everything together, or says what is not installed.
pub(crate) fn run() -> Result<(), String> {
    for (tool, version) in [("python3", "--version"), ("go", "version")] {
        if Command::new(tool).arg(version).output().is_err() {
            println!("skipped: the polyglot example needs `{tool}`, which is not installed");
            return Ok(());
        }
    }
    let programs = process::root().join("examples").join(NAME);
    let binaries = process::build(&[
        ("mainspring-server", "mainspring"),
        ("mainspring-examples", NAME),
    ])?;
    // The same SDK as that of the Python suite, so the same environment.
    let python = cache_of("python")?;
    prepare_python(&programs.join("python"), &python)?;
    let go = cache_of(NAME)?.join("go-worker");
    process::run(
        Command::new("go")
            .current_dir(programs.join("go"))
            .args(["build", "-o"])
            .arg(&go)
            .arg("."),
    )?;

    let server = Server::start(&binaries.join("mainspring"))?;
    let at_server = |program: &std::path::Path| {
        let mut command = Command::new(program);
        command.env("TEMPORAL_ADDRESS", &server.address);
        command
    };
    let _rust_worker = Owned::spawn(&mut at_server(&binaries.join(NAME)))?;
    let _go_worker = Owned::spawn(&mut at_server(&go))?;
    for (title, expected) in CASES {
        let mut publish = at_server(&python_of(&python));
        publish
            .arg(programs.join("python").join("publish.py"))
            .args([title, "Ada"]);
        let printed = process::output(&mut publish)?;
        // The SDK may log a line there, when an activity ends after its workflow.
        if !printed.lines().any(|line| line.trim() == expected) {
            return Err(format!("expected {expected}\nfound    {printed}"));
        }
        println!("{title:?}: ok");
    }
    Ok(())
}
