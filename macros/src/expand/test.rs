//! `#[mainspring::test]`: an ordinary test around an asynchronous function that is given an environment.
//!
//! ```text
//! #[cfg_attr(test, ::core::prelude::v1::test)]
//! fn reminds() -> Result<()> {
//!     async fn reminds(env: TestEnv) -> Result<()> { .. }
//!     ::mainspring::testing::run(Setup { .. }, reminds)
//! }
//! ```
//!
//! Without `cfg(test)` it stays a function, which the examples of a page of documentation can call.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Expr, ItemFn, Lit, MetaNameValue, Token, punctuated::Punctuated};

use crate::krate;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    let mut errors = TokenStream::new();
    let without_replay = match without_replay(options) {
        Ok(without_replay) => without_replay,
        Err(error) => {
            errors.extend(error.into_compile_error());
            false
        }
    };
    if let Err(error) = check(&function) {
        let error = error.into_compile_error();
        return quote!(#error #errors #function);
    }
    let krate = krate::path();
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
    } = function;
    let (name, output) = (&sig.ident, &sig.output);
    let call = quote_spanned!(sig.inputs.span()=> #krate::testing::run(__setup, #name));
    quote! {
        #errors
        #[cfg_attr(test, ::core::prelude::v1::test)]
        #[allow(dead_code)]
        #(#attrs)*
        #vis fn #name() #output {
            #sig #block
            let mut __setup = #krate::testing::Setup::default();
            __setup.without_replay = #without_replay;
            #call
        }
    }
}

fn check(function: &ItemFn) -> syn::Result<()> {
    let sig = &function.sig;
    if sig.asyncness.is_none() {
        return Err(syn::Error::new(
            sig.fn_token.span(),
            "`#[mainspring::test]` goes on an `async fn`; for others there is `#[test]`",
        ));
    }
    if sig.inputs.len() != 1 || !sig.generics.params.is_empty() {
        return Err(syn::Error::new(
            sig.ident.span(),
            format!(
                "a test takes its environment and nothing else: `async fn {}(env: TestEnv)`",
                sig.ident
            ),
        ));
    }
    Ok(())
}

/// `without_replay = "reason"`.
fn without_replay(options: TokenStream) -> syn::Result<bool> {
    let list = Punctuated::<MetaNameValue, Token![,]>::parse_terminated.parse2(options)?;
    for option in &list {
        let reason = match &option.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(reason) => reason.value(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        if !option.path.is_ident("without_replay") || reason.trim().is_empty() {
            return Err(syn::Error::new(
                option.span(),
                "`#[mainspring::test]` takes only `without_replay = \"the reason\"`",
            ));
        }
    }
    Ok(!list.is_empty())
}
