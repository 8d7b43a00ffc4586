//! Every example of `docs/` and of the README compiles in a crate outside the workspace whose only dependencies are
//! `mainspring` and `serde`.
//!
//! A block that begins with ```` ```rust ```` is one. What stands around a fragment is in a comment before it, which the
//! page does not show: `<!-- example in`, code with a line `...` where the fragment belongs, `-->`. Blocks that show a
//! mistake are `rust,ignore`, and those of `docs/testing.md`, `standalone_crate`, are run as doctests.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One example as a module.
struct Example {
    /// The page and the line, as a name.
    name: String,
    code: String,
}

#[test]
fn every_example_compiles_outside_the_workspace() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages = vec![workspace.join("README.md")];
    pages_in(&workspace.join("docs"), &mut pages);
    let examples: Vec<Example> = pages
        .iter()
        .flat_map(|page| examples_of(&workspace, page))
        .collect();
    assert!(examples.len() > 30, "only {} were found", examples.len());

    let folder = std::env::temp_dir().join("mainspring-documented-examples");
    write_crate(&workspace, &folder, &examples);
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--lib", "--examples"])
        .current_dir(&folder)
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("documented-examples"),
        )
        .env("RUSTFLAGS", "--allow=warnings")
        .env_remove("CARGO_MANIFEST_DIR")
        .output()
        .expect("cargo runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

fn pages_in(folder: &Path, pages: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            pages_in(&path, pages);
        } else if path.extension().is_some_and(|it| it == "md") {
            pages.push(path);
        }
    }
}

fn examples_of(workspace: &Path, page: &Path) -> Vec<Example> {
    let text = std::fs::read_to_string(page).expect("the page is there");
    let name = page
        .strip_prefix(workspace)
        .unwrap_or(page)
        .with_extension("");
    let name = name
        .to_string_lossy()
        .to_lowercase()
        .replace(['/', '-', '\\'], "_");
    let mut found = Vec::new();
    let mut frame: Option<String> = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim() == "<!-- example in" {
            let inside = lines.by_ref().map(|(_, line)| line);
            frame = Some(joined(inside.take_while(|line| line.trim() != "-->")));
        } else if let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) {
            let inside = lines.by_ref().map(|(_, line)| line);
            let code = joined(inside.take_while(|line| !line.starts_with("```")));
            let frame = frame.take();
            if kind == "rust" || kind == "rust,no_run" {
                found.push(Example {
                    name: format!("{name}_{}", number + 1),
                    code: framed(frame, &code),
                });
            }
        }
    }
    found
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.fold(String::new(), |text, line| text + line + "\n")
}

/// The fragment in the place of the line `...`.
fn framed(frame: Option<String>, code: &str) -> String {
    let Some(frame) = frame else {
        return code.to_owned();
    };
    let place = frame.lines().position(|line| line.trim() == "...");
    let place = place.expect("a frame has a line `...`");
    let lines: Vec<&str> = frame.lines().collect();
    joined(lines[..place].iter().copied()) + code + &joined(lines[place + 1..].iter().copied())
}

/// Programs and crates without std are targets of their own; all else are modules of one library.
fn write_crate(workspace: &Path, folder: &Path, examples: &[Example]) {
    let _ = std::fs::remove_dir_all(folder);
    for sub in ["src", "examples"] {
        std::fs::create_dir_all(folder.join(sub)).expect("the temporary folder is writable");
    }
    let write = |path: &str, text: &str| {
        std::fs::write(folder.join(path), text).expect("the temporary folder is writable");
    };
    let runtime = workspace
        .join("runtime")
        .canonicalize()
        .expect("the crate is there");
    let mut manifest = format!(
        "[package]\nname = \"documented\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         mainspring = {{ path = {runtime:?} }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n"
    );
    let mut library = String::new();
    for Example { name, code } in examples {
        let is_library = code.contains("#![no_std]");
        if is_library || code.contains("fn main(") {
            write(&format!("examples/{name}.rs"), code);
            if is_library {
                let _ = write!(
                    manifest,
                    "\n[[example]]\nname = \"{name}\"\ncrate-type = [\"lib\"]\n"
                );
            }
            continue;
        }
        let _ = writeln!(library, "mod {name};");
        let prelude = "#[allow(unused_imports)]\nuse mainspring::prelude::*;\n";
        let prelude = if code.contains("prelude::*") {
            ""
        } else {
            prelude
        };
        write(&format!("src/{name}.rs"), &format!("{prelude}{code}"));
    }
    write("Cargo.toml", &manifest);
    write("src/lib.rs", &library);
    let lock =
        std::fs::read_to_string(workspace.join("Cargo.lock")).expect("the workspace has one");
    write("Cargo.lock", &lock);
}
