//! What the names around a piece of workflow code mean, read from the `use` items of its source file.
//!
//! Best effort: without the file (some editors do not tell) or with an unknown name the lint falls back to spelling.
//! `module` fills it.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::UseTree;

#[cfg(test)]
use super::module::Module;
use super::module::module_tree;

/// The names of one module.
#[derive(Default, Clone, Debug)]
pub(crate) struct Scope {
    /// What `use` and local items say a name is; local ones begin with `self`.
    pub(super) names: BTreeMap<String, Vec<String>>,
    /// Statics that code can change: `static mut`, locks, atomics, cells.
    pub(super) globals: BTreeSet<String>,
    /// Fields of local structs that hold a `HashMap` or `HashSet`.
    pub(super) map_fields: BTreeSet<String>,
    /// Local structs with a field that holds a lock, a pool or the like: the field and what it holds.
    pub(super) shared_fields: BTreeMap<String, (String, String)>,
    /// The activity interfaces whose stubs the `Default` of a local struct makes.
    pub(super) default_stubs: BTreeMap<String, BTreeSet<String>>,
    /// Local traits that are no interfaces of workflows or activities.
    pub(super) plain_traits: BTreeSet<String>,
}

/// Which item of the file an attribute stands on.
pub(crate) fn function_anchor(name: &syn::Ident) -> String {
    format!("fn {name}")
}

/// See [`function_anchor`].
pub(crate) fn impl_anchor(item: &syn::ItemImpl) -> String {
    let interface = item.trait_.as_ref().map(|(_, path, _)| path);
    let interface = interface.map(ToTokens::to_token_stream).unwrap_or_default();
    format!("impl {interface} for {}", item.self_ty.to_token_stream())
}

/// See [`function_anchor`].
pub(crate) fn trait_anchor(name: &syn::Ident) -> String {
    format!("trait {name}")
}

impl Scope {
    /// The scope of the item that the attribute being expanded stands on.
    pub(crate) fn around(anchor: &str) -> Self {
        if !proc_macro::is_available() {
            return Self::default();
        }
        let Some(file) = proc_macro::Span::call_site().local_file() else {
            return Self::default();
        };
        module_tree(file)
            .and_then(|root| root.find(anchor))
            .unwrap_or_default()
    }

    /// The scope of an item in the given source; for tests.
    #[cfg(test)]
    pub(crate) fn of_source(source: &str, anchor: &str) -> Self {
        let root = Module::read(source).expect("the test's source parses");
        root.find(anchor).expect("the anchor is in the source")
    }

    /// The full path of what is written, `core` and `alloc` counted as `std`; the first name alone if unknown.
    ///
    /// A macro keeps the mark on its last name; those of std have no path, since they need none.
    pub(crate) fn resolve(&self, written: &[String]) -> Vec<String> {
        // A macro of the file's own is declared with its mark: what has its name without one may be something else.
        if let [name] = written
            && name.ends_with('!')
            && self.explains(name)
        {
            return self.names[name].clone();
        }
        let mut path = written.to_vec();
        let is_macro = path.last().is_some_and(|last| last.ends_with('!'));
        if is_macro && let Some(last) = path.last_mut() {
            last.pop();
        }
        path = self.resolve_names(path);
        if is_macro {
            if path.len() == 2 && path[0] == "std" {
                path.remove(0);
            }
            if let Some(last) = path.last_mut() {
                last.push('!');
            }
        }
        path
    }

    fn resolve_names(&self, mut path: Vec<String>) -> Vec<String> {
        // A name may stand for a path whose first name is itself imported, as in `use std::time; use time::Instant`.
        for _ in 0..2 {
            let Some(meaning) = path.first().and_then(|first| self.names.get(first)) else {
                break;
            };
            if meaning.first() == path.first() {
                let rest = path.split_off(1);
                path = meaning.iter().cloned().chain(rest).collect();
                break;
            }
            let rest = path.split_off(1);
            path = meaning.iter().cloned().chain(rest).collect();
        }
        if let Some(first) = path.first_mut()
            && (first == "core" || first == "alloc")
        {
            *first = "std".into();
        }
        path
    }

    /// Where an imported name comes from; `None` for local ones and for those that only a glob explains.
    pub(crate) fn follow(&self, written: &[String]) -> Option<Vec<String>> {
        let meaning = self.names.get(written.first()?)?;
        if meaning.first().is_some_and(|first| first == "self") && meaning.len() == 2 {
            return None;
        }
        Some(meaning.iter().chain(&written[1..]).cloned().collect())
    }

    pub(crate) fn explains(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub(crate) fn is_global(&self, name: &str) -> bool {
        self.globals.contains(name)
    }

    pub(crate) fn is_map_field(&self, name: &str) -> bool {
        self.map_fields.contains(name)
    }

    /// A field of a local struct that holds something shared, and what that is.
    pub(crate) fn shared_field(&self, of: &str) -> Option<&(String, String)> {
        self.shared_fields.get(of)
    }

    /// The activity interfaces whose stubs the `Default` of a local struct makes.
    pub(crate) fn default_stubs(&self, of: &str) -> impl Iterator<Item = String> {
        self.default_stubs.get(of).into_iter().flatten().cloned()
    }

    /// Whether this is a trait of the same module that has none of our attributes.
    pub(crate) fn is_plain_trait(&self, written: &[String]) -> bool {
        matches!(written, [name] if self.plain_traits.contains(name))
    }

    /// What both say of an item, where nobody can tell which of them is the one around it.
    pub(super) fn agreed(mut self, other: &Self) -> Self {
        self.names
            .retain(|name, path| other.names.get(name) == Some(path));
        self.globals.retain(|it| other.globals.contains(it));
        self.map_fields.retain(|it| other.map_fields.contains(it));
        self.shared_fields
            .retain(|ty, shared| other.shared_fields.get(ty) == Some(shared));
        self.default_stubs
            .retain(|ty, stubs| other.default_stubs.get(ty) == Some(stubs));
        self.plain_traits
            .retain(|it| other.plain_traits.contains(it));
        self
    }

    /// Takes in a `use` item, in the body of a function too.
    pub(crate) fn add_use(&mut self, tree: &UseTree) {
        self.add(tree, Vec::new());
    }

    /// Declares a local name: one that is not what its spelling suggests.
    pub(crate) fn add_local(&mut self, name: &str) {
        self.names
            .insert(name.into(), vec!["self".into(), name.into()]);
    }

    fn add(&mut self, tree: &UseTree, mut at: Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                at.push(path.ident.to_string());
                self.add(&path.tree, at);
            }
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = at.last() {
                    self.names.insert(last.clone(), at);
                }
            }
            UseTree::Name(name) => {
                at.push(name.ident.to_string());
                self.names.insert(name.ident.to_string(), at);
            }
            UseTree::Rename(rename) => {
                if rename.ident != "self" {
                    at.push(rename.ident.to_string());
                }
                self.names.insert(rename.rename.to_string(), at);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add(tree, at.clone());
                }
            }
            UseTree::Glob(_) => {}
        }
    }
}

/// Whether a resolved path is a map or set of std with random order; an unexplained `HashMap` counts.
pub(crate) fn is_map(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(
        path.as_slice(),
        ["HashMap" | "HashSet"]
            | ["std", "collections", "HashMap" | "HashSet"]
            | ["std", "collections", "hash_map", "HashMap"]
            | ["std", "collections", "hash_set", "HashSet"]
            | ["collections", "HashMap" | "HashSet"]
    )
}
