//! `#[workflow]` on an `impl`: of an interface, of a type with a `#[run]` method, or of helpers.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Type, Visibility};

use super::body::{self, Surroundings};
use super::functions::{WORKFLOW, config};
use super::handlers::Handlers;
use super::init::init;
use super::interface::access_name;
use super::stubs;
use crate::attrs::{Case, Options};
use crate::check;
use crate::determinism::scope::{Scope, impl_anchor};
use crate::determinism::{page, take_from};
use crate::diagnostics::Diagnostics;
use crate::expected::Expected;
use crate::gate::Mode;
use crate::krate;
use crate::model::{Carried, Handler, Kind, wire_name};
use crate::syntax::{Function, ImplBlock, Member, braced};

pub(super) fn expand(
    options: TokenStream,
    mut block: ImplBlock,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let krate = krate::path();
    let scope = Scope::around(&impl_anchor(&block.header));
    let at = Surroundings {
        krate: &krate,
        scope: &scope,
        diagnostics,
    };
    let legal = if block.header.trait_.is_some() {
        WORKFLOW.to_vec()
    } else {
        [WORKFLOW, &["rename_all"]].concat()
    };
    let options = Options::parse(options, "workflow", &legal, diagnostics);
    check_fields(&mut block.header, &at);
    let attrs = block.header.attrs.clone();
    let carried = Carried::of(&attrs);
    let mut expected = Expected::default();
    expected.read(block.brace.stream(), &scope);
    if let Some(name) = type_name(&block.header.self_ty) {
        expected.made_by_default(&name.to_string(), &scope);
    }
    let interface = block
        .header
        .trait_
        .as_ref()
        .map(|(_, path, _)| path.clone());
    if let Some(last) = interface.as_ref().and_then(|path| path.segments.last()) {
        expected.implements(&last.ident.to_string());
    }
    let config = config(&options, &carried, &expected, &krate);
    let said = Said {
        options: &options,
        case: Case::of(&options),
        carried: &carried,
        expected: &expected,
        config: &config,
    };
    match interface {
        Some(interface) => of_interface(&said, block, &interface, &at),
        None => inherent(&said, block, &at),
    }
}

/// State that can change behind the workflow's back; the only rule with an exception for a whole `impl`.
fn check_fields(header: &mut syn::ItemImpl, at: &Surroundings<'_>) {
    let allowed = take_from(&mut header.attrs, at.diagnostics);
    if let Some(other) = allowed.iter().find(|id| *id != "MS0502") {
        at.diagnostics.error_over(
            &header.self_ty,
            format!("{other} is about code: its exception goes on a statement, an expression or a function, not on an `impl`"),
        );
    }
    let Some(name) = type_name(&header.self_ty) else {
        return;
    };
    let Some((field, ty)) = at.scope.shared_field(&name.to_string()) else {
        return;
    };
    if !allowed.contains("MS0502") {
        at.diagnostics.error_over(
            &header.self_ty,
            format!(
                "the field `{field}` of `{name}` holds a `{ty}`: it can change without a message of the workflow's history\n\
                 use `State<T>` for what the workflow knows, and activities for connections; if nothing else shares it: \
                 `#[{}::allow(MS0502, reason = \"..\")]` on this `impl`\nsee {}",
                krate::name(),
                page("MS0502")
            ),
        );
    }
}

/// What is said of the whole `impl`.
struct Said<'a> {
    options: &'a Options<'a>,
    case: Option<Case>,
    carried: &'a Carried,
    /// What its methods expect, if they are helpers.
    expected: &'a Expected,
    /// The expression of its `WorkflowConfig`.
    config: &'a TokenStream,
}

/// What the methods of the block are called.
fn names(members: &[Member<Function>]) -> Vec<String> {
    let names = members.iter().filter_map(|member| match member {
        Member::Method(method) => Some(method.sig.ident.to_string()),
        Member::Other(_) => None,
    });
    names.collect()
}

/// The methods of the block, written out, and those that are marked.
struct Methods {
    items: TokenStream,
    handlers: Vec<Handler>,
    init: Option<(Handler, TokenStream)>,
}

