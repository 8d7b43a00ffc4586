//! What the names around a piece of workflow code mean, read from the `use` items of its source file.
//!
//! Best effort: without the file (some editors do not tell) or with an unknown name the lint falls back to spelling.
//! Only plain strings are cached, as tokens do not outlive the expansion that made them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::SystemTime;

use quote::ToTokens;
use syn::{Item, UseTree};

/// The names of one module.
#[derive(Default, Clone, Debug)]
pub(crate) struct Scope {
    /// What `use` and local items say a name is; local ones begin with `self`.
    names: BTreeMap<String, Vec<String>>,
    /// Statics that code can change: `static mut`, locks, atomics, cells.
    globals: BTreeSet<String>,
    /// Fields of local structs that hold a `HashMap` or `HashSet`.
    map_fields: BTreeSet<String>,
    /// Local structs with a field that holds a lock, a pool or the like: the field and what it holds.
    shared_fields: BTreeMap<String, (String, String)>,
    /// Local traits that are no interfaces of workflows or activities.
    plain_traits: BTreeSet<String>,
}

/// One module of a file.
#[derive(Default, Debug)]
struct Module {
    scope: Scope,
    sees_parent: bool,
    /// The items in it that an attribute may stand on.
    anchors: BTreeSet<String>,
    children: Vec<Module>,
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
            .and_then(|root| root.find(anchor, None))
            .unwrap_or_default()
    }

    /// The scope of an item in the given source; for tests.
    #[cfg(test)]
    pub(crate) fn of_source(source: &str, anchor: &str) -> Self {
        let root = Module::read(source).expect("the test's source parses");
        root.find(anchor, None)
            .expect("the anchor is in the source")
    }

    /// The full path of what is written, `core` and `alloc` counted as `std`; the first name alone if unknown.
    pub(crate) fn resolve(&self, written: &[String]) -> Vec<String> {
        let mut path = written.to_vec();
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

    /// Whether this is a trait of the same module that has none of our attributes.
    pub(crate) fn is_plain_trait(&self, written: &[String]) -> bool {
        matches!(written, [name] if self.plain_traits.contains(name))
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

impl Module {
    fn read(source: &str) -> syn::Result<Self> {
        let file = syn::parse_file(source)?;
        Ok(Self::of(&file.items))
    }

    fn of(items: &[Item]) -> Self {
        let mut module = Self::default();
        for item in items {
            module.take_in(item);
        }
        // Fields can be told only once all `use` items are known.
        for item in items {
            if let Item::Struct(item) = item {
                module.map_fields(item);
                if let Some(shared) = super::fields::shared(item, &module.scope) {
                    let name = item.ident.to_string();
                    module.scope.shared_fields.insert(name, shared);
                }
            }
        }
        module
    }

    fn take_in(&mut self, item: &Item) {
        match item {
            Item::Use(item) => {
                self.scope.add_use(&item.tree);
                self.sees_parent |= item.tree.to_token_stream().to_string() == "super :: *";
            }
            Item::Mod(item) => {
                self.scope.add_local(&item.ident.to_string());
                if let Some((_, items)) = &item.content {
                    self.children.push(Self::of(items));
                }
            }
            Item::Static(item) => {
                let name = item.ident.to_string();
                self.scope.add_local(&name);
                let mutable = matches!(item.mutability, syn::StaticMutability::Mut(_));
                if mutable || is_shared(&item.ty) {
                    self.scope.globals.insert(name);
                }
            }
            Item::Fn(item) => {
                self.scope.add_local(&item.sig.ident.to_string());
                self.anchors.insert(function_anchor(&item.sig.ident));
            }
            Item::Impl(item) => {
                self.anchors.insert(impl_anchor(item));
            }
            Item::Trait(item) => {
                self.scope.add_local(&item.ident.to_string());
                if !item.attrs.iter().any(is_interface) {
                    self.scope.plain_traits.insert(item.ident.to_string());
                }
                self.anchors.insert(trait_anchor(&item.ident));
            }
            Item::Struct(item) => self.scope.add_local(&item.ident.to_string()),
            Item::Enum(item) => self.scope.add_local(&item.ident.to_string()),
            Item::Type(item) => self.alias(item),
            Item::Macro(item) => self.thread_local(item),
            _ => {}
        }
    }

    /// `type Clock = std::time::Instant;` is one more name for it.
    fn alias(&mut self, item: &syn::ItemType) {
        let name = item.ident.to_string();
        match &*item.ty {
            syn::Type::Path(ty) if ty.qself.is_none() => {
                let path = ty.path.segments.iter().map(|it| it.ident.to_string());
                self.scope.names.insert(name, path.collect());
            }
            _ => self.scope.add_local(&name),
        }
    }

    /// The names that `thread_local!` and `lazy_static!` declare.
    fn thread_local(&mut self, item: &syn::ItemMacro) {
        let is_global = |name: &syn::Ident| name == "thread_local" || name == "lazy_static";
        if !item
            .mac
            .path
            .segments
            .last()
            .is_some_and(|it| is_global(&it.ident))
        {
            return;
        }
        let words: Vec<String> = item
            .mac
            .tokens
            .clone()
            .into_iter()
            .map(|it| it.to_string())
            .collect();
        for pair in words.windows(2) {
            if pair[0] == "static" || (pair[0] == "ref" && pair[1] != "ref") {
                self.scope.globals.insert(pair[1].clone());
                self.scope.add_local(&pair[1]);
            }
        }
    }

    fn map_fields(&mut self, item: &syn::ItemStruct) {
        for field in &item.fields {
            let Some(name) = &field.ident else { continue };
            let text = field.ty.to_token_stream().to_string();
            let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            if words.any(|word| is_map(&self.scope.resolve(&[word.to_owned()]))) {
                self.scope.map_fields.insert(name.to_string());
            }
        }
    }

    fn find(&self, anchor: &str, parent: Option<&Scope>) -> Option<Scope> {
        let mut scope = self.scope.clone();
        if let Some(parent) = parent.filter(|_| self.sees_parent) {
            for (name, path) in &parent.names {
                scope
                    .names
                    .entry(name.clone())
                    .or_insert_with(|| path.clone());
            }
            scope.globals.extend(parent.globals.iter().cloned());
            let plain = parent.plain_traits.iter().cloned();
            scope.plain_traits.extend(plain);
            scope.map_fields.extend(parent.map_fields.iter().cloned());
        }
        if self.anchors.contains(anchor) {
            return Some(scope);
        }
        self.children
            .iter()
            .find_map(|child| child.find(anchor, Some(&scope)))
    }
}

/// `#[workflow_interface]` or `#[activity_interface]`, by whatever path.
fn is_interface(attr: &syn::Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|it| it.ident == "workflow_interface" || it.ident == "activity_interface")
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

/// Types of statics that code can change behind a shared reference.
fn is_shared(ty: &syn::Type) -> bool {
    const SHARED: &[&str] = &[
        "Mutex",
        "RwLock",
        "OnceLock",
        "OnceCell",
        "RefCell",
        "Cell",
        "UnsafeCell",
    ];
    let text = ty.to_token_stream().to_string();
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| SHARED.contains(&word) || word.starts_with("Atomic"))
}

type Cached = (Option<SystemTime>, Option<Rc<Module>>);

/// The modules of a file, read once per process and version of the file.
fn module_tree(file: PathBuf) -> Option<Rc<Module>> {
    thread_local! {
        static FILES: RefCell<HashMap<PathBuf, Cached>> = RefCell::default();
    }
    let changed = std::fs::metadata(&file).and_then(|it| it.modified()).ok();
    FILES.with_borrow_mut(|files| {
        if let Some((at, tree)) = files.get(&file)
            && *at == changed
        {
            return tree.clone();
        }
        let source = std::fs::read_to_string(&file).ok();
        let tree = source
            .and_then(|text| Module::read(&text).ok())
            .map(Rc::new);
        files.insert(file, (changed, tree.clone()));
        tree
    })
}
