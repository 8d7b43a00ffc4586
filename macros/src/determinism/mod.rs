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
use quote::{ToTokens, TokenStreamExt};

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
    /// Types `X` of calls `X::now()` that only the compiler can tell apart from a clock, as named at the start of the body.
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
        hidden: Hidden::default(),
        allowed: allowed.clone(),
        maps: maps::parameters(sig, scope),
        clocks: Vec::new(),
        exceptions: 0,
        krate: crate::krate::name(),
        diagnostics,
    };
    lint.declare_items(&body, 0);
    let body = lint.walk(body, Delimiter::Brace);
    Scanned {
        body,
        clocks: lint.clocks,
    }
}

struct Lint<'a> {
    scope: Scope,
    hidden: Hidden,
    allowed: BTreeSet<String>,
    /// Local variables that hold a hash map or set.
    maps: BTreeSet<String>,
    clocks: Vec<TokenStream>,
    /// How many of our attributes were taken out so far.
    exceptions: usize,
    krate: String,
    diagnostics: &'a Diagnostics,
}

/// What cannot be named at the start of the body: items of the blocks in it.
#[derive(Default)]
struct Hidden {
    names: BTreeSet<String>,
    /// A `use ..::*` in one of them.
    by_glob: bool,
}

impl Lint<'_> {
    /// Items in a body are visible all through it.
    fn declare_items(&mut self, body: &TokenStream, depth: usize) {
        let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match (token, tokens.get(at + 1)) {
                (TokenTree::Ident(word), Some(TokenTree::Ident(name)))
                    if ["struct", "enum", "type", "mod", "trait", "union", "fn"]
                        .iter()
                        .any(|known| word == known) =>
                {
                    self.scope.add_local(&name.to_string());
                    if depth > 0 {
                        self.hidden.names.insert(name.to_string());
                    }
                }
                (TokenTree::Ident(word), Some(bang)) if is(bang, '!') && word == "macro_rules" => {
                    if let Some(TokenTree::Ident(name)) = tokens.get(at + 2) {
                        self.scope.add_local(&format!("{name}!"));
                    }
                }
                (TokenTree::Ident(word), Some(TokenTree::Ident(_) | TokenTree::Punct(_)))
                    if word == "use" =>
                {
                    self.take_use(&tokens[at..], depth);
                }
                (TokenTree::Group(group), _) => self.declare_items(&group.stream(), depth + 1),
                _ => {}
            }
        }
    }

    /// Reads a `use` item.
    fn take_use(&mut self, tokens: &[TokenTree], depth: usize) {
        let item = &tokens[..until(tokens, ';')];
        let Ok(item) = syn::parse2::<syn::ItemUse>(item.iter().cloned().collect()) else {
            return;
        };
        self.scope.add_use(&item.tree);
        if depth > 0 {
            let mut inner = Scope::default();
            inner.add_use(&item.tree);
            self.hidden.names.extend(inner.names.into_keys());
            self.hidden.by_glob |= item.tree.to_token_stream().to_string().contains('*');
        }
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
        let before = self.exceptions;
        let inner = self.walk(group.stream(), group.delimiter());
        // Only an attribute that is taken out changes anything; otherwise both ends of the group keep their spans.
        if self.exceptions == before {
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
        self.exceptions += 1;
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
    fn macros_are_followed_through_use_items_as_well() {
        let source = "
            use nanoid::nanoid as id;
            use tokio::{select, time};
            use {std::thread_local, log::info};
            use mine::{dbg, join};
            macro_rules! nanoid { () => {} }
            fn run() {
                select! { x = y => x }
                id!();
                core::thread_local! { static X: u8 = 1; }
                thread_local! { static X: u8 = 1; }
                use futures::try_join;
                try_join!(a, b);
                macro_rules! lazy_static { () => {} }
                dbg!(1); join!(1); nanoid!(); lazy_static!(); time!();
            }";
        assert_eq!(
            refused(source),
            [
                "select!",
                "id!",
                "core::thread_local!",
                "thread_local!",
                "try_join!"
            ]
        );
    }

    #[test]
    fn of_two_items_with_one_name_only_what_both_say_counts() {
        let source = "
            mod first { use std::{thread, fs}; static A: AtomicU8 = X; fn run() {} }
            mod second { use mine::fs; use std::thread; fn run() {} }
            ";
        let scope = Scope::of_source(source, "fn run");
        assert!(!scope.explains("fs") && !scope.is_global("A"));
        let one = Scope::of_source(&source.replacen("fn run", "fn other", 1), "fn other");
        assert!(one.explains("fs") && one.is_global("A"));
    }

    /// The types of calls `X::now()` that the compiler is asked of.
    fn probed(source: &str) -> Vec<String> {
        let file = syn::parse_file(source).expect("the test's source parses");
        let Some(syn::Item::Fn(run)) = file.items.last() else {
            panic!("the last item is the function");
        };
        let body = run.block.stmts.iter().map(ToTokens::to_token_stream);
        let scope = Scope::of_source(source, "fn run");
        let diagnostics = Diagnostics::new();
        let scanned = scan(
            body.collect(),
            &run.sig,
            &scope,
            &BTreeSet::new(),
            &diagnostics,
        );
        assert_eq!(diagnostics.messages(), Vec::<String>::new());
        scanned
            .clocks
            .iter()
            .map(|ty| ty.to_string().replace(' ', ""))
            .collect()
    }

    #[test]
    fn the_compiler_is_asked_of_what_it_can_name_and_no_rule_knows() {
        let source = "
            use crate::prelude::{A, clocks};
            use chrono::Utc;
            struct Own;
            fn run<C: Clock>() {
                use other::B;
                A::now(); B::now(); C::now(); clocks::D::now(); ::abs::E::now(); Glob::now();
                Own::now(); Self::now(); Utc::default(); A::now(1); a::now();
                { use other::Inner; struct F; Inner::now(); F::now(); }
            }";
        let asked = ["A", "B", "C", "clocks::D", "::abs::E", "Glob"];
        assert_eq!(probed(source), asked);
        // With a glob in an inner block a name may come from there.
        let with_inner_glob = source.replace("use other::Inner", "use other::*");
        assert_eq!(probed(&with_inner_glob), ["A", "B", "clocks::D"]);
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
