//! The options between the parentheses of an attribute.
//!
//! Every mistake in a list is reported, not only the first: an unknown option with the legal ones and the nearest of
//! them, a duration or number that is none, an option given twice.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Lit, LitStr, Token};

use crate::diagnostics::{Diagnostics, did_you_mean, one_of};
use crate::duration;

/// One option as written.
struct Written {
    key: Ident,
    value: Value,
}

enum Value {
    /// `dynamic`
    Flag,
    /// `name = ".."`
    Set(Expr),
    /// `retry(..)`
    List(TokenStream),
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Set(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let list;
            syn::parenthesized!(list in input);
            Value::List(list.parse()?)
        } else {
            Value::Flag
        };
        Ok(Self { key, value })
    }
}

/// The options of one attribute.
pub(crate) struct Options<'a> {
    written: Vec<Written>,
    /// The attribute as users spell it, for messages.
    attribute: &'static str,
    diagnostics: &'a Diagnostics,
}

impl<'a> Options<'a> {
    /// Parses a list and refuses keys that are not legal.
    pub(crate) fn parse(
        tokens: TokenStream,
        attribute: &'static str,
        legal: &[&str],
        diagnostics: &'a Diagnostics,
    ) -> Self {
        let list = Punctuated::<Written, Token![,]>::parse_terminated;
        let written = diagnostics.accept(list.parse2(tokens));
        let mut options = Self {
            written: Vec::new(),
            attribute,
            diagnostics,
        };
        for option in written.into_iter().flatten() {
            options.take_in(option, legal);
        }
        options
    }

    /// The options of an attribute found on a member; `#[signal]` has none.
    pub(crate) fn of(
        attr: &syn::Attribute,
        attribute: &'static str,
        legal: &[&str],
        diagnostics: &'a Diagnostics,
    ) -> Self {
        let tokens = match &attr.meta {
            syn::Meta::Path(_) => TokenStream::new(),
            syn::Meta::List(list) => list.tokens.clone(),
            syn::Meta::NameValue(pair) => {
                diagnostics.error_over(
                    pair,
                    format!("options go in parentheses: `#[{attribute}(name = \"..\")]`"),
                );
                TokenStream::new()
            }
        };
        Self::parse(tokens, attribute, legal, diagnostics)
    }

    fn take_in(&mut self, option: Written, legal: &[&str]) {
        let key = option.key.to_string();
        if !legal.contains(&key.as_str()) {
            let hint = did_you_mean(&key, legal);
            let attribute = match self.attribute {
                "retry" => "retry(..)".to_owned(),
                attribute => format!("#[{attribute}]"),
            };
            let message = if legal.is_empty() {
                format!("`{attribute}` takes no options")
            } else {
                let legal = one_of(legal);
                format!("`{key}` is no option of `{attribute}`{hint}\nit takes {legal}")
            };
            self.diagnostics.error(option.key.span(), message);
            return;
        }
        if self.written.iter().any(|other| other.key == option.key) {
            self.diagnostics
                .error(option.key.span(), format!("`{key}` is given twice"));
            return;
        }
        self.written.push(option);
    }

    fn find(&self, key: &str) -> Option<&Written> {
        self.written.iter().find(|option| option.key == key)
    }

    pub(crate) fn span(&self, key: &str) -> Option<Span> {
        self.find(key).map(|option| option.key.span())
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        match self.find(key) {
            None => false,
            Some(Written {
                value: Value::Flag, ..
            }) => true,
            Some(Written {
                value: Value::Set(Expr::Lit(lit)),
                ..
            }) if matches!(lit.lit, Lit::Bool(_)) => {
                matches!(&lit.lit, Lit::Bool(value) if value.value)
            }
            Some(option) => {
                self.diagnostics.error(
                    option.key.span(),
                    format!("`{key}` stands alone: it is on where it is written"),
                );
                false
            }
        }
    }

    fn set(&self, key: &str, example: &str) -> Option<&Expr> {
        let option = self.find(key)?;
        match &option.value {
            Value::Set(value) => Some(value),
            _ => {
                self.diagnostics.error(
                    option.key.span(),
                    format!("`{key}` needs a value, as in `{key} = {example}`"),
                );
                None
            }
        }
    }

