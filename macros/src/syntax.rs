//! The items that attributes stand on, with the bodies of functions left unparsed.
//!
//! rustc reports syntax errors in a body at the right place, and editors keep completing in one that is half typed;
//! a macro that parses it could only do worse.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Error, Ident, Result, Signature, Token, Visibility};

/// A function, or a method of an `impl`.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Group,
}

/// A method of a trait: its body is optional.
pub(crate) struct TraitMethod {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) sig: Signature,
    pub(crate) body: Option<Group>,
    pub(crate) semicolon: Option<Token![;]>,
}

/// A member of an `impl` or `trait`, in the order written.
pub(crate) enum Member<M> {
    Method(M),
    /// Constants, types and macros pass through.
    Other(TokenStream),
}

/// An `impl` block.
pub(crate) struct ImplBlock {
    /// Attributes, generics, trait and type; its `items` are empty.
    pub(crate) header: syn::ItemImpl,
    pub(crate) brace: Group,
    pub(crate) members: Vec<Member<Function>>,
}

/// A trait; the `items` of its header are empty.
pub(crate) struct TraitBlock {
    pub(crate) header: syn::ItemTrait,
    pub(crate) brace: Group,
    pub(crate) members: Vec<Member<TraitMethod>>,
}

/// What an attribute stands on.
pub(crate) enum Item {
    Function(Box<Function>),
    Impl(Box<ImplBlock>),
    Trait(Box<TraitBlock>),
    /// Anything else, by its keyword.
    Other(Ident),
}

impl Item {
    pub(crate) fn parse(item: TokenStream) -> Result<Self> {
        match keyword(&item) {
            Some(word) if word == "fn" => syn::parse2(item).map(|f| Self::Function(Box::new(f))),
            Some(word) if word == "impl" => ImplBlock::parse(item).map(|i| Self::Impl(Box::new(i))),
            Some(word) if word == "trait" => {
                TraitBlock::parse(item).map(|t| Self::Trait(Box::new(t)))
            }
            Some(word) => Ok(Self::Other(word)),
            None => Err(Error::new_spanned(item, "expected an item")),
        }
    }
}

/// The word that says what an item is, behind its attributes, visibility and qualifiers.
fn keyword(item: &TokenStream) -> Option<Ident> {
    const WORDS: &[&str] = &[
        "fn",
        "impl",
        "trait",
        "struct",
        "enum",
        "union",
        "mod",
        "type",
        "static",
        "use",
        "macro_rules",
    ];
    let mut words = item.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word),
        _ => None,
    });
    words.find(|word| WORDS.iter().any(|known| word == known))
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: block(input)?.ok_or_else(|| input.error("expected a body: `{ .. }`"))?,
        })
    }
}

impl Parse for TraitMethod {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (attrs, sig) = (input.call(Attribute::parse_outer)?, input.parse()?);
        let body = block(input)?;
        let semicolon = match body {
            Some(_) => None,
            None => Some(input.parse()?),
        };
        Ok(Self {
            attrs,
            sig,
            body,
            semicolon,
        })
    }
}

/// A brace group, unparsed.
fn block(input: ParseStream<'_>) -> Result<Option<Group>> {
    if !input.peek(syn::token::Brace) {
        return Ok(None);
    }
    match input.parse()? {
        TokenTree::Group(body) => Ok(Some(body)),
        other => Err(Error::new(other.span(), "expected a body: `{ .. }`")),
    }
}

impl ImplBlock {
    fn parse(item: TokenStream) -> Result<Self> {
        let (header, brace) = split_brace(item)?;
        let empty = Group::new(Delimiter::Brace, TokenStream::new());
        let header: syn::ItemImpl = syn::parse2(join(header, &empty))?;
        let members = members::<Function, syn::ImplItem>.parse2(brace.stream())?;
        Ok(Self {
            header,
            brace,
            members,
        })
    }
}

impl TraitBlock {
    fn parse(item: TokenStream) -> Result<Self> {
        let (header, brace) = split_brace(item)?;
        let empty = Group::new(Delimiter::Brace, TokenStream::new());
        let header: syn::ItemTrait = syn::parse2(join(header, &empty))?;
        let members = members::<TraitMethod, syn::TraitItem>.parse2(brace.stream())?;
        Ok(Self {
            header,
            brace,
            members,
        })
    }
}

/// Everything before the last brace group, and that group.
fn split_brace(item: TokenStream) -> Result<(TokenStream, Group)> {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    match tokens.pop() {
        Some(TokenTree::Group(brace)) if brace.delimiter() == Delimiter::Brace => {
            Ok((tokens.into_iter().collect(), brace))
        }
        Some(other) => Err(Error::new(other.span(), "expected `{ .. }`")),
        None => Err(Error::new(
            proc_macro2::Span::call_site(),
            "expected an item",
        )),
    }
}

fn join(mut tokens: TokenStream, group: &Group) -> TokenStream {
    tokens.append(group.clone());
    tokens
}

fn members<M: Parse, Other: Parse + ToTokens>(input: ParseStream<'_>) -> Result<Vec<Member<M>>> {
    let mut members = Vec::new();
    while !input.is_empty() {
        if is_method(input) {
            members.push(Member::Method(input.parse()?));
            continue;
        }
        members.push(Member::Other(input.parse::<Other>()?.into_token_stream()));
    }
    Ok(members)
}

/// Looks past attributes, visibility and qualifiers for `fn`.
fn is_method(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    if ahead.call(Attribute::parse_outer).is_err() || ahead.parse::<Visibility>().is_err() {
        return false;
    }
    loop {
        if ahead.peek(Token![fn]) {
            return true;
        }
        let qualifier = ["async", "const", "unsafe", "extern"];
        if ahead.peek(syn::LitStr) {
            if ahead.parse::<syn::LitStr>().is_err() {
                return false;
            }
        } else {
            match ahead.call(Ident::parse_any) {
                Ok(word) if qualifier.iter().any(|known| word == known) => {}
                _ => return false,
            }
        }
    }
}

/// Braces with the span of the user's own: rustc underlines an item from its first token to its last.
pub(crate) fn braced(like: &Group, stream: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, stream);
    group.set_span(like.span());
    group
}

/// Puts generated tokens where errors about them belong.
pub(crate) fn located(tokens: &TokenStream, span: proc_macro2::Span) -> TokenStream {
    let tokens = tokens.clone().into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            let mut new = Group::new(group.delimiter(), located(&group.stream(), span));
            new.set_span(span);
            return TokenTree::Group(new);
        }
        token.set_span(span);
        token
    });
    tokens.collect()
}
