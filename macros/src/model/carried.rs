//! What goes from a declaration to all that stands for it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

/// Attributes that go from a declaration to all that stands for it.
#[derive(Clone, Default)]
pub(crate) struct Carried {
    /// `#[cfg(..)]`: where the declaration is not, nothing may be.
    pub(crate) cfg: Vec<Attribute>,
    /// Doc comments and `#[deprecated]`, which callers should see.
    pub(crate) shown: Vec<Attribute>,
}

impl Carried {
    pub(crate) fn of(attrs: &[Attribute]) -> Self {
        let named = |names: &[&str]| {
            let of = |attr: &&Attribute| names.iter().any(|name| attr.path().is_ident(name));
            attrs.iter().filter(of).cloned().collect()
        };
        Self {
            cfg: named(&["cfg", "cfg_attr"]),
            shown: named(&["doc", "deprecated"]),
        }
    }

    /// All of it, for a stub's method.
    pub(crate) fn all(&self) -> TokenStream {
        let (cfg, shown) = (&self.cfg, &self.shown);
        quote!(#(#cfg)* #(#shown)*)
    }

    pub(crate) fn cfg(&self) -> TokenStream {
        let cfg = &self.cfg;
        quote!(#(#cfg)*)
    }

    /// The text of the doc comment.
    pub(crate) fn doc(&self) -> String {
        let lines = self.shown.iter().filter_map(|attr| match &attr.meta {
            syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
