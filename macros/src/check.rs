//! One function per rule about signatures. Each says what is wrong, why, and what would be right.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Generics, Ident, ReturnType, Signature, Type};

use crate::determinism::{page, payloads};
use crate::diagnostics::Diagnostics;
use crate::expand::Surroundings;
use crate::model::{Handler, Kind, Output, Parameters};

/// How many parameters a call may have: `Args` is implemented for tuples of up to so many.
const MOST_PARAMETERS: usize = 8;

/// The rule that queries and validators change nothing.
const READS_ONLY: &str = "MS0701";

/// Checks the signature of a run method, handler, validator or `init`.
///
/// One that is found unsound is not built upon, so that each mistake is one error.
pub(crate) fn handler(handler: &mut Handler, allowed: &BTreeSet<String>, at: &Surroundings<'_>) {
    let diagnostics = at.diagnostics;
    let before = diagnostics.count();
    check_handler(handler, diagnostics);
    if matches!(
        handler.kind,
        Kind::Run | Kind::Signal | Kind::Query | Kind::Update
    ) {
        payloads::check(&handler.sig, at.scope, allowed, diagnostics);
    }
    if diagnostics.count() == before {
        return;
    }
    handler.parameters.unsound = true;
    handler.output = Output::Unit;
    if handler.kind == Kind::Run {
        handler.sig.asyncness.get_or_insert_with(Default::default);
    }
}

fn check_handler(handler: &Handler, diagnostics: &Diagnostics) {
    let sig = &handler.sig;
    no_qualifiers(
        sig,
        &format!("a `#[{}]` method", handler.kind.name()),
        diagnostics,
    );
    no_generics(
        &sig.generics,
        "it is called by name, from other programs too, so its types must be known",
        diagnostics,
    );
    asyncness(handler, diagnostics);
    match handler.kind {
        Kind::Init => init(handler, diagnostics),
        Kind::Validator => {
            shared_receiver(handler, diagnostics);
            validator_output(handler, diagnostics);
        }
        Kind::Run | Kind::Signal | Kind::Query | Kind::Update => {
            shared_receiver(handler, diagnostics);
            if handler.dynamic {
                dynamic_parameters(handler, diagnostics);
            } else {
                parameters(&handler.parameters, sig, diagnostics);
            }
            output(sig, diagnostics);
        }
    }
    if handler.kind == Kind::Signal {
        signal_output(handler, diagnostics);
    }
    reserved_name(handler, diagnostics);
}

/// `run` waits, queries and validators answer at once.
fn asyncness(handler: &Handler, diagnostics: &Diagnostics) {
    let usage = handler.kind.usage();
    match (handler.kind, handler.sig.asyncness) {
        (Kind::Run, None) => diagnostics.error(
            handler.sig.fn_token.span(),
            format!("the run method must be `async`: it is what waits for activities, timers and handlers\nwrite `{usage}`"),
        ),
        (Kind::Query, Some(word)) => diagnostics.error(
            word.span(),
            format!("a query cannot be `async`: it answers at once, from the state as it is\nwrite `{usage}`, or make it an `#[update]`\nsee {}", page(READS_ONLY)),
        ),
        (Kind::Validator, Some(word)) => diagnostics.error(
            word.span(),
            format!("a validator cannot be `async`: it decides at once, before the update is recorded\nwrite `{usage}`, and wait in the update itself\nsee {}", page(READS_ONLY)),
        ),
        (Kind::Init, Some(word)) => diagnostics.error(
            word.span(),
            format!("`#[init]` cannot be `async`: it only builds the state, before the run method starts\nwrite `{usage}`, and wait in the run method"),
        ),
        _ => {}
    }
}

/// Handlers share the workflow with the run method.
fn shared_receiver(handler: &Handler, diagnostics: &Diagnostics) {
    let usage = handler.kind.usage();
    let Some(receiver) = &handler.parameters.receiver else {
        diagnostics.error(
            handler.sig.ident.span(),
            format!(
                "`{}` needs `&self`: it belongs to a running workflow\nwrite `{usage}`",
                handler.sig.ident
            ),
        );
        return;
    };
    let is_shared = receiver.reference.is_some()
        && receiver.mutability.is_none()
        && receiver.colon_token.is_none();
    if is_shared {
        return;
    }
    let message = if matches!(handler.kind, Kind::Query | Kind::Validator) {
        format!(
            "a {} only reads: it takes `&self`\nwrite `{usage}`, or make it an `#[update]`\nsee {}",
            handler.kind.name(),
            page(READS_ONLY)
        )
    } else {
        "this must be `&self`: the run method and the handlers share the workflow while it runs\n\
             keep what changes in `State<T>` fields: `self.approvals.update(|list| list.push(by))`"
            .to_owned()
    };
    diagnostics.error_over(receiver, message);
}

