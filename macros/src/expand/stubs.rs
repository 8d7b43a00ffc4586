//! What callers see of a workflow: `GreetingInterface` and the three stubs that it makes.
//!
//! The stubs of an interface that inherits others dereference to theirs: see `inherited`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::handlers::Handlers;
use super::inherited::{Inherited, chain};
use crate::model::{Handler, Kind, marker_type};

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
    let next = chain(inherited, side.suffix(), &TokenStream::new());
    quote! {
        #[doc = #about]
        #[derive(Clone, Debug)]
        #[allow(dead_code)]
        #vis struct #name<__Next = #krate::__private::End> { stub: #base, next: #next }
        impl<__Next: ::core::convert::From<#base>> ::core::convert::From<#base> for #name<__Next> {
            fn from(stub: #base) -> Self {
                Self { next: ::core::convert::From::from(::core::clone::Clone::clone(&stub)), stub }
            }
        }
        #[allow(dead_code, deprecated, unused_variables, clippy::too_many_arguments)]
        impl<__Next: ::core::convert::From<#base>> #name<__Next> {
            #(#methods)*
            #(#setters)*
            #more
        }
        impl<__Next> ::core::ops::Deref for #name<__Next> {
            type Target = #next;
            fn deref(&self) -> &Self::Target { &self.next }
        }
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
