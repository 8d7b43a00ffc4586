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
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, Signature};

use crate::attrs::Options;
use crate::diagnostics::Diagnostics;
use crate::krate;
use crate::syntax::{Function, Item};

/// What can be turned off, with a reason.
const WITHOUT: [&str; 3] = ["without_replay", "without_trap", "without_giving_up"];

const OPTIONS: &[&str] = &[
    "without_replay",
    "without_trap",
    "without_giving_up",
    "faults",
    "starts_at",
];

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    let out = match Item::parse(item.clone()) {
        Err(error) => return super::unparsed(item, error),
        Ok(Item::Function(function)) => test(options, *function, &diagnostics),
        Ok(_) => {
            diagnostics.error_over(&item, "`#[mainspring::test]` goes on an `async fn`");
            item
        }
    };
    super::with(out, diagnostics)
}

fn test(options: TokenStream, function: Function, diagnostics: &Diagnostics) -> TokenStream {
    let krate = krate::path();
    let options = Options::parse(options, "mainspring::test", OPTIONS, diagnostics);
    let setup = setup(&options, &krate, diagnostics);
    check(&function.sig, diagnostics);
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = function;
    if diagnostics.any_error() {
        return quote!(#[allow(dead_code)] #(#attrs)* #vis #sig #body);
    }
    let (name, output) = (&sig.ident, &sig.output);
    let call = quote_spanned!(sig.inputs.span()=> #krate::testing::run(__setup, #name));
    quote! {
        #[cfg_attr(test, ::core::prelude::v1::test)]
        #[allow(dead_code)]
        #(#attrs)*
        #vis fn #name() #output {
            #sig #body
            #[allow(unused_mut)]
            let mut __setup = #krate::testing::Setup::default();
            #setup
            #call
        }
    }
}

fn check(sig: &Signature, diagnostics: &Diagnostics) {
    if sig.asyncness.is_none() {
        diagnostics.error(
            sig.fn_token.span(),
            "`#[mainspring::test]` goes on an `async fn`; for others there is `#[test]`",
        );
    }
    if sig.inputs.len() != 1 || !sig.generics.params.is_empty() {
        diagnostics.error(
            sig.ident.span(),
            format!(
                "a test takes its environment and nothing else: `async fn {}(env: TestEnv)`",
                sig.ident
            ),
        );
    }
}

/// `without_replay = "reason"` is `__setup.without_replay = true;`, and so on.
fn setup(options: &Options<'_>, krate: &TokenStream, diagnostics: &Diagnostics) -> TokenStream {
    let mut setup = TokenStream::new();
    for key in WITHOUT {
        let Some(reason) = options.literal(key) else {
            continue;
        };
        if reason.value().trim().is_empty() {
            diagnostics.error(
                reason.span(),
                format!("say why this test does without: `{key} = \"the reason\"`"),
            );
        }
        let field = syn::Ident::new(key, reason.span());
        setup.extend(quote!(__setup.#field = true;));
    }
    if let Some(time) = options.literal("starts_at") {
        setup.extend(quote!(__setup.starts_at = ::core::option::Option::Some(#time);));
    }
    if !options.has_value("faults") {
        if options.flag("faults") {
            setup.extend(quote!(__setup.faults = #krate::testing::Faults::OfAnySeed;));
        }
        return setup;
    }
    match options.expr("faults", "7") {
        Some(Expr::Lit(ExprLit {
            lit: Lit::Int(seed),
            ..
        })) => setup.extend(quote!(__setup.faults = #krate::testing::Faults::OfSeed(#seed);)),
        other => diagnostics.error_over(
            other,
            "the seed of the faults is a number: `faults = 7`; `faults` alone takes another seed each time",
        ),
    }
    setup
}

/// What it is if there is nothing to test with.
pub(crate) fn without_testing() -> TokenStream {
    quote!(::core::compile_error! {
        "`#[mainspring::test]` needs the feature `testing` of `mainspring`, which brings a server into the \
         program's process\n\
         help: write in Cargo.toml, under [dev-dependencies]: \
         mainspring = { version = \"0.1\", features = [\"testing\"] }"
    })
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
        for without in WITHOUT {
            let name = syn::Ident::new(without, proc_macro2::Span::call_site());
            let set = format!("__setup . {without} = true ;");
            check(quote!(#name = "it is slow"), test.clone(), &set);
            let no_value = format!("`{without}` needs a value");
            check(quote!(#name), test.clone(), &no_value);
            check(
                quote!(#name = ""),
                test.clone(),
                "say why this test does without",
            );
            check(quote!(#name = true), test.clone(), "compile_error");
        }
    }

    #[test]
    fn time_starts_when_it_is_said() {
        let test = quote!(
            async fn works(env: TestEnv) {}
        );
        let set =
            "__setup . starts_at = :: core :: option :: Option :: Some (\"2026-01-01T00:00:00Z\")";
        check(
            quote!(starts_at = "2026-01-01T00:00:00Z"),
            test.clone(),
            set,
        );
        check(quote!(starts_at = 2026), test.clone(), "compile_error");
        check(quote!(starts_at), test, "compile_error");
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
