//! `join!`, `try_join!` and `select!`.
//!
//! They are macros of their own, not `macro_rules!`, so that an operation which is not durable is one error at the name
//! of what was called. They poll in the order written.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Block, Expr, Pat, Token};

use crate::diagnostics::Diagnostics;
use crate::krate;

/// `join!(a, b)`: the outcomes of all, as a tuple.
pub(crate) fn join(input: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    let operations = operations(input, "join", &diagnostics);
    let slots = slots(&operations);
    let krate = krate::path();
    let made = made(&operations, &slots, &krate);
    with(
        &diagnostics,
        quote! {{
            #made
            #krate::__private::durable(::core::future::poll_fn(|__cx| {
                let mut __all = true;
                #(__all &= #slots.poll(__cx);)*
                if __all {
                    ::core::task::Poll::Ready((#(#slots.take(),)*))
                } else {
                    ::core::task::Poll::Pending
                }
            })).await
        }},
    )
}

/// `try_join!(a, b)`: the successes of all, or the first error.
pub(crate) fn try_join(input: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    let operations = operations(input, "try_join", &diagnostics);
    let slots = slots(&operations);
    let krate = krate::path();
    let made = made(&operations, &slots, &krate);
    with(
        &diagnostics,
        quote! {{
            #made
            #krate::__private::durable(::core::future::poll_fn(|__cx| {
                let mut __all = true;
                #(
                    __all &= #slots.poll(__cx);
                    if let ::core::option::Option::Some(__error) = #slots.take_error() {
                        return ::core::task::Poll::Ready(::core::result::Result::Err(__error));
                    }
                )*
                if __all {
                    ::core::task::Poll::Ready(::core::result::Result::Ok((#(#slots.take_success(),)*)))
                } else {
                    ::core::task::Poll::Pending
                }
            })).await
        }},
    )
}

fn operations(input: TokenStream, name: &str, diagnostics: &Diagnostics) -> Vec<Expr> {
    let list = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(input);
    let operations: Vec<Expr> = diagnostics.accept(list).into_iter().flatten().collect();
    if operations.is_empty() && !diagnostics.any_error() {
        diagnostics.error(
            Span::call_site(),
            format!("there is nothing to wait for: `{name}!(first, second)`"),
        );
    }
    operations
}

fn slots(operations: &[Expr]) -> Vec<Ident> {
    (0..operations.len())
        .map(|position| format_ident!("__slot{position}", span = Span::mixed_site()))
        .collect()
}

/// Makes the operations, in the order written: each takes its place among the commands here.
fn made(operations: &[Expr], slots: &[Ident], krate: &TokenStream) -> TokenStream {
    let gated = operations.iter().map(gated);
    quote! {
        #[allow(unused_imports)]
        use #krate::__private::Gate as _;
        #(
            let #slots = ::core::pin::pin!(#gated);
            let mut #slots = #krate::__private::Slot::new(#slots);
        )*
    }
}