    /// A text: a literal, which must not be empty, or the path of a constant.
    pub(crate) fn text(&self, key: &str) -> Option<Expr> {
        let value = self.set(key, "\"..\"")?;
        match value {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(text) if text.value().is_empty() => {
                    self.diagnostics
                        .error(text.span(), format!("`{key}` is empty"));
                    None
                }
                Lit::Str(_) => Some(value.clone()),
                other => {
                    self.diagnostics
                        .error(other.span(), format!("`{key}` is a text: `{key} = \"..\"`"));
                    None
                }
            },
            Expr::Path(_) | Expr::Macro(_) => Some(value.clone()),
            other => {
                self.diagnostics.error_over(
                    other,
                    format!("`{key}` is a text or the path of a constant: `{key} = \"..\"`"),
                );
                None
            }
        }
    }

    /// A text that has to be known here.
    pub(crate) fn literal(&self, key: &str) -> Option<LitStr> {
        match self.set(key, "\"..\"")? {
            Expr::Lit(syn::ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.clone()),
            other => {
                self.diagnostics.error_over(
                    other,
                    format!("`{key}` is a text in quotes: `{key} = \"..\"`"),
                );
                None
            }
        }
    }

    /// The name of a method.
    pub(crate) fn ident(&self, key: &str) -> Option<Ident> {
        match self.set(key, "a_method")? {
            Expr::Path(path) if path.path.get_ident().is_some() => path.path.get_ident().cloned(),
            other => {
                self.diagnostics.error_over(
                    other,
                    format!("`{key}` is the name of a method, without quotes: `{key} = check_it`"),
                );
                None
            }
        }
    }

    /// Any expression.
    pub(crate) fn expr(&self, key: &str, example: &str) -> Option<Expr> {
        self.set(key, example).cloned()
    }

    /// A duration as an expression of type `Duration`; a text is checked here, and one that is none still sets the option,
    /// so that it is one mistake.
    pub(crate) fn duration(&self, key: &str) -> Option<TokenStream> {
        let written = self.find(key)?;
        let Some(value) = self.set(key, "\"10s\"") else {
            return Some(quote_spanned!(written.key.span()=> ::core::time::Duration::ZERO));
        };
        match value {
            Expr::Lit(syn::ExprLit {
                lit: Lit::Str(text),
                ..
            }) => match duration::parse(&text.value()) {
                Ok(duration) => {
                    if duration.is_zero() && key != "local_retry_threshold" {
                        self.diagnostics.error(
                            text.span(),
                            format!("`{key}` is zero, which stands for none: leave it out, or make it longer"),
                        );
                    }
                    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
                    Some(
                        quote_spanned!(text.span()=> ::core::time::Duration::new(#seconds, #nanos)),
                    )
                }
                Err(problem) => {
                    self.diagnostics.error(text.span(), problem);
                    Some(quote!(::core::time::Duration::ZERO))
                }
            },
            Expr::Lit(other) => {
                self.diagnostics
                    .error_over(other, format!("`{key}` is a duration: `{key} = \"10s\"`"));
                Some(quote!(::core::time::Duration::ZERO))
            }
            path => Some(path.to_token_stream()),
        }
    }

    /// The list in `retry(..)`.
    pub(crate) fn list(
        &self,
        key: &str,
        attribute: &'static str,
        legal: &[&str],
    ) -> Option<Options<'a>> {
        let option = self.find(key)?;
        match &option.value {
            Value::List(tokens) => Some(Options::parse(
                tokens.clone(),
                attribute,
                legal,
                self.diagnostics,
            )),
            _ => {
                let first = legal.first().unwrap_or(&"..");
                self.diagnostics.error(
                    option.key.span(),
                    format!("`{key}` takes a list: `{key}({first} = ..)`"),
                );
                None
            }
        }
    }
}

/// Options of `#[activity]` that become options of every call.
pub(crate) const ACTIVITY_CALL: &[&str] = &[
    "start_to_close",
    "schedule_to_close",
    "schedule_to_start",
    "heartbeat",
    "retry",
    "task_queue",
    "cancellation",
    "local",
    "local_retry_threshold",
    "summary",
    "priority",
    "eager",
];

/// Whether the options set what every call needs: a timeout.
pub(crate) fn set_timeout(options: &Options<'_>) -> bool {
    let mut needed = ["start_to_close", "schedule_to_close"].iter();
    needed.any(|key| options.span(key).is_some())
}

const RETRY: &[&str] = &[
    "maximum_attempts",
    "initial_interval",
    "backoff_coefficient",
    "maximum_interval",
    "non_retryable",
];

