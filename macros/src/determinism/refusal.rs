//! How a broken rule is told: what, why, what to write instead, the exception, the page.

use proc_macro2::{Span, TokenStream};

use super::Lint;
use super::rules::{Rule, Severity};

impl Lint<'_> {
    pub(super) fn allows(&self, id: &str) -> bool {
        self.allowed.contains(id)
    }

    /// A name that a rule of the table forbids.
    pub(super) fn report(&self, rule: &Rule, written: &str, tokens: TokenStream) {
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

    pub(super) fn refuse(&self, id: &str, tokens: TokenStream, what: &str, instead: &str) {
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

    pub(super) fn warn(&self, id: &str, at: Span, message: &str) {
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
