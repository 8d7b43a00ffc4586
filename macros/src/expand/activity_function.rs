//! `#[activity]` on a function.
//!
//! One name, two namespaces: `compose(..)` is the call in workflow code, `compose::run(..)` the body for tests, and the
//! type `compose` names the activity.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Visibility;

use super::activity::{Activity, Shared, config, own_options, take_exceptions, written};
use crate::attrs::Options;
use crate::determinism::scope::{Scope, function_anchor};
use crate::diagnostics::Diagnostics;
use crate::krate;
use crate::syntax::Function;

/// `#[activity] async fn compose(..)`
pub(super) fn expand(
    options: TokenStream,
    mut function: Function,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let krate = krate::path();
    let options = Options::parse(options, "activity", &own_options(), diagnostics);
    let scope = Scope::around(&function_anchor(&function.sig.ident));
    let allowed = take_exceptions(&mut function.attrs, function.sig.ident.span(), diagnostics);
    let mut activity = Activity::of(
        &function.sig,
        &function.attrs,
        &options,
        &Shared::default(),
        &krate,
    );
    activity.check(false, &allowed, &scope, diagnostics);
    if activity.parameters.receiver.is_some() {
        return written(&function);
    }

    let (name, vis) = (function.sig.ident.clone(), function.vis.clone());
    let shown = &activity.carried.shown;
    let call = call(&activity, &vis, &krate);
    function.attrs.retain(|attr| {
        !["doc", "deprecated", "cfg"]
            .iter()
            .any(|it| attr.path().is_ident(it))
    });
    function.sig.ident = Ident::new("run", name.span());
    let Function {
        attrs, sig, body, ..
    } = &function;
    let body_path = quote!(#name::run);
    let definition =
        activity.definition(&name, &TokenStream::new(), &body_path, &TokenStream::new());
    let described = activity.describe(&name, &krate);
    let cfg = activity.carried.cfg();
    let config = config(&krate);
    quote! {
        #cfg
        #(#shown)*
        #call
        #cfg
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis struct #name {}
        #cfg
        #[allow(deprecated, dead_code)]
        impl #name { #(#attrs)* #vis #sig #body }
        #described
        #cfg
        #[allow(deprecated, unused_mut, unused_variables)]
        const _: () = {
            #krate::__private::inventory::submit! {
                #krate::__private::ActivityEntry(|| {
                    let config = #config;
                    let mut list = #krate::__private::Vec::new();
                    #definition
                    list
                })
            }
        };
    }
}

/// The function whose value is a call: `fn compose(..) -> ActivityCall<compose>`.
fn call(activity: &Activity, vis: &Visibility, krate: &TokenStream) -> TokenStream {
    let name = &activity.sig.ident;
    let (declared, tuple) = (activity.parameters.declared(), activity.tuple());
    let span = name.span();
    let call = quote_spanned!(span=> #krate::workflow::ActivityCall);
    quote! {
        #[track_caller]
        #[allow(deprecated, dead_code, unused_variables, clippy::too_many_arguments)]
        #vis fn #name(#declared) -> #call<#name> { #call::new(#tuple) }
    }
}