/// The calls on `ActivityOptions` that the options amount to: `.start_to_close(..)`.
pub(crate) fn activity_options(options: &Options<'_>, krate: &TokenStream) -> TokenStream {
    let mut calls = TokenStream::new();
    for key in [
        "start_to_close",
        "schedule_to_close",
        "schedule_to_start",
        "heartbeat",
        "local_retry_threshold",
    ] {
        if let Some(value) = options.duration(key) {
            let method = Ident::new(key, Span::call_site());
            calls.extend(quote!(.#method(#value)));
        }
    }
    for key in ["task_queue", "summary"] {
        if let Some(value) = options.text(key) {
            let method = Ident::new(key, Span::call_site());
            calls.extend(quote!(.#method(#value)));
        }
    }
    if let Some(value) = options.expr("cancellation", "CancellationType::Abandon") {
        calls.extend(quote!(.cancellation(#value)));
    }
    if let Some(value) = options.expr("priority", "1") {
        calls.extend(quote!(.priority(#value)));
    }
    if options.flag("local") {
        calls.extend(quote!(.local()));
    }
    if options.flag("eager") {
        calls.extend(quote!(.eager(true)));
    }
    if let Some(retry) = options.list("retry", "retry", RETRY) {
        let policy = retry_policy(&retry, krate);
        calls.extend(quote!(.retry(#policy)));
    }
    calls
}

fn retry_policy(options: &Options<'_>, krate: &TokenStream) -> TokenStream {
    let mut policy = quote!(#krate::RetryPolicy::new());
    for key in ["initial_interval", "maximum_interval"] {
        if let Some(value) = options.duration(key) {
            let method = Ident::new(key, Span::call_site());
            policy.extend(quote!(.#method(#value)));
        }
    }
    if let Some(value) = options.expr("maximum_attempts", "3") {
        policy.extend(quote_spanned!(value.span()=> .maximum_attempts(#value)));
    }
    if let Some(value) = options.expr("backoff_coefficient", "2.0") {
        policy.extend(quote_spanned!(value.span()=> .backoff_coefficient(#value)));
    }
    if let Some(value) = options.expr("non_retryable", "[\"NotFound\"]") {
        policy.extend(quote_spanned!(value.span()=> .non_retryable(#value)));
    }
    policy
}

/// How `rename_all` turns the name of a method into the one on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Case {
    Snake,
    Camel,
    Pascal,
    Kebab,
    ScreamingSnake,
}

impl Case {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("snake_case", Self::Snake),
        ("camelCase", Self::Camel),
        ("PascalCase", Self::Pascal),
        ("kebab-case", Self::Kebab),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
    ];

    pub(crate) fn of(options: &Options<'_>) -> Option<Self> {
        let text = options.literal("rename_all")?;
        let known = Self::NAMES.iter().find(|(name, _)| *name == text.value());
        if known.is_none() {
            let names: Vec<&str> = Self::NAMES.iter().map(|(name, _)| *name).collect();
            let hint = did_you_mean(&text.value(), &names);
            let message = format!(
                "`{}` is no case{hint}\nit is one of {}",
                text.value(),
                one_of(&names)
            );
            options.diagnostics.error(text.span(), message);
        }
        known.map(|(_, case)| *case)
    }

    pub(crate) fn apply(self, name: &str) -> String {
        let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
        let capital = |word: &&str| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        };
        match self {
            Self::Snake => words.join("_"),
            Self::Kebab => words.join("-"),
            Self::ScreamingSnake => words.join("_").to_ascii_uppercase(),
            Self::Pascal => words.iter().map(capital).collect(),
            Self::Camel => {
                let (first, rest) = words.split_first().map_or(("", &[][..]), |(f, r)| (*f, r));
                rest.iter()
                    .fold(first.to_owned(), |name, word| name + &capital(word))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_spells_the_words_its_own_way() {
        let spelt = |case: Case| case.apply("compose_my_greeting");
        assert_eq!(spelt(Case::Camel), "composeMyGreeting");
        assert_eq!(spelt(Case::Pascal), "ComposeMyGreeting");
        assert_eq!(spelt(Case::Kebab), "compose-my-greeting");
        assert_eq!(spelt(Case::ScreamingSnake), "COMPOSE_MY_GREETING");
        assert_eq!(spelt(Case::Snake), "compose_my_greeting");
    }
}
