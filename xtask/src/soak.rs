//! `cargo xtask soak`: a steady load, as long as wanted.

use crate::process;

/// Holds a steady load on a server for so many minutes, and prints what it takes over time.
pub(crate) fn run(mut args: impl Iterator<Item = String>) -> Result<(), String> {
    let mut minutes = 10;
    while let Some(option) = args.next() {
        if option != "--minutes" {
            return Err(format!("unknown option `{option}`"));
        }
        let given = args.next().ok_or("--minutes needs a number")?;
        minutes = given
            .parse::<u64>()
            .map_err(|_| format!("--minutes needs a number, not `{given}`"))?;
    }
    let status = process::cargo()
        .args(["test", "--release", "--package", "mainspring-server"])
        .args(["--test", "it", "crash::soak", "--", "--nocapture"])
        .env("MAINSPRING_SOAK_SECONDS", (minutes * 60).to_string())
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err("the soak failed".to_owned()),
    }
}
