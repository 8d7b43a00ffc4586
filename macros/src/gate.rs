//! The await gate, as a rewrite of tokens: `x.await` → `x.__durable().await`, `async { .. }` → `durable(async { .. })`.
//!
//! Being postfix it needs no expression tree, so it reaches into macro arguments (`println!("{}", x.await)`) and leaves
//! code that is still being typed to rustc. `__durable` has the span of the `await` it guards, which is where rustc
//! would say that something is not a future.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{TokenStreamExt, quote_spanned};

use crate::determinism::page;
use crate::diagnostics::Diagnostics;
use crate::syntax::located;

/// What a piece of code may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Workflow code: durable awaits.
    Workflow,
    /// A query or validator: reads state.
    ReadOnly,
}

/// Rewrites the body of a function.
pub(crate) struct Gate<'a> {
    pub(crate) mode: Mode,
    /// For sync handlers in the implementation of an interface: the expression whose type says whether this one may
    /// change state. The attribute on the `impl` cannot know; the trait does.
    pub(crate) access: Option<&'a TokenStream>,
    pub(crate) diagnostics: &'a Diagnostics,
}

/// Methods that change a `State`.
const CHANGES: &[&str] = &["set", "update", "borrow_mut", "replace", "take"];

impl Gate<'_> {
    pub(crate) fn rewrite(&self, code: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = code.into_iter().collect();
        let mut out = TokenStream::new();
        let mut at = 0;
        while at < tokens.len() {
            at += self.step(&tokens, at, &mut out);
        }
        out
    }

    /// Emits what stands at `at` and says how many tokens that were.
    fn step(&self, tokens: &[TokenTree], at: usize, out: &mut TokenStream) -> usize {
        let rest = &tokens[at..];
        if let Some(length) = foreign_item(rest) {
            out.append_all(&rest[..length]);
            return length;
        }
        if let [TokenTree::Punct(dot), TokenTree::Ident(word), ..] = rest
            && dot.as_char() == '.'
        {
            if word == "await" {
                self.gated_await(&rest[..2], out);
                return 2;
            }
            if CHANGES.iter().any(|change| word == change)
                && matches!(rest.get(2), Some(TokenTree::Group(_)))
                && field_of_self(&tokens[..at])
            {
                self.guarded_change(&rest[..2], out);
                return 2;
            }
        }
        if let Some(length) = async_block(rest) {
            self.durable_block(&rest[..length], out);
            return length;
        }
        if let Some(keyword) = async_closure(rest) {
            self.diagnostics.error(
                keyword.span(),
                "workflow code has no async closures: their futures cannot be told to be durable\n\
                 write `|x| async move { .. }` instead",
            );
            out.append(rest[0].clone());
            return 1;
        }
        match &rest[0] {
            TokenTree::Group(group) => out.append(self.group(group)),
            other => out.append(other.clone()),
        }
        1
    }

    fn gated_await(&self, tokens: &[TokenTree], out: &mut TokenStream) {
        let span = tokens[1].span();
        if self.mode == Mode::ReadOnly {
            self.diagnostics.error(
                span,
                format!(
                    "a query or validator cannot await: it answers at once, from the state as it is\n\
                     make it an `#[update]` if it has to wait\n\
                     see {}",
                    page("MS0701")
                ),
            );
            return;
        }
        let gate = Ident::new("__durable", span);
        out.append_all(quote_spanned!(span=> .#gate()));
        out.append_all(tokens);
    }

    /// `self.items.set(..)` → `self.items.__read_only().set(..)`: an error if `items` is a `State`.
    fn guarded_change(&self, tokens: &[TokenTree], out: &mut TokenStream) {
        let span = tokens[1].span();
        match (self.mode, self.access) {
            (Mode::ReadOnly, _) => {
                let guard = Ident::new("__write", span);
                let krate = crate::krate::path_at(span);
                out.append_all(quote_spanned!(span=> .#guard(#krate::__private::Reads)));
            }
            (Mode::Workflow, Some(access)) => {
                let guard = Ident::new("__write", span);
                let access = located(access, span);
                out.append_all(quote_spanned!(span=> .#guard(#access)));
            }
            (Mode::Workflow, None) => {}
        }
        out.append_all(tokens);
    }

    fn durable_block(&self, tokens: &[TokenTree], out: &mut TokenStream) {
        let span = tokens[0].span();
        let krate = crate::krate::path_at(span);
        let mut block = TokenStream::new();
        for token in tokens {
            match token {
                TokenTree::Group(body) => block.append(self.group(body)),
                other => block.append(other.clone()),
            }
        }
        out.append_all(quote_spanned!(span=> #krate::__private::durable(#block)));
    }

    /// Keeps the original group, with the spans of both its ends, where nothing inside changes.
    fn group(&self, group: &Group) -> Group {
        if !self.concerns(group.stream()) {
            return group.clone();
        }
        let mut new = Group::new(group.delimiter(), self.rewrite(group.stream()));
        new.set_span(group.span());
        new
    }

    fn concerns(&self, code: TokenStream) -> bool {
        let guarded = self.mode == Mode::ReadOnly || self.access.is_some();
        code.into_iter().any(|token| match token {
            TokenTree::Ident(word) => {
                word == "await"
                    || word == "async"
                    || (guarded && CHANGES.iter().any(|change| word == change))
            }
            TokenTree::Group(group) => self.concerns(group.stream()),
            _ => false,
        })
    }
}

/// The length of a nested `fn` or `macro_rules!`, which is no workflow code.
pub(crate) fn foreign_item(tokens: &[TokenTree]) -> Option<usize> {
    let starts = match tokens {
        [TokenTree::Ident(word), TokenTree::Ident(_), ..] => word == "fn",
        [
            TokenTree::Ident(word),
            TokenTree::Punct(bang),
            TokenTree::Ident(_),
            ..,
        ] => word == "macro_rules" && bang.as_char() == '!',
        _ => false,
    };
    let is_body = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    starts.then(|| {
        tokens
            .iter()
            .position(is_body)
            .map_or(tokens.len(), |end| end + 1)
    })
}

/// Whether the tokens end in `self.a.b`: a place behind `&self`, where one more reference changes nothing.
fn field_of_self(before: &[TokenTree]) -> bool {
    let mut rest = before;
    let mut fields = 0;
    while let [head @ .., TokenTree::Punct(dot), field] = rest {
        let is_field = matches!(field, TokenTree::Ident(_) | TokenTree::Literal(_));
        if dot.as_char() != '.' || !is_field {
            break;
        }
        fields += 1;
        rest = head;
    }
    fields > 0 && matches!(rest.last(), Some(TokenTree::Ident(word)) if word == "self")
}

fn async_block(tokens: &[TokenTree]) -> Option<usize> {
    let is_block = |group: &Group| group.delimiter() == Delimiter::Brace;
    match tokens {
        [TokenTree::Ident(a), TokenTree::Group(body), ..] if a == "async" && is_block(body) => {
            Some(2)
        }
        [
            TokenTree::Ident(a),
            TokenTree::Ident(m),
            TokenTree::Group(body),
            ..,
        ] if a == "async" && m == "move" && is_block(body) => Some(3),
        _ => None,
    }
}

fn async_closure(tokens: &[TokenTree]) -> Option<&Ident> {
    let is_bar = |token: &TokenTree| matches!(token, TokenTree::Punct(bar) if bar.as_char() == '|');
    match tokens {
        [TokenTree::Ident(a), bar, ..] if a == "async" && is_bar(bar) => Some(a),
        [TokenTree::Ident(a), TokenTree::Ident(m), bar, ..]
            if a == "async" && m == "move" && is_bar(bar) =>
        {
            Some(a)
        }
        _ => None,
    }
}