/// Parameters of a workflow, handler or activity: owned values, each of its own payload.
pub(crate) fn parameters(parameters: &Parameters, sig: &Signature, diagnostics: &Diagnostics) {
    for parameter in &parameters.list {
        owned(&parameter.ty, "parameter", diagnostics);
    }
    if let Some(extra) = parameters.list.get(MOST_PARAMETERS) {
        diagnostics.error(
            extra.name.span(),
            format!("`{}` has {} parameters, and a call can have {MOST_PARAMETERS}: put them into a struct", sig.ident, parameters.list.len()),
        );
    }
    if let Some(variadic) = &sig.variadic {
        diagnostics.error_over(
            variadic,
            "a variable number of parameters has no type: take a `Vec`",
        );
    }
}

/// Values on the wire are decoded, so nobody owns them but the callee.
fn owned(ty: &Type, what: &str, diagnostics: &Diagnostics) {
    let instead = match ty {
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => "`String`".to_owned(),
            Type::Slice(slice) => format!("`Vec<{}>`", slice.elem.to_token_stream()),
            inner => format!("`{}`", inner.to_token_stream()),
        },
        _ => "an owned type".to_owned(),
    };
    match ty {
        Type::ImplTrait(_) => diagnostics.error_over(
            ty,
            format!(
                "this {what} travels between programs, so its type must be named, not `impl ..`"
            ),
        ),
        Type::Infer(_) => diagnostics.error_over(ty, format!("name the type of this {what}")),
        ty if borrows(ty) => diagnostics.error_over(
            ty,
            format!(
                "this {what} travels between programs, so it cannot be borrowed: use {instead}"
            ),
        ),
        _ => {}
    }
}

fn borrows(ty: &Type) -> bool {
    fn any(tokens: proc_macro2::TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Punct(and) => and.as_char() == '&',
            TokenTree::Group(group) => any(group.stream()),
            _ => false,
        })
    }
    any(ty.to_token_stream())
}

/// The result of a workflow, handler or activity.
pub(crate) fn output(sig: &Signature, diagnostics: &Diagnostics) {
    if let ReturnType::Type(_, ty) = &sig.output {
        owned(ty, "result", diagnostics);
    }
}

/// `#[signal(dynamic)] fn other(&self, name: String, args: EncodedValues)`
fn dynamic_parameters(handler: &Handler, diagnostics: &Diagnostics) {
    let types: Vec<String> = handler.parameters.types().iter().map(last_name).collect();
    if types != ["String", "EncodedValues"] {
        diagnostics.error_over(
            handler.sig.inputs.to_token_stream(),
            format!(
                "a dynamic handler takes the name it was called by and the values, not yet decoded\n\
                 write `#[{}(dynamic)] fn {}(&self, name: String, args: EncodedValues)`",
                handler.kind.name(),
                handler.sig.ident
            ),
        );
    }
}

/// The parameters of a dynamic workflow or activity: all of them in one.
pub(crate) fn dynamic_whole(parameters: &Parameters, sig: &Signature, diagnostics: &Diagnostics) {
    let types: Vec<String> = parameters.types().iter().map(last_name).collect();
    if types != ["EncodedValues"] {
        diagnostics.error(
            sig.ident.span(),
            format!("a dynamic `{0}` is called with any parameters, so it takes them undecoded\nwrite `{0}(.., args: EncodedValues)`", sig.ident),
        );
    }
}

fn last_name(ty: &&Type) -> String {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|it| it.ident.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// Nobody waits for the answer of a signal.
fn signal_output(handler: &Handler, diagnostics: &Diagnostics) {
    let answers = match &handler.output {
        Output::Unit => false,
        Output::Plain(_) => true,
        Output::Fallible(ty) => !success_is_unit(ty),
    };
    if answers && let ReturnType::Type(_, ty) = &handler.sig.output {
        diagnostics.error_over(
            ty,
            "a signal returns nothing: its sender does not wait for an answer\nmake it an `#[update]` to answer, or return `()` or `Result<()>`",
        );
    }
}

/// Whether this is `Result<()>`, or may be one behind an alias.
fn success_is_unit(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(syn::GenericArgument::Type(Type::Tuple(tuple))) => tuple.elems.is_empty(),
            None => true,
            _ => false,
        },
        _ => true,
    }
}

fn validator_output(handler: &Handler, diagnostics: &Diagnostics) {
    let is_result = matches!(&handler.output, Output::Fallible(ty) if success_is_unit(ty));
    if !is_result {
        diagnostics.error(
            handler.sig.ident.span(),
            format!(
                "a validator says `Ok(())`, or why the update is refused\nwrite `{}`",
                Kind::Validator.usage()
            ),
        );
    }
}

