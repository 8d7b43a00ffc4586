//! The modules of a source file: their names, their items, and which of them is around an attribute.
//!
//! Only plain strings are cached, as tokens do not outlive the expansion that made them.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::SystemTime;

use quote::ToTokens;
use syn::Item;

use super::scope::{Scope, function_anchor, impl_anchor, is_map, trait_anchor};

/// One module of a file.
#[derive(Default, Debug)]
pub(super) struct Module {
    scope: Scope,
    sees_parent: bool,
    /// The items in it that an attribute may stand on.
    anchors: BTreeSet<String>,
    children: Vec<Module>,
}

impl Module {
    pub(super) fn read(source: &str) -> syn::Result<Self> {
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
            match item {
                Item::Struct(item) => module.fields(item),
                Item::Impl(item) => module.default_impl(item),
                _ => {}
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
                if mutable || is_shared(&item.ty.to_token_stream().to_string()) {
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
            Item::Macro(item) => {
                if let Some(name) = &item.ident {
                    self.scope.add_local(&format!("{name}!"));
                }
                self.thread_local(item);
            }
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

    fn fields(&mut self, item: &syn::ItemStruct) {
        self.map_fields(item);
        let name = item.ident.to_string();
        if let Some(shared) = super::fields::shared(item, &self.scope) {
            self.scope.shared_fields.insert(name.clone(), shared);
        }
        if derives_default(item) {
            let stubs = item.fields.iter().filter_map(|field| self.stub(&field.ty));
            let stubs = stubs.collect();
            self.scope.default_stubs.insert(name, stubs);
        }
    }

    /// The interface of a stub, by the type's name.
    fn stub(&self, ty: &syn::Type) -> Option<String> {
        let syn::Type::Path(ty) = ty else { return None };
        let path: Vec<String> = ty
            .path
            .segments
            .iter()
            .map(|it| it.ident.to_string())
            .collect();
        let resolved = self.scope.resolve(&path);
        let interface = resolved.last()?.strip_suffix("Stub")?;
        (!interface.is_empty()).then(|| interface.to_owned())
    }

    /// `impl Default for Order`
    fn default_impl(&mut self, item: &syn::ItemImpl) {
        let is_default =
            |path: &syn::Path| path.segments.last().is_some_and(|it| it.ident == "Default");
        if !item
            .trait_
            .as_ref()
            .is_some_and(|(_, path, _)| is_default(path))
        {
            return;
        }
        let code = item.items.iter().map(ToTokens::to_token_stream).collect();
        let stubs = crate::expected::stubs_made(code, &self.scope);
        let ty = item.self_ty.to_token_stream().to_string();
        self.scope.default_stubs.insert(ty, stubs);
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

    /// The scope around the items of this anchor: if there are several, which an attribute cannot tell apart, what all
    /// of their modules agree on.
    pub(super) fn find(&self, anchor: &str) -> Option<Scope> {
        let mut found = Vec::new();
        self.find_all(anchor, None, &mut found);
        found
            .into_iter()
            .reduce(|scope, other| scope.agreed(&other))
    }

    fn find_all(&self, anchor: &str, parent: Option<&Scope>, found: &mut Vec<Scope>) {
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
        for child in &self.children {
            child.find_all(anchor, Some(&scope), found);
        }
        if self.anchors.contains(anchor) {
            found.push(scope);
        }
    }
}

/// `#[workflow_interface]` or `#[activity_interface]`, by whatever path.
fn is_interface(attr: &syn::Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|it| it.ident == "workflow_interface" || it.ident == "activity_interface")
}

fn derives_default(item: &syn::ItemStruct) -> bool {
    item.attrs.iter().any(|attr| {
        attr.path().is_ident("derive")
            && attr
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string().contains("Default"))
    })
}

/// Whether code can change a static of this type behind a shared reference.
pub(super) fn is_shared(ty: &str) -> bool {
    const SHARED: &[&str] = &[
        "Mutex",
        "RwLock",
        "OnceLock",
        "OnceCell",
        "RefCell",
        "Cell",
        "UnsafeCell",
    ];
    let mut words = ty.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| SHARED.contains(&word) || word.starts_with("Atomic"))
}

type Cached = (Option<SystemTime>, Option<Rc<Module>>);

/// The modules of a file, read once per process and version of the file.
pub(super) fn module_tree(file: PathBuf) -> Option<Rc<Module>> {
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
