//! `cargo xtask recovery` and `cargo xtask finished`: what many workflows cost.

use crate::process;

/// Runs a test of many workflows, with the server as it is released.
pub(crate) fn run(test: &str, mut args: impl Iterator<Item = String>) -> Result<(), String> {
    let mut workflows = "100000".to_owned();
    while let Some(option) = args.next() {
        if option != "--workflows" {
            return Err(format!("unknown option `{option}`"));
        }
        let given = args.next().ok_or("--workflows needs a number")?;
        given
            .parse::<u64>()
            .map_err(|_| format!("--workflows needs a number, not `{given}`"))?;
        workflows = given;
    }
    let filter = format!("crash::scale::{test}");
    let status = process::cargo()
        .args(["test", "--release", "--package", "mainspring-server"])
        .args(["--test", "it", &filter, "--", "--nocapture"])
        .env("MAINSPRING_WORKFLOWS", workflows)
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{test} failed")),
    }
}
