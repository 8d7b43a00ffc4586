//! What the items mean: handlers, activities, their parameters and results.
//!
//! Built from syntax without complaint; `check` says what is wrong with it.

mod carried;

pub(crate) use carried::Carried;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, Receiver, ReturnType, Signature, Type};

use crate::attrs::Options;
use crate::diagnostics::Diagnostics;
use crate::syntax::located;

/// What a method of a workflow is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Run,
    Signal,
    Query,
    Update,
    Validator,
    Init,
}

impl Kind {
    pub(crate) const ALL: &'static [(&'static str, Self)] = &[
        ("run", Self::Run),
        ("signal", Self::Signal),
        ("query", Self::Query),
        ("update", Self::Update),
        ("validator", Self::Validator),
        ("init", Self::Init),
    ];

    /// The attribute's name.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }

    /// The options its attribute takes.
    pub(crate) fn options(self) -> &'static [&'static str] {
        match self {
            Self::Run | Self::Validator | Self::Init => &[],
            Self::Signal => &["name", "dynamic", "unfinished"],
            Self::Query => &["name", "dynamic"],
            Self::Update => &["name", "dynamic", "unfinished", "validator"],
        }
    }

    /// Whether callers outside the workflow reach it.
    pub(crate) fn is_handler(self) -> bool {
        matches!(self, Self::Signal | Self::Query | Self::Update)
    }

    /// A legal signature, for messages.
    pub(crate) fn usage(self) -> &'static str {
        match self {
            Self::Run => "#[run] async fn greet(&self, name: String) -> Result<String>",
            Self::Signal => "#[signal] fn approve(&self, by: String)",
            Self::Query => "#[query] fn approvals(&self) -> u32",
            Self::Update => "#[update] async fn rename(&self, name: String) -> Result<()>",
            Self::Validator => "#[validator] fn check_rename(&self, name: &String) -> Result<()>",
            Self::Init => "#[init] fn new(name: &String) -> Self",
        }
    }
}

/// One parameter of a call.
#[derive(Clone)]
pub(crate) struct Parameter {
    /// Its name in stubs: what was written, or `arg1` for a pattern.
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// The parameters of a method.
#[derive(Clone, Default)]
pub(crate) struct Parameters {
    pub(crate) receiver: Option<Receiver>,
    pub(crate) list: Vec<Parameter>,
    /// A mistake in them was reported: stubs are still made, so that their uses are no mistakes too, but nothing is built on
    /// the types.
    pub(crate) unsound: bool,
    /// The name of the method, where mistakes about all of them belong.
    pub(crate) at: Option<proc_macro2::Span>,
}

impl Parameters {
    pub(crate) fn of(sig: &Signature) -> Self {
        let mut parameters = Self {
            at: Some(sig.ident.span()),
            ..Self::default()
        };
        for (position, input) in sig.inputs.iter().enumerate() {
            match input {
                FnArg::Receiver(receiver) => parameters.receiver = Some(receiver.clone()),
                FnArg::Typed(typed) => parameters.list.push(Parameter {
                    name: match &*typed.pat {
                        Pat::Ident(name) => name.ident.clone(),
                        other => Ident::new(&format!("arg{position}"), other.span()),
                    },
                    ty: (*typed.ty).clone(),
                }),
            }
        }
        parameters
    }

