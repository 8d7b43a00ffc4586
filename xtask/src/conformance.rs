//! Runs `conformance/<language>` against a server of its own: the official SDKs are the judges.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::process::{self, Owned, Server};

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
    if let Some(unknown) = languages
        .iter()
        .find(|name| !SUITES.iter().any(|suite| suite.language == *name))
    {
        let known: Vec<_> = SUITES.iter().map(|suite| suite.language).collect();
        return Err(format!(
            "unknown language `{unknown}`: there is {}",
            known.join(", ")
        ));
    }

    let binaries = process::build(&[
        ("mainspring-server", "mainspring"),
        ("mainspring-examples", "polyglot"),
    ])?;
    let chosen = |suite: &&Suite| {
        languages.is_empty() || languages.iter().any(|name| name == suite.language)
    };
    for suite in SUITES.iter().filter(chosen) {
        println!("conformance: {}", suite.language);
        run_suite(suite, &binaries)?;
    }
    Ok(())
}

fn run_suite(suite: &Suite, binaries: &Path) -> Result<(), String> {
    let programs = process::root().join("conformance").join(suite.language);
    // Kept between runs, outside the tree: virtual environments and the like.
    let cache = process::target().join("conformance").join(suite.language);
    std::fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    (suite.prepare)(&programs, &cache)?;

    let server = Server::start(&binaries.join("mainspring"))?;
    // The Rust half of the polyglot test; the other half is in the suite.
    let _worker = Owned::spawn(
        Command::new(binaries.join("polyglot")).env("TEMPORAL_ADDRESS", &server.address),
    )?;
    process::run(
        (suite.command)(&programs, &cache)
            .current_dir(&programs)
            .env("TEMPORAL_ADDRESS", &server.address)
            .env("MAINSPRING", binaries.join("mainspring")),
    )
}

fn prepare_python(programs: &Path, cache: &Path) -> Result<(), String> {
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

fn python_of(cache: &Path) -> PathBuf {
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
