//! Which activities workflow code expects on its own task queue, as far as its tokens tell: what a worker warns about at
//! its start if nobody implements them.
//!
//! A stub counts where it is made for the workflow's own queue: by `default()`, by `new(..)` with options that are written
//! there, or in the same body, and name no other queue, or as a field of a struct with `Default`. A method that is called
//! with a task queue of its own does not. What cannot be told, such as options from elsewhere, is left out: a warning that
//! is wrong is worse than none. Functions need no warning, as their attribute is their implementation.
//!
//! A helper's stubs are those of the workflows that call it: it submits what it expects under its name, and a workflow
//! names what it calls.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

use crate::determinism::path::{PathTokens, is};
use crate::determinism::scope::Scope;

/// What some bodies say.
#[derive(Default)]
pub(crate) struct Expected {
    /// Activity interfaces by the names of their traits.
    interfaces: BTreeSet<String>,
    /// Methods that are called on another queue.
    elsewhere: BTreeSet<String>,
    /// Functions of this file or imported into it, methods of `self`, interfaces: what may be a helper.
    calls: BTreeSet<String>,
    /// Variables that hold options which name no task queue.
    options: BTreeSet<String>,
}

impl Expected {
    /// Takes in the body of a method, or several of them.
    pub(crate) fn read(&mut self, code: TokenStream, scope: &Scope) {
        let tokens: Vec<TokenTree> = code.into_iter().collect();
        for at in 0..tokens.len() {
            let rest = &tokens[at..];
            self.variable(rest);
            if at == 0 || !is(&tokens[at - 1], '.') {
                self.path(rest, scope);
            }
            self.method(rest);
            if let TokenTree::Group(group) = &rest[0] {
                self.read(group.stream(), scope);
            }
        }
    }

    /// Takes in the stubs that a type's `Default` makes for its fields.
    pub(crate) fn made_by_default(&mut self, ty: &str, scope: &Scope) {
        self.interfaces.extend(scope.default_stubs(ty));
    }

    /// The default methods of an interface are helpers of what implements it.
    pub(crate) fn implements(&mut self, interface: &str) {
        self.calls.insert(interface.to_owned());
    }

    /// `options = ActivityOptions::new()..;`, or anything else, behind `let` or alone.
    fn variable(&mut self, rest: &[TokenTree]) {
        let [TokenTree::Ident(name), equals, value @ ..] = rest else {
            return;
        };
        let is_more = |token: &TokenTree| is(token, '=') || is(token, '>');
        if !is(equals, '=') || value.first().is_some_and(is_more) {
            return;
        }
        let end = value.iter().position(|token| is(token, ';'));
        let value = value[..end.unwrap_or(value.len())].iter().cloned();
        if on_own_queue(&value.collect()) {
            self.options.insert(name.to_string());
        } else {
            self.options.remove(&name.to_string());
        }
    }

    /// `PaymentsStub::default()`, `PaymentsStub::new(ActivityOptions::new()..)`, or a call of what may be a helper.
    fn path(&mut self, rest: &[TokenTree], scope: &Scope) {
        let TokenTree::Ident(first) = &rest[0] else {
            return;
        };
        // Most names are variables, and those are no paths.
        let is_alone = !matches!(rest, [_, a, b, ..] if is(a, ':') && is(b, ':'));
        if is_alone && !scope.explains(&first.to_string()) {
            return;
        }
        let Some(path) = PathTokens::at(rest) else {
            return;
        };
        let is_type = |name: &String| name != "Self" && name.starts_with(char::is_uppercase);
        let is_helper = match path.names[0].as_str() {
            "Self" => path.names.len() > 1,
            first => scope.explains(first),
        };
        if is_helper && !path.names.iter().any(is_type) {
            self.calls.extend(scope.resolve(&path.names).pop());
        }
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
        let expected = match made.as_str() {
            "default" => true,
            "new" => on_own_queue(&given.stream()) || self.are_options(&given.stream()),
            _ => false,
        };
        if expected && !interface.is_empty() {
            self.interfaces.insert(interface.to_owned());
        }
    }

    /// `options` or `options.clone()`
    fn are_options(&self, given: &TokenStream) -> bool {
        let text = given.to_string().replace(' ', "");
        self.options.contains(text.trim_end_matches(".clone()"))
    }

