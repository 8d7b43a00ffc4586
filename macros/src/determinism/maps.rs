//! Iteration over hash maps (MS0203): looking up is fine, and only the order is random.
//!
//! The tokens do not know types, so this follows names: parameters, `let` with a type or constructor, fields of structs
//! in the same module.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

use super::path::PathTokens;
use super::scope::{Scope, is_map};
use super::{Lint, is, until};

/// Methods whose result depends on the order.
const ITERATES: &[&str] = &[
    "iter",
    "iter_mut",
    "keys",
    "values",
    "values_mut",
    "drain",
    "into_iter",
    "into_keys",
    "into_values",
    "retain",
    "extract_if",
];

/// Parameters that are maps.
pub(super) fn parameters(sig: &syn::Signature, scope: &Scope) -> BTreeSet<String> {
    let named = sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(typed) => Some(typed),
        syn::FnArg::Receiver(_) => None,
    });
    named
        .filter(|typed| {
            let tokens: Vec<TokenTree> = typed.ty.to_token_stream().into_iter().collect();
            is_map_type(&tokens, scope)
        })
        .map(|typed| {
            typed
                .pat
                .to_token_stream()
                .to_string()
                .trim_start_matches("mut ")
                .to_owned()
        })
        .collect()
}

impl Lint<'_> {
    /// Looks at `let`, `for` and `name.method(` for maps.
    pub(super) fn maps_at(&mut self, rest: &[TokenTree]) {
        let TokenTree::Ident(word) = &rest[0] else {
            return;
        };
        if word == "let" {
            self.declare(&rest[1..]);
        } else if word == "for" {
            self.for_loop(rest);
        } else if let Some(method) = self.iterated(rest) {
            let what = format!(
                "`.{method}()` of a hash map or set is not deterministic in workflow code: its order is random in every process"
            );
            self.refuse("MS0203", method.into_token_stream(), &what, INSTEAD);
        }
    }

    fn declare(&mut self, rest: &[TokenTree]) {
        let rest = skip_word(rest, "mut");
        let [TokenTree::Ident(name), rest @ ..] = rest else {
            return;
        };
        let rest = &rest[..until(rest, ';')];
        let is_map = match rest {
            [colon, ty @ ..] if is(colon, ':') => is_map_type(&ty[..until(ty, '=')], &self.scope),
            [equals, value @ ..] if is(equals, '=') => self.constructs(value),
            _ => false,
        };
        if is_map {
            self.maps.insert(name.to_string());
        } else {
            self.maps.remove(&name.to_string());
        }
    }

    /// `HashMap::new();` or `..collect::<HashSet<_>>();`, and nothing behind it.
    fn constructs(&self, value: &[TokenTree]) -> bool {
        let value = match value {
            [value @ .., semicolon] if is(semicolon, ';') => value,
            value => value,
        };
        let [head @ .., TokenTree::Group(_)] = value else {
            return false;
        };
        if let Some(path) = PathTokens::at(head)
            && self.is_map_path(&path)
        {
            return !head.iter().any(|token| is(token, '.'));
        }
        let collect = head
            .iter()
            .rposition(|token| matches!(token, TokenTree::Ident(word) if word == "collect"));
        collect.is_some_and(|at| match &head[at + 1..] {
            [a, b, open, ty @ ..] if is(a, ':') && is(b, ':') && is(open, '<') => {
                PathTokens::at(ty).is_some_and(|path| self.is_map_path(&path))
            }
            _ => false,
        })
    }

    fn is_map_path(&self, path: &PathTokens) -> bool {
        (0..path.names.len()).any(|end| is_map(&self.scope.resolve(&path.names[..=end])))
    }

    fn for_loop(&self, rest: &[TokenTree]) {
        let Some(at) = rest
            .iter()
            .position(|token| matches!(token, TokenTree::Ident(word) if word == "in"))
        else {
            return;
        };
        let over = &rest[at + 1..];
        let end = over.iter().position(
            |token| matches!(token, TokenTree::Group(body) if body.delimiter() == Delimiter::Brace),
        );
        let over = &over[..end.unwrap_or(over.len())];
        let place = over
            .iter()
            .position(|token| !is(token, '&'))
            .map_or(over, |at| skip_word(&over[at..], "mut"));
        let is_map = match place {
            [TokenTree::Ident(name)] => self.maps.contains(&name.to_string()),
            [TokenTree::Ident(this), dot, TokenTree::Ident(field)] => {
                this == "self" && is(dot, '.') && self.scope.is_map_field(&field.to_string())
            }
            _ => false,
        };
        if is_map {
            let what = "a `for` loop over a hash map or set is not deterministic in workflow code: its order is random in every process";
            self.refuse(
                "MS0203",
                over.iter().cloned().collect::<TokenStream>(),
                what,
                INSTEAD,
            );
        }
    }

    /// The method in `map.iter()`, `self.map.iter()`, `self.map.borrow().iter()`.
    fn iterated<'t>(&self, rest: &'t [TokenTree]) -> Option<&'t proc_macro2::Ident> {
        let [TokenTree::Ident(name), dot, ..] = rest else {
            return None;
        };
        if !is(dot, '.') {
            return None;
        }
        if self.maps.contains(&name.to_string()) {
            return iterating_call(&rest[1..]);
        }
        let [_, _, TokenTree::Ident(field), tail @ ..] = rest else {
            return None;
        };
        if name != "self" || !self.scope.is_map_field(&field.to_string()) {
            return None;
        }
        match tail {
            [
                dot,
                TokenTree::Ident(borrow),
                TokenTree::Group(_),
                tail @ ..,
            ] if is(dot, '.')
                && ["borrow", "borrow_mut", "get", "take"]
                    .iter()
                    .any(|it| borrow == it) =>
            {
                iterating_call(tail)
            }
            tail => iterating_call(tail),
        }
    }
}

const INSTEAD: &str = "`BTreeMap`, `BTreeSet`, or a sorted `Vec`";

fn iterating_call(tokens: &[TokenTree]) -> Option<&proc_macro2::Ident> {
    match tokens {
        [dot, TokenTree::Ident(method), TokenTree::Group(_), ..] if is(dot, '.') => {
            ITERATES.iter().any(|it| method == it).then_some(method)
        }
        _ => None,
    }
}

/// `HashMap<K, V>` or a reference to it; one with a hasher of its own is taken to be in order.
pub(super) fn is_map_type(ty: &[TokenTree], scope: &Scope) -> bool {
    let start = ty.iter().position(|token| match token {
        TokenTree::Ident(word) => word != "mut",
        _ => false,
    });
    let Some(ty) = start.map(|at| &ty[at..]) else {
        return false;
    };
    let Some(path) = PathTokens::at(ty) else {
        return false;
    };
    if !is_map(&scope.resolve(&path.names)) {
        return false;
    }
    let is_set = path.names.last().is_some_and(|name| name.ends_with("Set"));
    arguments(&ty[path.length..]) <= if is_set { 1 } else { 2 }
}

/// How many generic arguments there are in `<A, B<C, D>>`.
fn arguments(tokens: &[TokenTree]) -> usize {
    let (mut depth, mut commas) = (0_usize, 0);
    for token in tokens {
        if is(token, '<') {
            depth += 1;
        } else if is(token, '>') {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return commas + 1;
            }
        } else if is(token, ',') && depth == 1 {
            commas += 1;
        }
    }
    commas
}

fn skip_word<'t>(tokens: &'t [TokenTree], word: &str) -> &'t [TokenTree] {
    match tokens {
        [TokenTree::Ident(first), rest @ ..] if first == word => rest,
        tokens => tokens,
    }
}
