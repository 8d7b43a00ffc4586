//! One activity, wherever it is declared: what its signature and options say, and the definition that a worker looks up.
//!
//! Where: on a function (`activity_function`), in an `impl` (`activity_impl`), in a trait (`activity_interface`).

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Signature};

use super::handlers::plain_probe;
use crate::attrs::{ACTIVITY_CALL, Case, Options, activity_options, set_timeout};
use crate::check;
use crate::determinism::scope::Scope;
use crate::determinism::{payloads, take_from};
use crate::diagnostics::Diagnostics;
use crate::model::{Carried, Output, Parameters, is_named, wire_name};
use crate::syntax::Function;

/// Options of one activity: those of its calls, and what it is.
pub(super) fn own_options() -> Vec<&'static str> {
    [&["name", "dynamic"], ACTIVITY_CALL].concat()
}

/// Options that the methods of an interface share.
pub(super) fn shared_options() -> Vec<&'static str> {
    [&["name_prefix", "rename_all"], ACTIVITY_CALL].concat()
}

/// One activity, as its signature and options say.
pub(super) struct Activity {
    pub(super) sig: Signature,
    pub(super) parameters: Parameters,
    pub(super) output: Output,
    pub(super) wire: TokenStream,
    pub(super) dynamic: bool,
    /// Calls on `ActivityOptions`: `.start_to_close(..)`.
    pub(super) options: TokenStream,
    /// Whether they set the timeout that every call needs.
    pub(super) has_timeout: bool,
    pub(super) carried: Carried,
}

/// What the attribute of an interface or `impl` says for all its methods.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) prefix: String,
    pub(super) case: Option<Case>,
    pub(super) options: TokenStream,
    pub(super) has_timeout: bool,
}

impl Shared {
    pub(super) fn of(options: &Options<'_>, krate: &TokenStream) -> Self {
        Self {
            prefix: options
                .literal("name_prefix")
                .map(|text| text.value())
                .unwrap_or_default(),
            case: Case::of(options),
            options: activity_options(options, krate),
            has_timeout: set_timeout(options),
        }
    }
}

