//! The interfaces that an interface inherits, and how its stubs lead to theirs.
//!
//! A stub has a type parameter for what it dereferences to once its own methods are exhausted, so that they form a chain
//! which the compiler searches for a method, whatever the shape of the tree:
//!
//! ```text
//! trait Order: Pausable + Audited        struct OrderClient<N = End>  ──Deref──►  PausableClient<AuditedClient<N>>
//! ```
//!
//! The types of an inherited interface stand beside its trait, and have its name and a suffix.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Path, TypeParamBound, parse_quote};

use crate::determinism::scope::Scope;

/// Supertraits that are no interfaces, wherever they come from.
const PLAIN: &[&str] = &[
    "Sized",
    "Send",
    "Sync",
    "Unpin",
    "Debug",
    "Display",
    "Any",
    "Default",
    "Clone",
    "Copy",
    "UnwindSafe",
    "RefUnwindSafe",
];

/// An interface that another one inherits.
pub(super) struct Inherited {
    /// The trait as it is written in the list of supertraits.
    pub(super) path: Path,
    /// Where it is declared, as far as the file tells.
    declared: Vec<String>,
}

impl Inherited {
    /// The supertraits that are interfaces. Others, of the user's, can be asked for by `where Self: ..`.
    pub(super) fn of(header: &syn::ItemTrait, scope: &Scope) -> Vec<Self> {
        let traits = header.supertraits.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(&bound.path),
            _ => None,
        });
        traits
            .filter_map(|path| Self::interface(path, scope))
            .collect()
    }

    fn interface(path: &Path, scope: &Scope) -> Option<Self> {
        let written: Vec<String> = path
            .segments
            .iter()
            .map(|it| it.ident.to_string())
            .collect();
        let is_plain = PLAIN.contains(&written.last()?.as_str())
            || scope
                .resolve(&written)
                .first()
                .is_some_and(|it| it == "std")
            || scope.is_plain_trait(&written);
        // A name that `use` brought in is followed to where it comes from: the import brings the trait, not its types.
        (!is_plain).then(|| Self {
            path: path.clone(),
            declared: scope.follow(&written).unwrap_or(written),
        })
    }

    /// The trait's own name.
    pub(super) fn name(&self) -> &str {
        self.declared.last().map_or("", String::as_str)
    }

    /// `api::Pausable` and `Client` → `api::PausableClient`
    pub(super) fn beside(&self, suffix: &str) -> Path {
        let span = self
            .path
            .segments
            .last()
            .map_or_else(Span::call_site, |it| it.ident.span());
        let mut declared = self.declared.clone();
        if let Some(last) = declared.last_mut() {
            last.push_str(suffix);
        }
        let idents = declared.iter().map(|name| match name.as_str() {
            "crate" | "self" | "super" => Ident::new(name, span),
            name => syn::parse_str::<Ident>(name).map_or_else(
                |_| Ident::new_raw(name, span),
                |it| Ident::new(&it.to_string(), span),
            ),
        });
        let leading = self.path.leading_colon;
        parse_quote!(#leading #(#idents)::*)
    }
}

/// What a stub dereferences to: `PausableClient<AuditedClient<__Next>>`; `own` are the type arguments before the next one.
pub(super) fn chain(inherited: &[Inherited], suffix: &str, own: &TokenStream) -> TokenStream {
    inherited.iter().rev().fold(quote!(__Next), |next, parent| {
        let stub = parent.beside(suffix);
        quote!(#stub<#own #next>)
    })
}
