//! `#[activity]` on the `impl` of an activity interface, and on an `impl` with `#[activity]` methods.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Visibility;

use super::activity::{
    Activity, Shared, config, own_options, shared_options, take_exceptions, take_marker, written,
};
use super::activity_stub;
use crate::attrs::Options;
use crate::check;
use crate::determinism::scope::{Scope, impl_anchor};
use crate::diagnostics::Diagnostics;
use crate::krate;
use crate::model::{Carried, marker_type};
use crate::syntax::{ImplBlock, Member, braced};

/// `#[activity] impl ..`
pub(super) fn expand(
    options: TokenStream,
    block: ImplBlock,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let krate = krate::path();
    check::no_generics(
        &block.header.generics,
        "a worker finds these activities by name, so their type must be known\nput `#[activity]` on an `impl` for one type",
        diagnostics,
    );
    match block.header.trait_.clone() {
        Some((_, interface, _)) => of_interface(options, block, &interface, &krate, diagnostics),
        None => inherent(options, block, &krate, diagnostics),
    }
}

/// `#[activity] impl GreetingActivities for English`: the code is the user's; a worker learns of it.
fn of_interface(
    options: TokenStream,
    block: ImplBlock,
    interface: &syn::Path,
    krate: &TokenStream,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let options = Options::parse(options, "activity", &["task_queue"], diagnostics);
    let ImplBlock {
        header,
        brace,
        members,
    } = block;
    let items = members.into_iter().map(|member| match member {
        Member::Method(mut function) => {
            if let Some((attr, _)) = take_marker(&mut function.attrs) {
                diagnostics.error_over(attr, "`#[activity]` belongs to the interface, which says what each method is: leave it out here");
            }
            written(&function)
        }
        Member::Other(item) => item,
    });
    let body = braced(&brace, items.collect());
    let (ty, head) = (&header.self_ty, super::head(&header));
    let mut config = config(krate);
    if let Some(queue) = options.text("task_queue") {
        config.extend(quote!(.task_queue(#queue)));
    }
    let cfg = Carried::of(&header.attrs).cfg();
    let registered = header.generics.params.is_empty().then(|| {
        let instance = instance(ty, krate);
        quote! {
            #cfg
            #[allow(deprecated)]
            const _: () = {
                #krate::__private::inventory::submit! {
                    #krate::__private::ActivityEntry(|| <#ty as #interface>::__activities(#config, #instance))
                }
            };
        }
    });
    quote!(#head #body #registered)
}

/// `Some(Default::default)` for a type that has it: the inherent method exists for such types only.
fn instance(ty: &syn::Type, krate: &TokenStream) -> TokenStream {
    quote!({
        #[allow(unused_imports)]
        use #krate::__private::NoDefault as _;
        #krate::__private::Names::<#ty>::new().__default()
    })
}

/// `#[activity] impl Payments { #[activity] async fn charge(&self, ..) }`
fn inherent(
    options: TokenStream,
    block: ImplBlock,
    krate: &TokenStream,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let options = Options::parse(options, "activity", &shared_options(), diagnostics);
    let shared = Shared::of(&options, krate);
    let ImplBlock {
        header,
        brace,
        members,
    } = block;
    let scope = Scope::around(&impl_anchor(&header));
    let (mut items, mut activities) = (TokenStream::new(), Vec::new());
    for member in members {
        match member {
            Member::Method(mut function) => {
                if let Some((_, tokens)) = take_marker(&mut function.attrs) {
                    let own = Options::parse(tokens, "activity", &own_options(), diagnostics);
                    let name = function.sig.ident.span();
                    let allowed = take_exceptions(&mut function.attrs, name, diagnostics);
                    let mut activity =
                        Activity::of(&function.sig, &function.attrs, &own, &shared, krate);
                    activity.check(true, &allowed, &scope, diagnostics);
                    activities.push((activity, function.vis.clone()));
                }
                items.extend(written(&function));
            }
            Member::Other(item) => items.extend(item),
        }
    }
    let (head, body) = (super::head(&header), braced(&brace, items));
    let ty = &header.self_ty;
    if activities.is_empty() {
        diagnostics.error_over(ty, "there are no activities here: mark the methods that workflows may call with `#[activity]`");
        return quote!(#head #body);
    }
    let owner = match &**ty {
        syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.clone()),
        _ => None,
    };
    let Some(owner) = owner else {
        diagnostics.error_over(
            ty,
            "activities are methods of a type with a name of its own",
        );
        return quote!(#head #body);
    };
    let calls = inherent_calls(&owner, ty, &activities, krate);
    quote!(#head #body #calls)
}

fn inherent_calls(
    owner: &Ident,
    ty: &syn::Type,
    activities: &[(Activity, Visibility)],
    krate: &TokenStream,
) -> TokenStream {
    let vis = widest(activities.iter().map(|(_, vis)| vis));
    let list: Vec<(&Activity, Ident)> = activities
        .iter()
        .map(|(activity, _)| (activity, marker_type(owner, &activity.sig.ident)))
        .collect();
    let stub = activity_stub::expand(owner, &vis, &list, &[], krate);
    let instance = instance(ty, krate);
    let steps = list.iter().map(|(activity, marker)| {
        let method = &activity.sig.ident;
        activity.definition(
            marker,
            &quote!(.instance::<#ty>(instance)),
            &quote!(<#ty>::#method),
            &quote!(&*__instance,),
        )
    });
    let config = config(krate);
    quote! {
        #stub
        #[allow(deprecated, unused_mut, unused_variables)]
        const _: () = {
            #krate::__private::inventory::submit! {
                #krate::__private::ActivityEntry(|| {
                    let (config, instance) = (#config, #instance);
                    let mut list = #krate::__private::Vec::new();
                    #(#steps)*
                    list
                })
            }
        };
    }
}

/// `pub`, if any of them is; otherwise that of the first.
fn widest<'a>(list: impl Iterator<Item = &'a Visibility>) -> Visibility {
    let list: Vec<&Visibility> = list.collect();
    let public = list.iter().find(|vis| matches!(vis, Visibility::Public(_)));
    public
        .or(list.first())
        .map_or(Visibility::Inherited, |vis| (*vis).clone())
}
