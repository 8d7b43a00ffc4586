//! `a::b::c` and `name!` in a stream of tokens.

use proc_macro2::{TokenStream, TokenTree};

/// A path as written, without generic arguments.
pub(crate) struct PathTokens {
    /// Its names; the last ends in `!` if it is a macro that is called.
    pub(crate) names: Vec<String>,
    /// How many tokens it has.
    pub(crate) length: usize,
    start: usize,
}

impl PathTokens {
    /// The path that starts with the first token, if that is a name.
    pub(crate) fn at(tokens: &[TokenTree]) -> Option<Self> {
        Self::from(tokens, 0)
    }

    /// `::std::time::Instant`, from its first colon.
    pub(crate) fn absolute(tokens: &[TokenTree]) -> Option<Self> {
        match tokens {
            [a, b, TokenTree::Ident(_), ..] if is(a, ':') && is(b, ':') => Self::from(tokens, 2),
            _ => None,
        }
    }

    fn from(tokens: &[TokenTree], start: usize) -> Option<Self> {
        let TokenTree::Ident(first) = tokens.get(start)? else {
            return None;
        };
        let (mut names, mut length) = (vec![first.to_string()], start + 1);
        while let [a, b, TokenTree::Ident(next), ..] = &tokens[length..]
            && is(a, ':')
            && is(b, ':')
        {
            names.push(next.to_string());
            length += 3;
        }
        if let [bang, TokenTree::Group(_), ..] = &tokens[length..]
            && is(bang, '!')
            && let Some(last) = names.last_mut()
        {
            last.push('!');
        }
        Some(Self {
            names,
            length,
            start,
        })
    }

    pub(crate) fn written(&self) -> String {
        self.names.join("::")
    }

    /// The tokens of the path, to point at.
    pub(crate) fn tokens(&self, tokens: &[TokenTree]) -> TokenStream {
        tokens[self.start..self.length].iter().cloned().collect()
    }

    /// The tokens of `X` in `X::now`.
    pub(crate) fn type_tokens(&self, tokens: &[TokenTree]) -> TokenStream {
        tokens[..self.length - 3].iter().cloned().collect()
    }
}

/// Whether a token is this punctuation.
pub(crate) fn is(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}
