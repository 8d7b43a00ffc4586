//! The clippy preset reports each line of a crate that breaks a rule, with its id, and no other line.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

#[test]
fn every_broken_rule_is_reported_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clippy-preset");
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

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clippy-preset");
    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--quiet", "--message-format=json"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", target)
        // Set by the test's own cargo and clippy, and meant for them.
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("CLIPPY_CONF_DIR")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo clippy runs");
    let found = reported(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(
        found,
        expected,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The line and rule of each message about the crate.
fn reported(json: &str) -> BTreeSet<(usize, String)> {
    let messages = json
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    messages
        .filter(|message| message["reason"] == "compiler-message")
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
