//! The clippy preset reports each line of a crate that breaks a rule, with its id, and no other line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn every_broken_rule_is_reported_and_nothing_else() {
    let folder = folder();
    let source = std::fs::read_to_string(folder.join("src/lib.rs")).expect("the crate is there");
    let expected: BTreeSet<(usize, String)> = source
        .lines()
        .enumerate()
        .filter_map(|(line, text)| {
            let (_, id) = text.rsplit_once("// MS")?;
            Some((line + 1, format!("MS{}", id.trim())))
        })
        .collect();

    let ids = |text: &str| -> BTreeSet<String> {
        let found = text.match_indices("MS0");
        found.map(|(at, _)| text[at..at + 6].to_owned()).collect()
    };
    let preset = std::fs::read_to_string(folder.join("clippy.toml")).expect("the preset is there");
    let broken = expected.iter().map(|(_, id)| id.clone()).collect();
    assert_eq!(
        ids(&preset),
        broken,
        "the crate breaks every rule of the preset"
    );

    let output = clippy(&folder);
    let found = reported(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(
        found,
        expected,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A crate need not have all the dependencies that the preset names, so that clippy is told to take names that it does not
/// find; here it has them, and is not told.
#[test]
fn every_name_in_the_preset_is_one() {
    let preset = std::fs::read_to_string(folder().join("clippy.toml")).expect("it is there");
    let strict: String = preset
        .split_inclusive('\n')
        .map(|line| match ABSENT.iter().any(|path| line.contains(path)) {
            true => line.to_owned(),
            false => line.replace(", allow-invalid = true", ""),
        })
        .collect();
    let strict_folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("strict-clippy-preset");
    std::fs::create_dir_all(&strict_folder).expect("there is room");
    let path = strict_folder.join("clippy.toml");
    std::fs::write(&path, strict).expect("there is room");
    let output = clippy(&strict_folder);
    let told = String::from_utf8_lossy(&output.stdout);
    let unknown: Vec<String> = messages(&told)
        .filter(|message| message["message"]["spans"][0]["file_name"] == *path.to_string_lossy())
        .map(|message| message["message"]["rendered"].to_string())
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
    assert!(
        !reported(&told).is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Names that the crate cannot look up: of another version of a crate, and of stacks of HTTP, which are much to build.
const ABSENT: &[&str] = &["\"getrandom::getrandom\"", "\"reqwest::", "\"ureq::"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clippy-preset")
}

/// Runs clippy on the crate, with the configuration of a folder.
fn clippy(configuration: &Path) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clippy-preset");
    Command::new(env!("CARGO"))
        .args(["clippy", "--quiet", "--message-format=json"])
        .current_dir(folder())
        .env("CARGO_TARGET_DIR", target)
        .env("CLIPPY_CONF_DIR", configuration)
        // Set by the test's own cargo and clippy, and meant for them.
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo clippy runs")
}

fn messages(json: &str) -> impl Iterator<Item = serde_json::Value> {
    let messages = json
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    messages.filter(|message: &serde_json::Value| message["reason"] == "compiler-message")
}

/// The line and rule of each message about the crate.
fn reported(json: &str) -> BTreeSet<(usize, String)> {
    messages(json)
        // A macro that is refused is pointed at in its own crate as well.
        .filter(|message| message["message"]["spans"][0]["file_name"] == "src/lib.rs")
        .map(|message| {
            let line = message["message"]["spans"][0]["line_start"]
                .as_u64()
                .unwrap_or(0);
            let text = message["message"].to_string();
            // The one lint that needs no list, and so has no reason of ours.
            if message["message"]["code"]["code"] == "clippy::iter_over_hash_type" {
                return (usize::try_from(line).unwrap_or(0), "MS0203".to_owned());
            }
            let id = text.find("MS0").map_or("no rule", |at| &text[at..at + 6]);
            (usize::try_from(line).unwrap_or(0), id.to_owned())
        })
        .collect()
}
