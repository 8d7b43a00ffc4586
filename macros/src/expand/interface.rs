//! `#[workflow_interface] trait Greeting`: the trait, a constant of the same name in the value namespace, and stubs.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::parse_quote;

use super::body::{self, Surroundings, make_durable};
use super::handlers::Handlers;
use super::inherited::Inherited;
use super::mocks;
use super::stubs;
use crate::attrs::{Case, Options};
use crate::check;
use crate::determinism::scope::{Scope, trait_anchor};
use crate::determinism::take_from;
use crate::diagnostics::{Diagnostics, one_of};
use crate::expected::Expected;
use crate::gate::Mode;
use crate::krate;
use crate::model::{Carried, Handler, Kind, wire_name};
use crate::syntax::{Member, TraitBlock, TraitMethod, braced};

const OPTIONS: &[&str] = &["name", "rename_all", "task_queue"];

pub(super) fn expand(
    options: TokenStream,
    block: TraitBlock,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let krate = krate::path();
    let options = Options::parse(options, "workflow_interface", OPTIONS, diagnostics);
    let case = Case::of(&options);
    let TraitBlock {
        header,
        brace,
        members,
    } = block;
    check::no_parameters(
        &header.generics,
        "an interface is known by its name, to other programs too, so its types must be fixed",
        diagnostics,
    );

    let generic = !header.generics.params.is_empty();
    let scope = Scope::around(&trait_anchor(&header.ident));
    let mut trait_ = Trait {
        at: Surroundings {
            krate: &krate,
            scope: &scope,
            diagnostics,
        },
        handlers: Vec::new(),
        expected: Expected::default(),
        items: TokenStream::new(),
    };
    for member in members {
        match member {
            Member::Method(method) => trait_.method(method, case),
            Member::Other(item) => trait_.items.extend(item),
        }
    }
    let Trait {
        handlers,
        mut items,
        mut expected,
        ..
    } = trait_;
    if generic {
        // Reported above; nothing can be built on an interface whose types are not fixed.
        let (head, body) = (trait_head(header), braced(&brace, items));
        return quote!(#head #body);
    }
    checked(&handlers, &mut items, &header.ident, &krate, diagnostics);

    let (wire, _) = wire_name(options.text("name"), &header.ident, None);
    let task_queue = options.text("task_queue");
    let all = Handlers {
        owner: &header.ident,
        vis: &header.vis,
        list: &handlers,
        krate: &krate,
        wire: &wire,
        task_queue: task_queue.as_ref(),
        dynamic: false,
        is_interface: true,
    };
    let inherited = Inherited::of(&header, &scope);
    let trait_ = declaration(&header, &brace, &items, &all, &inherited);
    let carried = Carried::of(&header.attrs);
    let (markers, stubs) = (all.markers(), stubs::expand(&all, &inherited, true));
    let (cfg, mock) = (carried.cfg(), mocks::of_workflow(&all));
    inherited
        .iter()
        .for_each(|parent| expected.implements(parent.name()));
    let name = header.ident.to_string();
    let names = std::iter::once(name.as_str());
    let helpers = expected.submitted(names, &TokenStream::new(), &krate);
    if cfg.is_empty() {
        return quote!(#trait_ #markers #stubs #mock #helpers);
    }
    // One `cfg` for many items: they live in a block of their own only if the trait does.
    let items = conditional(&quote!(#markers #stubs #mock #helpers), &cfg);
    quote!(#trait_ #items)
}

/// Puts a condition on each of a list of items.
fn conditional(items: &TokenStream, cfg: &TokenStream) -> TokenStream {
    let Ok(file) = syn::parse2::<syn::File>(items.clone()) else {
        return items.clone();
    };
    file.items.iter().map(|item| quote!(#cfg #item)).collect()
}

struct Trait<'a> {
    at: Surroundings<'a>,
    handlers: Vec<Handler>,
    /// What its default methods expect.
    expected: Expected,
    items: TokenStream,
}

impl Trait<'_> {
    fn method(&mut self, mut method: TraitMethod, case: Option<Case>) {
        let diagnostics = self.at.diagnostics;
        let allowed = take_from(&mut method.attrs, diagnostics);
        let mut handler = Handler::of(&mut method.attrs, &method.sig, case, diagnostics);
        let mode = match &mut handler {
            Some(handler) => {
                check::handler(handler, &allowed, &self.at);
                method.sig.asyncness = handler.sig.asyncness;
                if handler.kind == Kind::Init {
                    diagnostics.error(
                        method.sig.ident.span(),
                        "`#[init]` belongs to an implementation: callers do not see it\nput it into the `impl` with `#[workflow]`",
                    );
                    return;
                }
                if matches!(handler.kind, Kind::Query | Kind::Validator) {
                    Mode::ReadOnly
                } else {
                    Mode::Workflow
                }
            }
            None if method.body.is_none() => {
                diagnostics.error(
                    method.sig.ident.span(),
                    "say what this is: `#[run]`, `#[signal]`, `#[query]` or `#[update]`\na method with a body and no marker is a helper",
                );
                Mode::Workflow
            }
            None => Mode::Workflow,
        };
        self.emit(method, &allowed, mode);
        self.handlers.extend(handler);
    }

    fn emit(&mut self, method: TraitMethod, allowed: &BTreeSet<String>, mode: Mode) {
        let TraitMethod {
            attrs,
            mut sig,
            body,
            semicolon,
        } = method;
        if let Some(body) = &body {
            self.expected.read(body.stream(), self.at.scope);
        }
        let body = body.map(|body| body::body(allowed, &sig, &body, mode, None, &self.at));
        if sig.asyncness.is_some() && mode == Mode::Workflow {
            make_durable(&mut sig, self.at.krate);
        }
        if mode == Mode::ReadOnly {
            sig.asyncness = None;
        }
        let end = body.map_or_else(|| quote!(#semicolon), |body| quote!(#body));
        self.items.extend(quote!(#(#attrs)* #sig #end));
    }
}

/// Checks what concerns several methods; declares validators that are only named.
fn checked(
    handlers: &[Handler],
    items: &mut TokenStream,
    owner: &Ident,
    krate: &TokenStream,
    diagnostics: &Diagnostics,
) {
    check::one_run(handlers.iter(), diagnostics);
    check::unique_names(handlers.iter(), diagnostics);
    if handlers.is_empty() && !diagnostics.any_error() {
        let kinds = one_of(&["#[run]", "#[signal]", "#[query]", "#[update]"]);
        diagnostics.error(
            owner.span(),
            format!("this interface has no methods that callers could use: mark some with {kinds}"),
        );
    }
    let declared: Vec<Ident> = handlers
        .iter()
        .filter(|it| it.kind == Kind::Validator)
        .map(|it| it.ident().clone())
        .collect();
    let mut named: Vec<Ident> = Vec::new();
    for handler in handlers.iter() {
        let Some(validator) = &handler.validator else {
            continue;
        };
        if !declared.contains(validator) && !named.contains(validator) {
            items.extend(declare_validator(handler, validator, krate));
        }
        named.push(validator.clone());
    }
    for validator in declared
        .iter()
        .filter(|validator| !named.contains(validator))
    {
        diagnostics.error(
            validator.span(),
            format!("no update names this validator\nwrite `#[update(validator = {validator})]` on the one it is for"),
        );
    }
}

/// `fn check_rename(&self, name: &String) -> Result<()>`
fn declare_validator(update: &Handler, validator: &Ident, krate: &TokenStream) -> TokenStream {
    let (names, types) = (update.parameters.names(), update.parameters.types());
    let doc = format!(
        "Says whether the update `{}` is accepted, before it is recorded.",
        update.ident()
    );
    let cfg = update.carried.cfg();
    quote!(#cfg #[doc = #doc] #[allow(clippy::ptr_arg)] fn #validator(&self, #(#names: &#types),*) -> #krate::Result<()>;)
}

fn declaration(
    header: &syn::ItemTrait,
    brace: &proc_macro2::Group,
    items: &TokenStream,
    handlers: &Handlers<'_>,
    inherited: &[Inherited],
) -> TokenStream {
    let krate = handlers.krate;
    let mut header = header.clone();
    for bound in [quote!(Sized), quote!(Send), quote!(Sync)] {
        header
            .supertraits
            .push(parse_quote!(::core::marker::#bound));
    }
    header.supertraits.push(parse_quote!('static));
    header.colon_token.get_or_insert_with(Default::default);
    let steps = handlers.steps();
    let parents = inherited.iter().map(|parent| {
        let path = &parent.path;
        quote!(let builder = <Self as #path>::__handlers::<__M, __I>(builder);)
    });
    let owner = handlers.owner;
    let definition =
        handlers.definition(&|run| quote!(<Self as #owner>::__handlers::<#run, _>(builder)));
    let access = access(handlers);
    let hidden = quote! {
        #[doc(hidden)]
        const THE_IMPL_NEEDS_THE_WORKFLOW_ATTRIBUTE: ();
        #[doc(hidden)]
        #[allow(deprecated, unused_variables)]
        fn __handlers<__M: #krate::workflow::WorkflowType, __I>(
            builder: #krate::workflow::WorkflowBuilder<Self, __M::Args, __I>,
        ) -> #krate::workflow::WorkflowBuilder<Self, __M::Args, __I> {
            #(#parents)*
            #steps
            builder
        }
        #definition
        #access
    };
    let body = braced(brace, quote!(#items #hidden));
    let head = trait_head(header);
    // Callers in other programs may use nothing but its stubs.
    quote!(#[allow(dead_code)] #head #body)
}

/// Everything of a trait before its braces.
fn trait_head(header: syn::ItemTrait) -> TokenStream {
    let syn::ItemTrait {
        attrs,
        vis,
        unsafety,
        auto_token,
        trait_token,
        ident,
        generics,
        colon_token,
        supertraits,
        ..
    } = header;
    let clause = &generics.where_clause;
    quote!(#(#attrs)* #vis #unsafety #auto_token #trait_token #ident #generics #colon_token #supertraits #clause)
}

/// For each sync method a function whose result type says whether it may change state: the attribute on the `impl`
/// cannot know what its methods are, and asks by this.
fn access(handlers: &Handlers<'_>) -> TokenStream {
    let krate = handlers.krate;
    let sync = handlers
        .list
        .iter()
        .filter(|handler| handler.sig.asyncness.is_none());
    sync.map(|handler| {
        let name = access_name(handler.ident());
        let cfg = handler.carried.cfg();
        let access = match handler.kind {
            Kind::Query | Kind::Validator => quote!(Reads),
            _ => quote!(Changes),
        };
        quote! {
            #cfg
            #[doc(hidden)]
            fn #name() -> #krate::__private::#access { #krate::__private::#access }
        }
    })
    .collect()
}

/// See [`access`].
pub(super) fn access_name(method: &Ident) -> Ident {
    format_ident!(
        "__access_{}",
        syn::ext::IdentExt::unraw(method),
        span = method.span()
    )
}
