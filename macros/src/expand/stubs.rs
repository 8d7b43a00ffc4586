//! What callers see of a workflow: `GreetingInterface` and the three stubs that it makes.
//!
//! The stubs of an interface that inherits others dereference to those of the first one it names; the further ones are
//! methods called like them. An inherited interface is reached by the type `<Name>Interface` beside its trait, as a trait
//! alone leads to no type.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Path;

use super::handlers::Handlers;
use crate::model::{Handler, Kind, marker_type};

/// An interface that this one inherits.
pub(super) struct Inherited {
    /// The name in the list of supertraits.
    pub(super) name: Ident,
    /// The path of the trait.
    pub(super) path: Path,
    /// The path of its `<Name>Interface`.
    pub(super) interface: Path,
}

/// One of the three kinds of stubs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Child,
    External,
}

impl Side {
    const ALL: [Self; 3] = [Self::Client, Self::Child, Self::External];

    fn suffix(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Child => "Child",
            Self::External => "External",
        }
    }

    /// The untyped stub within.
    fn base(self, krate: &TokenStream) -> TokenStream {
        match self {
            Self::Client => quote!(#krate::client::ClientStub),
            Self::Child => quote!(#krate::workflow::ChildStub),
            Self::External => quote!(#krate::workflow::ExternalStub),
        }
    }

    fn about(self, owner: &Ident) -> String {
        match self {
            Self::Client => format!(
                "Calls of `{owner}` from outside workflows; made by `client.workflow({owner}, id)`."
            ),
            Self::Child => format!("`{owner}` as a child workflow; made by `{owner}.child()`."),
            Self::External => format!(
                "Signals to a running `{owner}` from workflow code; made by `{owner}.external(id)`."
            ),
        }
    }

    /// Options that are set on the stub, for all its calls: name, parameters, arguments.
    fn setters(self, krate: &TokenStream) -> Vec<(&'static str, TokenStream, TokenStream)> {
        let text = quote!(impl ::core::convert::Into<#krate::__private::String>);
        let duration = quote!(impl #krate::time::IntoDuration);
        let one = |name, ty: &TokenStream| (name, quote!(value: #ty), quote!(value));
        let mut list = match self {
            Self::Client => return vec![one("run_id", &text), one("task_queue", &text)],
            Self::External => {
                return vec![one("run_id", &text), one("namespace", &text)];
            }
            Self::Child => vec![
                one("id", &text),
                one("task_queue", &text),
                one("execution_timeout", &duration),
                one("run_timeout", &duration),
                one("task_timeout", &duration),
                one("cron", &text),
                one("summary", &text),
                one("details", &text),
                one("retry", &quote!(#krate::RetryPolicy)),
                one(
                    "parent_close_policy",
                    &quote!(#krate::workflow::ParentClosePolicy),
                ),
                one(
                    "cancellation",
                    &quote!(impl ::core::convert::Into<#krate::workflow::ChildCancellationType>),
                ),
                one("id_reuse_policy", &quote!(#krate::workflow::IdReusePolicy)),
                one(
                    "search_attributes",
                    &quote!(#krate::workflow::SearchAttributes),
                ),
                one("with", &quote!(#krate::workflow::ChildOptions)),
            ],
        };
        list.push((
            "memo",
            quote!(name: #text, value: impl #krate::__private::Value),
            quote!(name, value),
        ));
        list
    }
}

/// Everything callers need, for one workflow.
pub(super) fn expand(
    handlers: &Handlers<'_>,
    inherited: &[Inherited],
    own_constant: bool,
) -> TokenStream {
    let (owner, vis, krate) = (handlers.owner, handlers.vis, handlers.krate);
    let interface = format_ident!("{owner}Interface");
    let [client, child, external] = Side::ALL.map(|side| format_ident!("{owner}{}", side.suffix()));
    let wire = handlers.wire;
    let constant = own_constant.then(|| {
        let doc = format!("`{owner}` as callers name it: `client.workflow({owner}, id)`, `{owner}.child()`, `{owner}.external(id)`.");
        quote! {
            #[doc = #doc]
            #[allow(non_upper_case_globals, dead_code)]
            #vis const #owner: #interface = #interface;
        }
    });
    let stubs = Side::ALL.map(|side| stub(side, handlers, inherited));
    quote! {
        #[doc(hidden)]
        #[derive(Clone, Copy, Debug)]
        #vis struct #interface;
        #constant
        impl #krate::workflow::Interface for #interface {
            const NAME: &'static str = #wire;
            type Client = #client;
            type Child = #child;
            type External = #external;
        }
        #[allow(dead_code)]
        impl #interface {
            /// A child of the workflow that calls this, by this interface; options are set on it.
            #[must_use]
            #vis fn child(self) -> #child {
                ::core::convert::From::from(#krate::workflow::ChildStub::new())
            }
            /// Another workflow execution, by this interface.
            #[must_use]
            #vis fn external(self, id: impl ::core::convert::Into<#krate::__private::String>) -> #external {
                ::core::convert::From::from(#krate::workflow::ExternalStub::new(id))
            }
        }
        #(#stubs)*
    }
}

fn stub(side: Side, handlers: &Handlers<'_>, inherited: &[Inherited]) -> TokenStream {
    let (owner, vis, krate) = (handlers.owner, handlers.vis, handlers.krate);
    let name = format_ident!("{owner}{}", side.suffix());
    let (base, about) = (side.base(krate), side.about(owner));
    let methods = handlers
        .list
        .iter()
        .filter_map(|handler| method(side, handlers, handler));
    let taken: Vec<String> = handlers
        .list
        .iter()
        .map(|handler| handler.ident().to_string())
        .collect();
    let free = |name: &str| !taken.iter().any(|taken| taken == name);
    let setters = side
        .setters(krate)
        .into_iter()
        .filter(|(name, ..)| free(name))
        .map(|(method, declared, given)| {
            let method = Ident::new(method, proc_macro2::Span::call_site());
            let doc = format!("See [`{method}`](#base::{method}).")
                .replace("#base", &base.to_string().replace(' ', ""));
            quote! {
                #[doc = #doc]
                #[must_use]
                #vis fn #method(self, #declared) -> Self {
                    ::core::convert::From::from(self.stub.#method(#given))
                }
            }
        });
    let more = more_methods(side, handlers, &free);
    let inner = Inner::of(side, inherited, krate);
    let (fields, made, reached) = (&inner.fields, &inner.made, inner.reached(&name, vis));
    quote! {
        #[doc = #about]
        #[derive(Clone, Debug)]
        #[allow(dead_code)]
        #vis struct #name { stub: #base, #fields }
        impl ::core::convert::From<#base> for #name {
            fn from(stub: #base) -> Self { Self { #made stub } }
        }
        #[allow(dead_code, deprecated, unused_variables, clippy::too_many_arguments)]
        impl #name {
            #(#methods)*
            #(#setters)*
            #more
        }
        #reached
    }
}

/// Methods of the untyped stub that are not options.
fn more_methods(side: Side, handlers: &Handlers<'_>, free: &dyn Fn(&str) -> bool) -> TokenStream {
    let (vis, krate) = (handlers.vis, handlers.krate);
    match side {
        Side::External if free("cancel") => quote! {
            /// Asks it to cancel.
            #[track_caller]
            #vis fn cancel(&self) -> #krate::workflow::ExternalCancelCall { self.stub.cancel() }
        },
        Side::Client if free("handle") => {
            let Some(run) = handlers.run() else {
                return TokenStream::new();
            };
            let marker = marker_type(handlers.owner, run.ident());
            quote! {
                /// A handle on a workflow that was started elsewhere: to await its result, describe, cancel or terminate it.
                #vis fn handle(&self) -> #krate::client::WorkflowHandle<#marker> { self.stub.handle::<#marker>() }
            }
        }
        _ => TokenStream::new(),
    }
}

/// The method of a stub that calls a handler, if callers on this side may call it.
fn method(side: Side, handlers: &Handlers<'_>, handler: &Handler) -> Option<TokenStream> {
    if handler.dynamic || (handler.kind == Kind::Run && handlers.dynamic) {
        return None;
    }
    let (vis, krate) = (handlers.vis, handlers.krate);
    let (call, start) = match (side, handler.kind) {
        (Side::Client, Kind::Run) => (quote!(client::StartCall), quote!(start)),
        (Side::Client, Kind::Signal) => (quote!(client::SignalCall), quote!(signal)),
        (Side::Client, Kind::Query) => (quote!(client::QueryCall), quote!(query)),
        (Side::Client, Kind::Update) => (quote!(client::UpdateCall), quote!(update)),
        (Side::Child, Kind::Run) => (quote!(workflow::ChildCall), quote!(child)),
        (Side::External, Kind::Signal) => (
            quote!(workflow::ExternalSignalCall),
            quote!(signal_external),
        ),
        _ => return None,
    };
    let (name, marker) = (
        handler.ident(),
        marker_type(handlers.owner, handler.ident()),
    );
    let declared = handler.parameters.declared_for_stubs(krate);
    let tuple = handler.parameters.tuple_for_stubs(krate);
    let carried = handler.carried.all();
    Some(quote! {
        #carried
        #[track_caller]
        #vis fn #name(&self, #declared) -> #krate::#call<#marker> { #krate::__private::calls::#start::<#marker>(&self.stub, #tuple) }
    })
}

/// How a stub holds those of the inherited interfaces.
struct Inner {
    fields: TokenStream,
    made: TokenStream,
    types: Vec<(Ident, Ident, TokenStream)>,
}

impl Inner {
    fn of(side: Side, inherited: &[Inherited], krate: &TokenStream) -> Self {
        let kind = Ident::new(side.suffix(), proc_macro2::Span::call_site());
        let mut inner = Self {
            fields: TokenStream::new(),
            made: TokenStream::new(),
            types: Vec::new(),
        };
        for (position, parent) in inherited.iter().enumerate() {
            let (field, path) = (format_ident!("inherited{position}"), &parent.interface);
            let ty = quote!(<#path as #krate::workflow::Interface>::#kind);
            inner.fields.extend(quote!(#field: #ty,));
            inner.made.extend(
                quote!(#field: ::core::convert::From::from(::core::clone::Clone::clone(&stub)),),
            );
            inner.types.push((field, parent.name.clone(), ty));
        }
        inner
    }

    /// The first by dereferencing, the others by name.
    fn reached(&self, stub: &Ident, vis: &syn::Visibility) -> TokenStream {
        let Some(((field, _, ty), others)) = self.types.split_first() else {
            return TokenStream::new();
        };
        let others = others.iter().map(|(field, name, ty)| {
            let method = Ident::new(&snake(&name.to_string()), name.span());
            let doc = format!("What comes from `{name}`.");
            quote!(#[doc = #doc] #vis fn #method(&self) -> &#ty { &self.#field })
        });
        quote! {
            impl ::core::ops::Deref for #stub {
                type Target = #ty;
                fn deref(&self) -> &#ty { &self.#field }
            }
            #[allow(dead_code)]
            impl #stub { #(#others)* }
        }
    }
}

/// `Pausable` → `pausable`, `CanPause` → `can_pause`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for (position, c) in name.chars().enumerate() {
        if c.is_uppercase() && position > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
