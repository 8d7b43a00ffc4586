//! `#[mainspring::allow(MS0203, reason = "sum is order-free")]`: a narrow exception with its reason.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitStr, Stmt, Token};

use super::path::PathTokens;
use super::{is, until};
use crate::determinism::rules::RULES;
use crate::diagnostics::{Diagnostics, did_you_mean};

/// Rules that the walk itself knows, beside those of the table.
pub(super) const BUILT_IN: &[&str] = &[
    "MS0203", "MS0204", "MS0501", "MS0502", "MS0602", "MS0604", "MS0606", "MS0607",
];

/// The rules an attribute at the start of the tokens allows; it has two tokens, `#` and `[..]`.
pub(super) fn at(
    tokens: &[TokenTree],
    krate: &str,
    diagnostics: &Diagnostics,
) -> Option<BTreeSet<String>> {
    let [hash, TokenTree::Group(group), ..] = tokens else {
        return None;
    };
    if !is(hash, '#') || group.delimiter() != Delimiter::Bracket {
        return None;
    }
    if is_plain_allow(group) {
        diagnostics.error(
            group.span(),
            format!("rustc does not know this rule: write `#[{krate}::allow(..)]`"),
        );
        return None;
    }
    let arguments = arguments(group)?;
    Some(rules(arguments, group, krate, diagnostics))
}

/// Takes our exceptions out of the attributes of a function.
pub(crate) fn take_from(attrs: &mut Vec<Attribute>, diagnostics: &Diagnostics) -> BTreeSet<String> {
    let krate = crate::krate::name();
    let mut allowed = BTreeSet::new();
    attrs.retain(|attr| {
        let segments = &attr.path().segments;
        // With one name it is the one of rustc.
        if segments.len() < 2 || segments.last().is_some_and(|last| last.ident != "allow") {
            return true;
        }
        let arguments = attr
            .meta
            .require_list()
            .map(|list| list.tokens.clone())
            .unwrap_or_default();
        let group = Group::new(
            Delimiter::Bracket,
            quote::ToTokens::to_token_stream(&attr.meta),
        );
        let mut spanned = group;
        spanned.set_span(attr.bracket_token.span.join());
        allowed.extend(rules(arguments, &spanned, &krate, diagnostics));
        false
    });
    allowed
}

/// The arguments of `mainspring::allow(..)`; with one name alone it is the one of rustc.
fn arguments(group: &Group) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let path = PathTokens::at(&tokens).or_else(|| PathTokens::absolute(&tokens))?;
    if path.names.len() < 2 || path.names.last().is_some_and(|last| last != "allow") {
        return None;
    }
    Some(match tokens.get(path.length) {
        Some(TokenTree::Group(arguments)) => arguments.stream(),
        _ => TokenStream::new(),
    })
}

/// `#[allow(MS0203)]`, which rustc would only call an unknown lint.
fn is_plain_allow(group: &Group) -> bool {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(allow), TokenTree::Group(list)] if allow == "allow" => {
            let first = list.stream().into_iter().next();
            first.is_some_and(|it| is_id(&it.to_string()))
        }
        _ => false,
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 6 && text.starts_with("MS") && text[2..].chars().all(|c| c.is_ascii_digit())
}

/// `MS0203` or `reason = ".."`.
enum Argument {
    Rule(Ident),
    Reason(LitStr),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse()?;
        if name != "reason" {
            return Ok(Self::Rule(name));
        }
        input.parse::<Token![=]>()?;
        input.parse().map(Self::Reason)
    }
}

fn rules(
    arguments: TokenStream,
    attribute: &Group,
    krate: &str,
    diagnostics: &Diagnostics,
) -> BTreeSet<String> {
    let list = Punctuated::<Argument, Token![,]>::parse_terminated;
    let Some(arguments) = diagnostics.accept(list.parse2(arguments)) else {
        return BTreeSet::new();
    };
    let mut reason = None;
    let mut ids = BTreeSet::new();
    for argument in arguments {
        match argument {
            Argument::Reason(text) => reason = Some(text),
            Argument::Rule(id) => {
                check_rule(&id, diagnostics);
                ids.insert(id.to_string());
            }
        }
    }
    let example = ids.first().map_or("MS0203", String::as_str);
    if ids.is_empty() {
        diagnostics.error(
            attribute.span(),
            format!("say which rule: `#[{krate}::allow(MS0203, reason = \"..\")]`"),
        );
    }
    match reason {
        None => diagnostics.error(
            attribute.span(),
            format!("an exception needs its reason: `#[{krate}::allow({example}, reason = \"why it cannot change what the workflow does\")]`"),
        ),
        Some(text) if text.value().trim().is_empty() => {
            diagnostics.error(text.span(), "the reason is empty: say why this cannot change what the workflow does");
        }
        Some(_) => {}
    }
    ids
}

fn check_rule(id: &Ident, diagnostics: &Diagnostics) {
    let known: BTreeSet<&str> = RULES
        .iter()
        .map(|rule| rule.id)
        .chain(BUILT_IN.iter().copied())
        .collect();
    let known: Vec<&str> = known.into_iter().filter(|id| !id.is_empty()).collect();
    let text = id.to_string();
    if text == "MS0307" {
        diagnostics.error(
            id.span(),
            "the await gate takes no exceptions by attribute\nif the future is deterministic: `assume_durable(future, \"why\").await`",
        );
    } else if !known.contains(&text.as_str()) {
        let hint = did_you_mean(&text, &known);
        diagnostics.error(
            id.span(),
            format!("`{text}` is no rule{hint}\nthe rules are listed in docs/errors"),
        );
    }
}

/// How many tokens the statement or expression at the start has.
pub(super) fn extent(tokens: &[TokenTree], inside: Delimiter) -> usize {
    let statement = (inside == Delimiter::Brace)
        .then(|| consumed::<Stmt>(tokens))
        .flatten();
    if let Some(length) = statement {
        return length;
    }
    match consumed::<Expr>(tokens) {
        // A match arm: the exception is for its pattern and its value.
        Some(length) if is_arrow(&tokens[length..]) => {
            let value = &tokens[length + 2..];
            length + 2 + consumed::<Expr>(value).unwrap_or_else(|| until(value, ','))
        }
        Some(length) => length,
        None => until(tokens, ';'),
    }
}

fn is_arrow(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [a, b, ..] if is(a, '=') && is(b, '>'))
}

fn consumed<T: Parse>(tokens: &[TokenTree]) -> Option<usize> {
    let stream: TokenStream = tokens.iter().cloned().collect();
    let parse = |input: ParseStream<'_>| {
        input.parse::<T>()?;
        input.parse::<TokenStream>()
    };
    let rest = parse.parse2(stream).ok()?;
    tokens.len().checked_sub(rest.into_iter().count())
}
