//! `#[init]`: the state of a workflow from its input.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Type, parse_quote};

use crate::krate;
use crate::model::Handler;

/// `#[init] fn new(name: &String) -> Self` stays a method of the type, and answers for the initial state.
pub(super) fn init(
    handler: &Handler,
    item: &TokenStream,
    ty: &Type,
    krate: &TokenStream,
) -> TokenStream {
    let (name, names) = (handler.ident(), handler.parameters.names());
    let types: Vec<Type> = handler
        .parameters
        .types()
        .into_iter()
        .map(referenced)
        .collect();
    let span = name.span();
    let method = quote!(#[allow(dead_code)] impl #ty { #item });
    let init = quote_spanned!(span=> #krate::__private::Init);
    if handler.parameters.unsound {
        // Reported already; that there is none would be a second mistake.
        return quote! {
            #method
            impl<__A> #init<__A> for #ty {
                fn init(_: &__A) -> Self { ::core::unreachable!() }
            }
        };
    }
    let made = if types.is_empty() {
        // State that does not depend on the input fits any workflow.
        quote_spanned! {span=>
            impl<__A> #init<__A> for #ty {
                fn init(_: &__A) -> Self { Self::#name() }
            }
        }
    } else {
        quote_spanned! {span=>
            impl #init<(#(#types,)*)> for #ty {
                fn init((#(#names,)*): &(#(#types,)*)) -> Self { Self::#name(#(#names),*) }
            }
        }
    };
    quote!(#method #made)
}

/// `T` of `&T`, as the run method takes it.
fn referenced(ty: &Type) -> Type {
    match ty {
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => {
                let krate = krate::path();
                parse_quote!(#krate::__private::String)
            }
            Type::Slice(slice) => {
                let (krate, element) = (krate::path(), &slice.elem);
                parse_quote!(#krate::__private::Vec<#element>)
            }
            other => other.clone(),
        },
        other => other.clone(),
    }
}