    /// `.charge(..).task_queue(..)`, and `self.helper(..)`.
    fn method(&mut self, rest: &[TokenTree]) {
        if let [
            TokenTree::Ident(this),
            dot,
            TokenTree::Ident(method),
            TokenTree::Group(args),
            ..,
        ] = rest
            && this == "self"
            && is(dot, '.')
            && args.delimiter() == Delimiter::Parenthesis
        {
            self.calls.insert(method.to_string());
        }
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
            chain.push(method);
            rest = tail;
        }
        let queue = chain.iter().position(|method| *method == "task_queue");
        let elsewhere = chain.iter().take(queue.unwrap_or(0));
        self.elsewhere
            .extend(elsewhere.map(|method| method.to_string()));
    }

    /// The call that tells a `WorkflowConfig`, if there is something to tell.
    pub(crate) fn told(&self) -> TokenStream {
        if self.interfaces.is_empty() && self.calls.is_empty() {
            return TokenStream::new();
        }
        let expected = self.arguments();
        quote!(.expects(#expected))
    }

    /// What a worker learns of helpers, which are called by these names.
    pub(crate) fn submitted<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
        cfg: &TokenStream,
        krate: &TokenStream,
    ) -> TokenStream {
        if self.interfaces.is_empty() && self.calls.is_empty() {
            return TokenStream::new();
        }
        let expected = self.arguments();
        quote! {
            #cfg
            const _: () = {
                #krate::__private::inventory::submit! {
                    #krate::__private::HelperEntry::new(&[#(#names),*], #krate::__private::ExpectedActivities::new(#expected))
                }
            };
        }
    }

    fn arguments(&self) -> TokenStream {
        let (interfaces, elsewhere) = (self.interfaces.iter(), self.elsewhere.iter());
        let calls = self.calls.iter();
        quote!(&[#(#interfaces),*], &[#(#elsewhere),*], &[#(#calls),*])
    }
}

/// Whether this makes options that name no task queue.
fn on_own_queue(code: &TokenStream) -> bool {
    mentions(code, "ActivityOptions") && !mentions(code, "task_queue")
}

/// The interfaces whose stubs a piece of code makes; for what a file's `impl Default` says.
pub(crate) fn stubs_made(code: TokenStream, scope: &Scope) -> BTreeSet<String> {
    let mut expected = Expected::default();
    expected.read(code, scope);
    expected.interfaces
}

fn mentions(code: &TokenStream, word: &str) -> bool {
    code.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(&group.stream(), word),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let source = "
            use api::{PaymentsStub as Pay, help as aid};
            fn run() {} fn pack() {} fn unused() {}";
        let mut found = Expected::default();
        let body = body.parse().expect("the test's body lexes");
        found.read(body, &Scope::of_source(source, "fn run"));
        assert_eq!(found.told().to_string().replace(' ', ""), expected);
    }

    #[test]
    fn a_stub_for_the_own_queue_expects_its_interface() {
        check(
            "let a = api::ShippingStub::default(); Pay::new(ActivityOptions::new().local()).charge(1).await?;",
            ".expects(&[\"Payments\",\"Shipping\"],&[],&[])",
        );
    }

    #[test]
    fn options_of_the_same_body_are_known() {
        let shipping = ".expects(&[\"Shipping\"],&[],&[])";
        check(
            "let mut o = ActivityOptions::new().local(); ShippingStub::new(o.clone())",
            shipping,
        );
        check(
            "let o = ActivityOptions::new(); let o = o.task_queue(\"far\"); ShippingStub::new(o)",
            "",
        );
        check(
            "let mut o = ActivityOptions::new(); o = far(o); ShippingStub::new(o)",
            "",
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
            ".expects(&[\"Shipping\"],&[\"ship\",\"summary\"],&[])",
        );
    }

    #[test]
    fn what_may_be_a_helper_is_named() {
        check(
            "pack().await; list.map(aid); self.weigh().await?; self.field; Self { n }; other.method(); local();",
            ".expects(&[],&[],&[\"help\",\"pack\",\"weigh\"])",
        );
    }

    #[test]
    fn stubs_in_fields_are_made_by_default() {
        let source = "
            use api::PaymentsStub as Pay;
            #[derive(Debug, Default)] struct Order { n: u32, pay: Pay, shipping: ShippingStub<NoTimeout> }
            struct Bare { shipping: ShippingStub }
            struct Made { pay: Pay }
            impl Default for Made { fn default() -> Self { Self { pay: Pay::default() } } }
            fn run() {}";
        let scope = Scope::of_source(source, "fn run");
        let stubs = |ty| scope.default_stubs(ty).collect::<Vec<_>>();
        assert_eq!(stubs("Order"), ["Payments", "Shipping"]);
        assert_eq!(stubs("Made"), ["Payments"]);
        assert_eq!(stubs("Bare"), [] as [String; 0]);
    }
}
