//! Runs `conformance/<language>` against a server of its own: the official SDKs are the judges. And `polyglot`, the
//! example in which three of them work together. And Temporal's dev server: `reference` compares ours with it, call by call,
//! and `temporal` runs the runtime's tests on it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    polyglot,
    process::{self, Server},
    temporal,
};

/// One language's programs: how to get what they need, and how to run them.
struct Suite {
    language: &'static str,
    prepare: fn(&Path, &Path) -> Result<(), String>,
    command: fn(&Path, &Path) -> Command,
}

const SUITES: &[Suite] = &[
    Suite {
        language: "python",
        prepare: prepare_python,
        command: python,
    },
    Suite {
        language: "reference",
        prepare: prepare_python,
        command: python,
    },
    Suite {
        language: "go",
        prepare: |_, _| Ok(()),
        command: go,
    },
    Suite {
        language: "typescript",
        prepare: prepare_typescript,
        command: typescript,
    },
    Suite {
        language: "java",
        prepare: |_, _| Ok(()),
        command: java,
    },
];

pub(crate) fn run(mut args: impl Iterator<Item = String>) -> Result<(), String> {
    let mut languages = Vec::new();
    while let Some(arg) = args.next() {
        match (arg.as_str(), args.next()) {
            ("--lang", Some(language)) => languages.push(language),
            _ => return Err("usage: cargo xtask conformance [--lang LANG]...".to_owned()),
        }
    }
    let suites = SUITES.iter().map(|suite| suite.language);
    let known: Vec<_> = suites.chain([polyglot::NAME, temporal::NAME]).collect();
    if let Some(unknown) = languages.iter().find(|name| !known.contains(&&***name)) {
        return Err(format!(
            "unknown language `{unknown}`: there is {}",
            known.join(", ")
        ));
    }

    let binaries = process::build(&[("mainspring-server", "mainspring")])?;
    let chosen = |name: &str| languages.is_empty() || languages.iter().any(|it| it == name);
    for suite in SUITES.iter().filter(|suite| chosen(suite.language)) {
        println!("conformance: {}", suite.language);
        run_suite(suite, &binaries)?;
    }
    if chosen(temporal::NAME) {
        println!("conformance: {}", temporal::NAME);
        temporal::run()?;
    }
    if chosen(polyglot::NAME) {
        println!("conformance: {}", polyglot::NAME);
        polyglot::run()?;
    }
    Ok(())
}

fn run_suite(suite: &Suite, binaries: &Path) -> Result<(), String> {
    let programs = process::root().join("conformance").join(suite.language);
    // Kept between runs, outside the tree: virtual environments and the like.
    let cache = cache_of(suite.language)?;
    (suite.prepare)(&programs, &cache)?;

    let server = Server::start(&binaries.join("mainspring"))?;
    process::run(
        (suite.command)(&programs, &cache)
            .current_dir(&programs)
            .env("TEMPORAL_ADDRESS", &server.address)
            .env("MAINSPRING", binaries.join("mainspring")),
    )
}

/// A folder that is kept between runs.
pub(crate) fn cache_of(language: &str) -> Result<PathBuf, String> {
    let cache = process::target().join("conformance").join(language);
    std::fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    Ok(cache)
}

pub(crate) fn prepare_python(programs: &Path, cache: &Path) -> Result<(), String> {
    if !python_of(cache).exists() {
        process::run(Command::new("python3").args(["-m", "venv"]).arg(cache))?;
    }
    process::run(
        Command::new(python_of(cache))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(programs.join("requirements.txt")),
    )
}

fn python(programs: &Path, cache: &Path) -> Command {
    let mut command = Command::new(python_of(cache));
    command.arg(programs);
    command
}

pub(crate) fn python_of(cache: &Path) -> PathBuf {
    cache.join("bin").join("python")
}

fn go(_: &Path, _: &Path) -> Command {
    let mut command = Command::new("go");
    command.args(["test", "-count=1", "./..."]);
    command
}

fn prepare_typescript(programs: &Path, _: &Path) -> Result<(), String> {
    // The versions in package.json are exact. There is no lock file: it would name a registry.
    process::run(Command::new("npm").current_dir(programs).args([
        "install",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]))
}

fn typescript(_: &Path, _: &Path) -> Command {
    let mut command = Command::new("npm");
    command.args(["test", "--silent"]);
    command
}

fn java(_: &Path, cache: &Path) -> Command {
    let mut command = Command::new("mvn");
    command
        .args(["--quiet", "--batch-mode", "test"])
        .arg(format!("-DbuildDirectory={}", cache.display()));
    command
}
