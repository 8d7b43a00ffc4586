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
use syn::{Expr, ItemFn, Lit, Meta, MetaNameValue, Token, punctuated::Punctuated};

use crate::krate;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    let krate = krate::path();
    let mut errors = TokenStream::new();
    let setup = match setup(options, &krate) {
        Ok(setup) => setup,
        Err(error) => {
            errors.extend(error.into_compile_error());
            TokenStream::new()
        }
    };
    if let Err(error) = check(&function) {
        let error = error.into_compile_error();
        return quote!(#error #errors #function);
    }
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
            #[allow(unused_mut)]
            let mut __setup = #krate::testing::Setup::default();
            #setup
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

/// What can be turned off, with a reason.
const WITHOUT: [&str; 2] = ["without_replay", "without_trap"];

/// `without_replay = "reason"` is `__setup.without_replay = true;`, and so on.
fn setup(options: TokenStream, krate: &TokenStream) -> syn::Result<TokenStream> {
    let list = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(options)?;
    let options = list.iter().map(|option| {
        one(option, krate).ok_or_else(|| {
            syn::Error::new(
                option.span(),
                "`#[mainspring::test]` takes `without_replay = \"the reason\"`, `without_trap = \"the reason\"`, and `faults`, \
                 or `faults = 7` for those of a seed",
            )
        })
    });
    options.collect()
}

/// What an option says; `None` if it is none.
fn one(option: &Meta, krate: &TokenStream) -> Option<TokenStream> {
    let path = option.path();
    match option {
        Meta::Path(_) if path.is_ident("faults") => {
            Some(quote!(__setup.faults = #krate::testing::Faults::OfAnySeed;))
        }
        Meta::NameValue(MetaNameValue { value, .. }) if path.is_ident("faults") => is_number(value)
            .then(|| quote!(__setup.faults = #krate::testing::Faults::OfSeed(#value);)),
        Meta::NameValue(MetaNameValue { value, .. }) => {
            let known = WITHOUT.iter().any(|it| path.is_ident(it));
            (known && is_reason(value)).then(|| quote!(__setup.#path = true;))
        }
        _ => None,
    }
}

fn is_number(value: &Expr) -> bool {
    matches!(value, Expr::Lit(literal) if matches!(literal.lit, Lit::Int(_)))
}

fn is_reason(value: &Expr) -> bool {
    match value {
        Expr::Lit(literal) => {
            matches!(&literal.lit, Lit::Str(reason) if !reason.value().trim().is_empty())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(options: TokenStream, item: TokenStream, expected: &str) {
        let expanded = expand(options, item).to_string();
        assert!(expanded.contains(expected), "{expected:?} in {expanded}");
    }

    #[test]
    fn what_is_turned_off_has_a_reason() {
        let test = quote!(
            async fn works(env: TestEnv) {}
        );
        for without in ["without_replay", "without_trap"] {
            let name = syn::Ident::new(without, proc_macro2::Span::call_site());
            let set = format!("__setup . {without} = true ;");
            check(quote!(#name = "it is slow"), test.clone(), &set);
            for no_reason in [quote!(#name), quote!(#name = ""), quote!(#name = true)] {
                check(no_reason, test.clone(), "takes `without_replay");
            }
        }
    }

    #[test]
    fn faults_are_those_of_any_seed_or_of_one() {
        let test = quote!(
            async fn works(env: TestEnv) {}
        );
        check(quote!(faults), test.clone(), "Faults :: OfAnySeed");
        check(quote!(faults = 7), test.clone(), "Faults :: OfSeed (7)");
        check(quote!(faults = "7"), test.clone(), "compile_error");
        check(quote!(crashes), test, "compile_error");
    }

    #[test]
    fn a_test_is_asynchronous_and_takes_its_environment() {
        let none = TokenStream::new();
        let not_async = quote!(
            fn works(env: TestEnv) {}
        );
        check(none.clone(), not_async, "goes on an `async fn`");
        for item in [
            quote!(
                async fn works() {}
            ),
            quote!(
                async fn works(a: A, b: B) {}
            ),
        ] {
            check(none.clone(), item, "takes its environment and nothing else");
        }
    }
}
