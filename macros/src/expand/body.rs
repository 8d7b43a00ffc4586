//! The bodies of workflow code: gated, scanned, and `async fn` turned into a function that returns a `Task`.
//!
//! ```text
//! async fn f(a: A) -> R { body }
//!     → fn f(a: A) -> Task<impl Future<Output = R> + Send> { durable(async move { body }) }
//! ```

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ReturnType, Signature, Type};

use crate::determinism::scan;
use crate::determinism::scope::Scope;
use crate::diagnostics::Diagnostics;
use crate::gate::{Gate, Mode};
use crate::syntax::{Function, braced, located};

/// Where a piece of workflow code stands.
pub(crate) struct Surroundings<'a> {
    pub(crate) krate: &'a TokenStream,
    pub(crate) scope: &'a Scope,
    pub(crate) diagnostics: &'a Diagnostics,
}

/// Writes a function of workflow code; `allowed` are the exceptions from among its attributes.
///
/// `access` is the expression whose type says whether a sync handler may change state, for the implementation of an
/// interface: there only the trait knows.
pub(super) fn function(
    function: Function,
    allowed: &BTreeSet<String>,
    mode: Mode,
    access: Option<TokenStream>,
    at: &Surroundings<'_>,
) -> TokenStream {
    let body = body(allowed, &function.sig, &function.body, mode, access, at);
    let Function {
        attrs,
        vis,
        mut sig,
        ..
    } = function;
    if sig.asyncness.is_some() {
        make_durable(&mut sig, at.krate);
    }
    quote!(#(#attrs)* #vis #sig #body)
}

/// Writes the body alone.
pub(super) fn body(
    allowed: &BTreeSet<String>,
    sig: &Signature,
    body: &proc_macro2::Group,
    mode: Mode,
    access: Option<TokenStream>,
    at: &Surroundings<'_>,
) -> proc_macro2::Group {
    let krate = at.krate;
    let scanned = scan(body.stream(), sig, at.scope, allowed, at.diagnostics);
    let before = at.diagnostics.count();
    let gate = Gate {
        mode,
        access: access.as_ref(),
        diagnostics: at.diagnostics,
    };
    let mut inner = gate.rewrite(scanned.body);
    if mode == Mode::ReadOnly && at.diagnostics.count() > before {
        // What awaits in vain would be a mistake of types as well.
        inner = quote!(::core::unreachable!());
    }
    let imports = quote!(#[allow(unused_imports)] use #krate::__private::Gate as _;);
    let clocks = scanned.clocks.iter().map(clock_probe);
    // Among the items of the body, which may be what names a clock.
    let clocks = quote!(#(#clocks)*);
    if sig.asyncness.is_none() {
        return braced(body, quote!(#imports #clocks #inner));
    }
    let typed = typed_output(sig);
    let block = braced(body, quote!(#clocks #typed #inner));
    braced(
        body,
        quote!(#imports #krate::__private::durable(async move #block)),
    )
}

/// Fixes the type of `return`, `?` and the tail as `async fn` would; left open where it cannot be named.
fn typed_output(sig: &Signature) -> TokenStream {
    let output = declared_output(sig);
    let is_named = !matches!(output, Type::Never(_)) && !mentions_impl(quote!(#output));
    if !is_named {
        return TokenStream::new();
    }
    quote! {
        #[allow(unreachable_code, clippy::all, clippy::pedantic)]
        if false { let __output: #output = loop {}; return __output; }
    }
}

fn mentions_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(word) => word == "impl",
        proc_macro2::TokenTree::Group(group) => mentions_impl(group.stream()),
        _ => false,
    })
}

fn declared_output(sig: &Signature) -> Type {
    match &sig.output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    }
}

/// Rewrites the signature of an `async fn`.
///
/// The new tokens are located at the name, so that a body which is not `Send` is reported there, and resolved here,
/// so that `impl` captures lifetimes by the rules of our edition whatever the user's.
pub(super) fn make_durable(sig: &mut Signature, krate: &TokenStream) {
    let output = declared_output(sig);
    let span = Span::call_site().located_at(sig.ident.span());
    let krate = located(krate, span);
    let task = quote_spanned! {span=>
        #krate::Task<impl ::core::future::Future<Output = #output> + ::core::marker::Send>
    };
    sig.asyncness = None;
    let arrow = syn::Token![->](span);
    sig.output = ReturnType::Type(arrow, Box::new(Type::Verbatim(task)));
}

/// Asks the compiler whether `X` in `X::now()` is a clock: the inherent method exists for clocks only, under a bound that
/// nothing meets; a trait's method of the same name serves every other type.
fn clock_probe(ty: &TokenStream) -> TokenStream {
    let span = ty.span();
    let krate = crate::krate::path_at(span);
    let method = Ident::new("__replayable", span);
    quote_spanned! {span=>
        { #[allow(unused_imports)] use #krate::__private::NotAClock as _; #krate::__private::Names::<#ty>::new().#method(); }
    }
}
