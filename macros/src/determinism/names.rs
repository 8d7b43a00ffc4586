//! Names that a rule of the table forbids, through what the file says they stand for; and the global of a file.

use proc_macro2::{Delimiter, TokenTree};

use super::Lint;
use super::path::PathTokens;
use super::rules::{self, RULES, Rule, Severity, TAILS};

impl Lint<'_> {
    /// Judges the path at the start of the tokens and says how many it has.
    pub(super) fn path(&mut self, path: PathTokens, rest: &[TokenTree]) -> usize {
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
        } else if self.may_be_clock(&path, rest) {
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

    /// `X::now()` with an `X` that is not the file's own and of which the table has nothing to say.
    fn may_be_clock(&self, path: &PathTokens, rest: &[TokenTree]) -> bool {
        let [ty @ .., now] = path.names.as_slice() else {
            return false;
        };
        let called_without_arguments = matches!(
            rest.get(path.length),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis && group.stream().is_empty()
        );
        now == "now"
            && called_without_arguments
            && ty
                .last()
                .is_some_and(|name| name.starts_with(char::is_uppercase))
            && ty[0] != "Self"
            && !self.is_judged(ty)
            && !self.is_hidden(&ty[0])
            && !self.allows("MS0101")
            && !self.allows("MS0102")
    }

    /// Whether a type is of the file's own module, or of a crate that the table covers.
    fn is_judged(&self, ty: &[String]) -> bool {
        let full = self.scope.resolve(ty);
        match full.as_slice() {
            [this, _] if this == "self" => true,
            [krate, _, ..] => !rules::Index::get().of_root(krate).is_empty(),
            _ => false,
        }
    }

    /// Whether a name may mean nothing, or something else, at the start of the body.
    fn is_hidden(&self, name: &str) -> bool {
        self.hidden.names.contains(name) || (self.hidden.by_glob && !self.scope.explains(name))
    }
}

/// Whether a pattern of the table names a full path, or something inside what it names.
fn covers(pattern: &str, path: &str) -> bool {
    let is_inside = |rest: &str| rest.is_empty() || rest.starts_with("::");
    match pattern.split_once('*') {
        Some((start, "")) => path.starts_with(start),
        Some((start, end)) => path
            .strip_prefix(start)
            .and_then(|rest| rest[rest.find("::")?..].strip_prefix(end))
            .is_some_and(is_inside),
        None => path.strip_prefix(pattern).is_some_and(is_inside),
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
