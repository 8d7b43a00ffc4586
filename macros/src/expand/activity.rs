//! `#[activity]` on a function, on the `impl` of an activity interface, and on an `impl` with `#[activity]` methods.
//!
//! One name, two namespaces: `compose(..)` is the call in workflow code, `compose::run(..)` the body for tests, and the
//! type `compose` names the activity.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Signature, Visibility};

use super::activity_stub;
use super::handlers::plain_probe;
use crate::attrs::{ACTIVITY_CALL, Case, Options, activity_options, set_timeout};
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::krate;
use crate::model::{Carried, Output, Parameters, marker_type, wire_name};
use crate::syntax::{Function, ImplBlock, Member, braced};

/// Options of one activity: those of its calls, and what it is.
fn own_options() -> Vec<&'static str> {
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
    pub(super) fn check(&mut self, receiver: bool, diagnostics: &Diagnostics) {
        let before = diagnostics.count();
        self.check_signature(receiver, diagnostics);
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

    /// The function whose value is a call: `fn compose(..) -> ActivityCall<compose>`.
    fn call(&self, vis: &Visibility, krate: &TokenStream) -> TokenStream {
        let name = &self.sig.ident;
        let (declared, tuple) = (self.parameters.declared(), self.tuple());
        let span = name.span();
        let call = quote_spanned!(span=> #krate::workflow::ActivityCall);
        quote! {
            #[track_caller]
            #[allow(deprecated, dead_code, unused_variables, clippy::too_many_arguments)]
            #vis fn #name(#declared) -> #call<#name> { #call::new(#tuple) }
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

/// `#[activity] async fn compose(..)`
pub(super) fn function(
    options: TokenStream,
    mut function: Function,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let krate = krate::path();
    let options = Options::parse(options, "activity", &own_options(), diagnostics);
    let mut activity = Activity::of(
        &function.sig,
        &function.attrs,
        &options,
        &Shared::default(),
        &krate,
    );
    activity.check(false, diagnostics);
    if activity.parameters.receiver.is_some() {
        return written(&function);
    }

    let (name, vis) = (function.sig.ident.clone(), function.vis.clone());
    let shown = &activity.carried.shown;
    let call = activity.call(&vis, &krate);
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

/// `ActivityConfig` of the item: where it stands.
fn config(krate: &TokenStream) -> TokenStream {
    quote!(#krate::__private::ActivityConfig::new(#krate::location!()))
}

/// `#[activity] impl ..`
pub(super) fn implementation(
    options: TokenStream,
    block: ImplBlock,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let krate = krate::path();
    match block.header.trait_.clone() {
        Some((_, interface, _)) => of_interface(options, block, &interface, &krate, diagnostics),
        None => inherent(options, block, &krate, diagnostics),
    }
}

/// `#[activity] impl GreetingActivities for English`: the code is the user's; a worker learns of it.
fn of_interface(
    options: TokenStream,
    block: ImplBlock,
    interface: &syn::Path,
    krate: &TokenStream,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let options = Options::parse(options, "activity", &["task_queue"], diagnostics);
    let ImplBlock {
        header,
        brace,
        members,
    } = block;
    check::no_generics(
        &header.generics,
        "a worker finds these activities by name, so their type must be known\nput `#[activity]` on an `impl` for one type",
        diagnostics,
    );
    let items = members.into_iter().map(|member| match member {
        Member::Method(mut function) => {
            if let Some((attr, _)) = take_marker(&mut function.attrs) {
                diagnostics.error_over(attr, "`#[activity]` belongs to the interface, which says what each method is: leave it out here");
            }
            written(&function)
        }
        Member::Other(item) => item,
    });
    let body = braced(&brace, items.collect());
    let (ty, head) = (&header.self_ty, super::head(&header));
    let mut config = quote!(#krate::__private::ActivityConfig::new(#krate::location!()));
    if let Some(queue) = options.text("task_queue") {
        config.extend(quote!(.task_queue(#queue)));
    }
    let cfg = Carried::of(&header.attrs).cfg();
    let registered = header.generics.params.is_empty().then(|| {
        let instance = instance(ty, krate);
        quote! {
            #cfg
            #[allow(deprecated)]
            const _: () = {
                #krate::__private::inventory::submit! {
                    #krate::__private::ActivityEntry(|| <#ty as #interface>::__activities(#config, #instance))
                }
            };
        }
    });
    quote!(#head #body #registered)
}

/// `Some(Default::default)` for a type that has it: the inherent method exists for such types only.
fn instance(ty: &syn::Type, krate: &TokenStream) -> TokenStream {
    quote!({
        #[allow(unused_imports)]
        use #krate::__private::NoDefault as _;
        #krate::__private::Names::<#ty>::new().__default()
    })
}

/// `#[activity] impl Payments { #[activity] async fn charge(&self, ..) }`
fn inherent(
    options: TokenStream,
    block: ImplBlock,
    krate: &TokenStream,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let options = Options::parse(options, "activity", &shared_options(), diagnostics);
    let shared = Shared::of(&options, krate);
    let ImplBlock {
        header,
        brace,
        members,
    } = block;
    check::no_generics(
        &header.generics,
        "a worker finds these activities by name, so their type must be known\nput `#[activity]` on an `impl` for one type",
        diagnostics,
    );
    let (mut items, mut activities) = (TokenStream::new(), Vec::new());
    for member in members {
        match member {
            Member::Method(mut function) => {
                if let Some((_, tokens)) = take_marker(&mut function.attrs) {
                    let own = Options::parse(tokens, "activity", &own_options(), diagnostics);
                    let mut activity =
                        Activity::of(&function.sig, &function.attrs, &own, &shared, krate);
                    activity.check(true, diagnostics);
                    activities.push((activity, function.vis.clone()));
                }
                items.extend(written(&function));
            }
            Member::Other(item) => items.extend(item),
        }
    }
    let (head, body) = (super::head(&header), braced(&brace, items));
    let ty = &header.self_ty;
    if activities.is_empty() {
        diagnostics.error_over(ty, "there are no activities here: mark the methods that workflows may call with `#[activity]`");
        return quote!(#head #body);
    }
    let owner = match &**ty {
        syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.clone()),
        _ => None,
    };
    let Some(owner) = owner else {
        diagnostics.error_over(
            ty,
            "activities are methods of a type with a name of its own",
        );
        return quote!(#head #body);
    };
    let calls = inherent_calls(&owner, ty, &activities, krate);
    quote!(#head #body #calls)
}

fn inherent_calls(
    owner: &Ident,
    ty: &syn::Type,
    activities: &[(Activity, Visibility)],
    krate: &TokenStream,
) -> TokenStream {
    let vis = widest(activities.iter().map(|(_, vis)| vis));
    let list: Vec<(&Activity, Ident)> = activities
        .iter()
        .map(|(activity, _)| (activity, marker_type(owner, &activity.sig.ident)))
        .collect();
    let stub = activity_stub::expand(owner, &vis, &list, &[], krate);
    let instance = instance(ty, krate);
    let steps = list.iter().map(|(activity, marker)| {
        let method = &activity.sig.ident;
        activity.definition(
            marker,
            &quote!(.instance::<#ty>(instance)),
            &quote!(<#ty>::#method),
            &quote!(&*__instance,),
        )
    });
    let config = config(krate);
    quote! {
        #stub
        #[allow(deprecated, unused_mut, unused_variables)]
        const _: () = {
            #krate::__private::inventory::submit! {
                #krate::__private::ActivityEntry(|| {
                    let (config, instance) = (#config, #instance);
                    let mut list = #krate::__private::Vec::new();
                    #(#steps)*
                    list
                })
            }
        };
    }
}

/// `pub`, if any of them is; otherwise that of the first.
fn widest<'a>(list: impl Iterator<Item = &'a Visibility>) -> Visibility {
    let list: Vec<&Visibility> = list.collect();
    let public = list.iter().find(|vis| matches!(vis, Visibility::Public(_)));
    public
        .or(list.first())
        .map_or(Visibility::Inherited, |vis| (*vis).clone())
}

/// Takes `#[activity(..)]` out of the attributes of a method: the attribute, and its options.
pub(super) fn take_marker(attrs: &mut Vec<Attribute>) -> Option<(Attribute, TokenStream)> {
    let is_ours = |attr: &Attribute| {
        let path = attr.path();
        path.is_ident("activity")
            || (path.segments.len() == 2
                && path.segments[0].ident == krate::name().as_str()
                && path.segments[1].ident == "activity")
    };
    let at = attrs.iter().position(is_ours)?;
    let attr = attrs.remove(at);
    let options = match &attr.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Some((attr, options))
}

fn written(function: &Function) -> TokenStream {
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = function;
    quote!(#(#attrs)* #vis #sig #body)
}
