//! The options between the parentheses of an attribute.
//!
//! Every mistake in a list is reported, not only the first: an unknown option with the legal ones and the nearest of
//! them, a duration or number that is none, an option given twice.

mod activity;
mod case;

pub(crate) use activity::{ACTIVITY_CALL, activity_options, set_timeout};
pub(crate) use case::Case;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
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

    /// Whether an option is written as `key = ..`.
    pub(crate) fn has_value(&self, key: &str) -> bool {
        self.find(key)
            .is_some_and(|option| matches!(option.value, Value::Set(_)))
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
