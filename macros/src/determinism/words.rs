//! Code that needs no name to be wrong: `unsafe`, endless loops, globals in a body, addresses, branches on the build,
//! outcomes that are thrown away.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::ToTokens;

use super::module::is_shared;
use super::path::{PathTokens, is};
use super::{Lint, until};

/// What the build decides, in `cfg!(..)` and `#[cfg(..)]`.
const BUILDS: &[&str] = &["debug_assertions", "test"];

/// Functions of `workflow` that fail for no other reason than that the workflow, or a scope of it, is cancelled.
const ONLY_CANCELLED: &[&str] = &["sleep", "timer", "wait_until"];

impl Lint<'_> {
    /// Looks at what begins with a word.
    pub(super) fn keyword(&self, word: &Ident, rest: &[TokenTree]) {
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
                if word == "cfg" && bang.as_char() == '!' =>
            {
                self.build(word.span(), args);
            }
            [_, rest @ ..] if word == "static" => self.local_global(rest),
            [_, TokenTree::Ident(nothing), equals, rest @ ..]
                if word == "let" && nothing == "_" && is(equals, '=') =>
            {
                self.thrown_away(rest);
            }
            _ => {}
        }
    }

    /// Looks at what stands behind a `#`: `[cfg(debug_assertions)]`.
    pub(super) fn attribute(&self, rest: &[TokenTree]) {
        let Some(TokenTree::Group(brackets)) = rest.first() else {
            return;
        };
        let tokens: Vec<TokenTree> = brackets.stream().into_iter().collect();
        if let [TokenTree::Ident(cfg), TokenTree::Group(args)] = tokens.as_slice()
            && cfg == "cfg"
        {
            self.build(cfg.span(), args);
        }
    }

    fn build(&self, at: Span, args: &Group) {
        if mentions(&args.stream(), BUILDS) {
            self.warn("MS0607", at, "another build of this code takes another way on replay: use `workflow::patched(\"id\")`");
        }
    }

    /// `static COUNT: AtomicU32` inside a function.
    fn local_global(&self, rest: &[TokenTree]) {
        let (mutable, rest) = match rest {
            [TokenTree::Ident(word), rest @ ..] if word == "mut" => (true, rest),
            rest => (false, rest),
        };
        let [TokenTree::Ident(name), colon, ty @ ..] = rest else {
            return;
        };
        if !is(colon, ':') || ty.first().is_some_and(|token| is(token, ':')) {
            return;
        }
        let ty: TokenStream = ty[..until(ty, '=')].iter().cloned().collect();
        if mutable || is_shared(&ty.to_string()) {
            self.refuse(
                "MS0501",
                name.to_token_stream(),
                &format!("`{name}` is a global: all workflows of the process share it, and it is gone after a restart"),
                "a field of the workflow: `State<T>`",
            );
        }
    }

    /// `let _ = workflow::sleep(..).await;`
    fn thrown_away(&self, rest: &[TokenTree]) {
        let statement = &rest[..until(rest, ';')];
        let [.., dot, TokenTree::Ident(word), _] = statement else {
            return;
        };
        let Some(path) = PathTokens::at(statement) else {
            return;
        };
        let called = self.scope.resolve(&path.names);
        let [.., module, function] = called.as_slice() else {
            return;
        };
        let waits = module == "workflow" && ONLY_CANCELLED.contains(&function.as_str());
        if word == "await" && is(dot, '.') && waits {
            self.warn(
                "MS0603",
                word.span(),
                "this fails only when the workflow is cancelled, which is ignored here: use `?`, or `match` on it",
            );
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

    /// Looks at a literal.
    pub(super) fn literal(&self, literal: &Literal) {
        let text = literal.to_string();
        if text.starts_with('"') && text.contains(":p}") {
            self.refuse(
                "MS0204",
                literal.to_token_stream(),
                "`{:p}` prints an address, which differs from process to process",
                "an id in the data",
            );
        }
    }
}

fn mentions(code: &TokenStream, words: &[&str]) -> bool {
    code.clone().into_iter().any(|token| match token {
        TokenTree::Ident(word) => words.iter().any(|known| word == known),
        TokenTree::Group(group) => mentions(&group.stream(), words),
        _ => false,
    })
}
