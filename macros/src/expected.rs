//! Which activities a workflow expects on its own task queue, as far as its tokens tell: what a worker warns about at its
//! start if nobody implements them.
//!
//! A stub counts where it is made for the workflow's own queue: by `default()`, or by `new(..)` with options that are
//! written there and name no other queue. A method that is called with a task queue of its own does not. What cannot be
//! told, such as options from a variable, is left out: a warning that is wrong is worse than none. Functions need no
//! warning, as their attribute is their implementation.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

use crate::determinism::path::{PathTokens, is};
use crate::determinism::scope::Scope;

/// What the bodies of one workflow say.
#[derive(Default)]
pub(crate) struct Expected {
    /// Activity interfaces by the names of their traits.
    interfaces: BTreeSet<String>,
    /// Methods that are called on another queue.
    elsewhere: BTreeSet<String>,
}

impl Expected {
    /// Takes in the body of a method, or several of them.
    pub(crate) fn read(&mut self, code: TokenStream, scope: &Scope) {
        let tokens: Vec<TokenTree> = code.into_iter().collect();
        for at in 0..tokens.len() {
            let rest = &tokens[at..];
            self.stub(rest, scope);
            self.call(rest);
            if let TokenTree::Group(group) = &rest[0] {
                self.read(group.stream(), scope);
            }
        }
    }

    /// `PaymentsStub::default()` or `PaymentsStub::new(ActivityOptions::new()..)`
    fn stub(&mut self, rest: &[TokenTree], scope: &Scope) {
        let Some(path) = PathTokens::at(rest) else {
            return;
        };
        let [ty @ .., made] = path.names.as_slice() else {
            return;
        };
        let Some(TokenTree::Group(given)) = rest.get(path.length) else {
            return;
        };
        let resolved = scope.resolve(ty);
        let Some(interface) = resolved.last().and_then(|it| it.strip_suffix("Stub")) else {
            return;
        };
        let on_own_queue = match made.as_str() {
            "default" => true,
            "new" => {
                let says = |word| mentions(given.stream(), word);
                says("ActivityOptions") && !says("task_queue")
            }
            _ => false,
        };
        if on_own_queue && !interface.is_empty() {
            self.interfaces.insert(interface.to_owned());
        }
    }

    /// `.charge(..).task_queue(..)`
    fn call(&mut self, rest: &[TokenTree]) {
        let mut chain = Vec::new();
        let mut rest = rest;
        while let [
            dot,
            TokenTree::Ident(method),
            TokenTree::Group(args),
            tail @ ..,
        ] = rest
            && is(dot, '.')
            && args.delimiter() == Delimiter::Parenthesis
        {
            chain.push(method.to_string());
            rest = tail;
        }
        let queue = chain.iter().position(|method| method == "task_queue");
        self.elsewhere
            .extend(chain.into_iter().take(queue.unwrap_or(0)));
    }

    /// The call that tells a `WorkflowConfig`, if there is something to tell.
    pub(crate) fn told(&self) -> TokenStream {
        if self.interfaces.is_empty() {
            return TokenStream::new();
        }
        let (interfaces, elsewhere) = (self.interfaces.iter(), self.elsewhere.iter());
        quote!(.expects(&[#(#interfaces),*], &[#(#elsewhere),*]))
    }
}

fn mentions(code: TokenStream, word: &str) -> bool {
    code.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let source = "use api::PaymentsStub as Pay; fn run() {}";
        let mut found = Expected::default();
        let body = body.parse().expect("the test's body lexes");
        found.read(body, &Scope::of_source(source, "fn run"));
        assert_eq!(found.told().to_string().replace(' ', ""), expected);
    }

    #[test]
    fn a_stub_for_the_own_queue_expects_its_interface() {
        check(
            "let a = api::ShippingStub::default(); Pay::new(ActivityOptions::new().local()).charge(1).await?;",
            ".expects(&[\"Payments\",\"Shipping\"],&[])",
        );
    }

    #[test]
    fn a_stub_for_another_queue_expects_nothing_here() {
        check(
            "ShippingStub::new(ActivityOptions::new().task_queue(\"x\"))",
            "",
        );
        check("ShippingStub::new(options)", "");
        check("Stub::default()", "");
        check("let stub: ShippingStub = given;", "");
    }

    #[test]
    fn a_call_with_its_own_queue_is_not_expected() {
        check(
            "let a = ShippingStub::default(); join!(a.ship(1).summary(\"x\").task_queue(\"far\"), a.pack(1));",
            ".expects(&[\"Shipping\"],&[\"ship\",\"summary\"])",
        );
    }
}
