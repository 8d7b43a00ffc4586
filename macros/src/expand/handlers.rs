//! What stands for the marked methods of a workflow, whether of an interface or of an `impl`: a type that names each,
//! and the steps that add them to the definition which a worker looks up.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Visibility;

use crate::model::{Handler, Kind, Output, marker_type};

/// The marked methods of one workflow.
pub(super) struct Handlers<'a> {
    /// The interface, or the type whose `impl` this is.
    pub(super) owner: &'a Ident,
    pub(super) vis: &'a Visibility,
    pub(super) list: &'a [Handler],
    pub(super) krate: &'a TokenStream,
    /// The workflow type's name, an expression.
    pub(super) wire: &'a TokenStream,
    pub(super) task_queue: Option<&'a syn::Expr>,
    pub(super) dynamic: bool,
    /// A trait, not the `impl` of a type.
    pub(super) is_interface: bool,
}

impl Handlers<'_> {
    pub(super) fn run(&self) -> Option<&Handler> {
        self.list.iter().find(|handler| handler.kind == Kind::Run)
    }

    /// The parameters of the run method, whole.
    pub(super) fn run_args(&self, run: &Handler) -> TokenStream {
        let krate = self.krate;
        if self.dynamic {
            quote!(#krate::EncodedValues)
        } else {
            run.parameters.tuple_type()
        }
    }

    /// `struct Greeting_approve {}` and what it says of the signal.
    pub(super) fn markers(&self) -> TokenStream {
        let mut out = TokenStream::new();
        for handler in self.list.iter().filter(|handler| !handler.dynamic) {
            out.extend(self.marker(handler));
        }
        out
    }

    fn marker(&self, handler: &Handler) -> TokenStream {
        let (krate, vis) = (self.krate, self.vis);
        let marker = marker_type(self.owner, handler.ident());
        let (wire, args) = (&handler.wire, handler.args(krate));
        let success = handler.output.success();
        let about = match handler.kind {
            Kind::Run => {
                let (wire, args) = (self.wire, self.run_args(handler));
                let queue = self.task_queue.map(|queue| {
                    quote!(const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some(#queue);)
                });
                quote! {
                    impl #krate::workflow::WorkflowType for #marker {
                        const NAME: &'static str = #wire;
                        #queue
                        type Args = #args;
                        type Output = #success;
                    }
                }
            }
            Kind::Signal => quote! {
                impl #krate::workflow::SignalType for #marker {
                    const NAME: &'static str = #wire;
                    type Args = #args;
                }
            },
            Kind::Query => quote! {
                impl #krate::workflow::QueryType for #marker {
                    const NAME: &'static str = #wire;
                    type Args = #args;
                    type Output = #success;
                }
            },
            Kind::Update => quote! {
                impl #krate::workflow::UpdateType for #marker {
                    const NAME: &'static str = #wire;
                    type Args = #args;
                    type Output = #success;
                }
            },
            Kind::Validator | Kind::Init => return TokenStream::new(),
        };
        let cfg = handler.carried.cfg();
        let starts = self.starts(handler, &marker);
        let plain = self.plain_output(handler);
        quote! {
            #cfg
            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            #vis struct #marker {}
            #cfg
            #about
            #starts
            #plain
        }
    }

    /// Which workflows a signal or update may start: see `HandlerOf`.
    fn starts(&self, handler: &Handler, marker: &Ident) -> TokenStream {
        if !matches!(handler.kind, Kind::Signal | Kind::Update) {
            return TokenStream::new();
        }
        let (krate, cfg) = (self.krate, handler.carried.cfg());
        let of = quote!(#krate::workflow::HandlerOf);
        let Some(run) = self.run() else {
            return quote!(#cfg impl<__M> #of<__M> for #marker {});
        };
        let (own, run) = (marker_type(self.owner, run.ident()), run.carried.cfg());
        let untyped = quote!(#krate::workflow::Untyped<__A, __R>);
        quote! {
            #cfg #run
            #[diagnostic::do_not_recommend]
            impl #of<#own> for #marker {}
            #cfg
            #[diagnostic::do_not_recommend]
            impl<__A, __R> #of<#untyped> for #marker {}
        }
    }

    /// Asks the compiler that a plain result is no `Result` in disguise, whose error would travel as a value.
    fn plain_output(&self, handler: &Handler) -> TokenStream {
        let Output::Plain(ty) = &handler.output else {
            return TokenStream::new();
        };
        plain_probe(ty, &handler.carried.cfg())
    }

    /// The steps that add the handlers to `builder`, a local variable, where `Self` is the workflow.
    pub(super) fn steps(&self) -> TokenStream {
        let mut out = TokenStream::new();
        for handler in self.list {
            let step = self.step(handler);
            let cfg = handler.carried.cfg();
            if !step.is_empty() {
                out.extend(quote!(#cfg let builder = #step;));
            }
        }
        out
    }

    fn step(&self, handler: &Handler) -> TokenStream {
        if handler.parameters.unsound {
            return TokenStream::new();
        }
        let krate = self.krate;
        let (names, pattern) = (handler.parameters.names(), handler.parameters.tuple());
        let info = self.info(handler);
        let owned = quote!(__workflow: #krate::__private::Arc<Self>);
        let shared = quote!(__workflow: &Self);
        let result = self.result(handler);
        let marker = marker_type(self.owner, handler.ident());
        let define = quote!(#krate::__private::define);
        match (handler.kind, handler.dynamic) {
            (Kind::Signal, false) => quote! {
                #define::signal::<#marker, _, _, _, _, _>(builder, #info, |#owned, #pattern| async move { #result })
            },
            (Kind::Signal, true) => quote! {
                builder.dynamic_signal(#info, |#owned, #(#names),*| async move { #result })
            },
            (Kind::Query, false) => quote! {
                #define::query::<#marker, _, _, _, _>(builder, #info, |#shared, #pattern| #result)
            },
            (Kind::Query, true) => quote! {
                builder.dynamic_query(#info, |#shared, #(#names),*| #result)
            },
            (Kind::Update, false) => {
                let validator = self.validator(handler);
                quote! {
                    #define::update::<#marker, _, _, _, _, _>(builder, #info, #validator, |#owned, #pattern| async move { #result })
                }
            }
            (Kind::Update, true) => quote! {
                builder.dynamic_update(#info, |#owned, #(#names),*| async move { #result })
            },
            (Kind::Run | Kind::Validator | Kind::Init, _) => TokenStream::new(),
        }
    }

    /// What the handler yields, as a `Result`.
    fn result(&self, handler: &Handler) -> TokenStream {
        let call = call(handler);
        match handler.kind {
            Kind::Signal if !matches!(handler.output, Output::Fallible(_)) => {
                quote!({ #call; ::core::result::Result::Ok(()) })
            }
            _ => handler.output.workflow_result(&call),
        }
    }

    /// `Handler::new("approve").doc("..")`
    fn info(&self, handler: &Handler) -> TokenStream {
        let (krate, wire, doc) = (self.krate, &handler.wire, handler.carried.doc());
        let doc = (!doc.is_empty()).then(|| quote!(.doc(#doc)));
        let unfinished = handler
            .abandon_unfinished
            .then(|| quote!(.unfinished(#krate::workflow::UnfinishedPolicy::Abandon)));
        quote!(#krate::workflow::Handler::new(#wire) #doc #unfinished)
    }

    fn validator(&self, handler: &Handler) -> TokenStream {
        let krate = self.krate;
        let unsound = |name: &Ident| {
            let mut declared = self.list.iter().filter(|it| it.ident() == name);
            declared.any(|it| it.parameters.unsound)
        };
        let Some(validator) = handler.validator.as_ref().filter(|name| !unsound(name)) else {
            return quote!(::core::option::Option::None);
        };
        let (names, pattern) = (handler.parameters.names(), handler.parameters.tuple());
        let span = validator.span();
        let result = quote_spanned!(span=> #krate::__private::workflow_result(Self::#validator(__workflow, #(#names),*)));
        quote!(::core::option::Option::Some(|__workflow: &Self, #pattern| #result))
    }

    /// `fn __definition(config) -> Option<WorkflowDefinition>` of the workflow `Self`.
    pub(super) fn definition(&self, add: &dyn Fn(&Ident) -> TokenStream) -> TokenStream {
        let krate = self.krate;
        let definition = quote!(::core::option::Option<#krate::workflow::WorkflowDefinition>);
        let Some(run) = self.run().filter(|run| !run.parameters.unsound) else {
            return quote! {
                #[doc(hidden)]
                fn __definition(_: #krate::__private::WorkflowConfig) -> #definition {
                    ::core::option::Option::None
                }
            };
        };
        let marker = marker_type(self.owner, run.ident());
        let pattern = if self.dynamic {
            let names = run.parameters.names();
            quote!(#(#names)*)
        } else {
            run.parameters.tuple()
        };
        let result = self.result(run);
        let (args, added) = (self.run_args(run), add(&marker));
        // For the `impl` of a type the compiler can tell without being asked.
        let bound = self
            .is_interface
            .then(|| quote!(where Self: #krate::__private::Init<#args>));
        let span = self.owner.span();
        let define = crate::krate::path_at(span);
        let define = quote_spanned!(span=> #define::__private::define::workflow);
        quote! {
            #[doc(hidden)]
            #[allow(deprecated)]
            fn __definition(config: #krate::__private::WorkflowConfig) -> #definition #bound {
                let builder = #define::<#marker, Self, _, _>(
                    config,
                    |__workflow: #krate::__private::Arc<Self>, #pattern| async move { #result },
                );
                ::core::option::Option::Some(#krate::__private::define::build::<#marker, _>(#added))
            }
        }
    }
}

/// `Self::approve(&*workflow, by)`, awaited if the method is `async`.
fn call(handler: &Handler) -> TokenStream {
    let (method, names) = (handler.ident(), handler.parameters.names());
    let on = match handler.kind {
        Kind::Query => quote!(__workflow),
        _ => quote!(&*__workflow),
    };
    let awaits = handler.sig.asyncness.is_some() && handler.kind != Kind::Query;
    let awaited = awaits.then(|| quote!(.await));
    quote!(Self::#method(#on, #(#names),*) #awaited)
}

/// Types of std that are asked after by nobody, since nobody gives their names to a `Result`.
const PLAIN: &[&str] = &[
    "String", "Vec", "Option", "Box", "Arc", "VecDeque", "BTreeMap", "BTreeSet", "HashMap",
    "HashSet",
];

/// See [`Handlers::plain_output`]; only for types that can be named outside the item.
pub(super) fn plain_probe(ty: &syn::Type, cfg: &TokenStream) -> TokenStream {
    let text = quote!(#ty).to_string();
    let is_local = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == "Self" || word == "impl");
    // Only a path can be an alias that hides a result.
    let syn::Type::Path(path) = ty else {
        return TokenStream::new();
    };
    let is_plain = path
        .path
        .segments
        .last()
        .is_some_and(|last| PLAIN.iter().any(|name| last.ident == name));
    if is_local || is_plain || path.qself.is_some() {
        return TokenStream::new();
    }
    let span = syn::spanned::Spanned::span(ty);
    let krate = crate::krate::path_at(span);
    let method = Ident::new("__plain", span);
    quote_spanned! {span=>
        #cfg
        #[allow(deprecated)]
        const _: fn() = || { #[allow(unused_imports)] use #krate::__private::NotAResult as _; #krate::__private::Names::<#ty>::new().#method(); };
    }
}