/// `x` → `x.__durable()`, where the method has the span of the name that is called.
fn gated(operation: &Expr) -> TokenStream {
    let gate = Ident::new("__durable", blame(operation));
    let span = gate.span();
    let call = quote_spanned!(span=> .#gate());
    // A method call binds tighter than all that is no path, call or field.
    match operation {
        Expr::Path(_) | Expr::Call(_) | Expr::MethodCall(_) | Expr::Field(_) | Expr::Macro(_) => {
            quote!(#operation #call)
        }
        _ => quote!((#operation) #call),
    }
}

/// The last name at the top of an expression: what it calls.
fn blame(operation: &Expr) -> Span {
    let tokens = operation.to_token_stream().into_iter();
    let names: Vec<Span> = tokens
        .filter_map(|token| match token {
            TokenTree::Ident(name) => Some(name.span()),
            _ => None,
        })
        .collect();
    names
        .last()
        .copied()
        .unwrap_or_else(|| syn::spanned::Spanned::span(operation))
}

/// `pattern = operation, if condition => value,`
struct Arm {
    pattern: Pat,
    operation: Expr,
    condition: Option<Expr>,
    value: Expr,
}

/// The arms of a `select!`.
struct Select {
    arms: Vec<Arm>,
    /// What to do if the conditions leave nothing to wait for.
    otherwise: Option<Expr>,
}

impl Parse for Select {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut select = Self {
            arms: Vec::new(),
            otherwise: None,
        };
        if input.peek(syn::Ident) && input.peek2(Token![;]) {
            let word: Ident = input.parse()?;
            return Err(syn::Error::new(
                word.span(),
                "leave this out: the arms are always polled in the order written",
            ));
        }
        while !input.is_empty() {
            if input.peek(Token![else]) {
                input.parse::<Token![else]>()?;
                input.parse::<Token![=>]>()?;
                select.otherwise = Some(value(input)?);
            } else {
                select.arms.push(input.parse().map_err(usage)?);
            }
        }
        Ok(select)
    }
}

fn usage(error: syn::Error) -> syn::Error {
    let message = format!(
        "{error}\nan arm is `pattern = operation => value`, or `pattern = operation, if condition => value`"
    );
    syn::Error::new(error.span(), message)
}

impl Parse for Arm {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        input.parse::<Token![=]>()?;
        let operation = input.parse()?;
        let condition = if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            input.parse::<Token![if]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        input.parse::<Token![=>]>()?;
        Ok(Self {
            pattern,
            operation,
            condition,
            value: value(input)?,
        })
    }
}

/// An expression and a comma, or a block.
fn value(input: ParseStream<'_>) -> syn::Result<Expr> {
    if input.peek(syn::token::Brace) {
        let block: Block = input.parse()?;
        let _ = input.parse::<Option<Token![,]>>()?;
        return Ok(Expr::Block(syn::ExprBlock {
            attrs: Vec::new(),
            label: None,
            block,
        }));
    }
    let value = input.parse()?;
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(value)
}

/// `select! { x = a => .., y = b, if c => .., else => .. }`: the first arm that is ready, in the order written.
pub(crate) fn select(input: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    let select = match syn::parse2::<Select>(input) {
        Ok(select) => select,
        Err(error) => return error.into_compile_error(),
    };
    if select.arms.is_empty() {
        diagnostics.error(
            Span::call_site(),
            "there is nothing to wait for: `select! { x = first => .., y = second => .. }`",
        );
        return with(&diagnostics, quote!(::core::unreachable!()));
    }
    let conditional = select.arms.iter().all(|arm| arm.condition.is_some());
    if let (Some(otherwise), false) = (&select.otherwise, conditional) {
        diagnostics.error_over(
            otherwise,
            "this `else` is never reached: it is for when no condition holds, and an arm without one is always waited for",
        );
    }
    with(&diagnostics, expand_select(&select, conditional))
}

fn expand_select(select: &Select, conditional: bool) -> TokenStream {
    let krate = krate::path();
    let name = |prefix: &str, position: usize| {
        format_ident!("{prefix}{position}", span = Span::mixed_site())
    };
    let variants: Vec<Ident> = (0..select.arms.len()).map(|it| name("Arm", it)).collect();
    let (mut made, mut polled, mut chosen) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new());
    for (position, arm) in select.arms.iter().enumerate() {
        let (future, variant) = (name("__future", position), &variants[position]);
        let (gated, pattern, value) = (gated(&arm.operation), &arm.pattern, &arm.value);
        let (make, poll) = match &arm.condition {
            // An operation that is not waited for must not be made: it would record a command.
            Some(condition) => (
                quote!(
                    ::core::pin::pin!(if #condition { ::core::option::Option::Some(#gated) } else { ::core::option::Option::None })
                ),
                quote!(#future.as_mut().as_pin_mut().map_or(::core::task::Poll::Pending, |__future| ::core::future::Future::poll(__future, __cx))),
            ),
            None => (
                quote!(::core::pin::pin!(#gated)),
                quote!(::core::future::Future::poll(#future.as_mut(), __cx)),
            ),
        };
        made.extend(quote!(let mut #future = #make;));
        polled.extend(quote! {
            if let ::core::task::Poll::Ready(__outcome) = #poll {
                return ::core::task::Poll::Ready(__Select::#variant(__outcome));
            }
        });
        chosen.extend(quote!(__Select::#variant(#pattern) => #value,));
    }
    let none = conditional.then(|| {
        let futures = (0..select.arms.len()).map(|it| name("__future", it));
        let value = select.otherwise.as_ref().map_or_else(
            || quote!(::core::panic!("no condition of this `select!` holds, and it has no `else`")),
            ToTokens::to_token_stream,
        );
        polled = quote!(if true #(&& #futures.is_none())* { return ::core::task::Poll::Ready(__Select::None); } #polled);
        chosen.extend(quote!(__Select::None => #value,));
        quote!(None,)
    });
    quote! {{
        #[allow(unused_imports)]
        use #krate::__private::Gate as _;
        enum __Select<#(#variants),*> { #(#variants(#variants),)* #none }
        let __chosen = {
            #made
            #krate::__private::durable(::core::future::poll_fn(|__cx| { #polled ::core::task::Poll::Pending })).await
        };
        match __chosen { #chosen }
    }}
}

/// In the place of an expression, mistakes come before the value.
fn with(diagnostics: &Diagnostics, value: TokenStream) -> TokenStream {
    let found = diagnostics.take();
    if found.is_empty() {
        return value;
    }
    quote!({ #found #value })
}
