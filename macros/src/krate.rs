//! The name by which the user's crate knows `mainspring`.
//!
//! Expansions name nothing but `::core` and this path, so users need no other dependency, and a renamed one works:
//! `durable = { package = "mainspring", .. }`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

const PACKAGE: &str = "mainspring";

/// `::mainspring`, or what the manifest calls it.
pub(crate) fn path() -> TokenStream {
    let name = name();
    let name = syn::parse_str::<Ident>(&name).map_or_else(
        |_| Ident::new(PACKAGE, Span::call_site()),
        |parsed| Ident::new(&parsed.to_string(), Span::call_site()),
    );
    quote!(::#name)
}

/// The same, where errors about it belong.
pub(crate) fn path_at(span: Span) -> TokenStream {
    let name = Ident::new(&name(), span);
    quote_spanned!(span=> ::#name)
}

/// The name alone: what users write before `::allow`.
pub(crate) fn name() -> String {
    static NAMES: OnceLock<Mutex<HashMap<PathBuf, String>>> = OnceLock::new();
    let Some(root) = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
        return PACKAGE.into();
    };
    let mut names = NAMES
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    names
        .entry(root)
        .or_insert_with_key(|root| find(root).unwrap_or_else(|| PACKAGE.into()))
        .clone()
}

/// Looks through the crate's manifest and, for `key.workspace = true`, those of the folders around it.
fn find(root: &Path) -> Option<String> {
    let own = std::fs::read_to_string(root.join("Cargo.toml")).ok()?;
    if let Some(name) = renamed(&own) {
        return Some(name);
    }
    root.ancestors().skip(1).find_map(|folder| {
        let name = renamed(&std::fs::read_to_string(folder.join("Cargo.toml")).ok()?)?;
        inherits(&own, &name).then_some(name)
    })
}

/// The key whose dependency says `package = "mainspring"`, as an inline table or as a section of its own.
fn renamed(manifest: &str) -> Option<String> {
    let mut section = "";
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        } else if names_package(line) {
            return match line.split_once('=') {
                Some((key, _)) if key.trim() != "package" => Some(identifier(key)),
                _ => section
                    .rsplit_once("dependencies.")
                    .map(|(_, key)| identifier(key)),
            };
        }
    }
    None
}

fn names_package(line: &str) -> bool {
    let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    let spelt = format!("package=\"{PACKAGE}\"");
    !line.starts_with('#') && line.contains(&spelt)
}

fn inherits(manifest: &str, name: &str) -> bool {
    manifest.lines().any(|line| {
        let key = line.split(['=', '.']).next().unwrap_or_default();
        identifier(key) == name && line.contains("workspace")
    })
}

fn identifier(key: &str) -> String {
    key.trim().trim_matches('"').replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_dependency_is_found_in_either_form() {
        let inline = "[dependencies]\nserde = \"1\"\ndurable-flows = { package = \"mainspring\", version = \"1\" }";
        assert_eq!(renamed(inline).as_deref(), Some("durable_flows"));
        let section = "[dependencies.flows]\nversion = \"1\"\npackage = \"mainspring\"";
        assert_eq!(renamed(section).as_deref(), Some("flows"));
        assert_eq!(renamed("[dependencies]\nmainspring = \"1\""), None);
        assert_eq!(renamed("[package]\nname = \"mainspring\""), None);
    }

    #[test]
    fn a_workspace_dependency_is_inherited_by_its_key() {
        assert!(inherits("flows.workspace = true", "flows"));
        assert!(inherits("flows = { workspace = true }", "flows"));
        assert!(!inherits("flow = { workspace = true }", "flows"));
    }
}
