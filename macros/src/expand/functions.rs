//! `#[workflow]` and `#[workflow_fn]` on functions.
//!
//! One name, two namespaces: the function `greet(..)` is the call of a child workflow, the type `greet` (a struct with
//! braces, which leaves the value namespace free) names the workflow, and `greet::run(..)` is its body.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::body::{self, Surroundings};
use super::handlers::plain_probe;
use crate::attrs::Options;
use crate::check;
use crate::determinism::scope::{Scope, function_anchor};
use crate::determinism::{payloads, take_from};
use crate::diagnostics::Diagnostics;
use crate::expected::Expected;
use crate::gate::Mode;
use crate::krate;
use crate::model::{Carried, Output, Parameters, wire_name};
use crate::syntax::Function;

pub(super) const WORKFLOW: &[&str] = &["name", "task_queue", "versioning", "dynamic"];

/// `#[workflow_fn] async fn`.
pub(super) fn helper(
    mut function: Function,
    scope: &Scope,
    diagnostics: &Diagnostics,
) -> TokenStream {
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
    let allowed = take_from(&mut function.attrs, diagnostics);
    let mut expected = Expected::default();
    expected.read(function.body.stream(), scope);
    let name = function.sig.ident.to_string();
    let cfg = Carried::of(&function.attrs).cfg();
    let helper = expected.submitted(std::iter::once(name.as_str()), &cfg, &krate);
    let written = body::function(function, &allowed, Mode::Workflow, None, &at);
    quote!(#written #helper)
}

/// `#[workflow] async fn`.
pub(super) fn workflow(
    options: TokenStream,
    mut function: Function,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let krate = krate::path();
    let options = Options::parse(options, "workflow", WORKFLOW, diagnostics);
    let scope = Scope::around(&function_anchor(&function.sig.ident));
    let at = Surroundings {
        krate: &krate,
        scope: &scope,
        diagnostics,
    };
    let allowed = take_from(&mut function.attrs, diagnostics);
    if let Some(receiver) = Parameters::of(&function.sig).receiver {
        diagnostics.error_over(
            receiver,
            "a workflow function has no `self`: put `#[workflow]` on the `impl` block, and `#[run]` on this method",
        );
        return body::function(function, &allowed, Mode::Workflow, None, &at);
    }
    let before = diagnostics.count();
    payloads::check(&function.sig, &scope, &allowed, diagnostics);
    check_signature(&function.sig, options.flag("dynamic"), diagnostics);
    let unsound = diagnostics.count() > before;
    if unsound {
        repair(&mut function.sig);
    }

    let mut expected = Expected::default();
    expected.read(function.body.stream(), &scope);
    let carried = Carried::of(&function.attrs);
    let (name, vis) = (function.sig.ident.clone(), function.vis.clone());
    let parts = Parts {
        name: &name,
        parameters: &Parameters {
            unsound,
            ..Parameters::of(&function.sig)
        },
        output: &if unsound {
            Output::Unit
        } else {
            Output::of(&function.sig.output)
        },
        dynamic: options.flag("dynamic"),
        krate: &krate,
    };
    // The stub has the user's docs, the body the attributes that rustc needs there.
    let (shown, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut function.attrs)
        .into_iter()
        .partition(|attr| {
            ["doc", "deprecated"]
                .iter()
                .any(|name| attr.path().is_ident(name))
        });
    function.attrs = kept;
    function.sig.ident = Ident::new("run", name.span());
    let body = body::function(function, &allowed, Mode::Workflow, None, &at);
    let (stub, described) = (parts.stub(&vis, &shown), parts.describe(&options));
    let registered =
        (!unsound).then(|| parts.register(&config(&options, &carried, &expected, &krate)));
    let cfg = carried.cfg();
    quote! {
        #cfg
        #stub
        #cfg
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis struct #name {}
        #cfg
        #[allow(deprecated, dead_code)]
        impl #name { #body }
        #cfg
        #described
        #cfg
        #registered
    }
}

/// Makes the body compile in spite of what was reported.
fn repair(sig: &mut syn::Signature) {
    sig.asyncness.get_or_insert_with(Default::default);
    sig.unsafety = None;
    sig.constness = None;
    sig.abi = None;
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
    if dynamic {
        check::dynamic_whole(&parameters, sig, diagnostics);
    } else {
        check::parameters(&parameters, sig, diagnostics);
    }
    check::output(sig, diagnostics);
}

/// The expression of a `WorkflowConfig`: what the attribute says of the implementation.
pub(super) fn config(
    options: &Options<'_>,
    carried: &Carried,
    expected: &Expected,
    krate: &TokenStream,
) -> TokenStream {
    let mut config = quote!(#krate::__private::WorkflowConfig::new(#krate::location!()));
    config.extend(expected.told());
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
    /// The parameters whole: those of a dynamic workflow come undecoded.
    fn tuple(&self) -> TokenStream {
        let names = self.parameters.names();
        if self.dynamic && !self.parameters.unsound {
            quote!(#(#names)*)
        } else {
            self.parameters.tuple()
        }
    }

    /// `fn greet(name: String) -> ChildCall<greet>`
    fn stub(&self, vis: &syn::Visibility, attrs: &[syn::Attribute]) -> TokenStream {
        let (name, krate, tuple) = (self.name, self.krate, self.tuple());
        let declared = self.parameters.declared();
        let span = name.span();
        let call = quote_spanned!(span=> #krate::workflow::ChildCall);
        quote! {
            #(#attrs)*
            #[track_caller]
            #[allow(deprecated, dead_code, unused_variables, clippy::too_many_arguments)]
            #vis fn #name(#declared) -> #call<#name> { #call::new(#tuple) }
        }
    }

    /// `impl WorkflowType for greet`
    fn describe(&self, options: &Options<'_>) -> TokenStream {
        let (name, krate) = (self.name, self.krate);
        let (wire, _) = wire_name(options.text("name"), name, None);
        let args = if self.dynamic && !self.parameters.unsound {
            quote!(#krate::EncodedValues)
        } else {
            self.parameters.tuple_type()
        };
        let success = self.output.success();
        let queue = options.text("task_queue").map(|queue| {
            quote!(const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some(#queue);)
        });
        let plain = match self.output {
            Output::Plain(ty) => plain_probe(ty, &TokenStream::new()),
            _ => TokenStream::new(),
        };
        quote! {
            impl #krate::workflow::WorkflowType for #name {
                const NAME: &'static str = #wire;
                #queue
                type Args = #args;
                type Output = #success;
            }
            #plain
        }
    }

    fn register(&self, config: &TokenStream) -> TokenStream {
        let (name, krate, pattern) = (self.name, self.krate, self.tuple());
        let names = self.parameters.names();
        let call = quote!(#name::run(#(#names),*).await);
        let result = self.output.workflow_result(&call);
        quote! {
            #[allow(deprecated)]
            const _: () = {
                #krate::__private::inventory::submit! {
                    #krate::__private::WorkflowEntry(|| ::core::option::Option::Some(
                        #krate::__private::define::workflow_function::<#name, _, _>(
                            #config,
                            |#pattern| async move { #result },
                        ),
                    ))
                }
            };
        }
    }
}
