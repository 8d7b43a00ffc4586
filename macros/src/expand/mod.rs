//! What the macros write. One file per kind of item; `stubs` and `handlers` are shared.

mod activity;
mod activity_function;
mod activity_impl;
mod activity_interface;
mod activity_stub;
mod body;
mod functions;
mod handlers;
mod inherited;
mod init;
mod interface;
pub(crate) mod main;
mod mocks;
mod stubs;
pub(crate) mod test;
mod workflow_impl;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{TokenStreamExt, quote};

pub(crate) use body::Surroundings;

use crate::determinism::path::{PathTokens, is};
use crate::determinism::scope::{Scope, function_anchor};
use crate::diagnostics::Diagnostics;
use crate::krate;
use crate::model::Kind;
use crate::syntax::{Item, braced};

/// Puts what was found beside what is written.
fn with(out: TokenStream, diagnostics: Diagnostics) -> TokenStream {
    let found = diagnostics.finish();
    quote!(#out #found)
}

/// An item that could not be parsed stays as it is, so that rustc reports its syntax errors too.
fn unparsed(item: TokenStream, error: syn::Error) -> TokenStream {
    let error = error.into_compile_error();
    quote!(#item #error)
}

/// An item without the markers of its methods, which would be one more mistake each where no attribute reads them.
fn unmarked(item: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    for token in item {
        match token {
            TokenTree::Group(members) if members.delimiter() == Delimiter::Brace => {
                out.append(without_markers(&members));
            }
            other => out.append(other),
        }
    }
    out
}

fn without_markers(members: &Group) -> Group {
    let tokens: Vec<TokenTree> = members.stream().into_iter().collect();
    let mut out = TokenStream::new();
    let mut rest = tokens.as_slice();
    while let [first, behind @ ..] = rest {
        rest = match behind {
            [TokenTree::Group(attr), behind @ ..] if is(first, '#') && is_marker(attr) => behind,
            behind => {
                out.append(first.clone());
                behind
            }
        };
    }
    braced(members, out)
}

/// `[run]`, `[mainspring::signal(..)]` and so on.
fn is_marker(attr: &Group) -> bool {
    let tokens: Vec<TokenTree> = attr.stream().into_iter().collect();
    let name = PathTokens::at(&tokens).and_then(|path| path.names.last().cloned());
    name.is_some_and(|name| Kind::ALL.iter().any(|(known, _)| name == *known))
}

pub(crate) fn workflow(options: TokenStream, item: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    let out = match Item::parse(item.clone()) {
        Err(error) => return unparsed(item, error),
        Ok(Item::Function(function)) => functions::workflow(options, *function, &diagnostics),
        Ok(Item::Impl(block)) => workflow_impl::expand(options, *block, &diagnostics),
        Ok(Item::Trait(block)) => {
            diagnostics.error_over(
                &block.header.ident,
                "`#[workflow]` goes on an `impl` or a function: for a trait write `#[workflow_interface]`",
            );
            unmarked(item)
        }
        Ok(Item::Other(word)) => {
            diagnostics.error(
                word.span(),
                format!("`#[workflow]` goes on the `impl` of a workflow interface, an `impl` with a `#[run]` method, or an `async fn`; not on `{word}`"),
            );
            item
        }
    };
    with(out, diagnostics)
}

pub(crate) fn workflow_fn(options: TokenStream, item: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    if !options.is_empty() {
        diagnostics.error_over(options, "`#[workflow_fn]` takes no options");
    }
    let out = match Item::parse(item.clone()) {
        Err(error) => return unparsed(item, error),
        Ok(Item::Function(function)) => {
            let scope = Scope::around(&function_anchor(&function.sig.ident));
            functions::helper(*function, &scope, &diagnostics)
        }
        Ok(Item::Impl(block)) => {
            diagnostics.error(
                block.header.impl_token.span,
                "`#[workflow_fn]` goes on a function: on an `impl` write `#[workflow]`, which makes its methods workflow code",
            );
            item
        }
        Ok(Item::Trait(_) | Item::Other(_)) => {
            diagnostics.error_over(
                &item,
                "`#[workflow_fn]` goes on an `async fn` that workflows await",
            );
            item
        }
    };
    with(out, diagnostics)
}

pub(crate) fn workflow_interface(options: TokenStream, item: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    let out = match Item::parse(item.clone()) {
        Err(error) => return unparsed(item, error),
        Ok(Item::Trait(block)) => interface::expand(options, *block, &diagnostics),
        Ok(other) => {
            let instead = match other {
                Item::Impl(_) => "the `impl` of an interface takes `#[workflow]`",
                _ => "it declares what callers see; a function or an `impl` takes `#[workflow]`",
            };
            diagnostics.error_over(
                &item,
                format!("`#[workflow_interface]` goes on a trait: {instead}"),
            );
            unmarked(item)
        }
    };
    with(out, diagnostics)
}

pub(crate) fn activity(options: TokenStream, item: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    let out = match Item::parse(item.clone()) {
        Err(error) => return unparsed(item, error),
        Ok(Item::Function(function)) => activity_function::expand(options, *function, &diagnostics),
        Ok(Item::Impl(block)) => activity_impl::expand(options, *block, &diagnostics),
        Ok(Item::Trait(block)) => {
            diagnostics.error_over(
                &block.header.ident,
                "`#[activity]` goes on an `impl` or a function: for a trait write `#[activity_interface]`",
            );
            item
        }
        Ok(Item::Other(word)) => {
            diagnostics.error(
                word.span(),
                format!("`#[activity]` goes on a function, the `impl` of an activity interface, or an `impl` with `#[activity]` methods; not on `{word}`"),
            );
            item
        }
    };
    with(out, diagnostics)
}

pub(crate) fn activity_interface(options: TokenStream, item: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    let out = match Item::parse(item.clone()) {
        Err(error) => return unparsed(item, error),
        Ok(Item::Trait(block)) => activity_interface::expand(options, *block, &diagnostics),
        Ok(_) => {
            diagnostics.error_over(
                &item,
                "`#[activity_interface]` goes on a trait: its implementations take `#[activity]`, as functions do",
            );
            item
        }
    };
    with(out, diagnostics)
}

/// `#[mainspring::allow(..)]` above one of our other attributes is expanded first: it steps back behind them. Inside
/// workflow code it never gets here.
pub(crate) fn allow(options: TokenStream, item: TokenStream) -> TokenStream {
    const OURS: &[&str] = &[
        "workflow",
        "workflow_fn",
        "workflow_interface",
        "activity",
        "activity_interface",
    ];
    let name = syn::Ident::new(&krate::name(), proc_macro2::Span::call_site());
    let split = |input: syn::parse::ParseStream<'_>| {
        let attrs = input.call(syn::Attribute::parse_outer)?;
        input.parse::<TokenStream>().map(|rest| (attrs, rest))
    };
    let parsed = syn::parse::Parser::parse2(split, item.clone());
    if let Ok((attrs, rest)) = parsed {
        let is_ours = |attr: &syn::Attribute| {
            attr.path()
                .segments
                .last()
                .is_some_and(|last| OURS.iter().any(|ours| last.ident == ours))
        };
        if attrs.iter().any(is_ours) {
            return quote!(#(#attrs)* #[#name::allow(#options)] #rest);
        }
    }
    let diagnostics = Diagnostics::new();
    diagnostics.error(
        proc_macro2::Span::call_site(),
        "there is nothing to allow here: this goes into workflow code, on a statement, an expression or a function with `#[workflow]` or `#[workflow_fn]`",
    );
    with(item, diagnostics)
}

/// A marker that no attribute around it has read.
pub(crate) fn misplaced(name: &str, _options: TokenStream, item: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    diagnostics.error(
        proc_macro2::Span::call_site(),
        format!("`#[{name}]` marks a method of a `#[workflow_interface]` trait, or of an `impl` with `#[workflow]`: that attribute is missing here"),
    );
    with(item, diagnostics)
}

/// Everything of an `impl` before its braces.
fn head(header: &syn::ItemImpl) -> TokenStream {
    let syn::ItemImpl {
        attrs,
        defaultness,
        unsafety,
        impl_token,
        generics,
        trait_,
        self_ty,
        ..
    } = header;
    let (generics, _, clause) = generics.split_for_impl();
    let of = trait_
        .as_ref()
        .map(|(not, path, word)| quote!(#not #path #word));
    quote!(#(#attrs)* #defaultness #unsafety #impl_token #generics #of #self_ty #clause)
}

#[cfg(test)]
mod snapshots;
