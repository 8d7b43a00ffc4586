//! `#[workflow]` and `#[workflow_fn]` on functions.
//!
//! One name, two namespaces: the function `greet(..)` is the call of a child workflow, the type `greet` (a struct with
//! braces, which leaves the value namespace free) names the workflow, and `greet::run(..)` is its body.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::body::{self, Surroundings};
use crate::attrs::Options;
use crate::check;
use crate::determinism::scope::{Scope, function_anchor};
use crate::diagnostics::Diagnostics;
use crate::gate::Mode;
use crate::krate;
use crate::model::{Carried, Output, Parameters, wire_name};
use crate::syntax::Function;

pub(super) const WORKFLOW: &[&str] = &["name", "task_queue", "versioning", "dynamic"];

/// `#[workflow_fn] async fn`.
pub(super) fn helper(function: Function, scope: &Scope, diagnostics: &Diagnostics) -> TokenStream {
    if function.sig.asyncness.is_none() {
        diagnostics.error(
            function.sig.fn_token.span(),
            "`#[workflow_fn]` goes on an `async fn`: a function that does not wait needs no attribute",
        );
    }
    check::no_qualifiers(&function.sig, "workflow code", diagnostics);
    let krate = krate::path();
    let at = Surroundings {
        krate: &krate,
        scope,
        diagnostics,
    };
    body::function(function, Mode::Workflow, None, &at)
}

/// `#[workflow] async fn`.
pub(super) fn workflow(
    options: TokenStream,
    mut function: Function,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let krate = krate::path();
    let options = Options::parse(options, "workflow", WORKFLOW, diagnostics);
    let carried = Carried::of(&function.attrs);
    let sig = function.sig.clone();
    check_signature(&sig, options.flag("dynamic"), diagnostics);

    let name = sig.ident.clone();
    let (parameters, output) = (Parameters::of(&sig), Output::of(&sig.output));
    let (wire, _) = wire_name(options.text("name"), &name, None);
    let scope = Scope::around(&function_anchor(&name));
    let at = Surroundings {
        krate: &krate,
        scope: &scope,
        diagnostics,
    };

    // The stub has the user's attributes, the body those that rustc needs there.
    let attrs = std::mem::take(&mut function.attrs);
    let (stub_attrs, body_attrs): (Vec<_>, Vec<_>) = attrs.into_iter().partition(|attr| {
        ["doc", "deprecated"]
            .iter()
            .any(|name| attr.path().is_ident(name))
    });
    function.attrs = body_attrs;
    function.sig.ident = Ident::new("run", name.span());
    let vis = function.vis.clone();
    let body = body::function(function, Mode::Workflow, None, &at);

    let dynamic = options.flag("dynamic");
    let parts = Parts {
        name: &name,
        parameters: &parameters,
        output: &output,
        dynamic,
        krate: &krate,
    };
    let config = config(&options, &carried, &krate);
    let definition = parts.definition(&config);
    let (args, success) = (parts.args(), output.success(&krate));
    let stub = parts.stub(&vis, &stub_attrs);
    let queue = options.text("task_queue").map(|queue| {
        quote!(const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some(#queue);)
    });
    let cfg = carried.cfg();
    quote! {
        #cfg
        #stub
        #cfg
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis struct #name {}
        #cfg
        #[allow(deprecated)]
        impl #name { #body }
        #cfg
        impl #krate::workflow::WorkflowType for #name {
            const NAME: &'static str = #wire;
            #queue
            type Args = #args;
            type Output = #success;
        }
        #cfg
        #[allow(deprecated)]
        const _: () = {
            #krate::__private::inventory::submit! {
                #krate::__private::WorkflowEntry(|| #definition)
            }
        };
    }
}

fn check_signature(sig: &syn::Signature, dynamic: bool, diagnostics: &Diagnostics) {
    if sig.asyncness.is_none() {
        diagnostics.error(
            sig.fn_token.span(),
            format!("a workflow is an `async fn`: it waits for activities and timers\nwrite `async fn {}(..)`", sig.ident),
        );
    }
    check::no_qualifiers(sig, "a workflow", diagnostics);
    check::no_generics(
        &sig.generics,
        "a workflow is started by name, from other programs too, so its types must be known",
        diagnostics,
    );
    let parameters = Parameters::of(sig);
    if let Some(receiver) = &parameters.receiver {
        diagnostics.error_over(
            receiver,
            "a workflow function has no `self`: put `#[workflow]` on the `impl` block, and `#[run]` on this method",
        );
    }
    if dynamic {
        check::dynamic_whole(&parameters, sig, diagnostics);
    } else {
        check::parameters(&parameters, sig, diagnostics);
    }
    check::output(sig, diagnostics);
}

/// The expression of a `WorkflowConfig`: what the attribute says of the implementation.
pub(super) fn config(options: &Options<'_>, carried: &Carried, krate: &TokenStream) -> TokenStream {
    let mut config = quote!(#krate::__private::WorkflowConfig::new(#krate::location!()));
    if let Some(name) = options.text("name") {
        config.extend(quote!(.name(#name)));
    }
    if let Some(queue) = options.text("task_queue") {
        config.extend(quote!(.task_queue(#queue)));
    }
    if let Some(behavior) = options.expr("versioning", "VersioningBehavior::Pinned") {
        config.extend(quote_spanned!(behavior.span()=> .versioning(#behavior)));
    }
    if options.flag("dynamic") {
        config.extend(quote!(.dynamic()));
    }
    let doc = carried.doc();
    if !doc.is_empty() {
        config.extend(quote!(.doc(#doc)));
    }
    config
}

struct Parts<'a> {
    name: &'a Ident,
    parameters: &'a Parameters,
    output: &'a Output,
    dynamic: bool,
    krate: &'a TokenStream,
}

impl Parts<'_> {
    fn args(&self) -> TokenStream {
        let krate = self.krate;
        if self.dynamic {
            quote!(#krate::EncodedValues)
        } else {
            self.parameters.tuple_type()
        }
    }

    /// `fn greet(name: String) -> ChildCall<greet>`
    fn stub(&self, vis: &syn::Visibility, attrs: &[syn::Attribute]) -> TokenStream {
        let (name, krate) = (self.name, self.krate);
        let (declared, names) = (self.parameters.declared(), self.parameters.names());
        let tuple = if self.dynamic {
            quote!(#(#names)*)
        } else {
            self.parameters.tuple()
        };
        let span = name.span();
        let call = quote_spanned!(span=> #krate::workflow::ChildCall);
        quote! {
            #(#attrs)*
            #[must_use = "a child workflow is not started unless awaited or started"]
            #[track_caller]
            #[allow(deprecated, dead_code, clippy::too_many_arguments)]
            #vis fn #name(#declared) -> #call<#name> { #call::new(#tuple) }
        }
    }

    fn definition(&self, config: &TokenStream) -> TokenStream {
        let (name, krate) = (self.name, self.krate);
        let (args, names) = (self.args(), self.parameters.names());
        let pattern = if self.dynamic {
            quote!(#(#names)*)
        } else {
            self.parameters.tuple()
        };
        let call = quote!(#name::run(#(#names),*).await);
        let result = self.output.workflow_result(krate, &call);
        quote! {
            ::core::option::Option::Some(
                #krate::__private::begin_function::<#name, #args>(
                    <#name as #krate::workflow::WorkflowType>::NAME,
                    || #name {},
                    #config,
                )
                .run(|_, #pattern: #args| async move { #result })
                .build(),
            )
        }
    }
}
