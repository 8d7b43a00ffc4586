//! What the macros write, as files to read: `macros/tests/snapshots/<case>.rs`.
//!
//! `BLESS=1 cargo test -p mainspring-macros` writes them anew; read the difference before you commit it.

use std::path::PathBuf;

use proc_macro2::TokenStream;

fn check(
    case: &str,
    expand: fn(TokenStream, TokenStream) -> TokenStream,
    options: &str,
    item: &str,
) {
    let parse = |text: &str| {
        text.parse::<TokenStream>()
            .expect("the test's tokens are balanced")
    };
    let tokens = expand(parse(options), parse(item));
    let file = syn::parse2::<syn::File>(tokens).expect("an expansion is a list of items");
    let found = prettyplease::unparse(&file);
    only_core_and_us(case, &found);

    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/snapshots/{case}.rs"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &found).expect("the snapshot can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{case} differs: BLESS=1 writes it anew");
}

/// Users need no dependency but ours, and `#![no_std]` crates work, as long as expansions name nothing else.
fn only_core_and_us(case: &str, expansion: &str) {
    let absolute = expansion.match_indices("::").filter(|(at, _)| {
        let before = expansion[..*at].trim_end().chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !['_', '>', ')'].contains(&c))
    });
    for (at, _) in absolute {
        let root: String = expansion[at + 2..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        assert!(
            root.starts_with("__") || ["core", "mainspring", ""].contains(&root.as_str()),
            "{case} names `::{root}`"
        );
    }
}

#[test]
fn workflow_function() {
    check(
        "workflow_function",
        super::workflow,
        "task_queue = \"greetings\"",
        "/// Greets.
        pub async fn greet(name: String) -> Result<String> { Ok(compose(\"Hello\".into(), name).await?) }",
    );
}

#[test]
fn helper() {
    check(
        "helper",
        super::workflow_fn,
        "",
        "async fn both<'a>(a: &'a str) -> Result<(u64, &'a str)> {
            let later = async move { price(2).await };
            println!(\"{}\", price(1).await?);
            Ok((later.await?, a))
        }",
    );
}

#[test]
fn activity_function() {
    check(
        "activity_function",
        super::activity,
        "start_to_close = \"10s\", retry(maximum_attempts = 3)",
        "async fn compose(greeting: String, name: String) -> Result<String, ActivityError> { Ok(greeting + &name) }",
    );
}

#[test]
fn activity_interface() {
    check(
        "activity_interface",
        super::activity_interface,
        "name_prefix = \"Greeting_\", start_to_close = \"10s\"",
        "pub trait GreetingActivities {
            /// Composes.
            async fn compose(&self, name: String) -> Result<String, ActivityError>;
            #[activity(name = \"shout\")]
            fn shout(&self, text: String) -> String;
        }",
    );
}

#[test]
fn activity_implementation() {
    check(
        "activity_implementation",
        super::activity,
        "task_queue = \"english\"",
        "impl GreetingActivities for English {
            async fn compose(&self, name: String) -> Result<String, ActivityError> { Ok(name) }
            fn shout(&self, text: String) -> String { text }
        }",
    );
}

#[test]
fn workflow_interface() {
    check(
        "workflow_interface",
        super::workflow_interface,
        "name = \"Greeting\"",
        "pub trait Greeting: Pausable {
            /// Greets.
            #[run] async fn greet(&self, name: String) -> Result<String>;
            #[signal] fn approve(&self, by: String);
            #[query] fn approvals(&self) -> u32;
            #[update(validator = check_rename)] async fn rename(&self, name: String) -> Result<()>;
        }",
    );
}

#[test]
fn workflow_implementation() {
    check(
        "workflow_implementation",
        super::workflow,
        "task_queue = \"greetings\"",
        "impl Greeting for GreetingWorkflow {
            #[init] fn new(name: &str) -> Self { Self::named(name) }
            async fn greet(&self, name: String) -> Result<String> { compose(name).await }
            fn approve(&self, by: String) { self.approvals.update(|list| list.push(by)) }
        }",
    );
}

#[test]
fn inherent_workflow() {
    check(
        "inherent_workflow",
        super::workflow,
        "",
        "impl Order {
            #[run] pub async fn run(&self, total: u64) -> u64 { self.paid(total).await }
            #[query] fn total(&self) -> u64 { self.total.set(1); self.total.get() }
        }",
    );
}

#[test]
fn a_mistake_leaves_the_stubs() {
    check(
        "a_mistake_leaves_the_stubs",
        super::workflow_interface,
        "nme = \"x\"",
        "trait Greeting {
            #[run] fn greet(&self, name: &str) -> Result<String>;
            #[signal] fn approve(&mut self) -> u32;
        }",
    );
}