impl Methods {
    /// `access` gives a sync method of an interface the expression that says whether it may change state.
    fn of(
        members: Vec<Member<Function>>,
        case: Option<Case>,
        at: &Surroundings<'_>,
        access: &dyn Fn(&Ident) -> Option<TokenStream>,
    ) -> Self {
        let mut methods = Self {
            items: TokenStream::new(),
            handlers: Vec::new(),
            init: None,
        };
        for member in members {
            match member {
                Member::Method(function) => methods.add(function, case, at, access),
                Member::Other(item) => methods.items.extend(item),
            }
        }
        methods
    }

    fn add(
        &mut self,
        mut function: Function,
        case: Option<Case>,
        at: &Surroundings<'_>,
        access: &dyn Fn(&Ident) -> Option<TokenStream>,
    ) {
        let allowed = take_from(&mut function.attrs, at.diagnostics);
        let handler = Handler::of(&mut function.attrs, &function.sig, case, at.diagnostics);
        let Some(mut handler) = handler else {
            let access = if function.sig.asyncness.is_none() {
                access(&function.sig.ident)
            } else {
                None
            };
            self.items.extend(body::function(
                function,
                &allowed,
                Mode::Workflow,
                access,
                at,
            ));
            return;
        };
        check::handler(&mut handler, &allowed, at);
        function.sig.asyncness = handler.sig.asyncness;
        let mode = match handler.kind {
            Kind::Query | Kind::Validator => {
                // Reported already; `async` here would only repeat the mistake at every use.
                function.sig.asyncness = None;
                Mode::ReadOnly
            }
            _ => Mode::Workflow,
        };
        let is_init = handler.kind == Kind::Init;
        let item = body::function(function, &allowed, mode, None, at);
        if !is_init {
            self.items.extend(item);
            self.handlers.push(handler);
            return;
        }
        if let Some((first, _)) = &self.init {
            at.diagnostics.error(
                handler.ident().span(),
                format!(
                    "a workflow has one `#[init]`, and `{}` is it",
                    first.ident()
                ),
            );
        }
        self.init = Some((handler, item));
    }
}