/// `#[init] fn new(name: &String) -> Self`
fn init(handler: &Handler, diagnostics: &Diagnostics) {
    let usage = Kind::Init.usage();
    if let Some(receiver) = &handler.parameters.receiver {
        diagnostics.error_over(
            receiver,
            format!("`#[init]` makes the workflow, so there is no `self` yet\nwrite `{usage}`"),
        );
    }
    let returns_self = matches!(&handler.sig.output, ReturnType::Type(_, ty) if ty.to_token_stream().to_string() == "Self");
    if !returns_self {
        diagnostics.error_over(
            match &handler.sig.output {
                ReturnType::Default => handler.sig.ident.to_token_stream(),
                ReturnType::Type(_, ty) => ty.to_token_stream(),
            },
            format!("`#[init]` returns the workflow in its first state: `Self`\nwrite `{usage}`; what can fail belongs into the run method"),
        );
    }
    for parameter in &handler.parameters.list {
        let is_shared =
            matches!(&parameter.ty, Type::Reference(reference) if reference.mutability.is_none());
        if !is_shared {
            diagnostics.error_over(
                &parameter.ty,
                format!("`#[init]` only looks at the input, which the run method gets afterwards: take `&{}`", parameter.ty.to_token_stream()),
            );
        }
    }
}

/// Names that start with two underscores are Temporal's own.
fn reserved_name(handler: &Handler, diagnostics: &Diagnostics) {
    if let Some(name) = &handler.wire_literal
        && handler.kind.is_handler()
        && (name.starts_with("__temporal_")
            || name.starts_with("__mainspring")
            || ["__stack_trace", "__enhanced_stack_trace"].contains(&name.as_str()))
    {
        diagnostics.error(
            handler.sig.ident.span(),
            format!("the name `{name}` is reserved: choose another, or set `name = \"..\"`"),
        );
    }
}

/// `const`, `unsafe` and `extern` say something about a call that is made over the network.
pub(crate) fn no_qualifiers(sig: &Signature, what: &str, diagnostics: &Diagnostics) {
    let refuse = |word: &dyn ToTokens, why: &str| {
        diagnostics.error_over(word.to_token_stream(), format!("{what} cannot be {why}"))
    };
    if let Some(word) = &sig.constness {
        refuse(word, "`const`: it runs when it is called, by name");
    }
    if let Some(word) = &sig.unsafety {
        refuse(
            word,
            "`unsafe`: its callers are other programs, which promise nothing",
        );
    }
    if let Some(abi) = &sig.abi {
        refuse(abi, "`extern`: it is called by name, not by address");
    }
}

/// What is called by name has no type parameters.
pub(crate) fn no_generics(generics: &Generics, why: &str, diagnostics: &Diagnostics) {
    no_parameters(generics, why, diagnostics);
    if generics.params.is_empty()
        && let Some(clause) = &generics.where_clause
    {
        diagnostics.error_over(clause, format!("no `where` here: {why}"));
    }
}

/// An interface may say `where Self: ..`, for supertraits that are no interfaces.
pub(crate) fn no_parameters(generics: &Generics, why: &str, diagnostics: &Diagnostics) {
    if !generics.params.is_empty() {
        diagnostics.error_over(generics, format!("no generics here: {why}"));
    }
}

/// One name, one handler, for each kind; and one of each dynamic one.
pub(crate) fn unique_names<'a>(
    handlers: impl Iterator<Item = &'a Handler>,
    diagnostics: &Diagnostics,
) {
    let mut seen: BTreeMap<(&str, String), &Ident> = BTreeMap::new();
    for handler in handlers.filter(|handler| handler.kind.is_handler()) {
        // Two alternatives under `#[cfg]` are one handler.
        if !handler.carried.cfg.is_empty() {
            continue;
        }
        let kind = handler.kind.name();
        let name = match (&handler.wire_literal, handler.dynamic) {
            (_, true) => String::new(),
            (Some(name), false) => name.clone(),
            (None, false) => continue,
        };
        let Some(first) = seen.insert((kind, name.clone()), handler.ident()) else {
            continue;
        };
        let message = if name.is_empty() {
            format!("there is a dynamic {kind} already: `{first}`")
        } else {
            format!(
                "there is a {kind} `{name}` already: `{first}`\ngive one of them another name: `#[{kind}(name = \"..\")]`"
            )
        };
        diagnostics.error(handler.ident().span(), message);
    }
}

/// One run method.
pub(crate) fn one_run<'a>(handlers: impl Iterator<Item = &'a Handler>, diagnostics: &Diagnostics) {
    let mut runs =
        handlers.filter(|handler| handler.kind == Kind::Run && handler.carried.cfg.is_empty());
    let Some(first) = runs.next() else { return };
    for second in runs {
        diagnostics.error(
            second.ident().span(),
            format!("a workflow has one run method, and `{}` is it\nmake this an `#[update]`, or a method without a marker", first.ident()),
        );
    }
}
