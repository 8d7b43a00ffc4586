//! Nondeterminism that can be seen in the tokens of a body: names (through the file's `use` items), iteration of hash
//! maps, globals, `unsafe`, endless loops. Macro arguments are tokens like any other.
//!
//! This is the layer of helpful messages, not the one of guarantees: `docs/determinism.md` says which is which.

mod allow;
mod fields;
mod maps;
pub(crate) mod path;
pub(crate) mod rules;
pub(crate) mod scope;

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};

use crate::diagnostics::Diagnostics;
use crate::gate::foreign_item;
pub(crate) use allow::take_from;
use path::{PathTokens, is};
use rules::{RULES, Rule, Severity, TAILS};
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
                self.literal(&literal.to_string(), literal.span());
                1
            }
            TokenTree::Group(group) => {
                out.append(self.group(group));
                return 1;
            }
            TokenTree::Punct(_) => 1,
        };
        out.append_all(&rest[..length]);
        length
    }

    fn group(&mut self, group: &Group) -> Group {
        let inner = self.walk(group.stream(), group.delimiter());
        // Only a stripped attribute changes anything; otherwise both ends of the group keep their spans.
        if !allow::mentions(&group.stream(), &self.krate) {
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

    fn path(&mut self, path: PathTokens, rest: &[TokenTree]) -> usize {
        if let Some(rule) = self.verdict(&path) {
            let tokens = path.tokens(rest);
            self.report(rule, &path.written(), tokens);
        } else if path.names.len() == 1 && self.scope.is_global(&path.names[0]) {
            self.refuse(
                "MS0501",
                path.tokens(rest),
                &format!("`{}` is a global: all workflows of the process share it, and it is gone after a restart", path.names[0]),
                "a field of the workflow: `State<T>`",
            );
        } else if self.is_unknown_clock(&path, rest) {
            self.clocks.push(path.type_tokens(rest));
        }
        path.length
    }

    /// The rule that a path breaks.
    fn verdict(&self, path: &PathTokens) -> Option<&'static Rule> {
        let index = rules::Index::get();
        let first = path.names[0].trim_end_matches('!');
        let explained = self.scope.explains(first);
        // Most names of a body are variables: neither a rule nor the scope has heard of them.
        if !explained && !index.knows(&path.names[0]) && first != self.krate {
            return None;
        }
        let mut full = self.scope.resolve(&path.names);
        if full.first().is_some_and(|first| *first == self.krate) {
            full[0] = "mainspring".into();
        }
        let root = full[0].clone();
        let full = full.join("::");
        let mut of_root = index.of_root(&root).iter().copied();
        if let Some(rule) = of_root.find(|rule| covers(rule.pattern, &full)) {
            return Some(rule).filter(|rule| rule.severity != Severity::Fine);
        }
        let is_known = explained || (full.contains("::") && !index.of_root(&root).is_empty());
        if is_known || ["crate", "self", "super", "Self"].contains(&first) {
            return None;
        }
        let tail = TAILS.iter().find(|tail| covers(tail, &full))?;
        RULES.iter().find(|rule| ends_with(rule.pattern, tail))
    }

    /// `X::now()` with an `X` that neither the file nor a rule explains.
    fn is_unknown_clock(&self, path: &PathTokens, rest: &[TokenTree]) -> bool {
        let [ty, now] = path.names.as_slice() else {
            return false;
        };
        let called_without_arguments = matches!(
            rest.get(path.length),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis && group.stream().is_empty()
        );
        now == "now"
            && called_without_arguments
            && ty.starts_with(|c: char| c.is_uppercase())
            && ty != "Self"
            && self
                .scope
                .resolve(std::slice::from_ref(ty))
                .first()
                .is_none_or(|it| it == ty)
            && !self.allows("MS0101")
            && !self.allows("MS0102")
    }

    fn keyword(&self, word: &proc_macro2::Ident, rest: &[TokenTree]) {
        match rest {
            [_, TokenTree::Group(body), ..]
                if word == "unsafe" && body.delimiter() == Delimiter::Brace =>
            {
                self.refuse(
                    "MS0604",
                    word.to_token_stream(),
                    "`unsafe` code is beyond what can be checked for determinism",
                    "safe code, or an activity",
                );
            }
            [_, TokenTree::Group(body), ..] if word == "loop" => self.endless(word.span(), body),
            [_, TokenTree::Ident(truth), TokenTree::Group(body), ..]
                if word == "while" && truth == "true" =>
            {
                self.endless(word.span(), body);
            }
            [_, TokenTree::Punct(star), TokenTree::Ident(kind), ..]
                if word == "as" && star.as_char() == '*' && (kind == "const" || kind == "mut") =>
            {
                self.refuse(
                    "MS0204",
                    word.to_token_stream(),
                    "a pointer shows an address, which differs from process to process",
                    "an id in the data",
                );
            }
            [_, TokenTree::Punct(bang), TokenTree::Group(args), ..]
                if word == "cfg"
                    && bang.as_char() == '!'
                    && mentions(&args.stream(), &["debug_assertions", "test"]) =>
            {
                self.warn("MS0607", word.span(), "another build of this code takes another way on replay: use `workflow::patched(\"id\")`");
            }
            _ => {}
        }
    }

    fn endless(&self, at: Span, body: &Group) {
        const WAYS_OUT: &[&str] = &[
            "break",
            "return",
            "continue_as_new",
            "continue_as_new_if_suggested",
            "ContinueAsNew",
        ];
        if mentions(&body.stream(), &["await"]) && !mentions(&body.stream(), WAYS_OUT) {
            self.warn(
                "MS0602",
                at,
                "this loop never ends, so its history only grows: leave it with `workflow::continue_as_new(..)` in time, or with `break`",
            );
        }
    }

    fn literal(&self, text: &str, at: Span) {
        if text.starts_with('"') && text.contains(":p}") {
            self.refuse(
                "MS0204",
                proc_macro2::Literal::string(text).spanned(at),
                "`{:p}` prints an address, which differs from process to process",
                "an id in the data",
            );
        }
    }

    fn allows(&self, id: &str) -> bool {
        self.allowed.contains(id)
    }

    fn report(&self, rule: &Rule, written: &str, tokens: TokenStream) {
        if self.allows(rule.id) {
            return;
        }
        if rule.severity == Severity::Warning {
            let at = tokens
                .into_iter()
                .last()
                .map_or_else(Span::call_site, |it| it.span());
            self.warn(
                rule.id,
                at,
                &format!("{}: use {}", rule.reason, rule.instead),
            );
            return;
        }
        self.refuse(
            rule.id,
            tokens,
            &format!(
                "`{written}` is not deterministic in workflow code: {}",
                rule.reason
            ),
            rule.instead,
        );
    }

    fn refuse(&self, id: &str, tokens: TokenStream, what: &str, instead: &str) {
        if self.allows(id) {
            return;
        }
        self.diagnostics.error_over(
            tokens,
            format!(
                "{what}\n\
                 use {instead}; if it cannot change what the workflow does: `#[{}::allow({id}, reason = \"..\")]`\n\
                 see {}",
                self.krate,
                page(id)
            ),
        );
    }

    fn warn(&self, id: &str, at: Span, message: &str) {
        if !self.allows(id) {
            self.diagnostics
                .warning(at, id, &format!("{message}; see {}", page(id)));
        }
    }
}

