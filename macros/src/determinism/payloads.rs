//! Types in signatures whose encoding is not the same everywhere (MS0606): they travel as payloads, between processes and
//! machines. What is inside a type of the user's is not seen.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, ReturnType, Signature};

use super::maps::is_map_type;
use super::page;
use super::path::PathTokens;
use super::scope::Scope;
use crate::diagnostics::Diagnostics;

const ID: &str = "MS0606";

/// Looks at the parameters and the result of what is called by name.
pub(crate) fn check(
    sig: &Signature,
    scope: &Scope,
    allowed: &BTreeSet<String>,
    diagnostics: &Diagnostics,
) {
    if allowed.contains(ID) {
        return;
    }
    for input in &sig.inputs {
        if let FnArg::Typed(typed) = input {
            check_type(typed.ty.to_token_stream(), scope, diagnostics);
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        check_type(ty.to_token_stream(), scope, diagnostics);
    }
}

fn check_type(ty: TokenStream, scope: &Scope, diagnostics: &Diagnostics) {
    let tokens: Vec<TokenTree> = ty.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let TokenTree::Group(group) = token {
            check_type(group.stream(), scope, diagnostics);
        }
        let Some(path) = PathTokens::at(&tokens[at..]) else {
            at += 1;
            continue;
        };
        judge(&path, &tokens[at..], scope, diagnostics);
        at += path.length;
    }
}

fn judge(path: &PathTokens, rest: &[TokenTree], scope: &Scope, diagnostics: &Diagnostics) {
    let resolved = scope.resolve(&path.names).join("::");
    let at = rest[path.length - 1].span();
    let warn = |message: &str| {
        diagnostics.warning(at, ID, &format!("{message}; see {}", page(ID)));
    };
    match resolved.as_str() {
        "usize" | "isize" => warn(&format!(
            "the range of `{resolved}` depends on the machine, and this travels between machines: use `u32`, `i64` or the like"
        )),
        "std::time::Instant" | "tokio::time::Instant" => diagnostics.error_over(
            path.tokens(rest),
            format!(
                "an `Instant` means nothing in another process, and this travels between processes\n\
                 use a `SystemTime` or a `Duration`\nsee {}",
                page(ID)
            ),
        ),
        _ if is_map_type(rest, scope) => warn(
            "its entries are encoded in another order each time, so equal values differ in their bytes: use a `BTreeMap` or `BTreeSet`",
        ),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sig: &str, expected: &[&str]) {
        let source =
            "use std::{collections::{HashMap as Map, HashSet}, time::Instant}; fn run() {}";
        let scope = Scope::of_source(source, "fn run");
        let sig = syn::parse_str(sig).expect("the test's signature parses");
        let diagnostics = Diagnostics::new();
        super::check(&sig, &scope, &BTreeSet::new(), &diagnostics);
        let told = diagnostics.messages();
        let warned = diagnostics.take().to_string();
        for text in expected {
            let found = warned.contains(text) || told.iter().any(|it| it.contains(text));
            assert!(found, "{text}: {told:?} {warned}");
        }
        assert_eq!(
            told.len() + warned.matches("deprecated (").count(),
            expected.len()
        );
    }

    #[test]
    fn what_differs_between_machines_or_processes_is_found_at_any_depth() {
        check(
            "fn f(&self, a: Map<String, u8>, b: Vec<(u8, Option<usize>)>, c: Instant) -> Result<HashSet<u8>, E>",
            &[
                "another order",
                "range of `usize`",
                "`Instant` means",
                "another order",
            ],
        );
    }

    #[test]
    fn what_is_the_same_everywhere_is_quiet() {
        check(
            "fn f(a: BTreeMap<u8, u8>, b: Map<u8, u8, Fixed>, c: mine::Instant, d: [u8; 4]) -> Result<u64>",
            &[],
        );
    }
}
