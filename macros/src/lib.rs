//! The attribute macros of Mainspring; use them through the crate `mainspring`, which documents them.
//!
//! The way of an item: `syntax` parses it (bodies stay tokens), `attrs` reads options, `model` says what it means,
//! `check` and `determinism` say what is wrong with it, `expand` writes what stands for it. Mistakes collect in
//! `diagnostics`; the item itself is always emitted.

mod attrs;
mod check;
mod combine;
mod determinism;
mod diagnostics;
mod duration;
mod expand;
mod expected;
mod gate;
mod krate;
mod model;
mod syntax;

use proc_macro::TokenStream;

/// Workflow code: a function, or an `impl` of a workflow interface or of a type.
#[proc_macro_attribute]
pub fn workflow(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::workflow(options.into(), item.into()).into()
}

/// The interface of a workflow: its run method, signals, queries and updates.
#[proc_macro_attribute]
pub fn workflow_interface(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::workflow_interface(options.into(), item.into()).into()
}

/// A helper that workflow code may await.
#[proc_macro_attribute]
pub fn workflow_fn(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::workflow_fn(options.into(), item.into()).into()
}

/// An activity: a function, or an `impl` of an activity interface or of a type.
#[proc_macro_attribute]
pub fn activity(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::activity(options.into(), item.into()).into()
}

/// Activities by their signatures, to implement here or elsewhere.
#[proc_macro_attribute]
pub fn activity_interface(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::activity_interface(options.into(), item.into()).into()
}

/// The `main` of a program, asynchronous.
#[proc_macro_attribute]
pub fn main(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::main::expand(options.into(), item.into()).into()
}

/// A test with an environment of its own: a server in the process, a clock that skips time, a worker.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::test::expand(options.into(), item.into()).into()
}

/// What `test` is without the feature `testing`: an error that says how to have it.
#[proc_macro_attribute]
pub fn test_without_testing(_options: TokenStream, _item: TokenStream) -> TokenStream {
    expand::test::without_testing().into()
}

/// An exception to a rule of determinism, with its reason.
#[proc_macro_attribute]
pub fn allow(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::allow(options.into(), item.into()).into()
}

/// Waits for all of several durable operations.
#[proc_macro]
pub fn join(input: TokenStream) -> TokenStream {
    combine::join(input.into()).into()
}

/// Waits for all of several durable operations, or for the first error.
#[proc_macro]
pub fn try_join(input: TokenStream) -> TokenStream {
    combine::try_join(input.into()).into()
}

/// Waits for the first of several durable operations.
#[proc_macro]
pub fn select(input: TokenStream) -> TokenStream {
    combine::select(input.into()).into()
}

macro_rules! markers {
    ($($name:ident: $doc:literal;)*) => { $(
        #[doc = $doc]
        #[proc_macro_attribute]
        pub fn $name(options: TokenStream, item: TokenStream) -> TokenStream {
            expand::misplaced(stringify!($name), options.into(), item.into()).into()
        }
    )* };
}

markers! {
    run: "The run method of a workflow.";
    signal: "A signal of a workflow: a message that is not answered.";
    query: "A query of a workflow: a question about its state.";
    update: "An update of a workflow: a message that is answered.";
    validator: "The validator of an update.";
    init: "Makes the state of a workflow from its input.";
}
