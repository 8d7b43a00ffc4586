//! What the macros say about a user's mistake.
//!
//! Everything independent is collected and reported in one compile; the item itself is emitted all the same, so that
//! one mistake does not turn every later use of the item into another one.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// A sink for the mistakes found in one item.
#[must_use = "mistakes that are not emitted are lost"]
#[derive(Default)]
pub(crate) struct Diagnostics {
    errors: RefCell<Vec<syn::Error>>,
    warnings: RefCell<TokenStream>,
}

impl Diagnostics {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Reports a mistake at one token.
    pub(crate) fn error(&self, at: Span, message: impl Display) {
        self.push(syn::Error::new(at, message));
    }

    /// Reports a mistake that spans several tokens.
    pub(crate) fn error_over(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&self, error: syn::Error) {
        self.errors.borrow_mut().push(error);
    }

    /// Keeps the error of a fallible step and lets the caller go on.
    pub(crate) fn accept<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Stable Rust has no warnings from macros; the use of something deprecated is one, and carries a message:
    /// "warning: use of deprecated constant `MS0407`: it prints again on every replay".
    pub(crate) fn warning(&self, at: Span, id: &str, message: &str) {
        let name = syn::Ident::new(id, at);
        let used = quote_spanned!(at=> let _ = #name;);
        self.warnings.borrow_mut().extend(quote! {
            const _: () = {
                #[deprecated(note = #message)]
                const #name: () = ();
                #[allow(clippy::let_unit_value)]
                { #used }
            };
        });
    }

    /// How many errors there are: to tell whether a step found any.
    pub(crate) fn count(&self) -> usize {
        self.errors.borrow().len()
    }

    pub(crate) fn any_error(&self) -> bool {
        !self.errors.borrow().is_empty()
    }

    /// The first lines of the errors; for tests.
    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        let errors = self.errors.borrow();
        errors.iter().map(ToString::to_string).collect()
    }

    /// All that was found, as items to put beside the user's.
    pub(crate) fn finish(self) -> TokenStream {
        self.take()
    }

    /// What was found so far, as items or statements.
    pub(crate) fn take(&self) -> TokenStream {
        let mut out = TokenStream::new();
        for error in self.errors.take() {
            out.extend(error.into_compile_error());
        }
        out.extend(self.warnings.take());
        out
    }
}

/// "`a`, `b` or `c`".
pub(crate) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// ": did you mean `retry`?" where one of the legal names is close to what was written.
pub(crate) fn did_you_mean(written: &str, legal: &[&str]) -> String {
    let written = written.to_lowercase();
    let nearest = legal
        .iter()
        .map(|name| (distance(&written, &name.to_lowercase()), name))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, name)) if distance <= 1 + name.len() / 3 => {
            format!(": did you mean `{name}`?")
        }
        _ => String::new(),
    }
}

/// Edits (insert, delete, replace, swap of neighbours) between two short words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(x != y))
                .min(rows[i][j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_name_is_suggested_and_a_far_one_is_not() {
        let legal = ["name", "task_queue", "start_to_close"];
        assert_eq!(
            did_you_mean("task_qeue", &legal),
            ": did you mean `task_queue`?"
        );
        assert_eq!(
            did_you_mean("startToClose", &legal),
            ": did you mean `start_to_close`?"
        );
        assert_eq!(did_you_mean("colour", &legal), "");
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(one_of(&["run"]), "`run`");
        assert_eq!(
            one_of(&["run", "signal", "query"]),
            "`run`, `signal` or `query`"
        );
    }
}