/// Where the page of a rule is.
pub(crate) fn page(id: &str) -> String {
    format!(
        "{}/blob/main/docs/errors/{id}.md",
        env!("CARGO_PKG_REPOSITORY")
    )
}

trait Spanned {
    fn spanned(self, at: Span) -> TokenStream;
}

impl Spanned for proc_macro2::Literal {
    fn spanned(mut self, at: Span) -> TokenStream {
        self.set_span(at);
        TokenTree::from(self).into()
    }
}

/// Whether a pattern of the table names a full path, or something inside what it names.
fn covers(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => path
            .strip_prefix(pattern)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::")),
    }
}

/// Whether a tail is an ending of the pattern, or reaches into its `*`.
fn ends_with(pattern: &str, tail: &str) -> bool {
    match pattern.strip_suffix("::*") {
        Some(start) => tail
            .split_once("::")
            .is_some_and(|(head, _)| start.ends_with(&format!("::{head}"))),
        None => pattern
            .strip_suffix(tail)
            .is_some_and(|start| start.ends_with("::")),
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

fn mentions(code: &TokenStream, words: &[&str]) -> bool {
    code.clone().into_iter().any(|token| match token {
        TokenTree::Ident(word) => words.iter().any(|known| word == known),
        TokenTree::Group(group) => mentions(&group.stream(), words),
        _ => false,
    })
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
