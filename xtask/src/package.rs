//! `cargo xtask package`: the crates as they are published, and what a user's first program costs to
//! build with them.
//!
//! In the repository `mainspring-proto` generates its code whenever it is built. That takes a compiler
//! of the protocol and more than fifty crates with it, which users would wait for: what is published holds the code.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use toml_edit::{Array, DocumentMut, value};

use crate::process::{self, output, root, target};

/// The folders of what is published, in the order in which crates.io has to get them.
const PUBLISHED: [&str; 4] = ["macros", "proto", "server", "runtime"];

/// Where the code goes that is generated in the repository.
const GENERATED: &str = "generated";

/// The package of the definitions that it is generated from.
const DEFINITIONS: &str = "temporalio-protos";

const HELLO_WORLD: &str = include_str!("../hello_world.rs");

/// Clock ticks of `/proc` in a second.
const TICKS: f64 = 100.0;

pub(crate) fn run(mut args: impl Iterator<Item = String>) -> Result<(), String> {
    if let Some(option) = args.next() {
        return Err(format!("unknown option `{option}`"));
    }
    let packages = target().join("packages");
    remove(&packages)?;
    copy_sources(&packages)?;
    edit(&packages.join("Cargo.toml"), reduce_workspace)?;
    put_generated_code(&packages.join("proto"))?;
    println!("packages={}", packages.display());
    build_hello_world(&packages)
}

/// Copies what is published, as it is in the working tree.
fn copy_sources(packages: &Path) -> Result<(), String> {
    let mut list = Command::new("git");
    list.current_dir(root()).arg("ls-files").args(PUBLISHED);
    list.args(["Cargo.toml", "Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT"]);
    for file in output(&mut list)?.lines() {
        copy(&root().join(file), &packages.join(file))?;
    }
    Ok(())
}

fn reduce_workspace(manifest: &mut DocumentMut) {
    let workspace = &mut manifest["workspace"];
    workspace["members"] = value(Array::from_iter(PUBLISHED));
    workspace["exclude"] = value(Array::new());
}

/// Makes the package of the protocol hold its code, instead of what generates it.
fn put_generated_code(proto: &Path) -> Result<(), String> {
    let (code, license) = generate()?;
    let generated = proto.join(GENERATED);
    let modules = read(&code.join("mod.rs"))?;
    for name in file_names(&code)? {
        // Earlier builds may have left modules that there are no more.
        let is_module = name.ends_with(".rs") && name != "mod.rs";
        if !is_module || modules.contains(&name) {
            copy(&code.join(&name), &generated.join(&name))?;
        }
    }
    // Its authors' terms go with what is made of their definitions.
    copy(&license, &generated.join("LICENSE.txt"))?;
    edit(&proto.join("Cargo.toml"), |manifest| {
        manifest["package"]["build"] = value(false);
        manifest.remove("build-dependencies");
        if let Some(dependencies) = manifest["dependencies"].as_table_like_mut() {
            dependencies.remove(DEFINITIONS);
        }
    })?;
    remove(&proto.join("build.rs"))?;
    let library = proto.join("src/lib.rs");
    let here = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{GENERATED}\")");
    let code = read(&library)?.replace("env!(\"OUT_DIR\")", &here);
    write(&library, &code)
}

/// Generates the protocol's code. Returns its folder, and the license of what it is made of.
fn generate() -> Result<(PathBuf, PathBuf), String> {
    let mut build = process::cargo();
    build.current_dir(root());
    build.args([
        "build",
        "--package",
        "mainspring-proto",
        "--message-format=json",
    ]);
    let (mut code, mut license) = (None, None);
    for line in output(&mut build)?.lines() {
        let message: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let of = |package: &str| {
            let id = message["package_id"].as_str().unwrap_or_default();
            id.contains(package)
        };
        let path = |field: &str| message[field].as_str().map(PathBuf::from);
        match message["reason"].as_str() {
            Some("build-script-executed") if of("mainspring-proto") => {
                code = path("out_dir");
            }
            Some("compiler-artifact") if of(DEFINITIONS) => {
                license = path("manifest_path").map(|it| it.with_file_name("LICENSE.txt"));
            }
            _ => {}
        }
    }
    let code = code.ok_or("cargo did not say where the protocol's code is")?;
    let license = license.ok_or("cargo did not say where the definitions are")?;
    Ok((code, license))
}

/// Builds a user's first program with the packages, from nothing, and prints what that takes.
fn build_hello_world(packages: &Path) -> Result<(), String> {
    let hello = packages.join("hello_world");
    let manifest = format!(
        "[package]\nname = \"hello_world\"\nedition = \"2024\"\n\n[dependencies]\nmainspring = {{ path = {:?} }}\n\n\
         [profile.release]\nstrip = true\n\n[workspace]\n",
        packages.join("runtime")
    );
    write(&hello.join("Cargo.toml"), &manifest)?;
    write(&hello.join("src/main.rs"), HELLO_WORLD)?;
    // The dependencies that were tried.
    copy(&packages.join("Cargo.lock"), &hello.join("Cargo.lock"))?;
    let cargo = |args: &[&str]| {
        let mut command = process::cargo();
        command.current_dir(&hello).args(args);
        command.env("CARGO_TARGET_DIR", hello.join("target"));
        command
    };
    let tree = cargo(&[
        "tree",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let tree = output(&mut { tree })?;
    let crates: BTreeSet<_> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    let before = children_cpu_seconds()?;
    process::run(&mut cargo(&["build", "--release", "--quiet"]))?;
    let seconds = children_cpu_seconds()? - before;
    let binary = hello.join("target/release/hello_world");
    let bytes = fs::metadata(&binary)
        .map_err(|error| of(&binary, &error))?
        .len();
    println!(
        "crates={}, cpu_seconds={seconds:.0}, binary_bytes={bytes}",
        crates.len()
    );
    Ok(())
}

/// The CPU time of the processes that this one has started and that have ended.
fn children_cpu_seconds() -> Result<f64, String> {
    let stat = read(Path::new("/proc/self/stat"))?;
    // The name before it may hold blanks.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = |at| {
        fields
            .split_whitespace()
            .nth(at)
            .and_then(|it| it.parse::<f64>().ok())
    };
    match (ticks(13), ticks(14)) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS),
        _ => Err("/proc/self/stat has no CPU times".to_owned()),
    }
}

/// Changes a manifest.
fn edit(manifest: &Path, change: impl FnOnce(&mut DocumentMut)) -> Result<(), String> {
    let document = read(manifest)?.parse::<DocumentMut>();
    let mut document = document.map_err(|error| format!("{}: {error}", manifest.display()))?;
    change(&mut document);
    write(manifest, &document.to_string())
}

fn file_names(folder: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(folder).map_err(|error| of(folder, &error))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names: io::Result<_> = names.collect();
    names.map_err(|error| of(folder, &error))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    make_parent(to)?;
    fs::copy(from, to)
        .map(drop)
        .map_err(|error| of(from, &error))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    make_parent(path)?;
    fs::write(path, text).map_err(|error| of(path, &error))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| of(path, &error))
}

fn make_parent(path: &Path) -> Result<(), String> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| of(parent, &error))
}

/// Removes a file or a folder, if there is one.
fn remove(path: &Path) -> Result<(), String> {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false if path.exists() => fs::remove_file(path),
        false => return Ok(()),
    };
    removed.map_err(|error| of(path, &error))
}

fn of(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
