//! The core stays pure: what it may not name, it does not name.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Runtimes, transports, stores, clocks and random sources.
const FORBIDDEN: &[&str] = &[
    "tokio",
    "tonic",
    "rusqlite",
    "parking_lot",
    "SystemTime",
    "Instant",
    "uuid::",
    "rand::",
    "crate::shard",
    "crate::frontend",
    "crate::matching",
    "crate::persistence",
    "std::thread",
    "std::fs",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap_or_else(|error| panic!("{error}")).path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests") {
                sources(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

#[test]
fn the_core_names_no_shell() {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/history"),
        &mut files,
    );
    assert!(files.len() > 40, "the core has moved");
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}"));
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let named = FORBIDDEN.iter().find(|name| code.contains(**name));
            assert!(
                named.is_none(),
                "{}:{} names {named:?}",
                file.display(),
                number + 1
            );
        }
    }
}
