//! `cargo xtask crash`: the kill tests, as long as wanted.

use crate::process;

/// Runs the kill tests of the server with so many kills and that seed.
pub(crate) fn run(mut args: impl Iterator<Item = String>) -> Result<(), String> {
    let (mut kills, mut seed) = ("1000".to_owned(), "1".to_owned());
    while let Some(option) = args.next() {
        let value = match option.as_str() {
            "--kills" => &mut kills,
            "--seed" => &mut seed,
            other => return Err(format!("unknown option `{other}`")),
        };
        let given = args.next().ok_or(format!("{option} needs a number"))?;
        given
            .parse::<u64>()
            .map_err(|_| format!("{option} needs a number, not `{given}`"))?;
        *value = given;
    }
    let status = process::cargo()
        .args(["test", "--package", "mainspring-server", "--test", "it"])
        .args(["crash::nothing", "--", "--nocapture"])
        .env("MAINSPRING_KILLS", kills)
        .env("MAINSPRING_SEED", seed)
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err("the kill tests failed".to_owned()),
    }
}