impl Activity {
    /// Reads a method or function with its own options.
    pub(super) fn of(
        sig: &Signature,
        attrs: &[Attribute],
        options: &Options<'_>,
        shared: &Shared,
        krate: &TokenStream,
    ) -> Self {
        let written = options.text("name");
        let by_default = written.is_none();
        let (mut wire, literal) = wire_name(written, &sig.ident, shared.case);
        // A name that is written is whole.
        if let Some(name) = literal.filter(|_| by_default) {
            let name = format!("{}{name}", shared.prefix);
            wire = quote!(#name);
        }
        let (common, own) = (&shared.options, activity_options(options, krate));
        Self {
            sig: sig.clone(),
            parameters: Parameters::of(sig),
            output: Output::of(&sig.output),
            wire,
            dynamic: options.flag("dynamic"),
            options: quote!(#common #own),
            has_timeout: shared.has_timeout || set_timeout(options),
            carried: Carried::of(attrs),
        }
    }

    /// Checks the signature; what is found unsound is not built upon.
    pub(super) fn check(
        &mut self,
        receiver: bool,
        allowed: &BTreeSet<String>,
        scope: &Scope,
        diagnostics: &Diagnostics,
    ) {
        let before = diagnostics.count();
        self.check_signature(receiver, diagnostics);
        payloads::check(&self.sig, scope, allowed, diagnostics);
        if diagnostics.count() > before {
            self.parameters.unsound = true;
            self.output = Output::Unit;
        }
    }

    fn check_signature(&self, receiver: bool, diagnostics: &Diagnostics) {
        let sig = &self.sig;
        check::no_qualifiers(sig, "an activity", diagnostics);
        check::no_generics(
            &sig.generics,
            "an activity is called by name, from other programs too, so its types must be known",
            diagnostics,
        );
        if self.dynamic {
            check::dynamic_whole(&self.parameters, sig, diagnostics);
        } else {
            check::parameters(&self.parameters, sig, diagnostics);
        }
        check::output(sig, diagnostics);
        match &self.parameters.receiver {
            Some(found) if !receiver => diagnostics.error_over(
                found,
                "an activity function has no `self`: put `#[activity]` on the `impl` block too",
            ),
            Some(found) if found.reference.is_none() || found.mutability.is_some() || found.colon_token.is_some() => {
                diagnostics.error_over(found, "activities share one value, on many threads: take `&self`, and keep what changes behind a lock");
            }
            None if receiver => diagnostics.error(
                sig.ident.span(),
                format!("`{0}` needs `&self`: the worker calls it on its instance\nwrite `fn {0}(&self, ..)`, or make it a function with `#[activity]`", sig.ident),
            ),
            _ => {}
        }
    }

    pub(super) fn args(&self, krate: &TokenStream) -> TokenStream {
        if self.dynamic && !self.parameters.unsound {
            quote!(#krate::EncodedValues)
        } else {
            self.parameters.tuple_type()
        }
    }

    pub(super) fn tuple(&self) -> TokenStream {
        let names = self.parameters.names();
        if self.dynamic && !self.parameters.unsound {
            quote!(#(#names)*)
        } else {
            self.parameters.tuple()
        }
    }

    /// `impl Activity for compose`
    pub(super) fn describe(&self, marker: &Ident, krate: &TokenStream) -> TokenStream {
        let (wire, options, cfg) = (&self.wire, &self.options, self.carried.cfg());
        let (args, success) = (self.args(krate), self.output.success());
        let timeouts = if self.has_timeout {
            quote!(TimeoutSet)
        } else {
            quote!(NoTimeout)
        };
        let probe = match &self.output {
            Output::Plain(ty) => plain_probe(ty, &cfg),
            _ => TokenStream::new(),
        };
        quote! {
            #cfg
            impl #krate::Activity for #marker {
                const NAME: &'static str = #wire;
                type Args = #args;
                type Output = #success;
                type Timeouts = #krate::workflow::#timeouts;
                fn options() -> #krate::ActivityOptions<Self::Timeouts> { #krate::ActivityOptions::new() #options }
            }
            #probe
        }
    }

    /// The statement that adds the definition to `list`, for the worker; `body` is the path of the function or method, `on` what it is called on.
    pub(super) fn definition(
        &self,
        marker: &Ident,
        of: &TokenStream,
        body: &TokenStream,
        on: &TokenStream,
    ) -> TokenStream {
        if self.parameters.unsound {
            return TokenStream::new();
        }
        let (names, pattern, cfg) = (self.parameters.names(), self.tuple(), self.carried.cfg());
        let dynamic = self.dynamic.then(|| quote!(.dynamic()));
        let awaited = self.sig.asyncness.is_some();
        let call = quote!(#body(#on #(#names),*));
        let (call, run) = if awaited {
            (quote!(#call.await), quote!(run_async))
        } else {
            (call, quote!(run_blocking))
        };
        let result = self.output.activity_result(&call);
        let result = if awaited {
            quote!(async move { #result })
        } else {
            result
        };
        quote! {
            #cfg
            list.push(config.define::<#marker>() #of #dynamic .#run(|__instance, #pattern| #result));
        }
    }
}

/// `ActivityConfig` of the item: where it stands.
pub(super) fn config(krate: &TokenStream) -> TokenStream {
    quote!(#krate::__private::ActivityConfig::new(#krate::location!()))
}

/// Takes the exceptions out of the attributes of an activity; there is only one kind.
pub(super) fn take_exceptions(
    attrs: &mut Vec<Attribute>,
    at: proc_macro2::Span,
    diagnostics: &Diagnostics,
) -> BTreeSet<String> {
    let allowed = take_from(attrs, diagnostics);
    if let Some(other) = allowed.iter().find(|id| *id != "MS0606") {
        diagnostics.error(
            at,
            format!(
                "an activity may do what it likes, so {other} needs no exception here: leave it out"
            ),
        );
    }
    allowed
}

/// Takes `#[activity(..)]` out of the attributes of a method: the attribute, and its options.
pub(super) fn take_marker(attrs: &mut Vec<Attribute>) -> Option<(Attribute, TokenStream)> {
    let is_ours = |attr: &Attribute| is_named(attr, "activity");
    let at = attrs.iter().position(is_ours)?;
    let attr = attrs.remove(at);
    let options = match &attr.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Some((attr, options))
}

/// A function as its author wrote it.
pub(super) fn written(function: &Function) -> TokenStream {
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = function;
    quote!(#(#attrs)* #vis #sig #body)
}