/// `#[workflow] impl Greeting for GreetingWorkflow`
fn of_interface(
    said: &Said<'_>,
    block: ImplBlock,
    interface: &syn::Path,
    at: &Surroundings<'_>,
) -> TokenStream {
    let krate = at.krate;
    let ImplBlock {
        header,
        brace,
        members,
    } = block;
    check::no_generics(
        &header.generics,
        "a worker finds this workflow by its name, so its type must be known\nput `#[workflow]` on an `impl` for one type",
        at.diagnostics,
    );
    let declared = names(&members);
    let access = |method: &Ident| {
        let function = access_name(method);
        declared
            .contains(&method.to_string())
            .then(|| quote!(<Self as #interface>::#function()))
    };
    let methods = Methods::of(members, None, at, &access);
    for handler in &methods.handlers {
        at.diagnostics.error(
            handler.ident().span(),
            format!("`#[{}]` belongs to the interface, which says what each method is: leave it out here", handler.kind.name()),
        );
    }
    let marked = quote!(
        const THE_IMPL_NEEDS_THE_WORKFLOW_ATTRIBUTE: () = ();
    );
    let items = methods.items;
    let body = braced(&brace, quote!(#items #marked));
    let init = methods
        .init
        .map(|(handler, item)| init(&handler, &item, &header.self_ty, krate));
    let registered = header.generics.params.is_empty().then(|| {
        let ty = &header.self_ty;
        let (config, cfg, span) = (said.config, said.carried.cfg(), interface.span());
        let definition = quote_spanned!(span=> <#ty as #interface>::__definition);
        register(&quote!(#definition(#config)), &cfg, krate)
    });
    let head = super::head(&header);
    quote!(#head #body #init #registered)
}

/// `#[workflow] impl Order { #[run] .. }`, or only helpers.
fn inherent(said: &Said<'_>, block: ImplBlock, at: &Surroundings<'_>) -> TokenStream {
    let (options, krate) = (said.options, at.krate);
    let ImplBlock {
        header,
        brace,
        members,
    } = block;
    let declared = names(&members);
    let methods = Methods::of(members, said.case, at, &|_| None);
    let Methods {
        items,
        handlers,
        init: made,
    } = methods;
    let ty = &header.self_ty;
    let head = super::head(&header);
    let init = made.map(|(handler, item)| init(&handler, &item, ty, krate));
    let Some(run) = handlers.iter().find(|handler| handler.kind == Kind::Run) else {
        if let Some(first) = handlers.first() {
            at.diagnostics.error(
                first.ident().span(),
                "this `impl` has handlers and no run method, so it is no workflow\nmark the method that is the workflow: `#[run] async fn ..(&self, ..)`",
            );
        }
        let body = braced(&brace, items);
        let names = declared.iter().map(String::as_str);
        let helpers = said.expected.submitted(names, &said.carried.cfg(), krate);
        return quote!(#head #body #init #helpers);
    };
    check_inherent(&header, &handlers, options, at.diagnostics);

    let Some(owner) = type_name(ty) else {
        at.diagnostics.error_over(
            ty,
            "a workflow is the `impl` of a type with a name of its own",
        );
        let body = braced(&brace, items);
        return quote!(#head #body #init);
    };
    let vis = visibility_of(&brace, run.ident());
    let (wire, _) = wire_name(options.text("name"), &owner, None);
    let task_queue = options.text("task_queue");
    let all = Handlers {
        owner: &owner,
        vis: &vis,
        list: &handlers,
        krate,
        wire: &wire,
        task_queue: task_queue.as_ref(),
        dynamic: options.flag("dynamic"),
        is_interface: false,
    };
    let steps = all.steps();
    let definition = all.definition(&|_| quote!({ #steps builder }));
    let interface = quote::format_ident!("{owner}Interface");
    let body = braced(&brace, items);
    let (markers, stubs) = (all.markers(), stubs::expand(&all, &[], false));
    let (config, cfg) = (said.config, said.carried.cfg());
    let registered = register(&quote!(<#ty>::__definition(#config)), &cfg, krate);
    quote! {
        #head #body
        #cfg
        #[allow(dead_code)]
        impl #ty {
            /// This workflow as callers name it: `client.workflow(Order::INTERFACE, id)`, `Order::INTERFACE.child()`.
            #vis const INTERFACE: #interface = #interface;
            #definition
        }
        #init
        #markers
        #stubs
        #registered
    }
}

fn check_inherent(
    header: &syn::ItemImpl,
    handlers: &[Handler],
    options: &Options<'_>,
    diagnostics: &Diagnostics,
) {
    check::no_generics(
        &header.generics,
        "a worker finds this workflow by its name, so its type must be known\nput `#[workflow]` on an `impl` for one type",
        diagnostics,
    );
    check::one_run(handlers.iter(), diagnostics);
    check::unique_names(handlers.iter(), diagnostics);
    let named: Vec<&Ident> = handlers
        .iter()
        .filter_map(|handler| handler.validator.as_ref())
        .collect();
    for validator in handlers
        .iter()
        .filter(|it| it.kind == Kind::Validator && !named.contains(&it.ident()))
    {
        diagnostics.error(
            validator.ident().span(),
            format!("no update names this validator\nwrite `#[update(validator = {})]` on the one it is for", validator.ident()),
        );
    }
    if options.flag("dynamic")
        && let Some(run) = handlers.iter().find(|handler| handler.kind == Kind::Run)
    {
        check::dynamic_whole(&run.parameters, &run.sig, diagnostics);
    }
}

/// `Order` of `Order` or `orders::Order`.
fn type_name(ty: &Type) -> Option<Ident> {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            path.path.segments.last().map(|last| last.ident.clone())
        }
        _ => None,
    }
}

/// The run method's visibility is that of the stubs.
fn visibility_of(brace: &proc_macro2::Group, run: &Ident) -> Visibility {
    let methods = syn::parse::Parser::parse2(
        |input: syn::parse::ParseStream<'_>| {
            let mut found = Visibility::Inherited;
            while !input.is_empty() {
                if let Ok(function) = input.fork().parse::<Function>() {
                    input.parse::<Function>()?;
                    if function.sig.ident == *run {
                        found = function.vis;
                    }
                } else {
                    input.parse::<syn::ImplItem>()?;
                }
            }
            Ok(found)
        },
        brace.stream(),
    );
    methods.unwrap_or(Visibility::Inherited)
}

fn register(definition: &TokenStream, cfg: &TokenStream, krate: &TokenStream) -> TokenStream {
    quote! {
        #cfg
        #[allow(deprecated)]
        const _: () = {
            #krate::__private::inventory::submit! {
                #krate::__private::WorkflowEntry(|| #definition)
            }
        };
    }
}
