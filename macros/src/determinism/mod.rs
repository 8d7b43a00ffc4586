//! Nondeterminism that can be seen in the tokens of a body: names (through the file's `use` items), iteration of hash
//! maps, globals, `unsafe`, endless loops. Macro arguments are tokens like any other.
//!
//! This is the layer of helpful messages, not the one of guarantees: `docs/determinism.md` says which is which.

mod allow;
mod fields;
mod maps;
mod module;
mod names;
pub(crate) mod path;
pub(crate) mod payloads;
mod refusal;
pub(crate) mod rules;
pub(crate) mod scope;
mod words;

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::TokenStreamExt;

use crate::diagnostics::Diagnostics;
use crate::gate::foreign_item;
pub(crate) use allow::take_from;
use path::{PathTokens, is};
pub(crate) use refusal::page;
use scope::Scope;

/// The result of scanning one body.
pub(crate) struct Scanned {
    /// The body without our `allow` attributes, which rustc does not know.
    pub(crate) body: TokenStream,
    /// Types `X` of calls `X::now()` that only the compiler can tell apart from a clock.
    pub(crate) clocks: Vec<TokenStream>,
}

/// Scans the body of a function of workflow code.
pub(crate) fn scan(
    body: TokenStream,
    sig: &syn::Signature,
    scope: &Scope,
    allowed: &BTreeSet<String>,
    diagnostics: &Diagnostics,
) -> Scanned {
    let mut lint = Lint {
        scope: scope.clone(),
        allowed: allowed.clone(),
        maps: maps::parameters(sig, scope),
        clocks: Vec::new(),
        krate: crate::krate::name(),
        diagnostics,
    };
    lint.declare_items(&body);
    let body = lint.walk(body, Delimiter::Brace);
    Scanned {
        body,
        clocks: lint.clocks,
    }
}

struct Lint<'a> {
    scope: Scope,
    allowed: BTreeSet<String>,
    /// Local variables that hold a hash map or set.
    maps: BTreeSet<String>,
    clocks: Vec<TokenStream>,
    krate: String,
    diagnostics: &'a Diagnostics,
}

impl Lint<'_> {
    /// Items in a body are visible all through it.
    fn declare_items(&mut self, body: &TokenStream) {
        let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match (token, tokens.get(at + 1)) {
                (TokenTree::Ident(word), Some(TokenTree::Ident(name)))
                    if ["struct", "enum", "type", "mod", "trait", "union", "fn"]
                        .iter()
                        .any(|known| word == known) =>
                {
                    self.scope.add_local(&name.to_string());
                }
                (TokenTree::Ident(word), _) if word == "use" => {
                    self.take_use(&tokens[at..]);
                }
                (TokenTree::Group(group), _) => self.declare_items(&group.stream()),
                _ => {}
            }
        }
    }

    /// Reads a `use` item and says how many tokens it has.
    fn take_use(&mut self, tokens: &[TokenTree]) -> usize {
        let length = until(tokens, ';');
        let item: TokenStream = tokens[..length].iter().cloned().collect();
        if let Ok(item) = syn::parse2::<syn::ItemUse>(item) {
            self.scope.add_use(&item.tree);
        }
        length
    }

    fn walk(&mut self, code: TokenStream, inside: Delimiter) -> TokenStream {
        let tokens: Vec<TokenTree> = code.into_iter().collect();
        let mut out = TokenStream::new();
        let mut at = 0;
        while at < tokens.len() {
            at += self.step(&tokens, at, inside, &mut out);
        }
        out
    }

    /// Looks at what stands at `at`, emits it and says how many tokens that were.
    fn step(
        &mut self,
        tokens: &[TokenTree],
        at: usize,
        inside: Delimiter,
        out: &mut TokenStream,
    ) -> usize {
        let rest = &tokens[at..];
        if let Some(length) = foreign_item(rest) {
            out.append_all(&rest[..length]);
            return length;
        }
        if let Some(length) = self.exception(rest, inside, out) {
            return length;
        }
        let length = match &rest[0] {
            TokenTree::Ident(word) if word == "use" => until(rest, ';'),
            TokenTree::Ident(_) if is_member(&tokens[..at]) => 1,
            TokenTree::Ident(word) => {
                self.keyword(word, rest);
                self.maps_at(rest);
                match PathTokens::at(rest) {
                    Some(path) => self.path(path, rest),
                    None => 1,
                }
            }
            TokenTree::Punct(colon) if colon.as_char() == ':' => match PathTokens::absolute(rest) {
                Some(path) if !ends_in_ident(&tokens[..at]) => self.path(path, rest),
                _ => 1,
            },
            TokenTree::Literal(literal) => {
                self.literal(literal);
                1
            }
            TokenTree::Group(group) => {
                out.append(self.group(group));
                return 1;
            }
            TokenTree::Punct(hash) => {
                if hash.as_char() == '#' {
                    self.attribute(&rest[1..]);
                }
                1
            }
        };
        out.append_all(&rest[..length]);
        length
    }

    fn group(&mut self, group: &Group) -> Group {
        let inner = self.walk(group.stream(), group.delimiter());
        // Only a stripped attribute changes anything; otherwise both ends of the group keep their spans.
        if !allow::mentions(&group.stream()) {
            return group.clone();
        }
        let mut new = Group::new(group.delimiter(), inner);
        new.set_span(group.span());
        new
    }

    /// `#[mainspring::allow(MS0203, reason = "..")]` and the statement or expression behind it.
    fn exception(
        &mut self,
        rest: &[TokenTree],
        inside: Delimiter,
        out: &mut TokenStream,
    ) -> Option<usize> {
        let attribute = allow::at(rest, &self.krate, self.diagnostics)?;
        let length = 2 + allow::extent(&rest[2..], inside);
        let before = self.allowed.clone();
        self.allowed.extend(attribute);
        let code = rest[2..length].iter().cloned().collect();
        out.append_all(self.walk(code, inside));
        self.allowed = before;
        Some(length)
    }
}