    /// `a: A, b: B`
    pub(crate) fn declared(&self) -> TokenStream {
        let (names, types) = (self.names(), self.types());
        quote!(#(#names: #types),*)
    }

    /// `a: impl Text, b: B`: the methods of stubs take any text for a `String`, so that literals need no `.into()`.
    ///
    /// Functions do not, since `list.map(price)` needs them to be of one type.
    pub(crate) fn declared_for_stubs(&self, krate: &TokenStream) -> TokenStream {
        let list = self.list.iter().map(|Parameter { name, ty }| {
            if is_text(ty) {
                let span = ty.span();
                quote_spanned!(span=> #name: impl #krate::__private::Text)
            } else {
                quote!(#name: #ty)
            }
        });
        quote!(#(#list),*)
    }

    /// `(a.into_text(), b,)`
    pub(crate) fn tuple_for_stubs(&self, krate: &TokenStream) -> TokenStream {
        if self.unsound {
            return quote!(());
        }
        let list = self.list.iter().map(|Parameter { name, ty }| {
            if is_text(ty) {
                quote!(#krate::__private::Text::into_text(#name))
            } else {
                quote!(#name)
            }
        });
        quote!((#(#list,)*))
    }

    pub(crate) fn names(&self) -> Vec<&Ident> {
        self.list.iter().map(|it| &it.name).collect()
    }

    pub(crate) fn types(&self) -> Vec<&Type> {
        self.list.iter().map(|it| &it.ty).collect()
    }

    /// `(a, b,)`
    pub(crate) fn tuple(&self) -> TokenStream {
        if self.unsound {
            return quote!(());
        }
        let names = self.names();
        quote!((#(#names,)*))
    }

    /// `(A, B,)`; an error about a single one is at its type.
    pub(crate) fn tuple_type(&self) -> TokenStream {
        if self.unsound {
            return quote!(());
        }
        let types = self.types();
        match types.as_slice() {
            [one] => {
                let span = one.span();
                quote_spanned!(span=> (#one,))
            }
            types => {
                let span = self.at.unwrap_or_else(proc_macro2::Span::call_site);
                quote_spanned!(span=> (#(#types,)*))
            }
        }
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("String"))
}

/// What a method returns.
#[derive(Clone)]
pub(crate) enum Output {
    Unit,
    Plain(Type),
    /// Its last name ends in `Result`: an alias is one too.
    Fallible(Type),
}

impl Output {
    pub(crate) fn of(output: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = output else {
            return Self::Unit;
        };
        match &**ty {
            Type::Path(path)
                if path
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| last.ident.to_string().ends_with("Result")) =>
            {
                Self::Fallible((**ty).clone())
            }
            Type::Tuple(tuple) if tuple.elems.is_empty() => Self::Unit,
            _ => Self::Plain((**ty).clone()),
        }
    }

    /// What success yields.
    pub(crate) fn success(&self) -> TokenStream {
        match self {
            Self::Unit => quote!(()),
            Self::Plain(ty) => quote!(#ty),
            Self::Fallible(ty) => {
                let span = ty.span();
                let krate = crate::krate::path_at(span);
                quote_spanned!(span=> <#ty as #krate::__private::Fallible>::Ok)
            }
        }
    }

    /// `Result<T, WorkflowError>` from a value of the declared type.
    pub(crate) fn workflow_result(&self, value: &TokenStream) -> TokenStream {
        match self {
            Self::Fallible(ty) => {
                let span = ty.span();
                let (value, krate) = (located(value, span), crate::krate::path_at(span));
                quote_spanned!(span=> #krate::__private::workflow_result(#value))
            }
            _ => quote!(::core::result::Result::Ok(#value)),
        }
    }

    /// `Result<T, ActivityError>` from a value of the declared type.
    pub(crate) fn activity_result(&self, value: &TokenStream) -> TokenStream {
        match self {
            Self::Fallible(ty) => {
                let span = ty.span();
                let (value, krate) = (located(value, span), crate::krate::path_at(span));
                quote_spanned!(span=> #krate::__private::activity_result(#value))
            }
            _ => quote!(::core::result::Result::Ok(#value)),
        }
    }
}

/// A marked method: the run method, a handler, a validator, `init`.
pub(crate) struct Handler {
    pub(crate) kind: Kind,
    pub(crate) sig: Signature,
    pub(crate) parameters: Parameters,
    pub(crate) output: Output,
    /// Its name on the wire, an expression.
    pub(crate) wire: TokenStream,
    /// The same where it is known here.
    pub(crate) wire_literal: Option<String>,
    pub(crate) dynamic: bool,
    pub(crate) abandon_unfinished: bool,
    pub(crate) validator: Option<Ident>,
    pub(crate) carried: Carried,
}

impl Handler {
    /// Reads the marker among the attributes of a method, takes it out, and keeps what goes on to stubs.
    pub(crate) fn of(
        attrs: &mut Vec<Attribute>,
        sig: &Signature,
        case: Option<crate::attrs::Case>,
        diagnostics: &Diagnostics,
    ) -> Option<Self> {
        let (kind, attr) = take_marker(attrs, diagnostics)?;
        let options = Options::of(&attr, kind.name(), kind.options(), diagnostics);
        let dynamic = kind.is_handler() && options.flag("dynamic");
        if dynamic && let Some(span) = options.span("name") {
            diagnostics.error(span, "a dynamic handler answers to every name that no other handler has: it has none of its own");
        }
        let written = if kind.is_handler() {
            options.text("name")
        } else {
            None
        };
        let (wire, wire_literal) = wire_name(written, &sig.ident, case);
        let validator = if kind == Kind::Update {
            options.ident("validator")
        } else {
            None
        };
        Some(Self {
            kind,
            sig: sig.clone(),
            parameters: Parameters::of(sig),
            output: Output::of(&sig.output),
            wire,
            wire_literal: wire_literal.filter(|_| !dynamic),
            dynamic,
            abandon_unfinished: unfinished(kind, &options, diagnostics),
            validator,
            carried: Carried::of(attrs),
        })
    }

    pub(crate) fn ident(&self) -> &Ident {
        &self.sig.ident
    }

    /// The type of the parameters on the wire.
    pub(crate) fn args(&self, krate: &TokenStream) -> TokenStream {
        if self.dynamic {
            return quote!(#krate::EncodedValues);
        }
        self.parameters.tuple_type()
    }
}

/// A name on the wire as an expression, and as a text where it is known here.
pub(crate) fn wire_name(
    written: Option<syn::Expr>,
    ident: &Ident,
    case: Option<crate::attrs::Case>,
) -> (TokenStream, Option<String>) {
    match written {
        Some(syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        })) => (quote!(#text), Some(text.value())),
        Some(other) => (quote!(#other), None),
        None => {
            let name = syn::ext::IdentExt::unraw(ident).to_string();
            let name = case.map_or(name.clone(), |case| case.apply(&name));
            (quote!(#name), Some(name))
        }
    }
}

fn unfinished(kind: Kind, options: &Options<'_>, diagnostics: &Diagnostics) -> bool {
    if !matches!(kind, Kind::Signal | Kind::Update) {
        return false;
    }
    let Some(text) = options.literal("unfinished") else {
        return false;
    };
    match text.value().as_str() {
        "abandon" => true,
        "warn" => false,
        _ => {
            diagnostics.error(text.span(), "`unfinished` is \"warn\" or \"abandon\": what happens if the workflow ends while this handler still runs");
            false
        }
    }
}

/// The marker of a method, taken out of its attributes; it may be written with a path.
fn take_marker(attrs: &mut Vec<Attribute>, diagnostics: &Diagnostics) -> Option<(Kind, Attribute)> {
    let mut found: Option<(Kind, Attribute)> = None;
    let mut kept = Vec::new();
    for attr in attrs.drain(..) {
        match (marker(&attr), &found) {
            (None, _) => kept.push(attr),
            (Some(kind), None) => found = Some((kind, attr)),
            (Some(kind), Some((first, _))) => diagnostics.error_over(
                &attr,
                format!(
                    "a method is one thing: this is a `#[{}]` already, it cannot be a `#[{}]` too",
                    first.name(),
                    kind.name()
                ),
            ),
        }
    }
    *attrs = kept;
    found
}

pub(crate) fn marker(attr: &Attribute) -> Option<Kind> {
    let known = Kind::ALL.iter().find(|(name, _)| is_named(attr, name));
    known.map(|(_, kind)| *kind)
}

/// Whether an attribute is the one of ours that has this name. Its path is left open: crates re-export what they use, so
/// it may be `mainspring::signal`, `crate::signal` or `api::signal`.
pub(crate) fn is_named(attr: &Attribute, name: &str) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|last| last.ident == name)
}

/// `Greeting_approve`: the type that stands for a method of an interface.
pub(crate) fn marker_type(of: &Ident, method: &Ident) -> Ident {
    let method = syn::ext::IdentExt::unraw(method);
    format_ident!("{of}_{method}", span = method.span())
}