/// The name of a field or method: what follows a dot that is not part of `..`.
fn is_member(before: &[TokenTree]) -> bool {
    match before {
        [.., a, b] if is(b, '.') => !is(a, '.'),
        [b] => is(b, '.'),
        _ => false,
    }
}

fn ends_in_ident(before: &[TokenTree]) -> bool {
    matches!(before.last(), Some(TokenTree::Ident(_)))
        || before
            .last()
            .is_some_and(|token| is(token, '>') || is(token, ':'))
}

/// How many tokens there are up to and with the first `c`.
fn until(tokens: &[TokenTree], c: char) -> usize {
    tokens
        .iter()
        .position(|token| is(token, c))
        .map_or(tokens.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scans the body of `fn run` in a source and gives the messages, by the first line.
    fn check(source: &str) -> Vec<String> {
        let file = syn::parse_file(source).expect("the test's source parses");
        let run = file.items.iter().find_map(|item| match item {
            syn::Item::Fn(function) if function.sig.ident == "run" => Some(function),
            _ => None,
        });
        let run = run.expect("there is a function `run`");
        let scope = Scope::of_source(source, "fn run");
        let diagnostics = Diagnostics::new();
        let block = &run.block;
        let body = quote::quote!(#block);
        let _ = scan(body, &run.sig, &scope, &BTreeSet::new(), &diagnostics);
        diagnostics.messages()
    }

    fn refused(source: &str) -> Vec<String> {
        let first_word = |message: &String| message.split('`').nth(1).map(str::to_owned);
        check(source).iter().filter_map(first_word).collect()
    }

    #[test]
    fn names_are_followed_through_use_items() {
        let source = "
            use std::time::Instant as I;
            use std::{collections::{HashMap as Map}, thread};
            fn run() {
                let _ = std::time::SystemTime::now();
                let _ = I::now();
                thread::sleep(D);
                use std::fs::read_to_string as slurp;
                slurp(\"x\");
                let _ = vec![std::env::var(\"X\")];
                let m: Map<u32, u32> = Map::new();
                for _ in &m {}
                m.get(&1);
            }";
        let refused = refused(source);
        let names = [
            "std::time::SystemTime::now",
            "I::now",
            "thread::sleep",
            "slurp",
            "std::env::var",
        ];
        assert_eq!(refused[..5], names);
        assert_eq!(refused.len(), 6);
    }

    #[test]
    fn names_that_only_look_bad_are_quiet() {
        let source = "
            use mine::{Instant, rand};
            mod mine {}
            fn run(clock: Clock, t: std::time::SystemTime) {
                let later: std::time::SystemTime = t;
                Instant::now() + rand::random() + clock.thread + clock.rand;
                let m: std::collections::HashMap<u32, u32> = make();
                m.get(&1);
                let thread = 1;
            }";
        assert_eq!(check(source), Vec::<String>::new());
    }

    #[test]
    fn crates_of_a_family_are_known_by_their_common_name() {
        let source = "
            use aws_sdk_s3::{Client, types::Object};
            fn run(object: Object) {
                let a = Client::new(&config);
                let b = aws_sdk_sqs::Client::from_conf(c);
                let c = aws_sdk_sqs::types::Message::builder();
            }";
        assert_eq!(
            refused(source),
            ["Client::new", "aws_sdk_sqs::Client::from_conf"]
        );
    }

    #[test]
    fn an_exception_ends_with_its_statement() {
        let source = "
            fn run() {
                #[mainspring::allow(MS0101, reason = \"logged only\")]
                let a = std::time::SystemTime::now();
                let b = std::time::SystemTime::now();
                #[mainspring::allow(MS0101, reason = \"logged only\")]
                if x { std::time::SystemTime::now(); }
                std::time::SystemTime::now();
            }";
        assert_eq!(refused(source).len(), 2);
    }

    #[test]
    fn globals_of_the_file_are_known() {
        let source = "
            static COUNT: AtomicU32 = AtomicU32::new(0);
            static NAME: &str = \"x\";
            fn run() { COUNT.fetch_add(1, X); NAME.len(); }";
        assert_eq!(refused(source), ["COUNT"]);
    }

    #[test]
    fn a_module_that_sees_its_parent_has_its_names() {
        let source = "
            use std::time::Instant as I;
            mod inner { use super::*; fn run() {} }";
        let scope = Scope::of_source(source, "fn run");
        assert_eq!(
            scope.resolve(&["I".into()]).join("::"),
            "std::time::Instant"
        );
    }
}
