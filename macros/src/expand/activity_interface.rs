//! `#[activity_interface] trait GreetingActivities`: the trait, and `GreetingActivitiesStub` for workflow code.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{ReturnType, Type, parse_quote};

use super::activity::{Activity, Shared, shared_options, take_exceptions, take_marker};
use super::activity_stub;
use super::body::Surroundings;
use super::inherited::Inherited;
use super::mocks;
use crate::attrs::{ACTIVITY_CALL, Options};
use crate::check;
use crate::determinism::scope::{Scope, trait_anchor};
use crate::diagnostics::Diagnostics;
use crate::krate;
use crate::model::{Carried, marker_type};
use crate::syntax::{Member, TraitBlock, TraitMethod, braced};

pub(super) fn expand(
    options: TokenStream,
    block: TraitBlock,
    diagnostics: &Diagnostics,
) -> TokenStream {
    let krate = krate::path();
    let options = Options::parse(
        options,
        "activity_interface",
        &shared_options(),
        diagnostics,
    );
    let shared = Shared::of(&options, &krate);
    let TraitBlock {
        header,
        brace,
        members,
    } = block;
    check::no_parameters(
        &header.generics,
        "activities are called by name, from other programs too, so their types must be fixed",
        diagnostics,
    );

    let scope = Scope::around(&trait_anchor(&header.ident));
    let at = Surroundings {
        krate: &krate,
        scope: &scope,
        diagnostics,
    };
    let (mut items, mut activities) = (TokenStream::new(), Vec::new());
    for member in members {
        match member {
            Member::Method(method) => {
                let activity = method_activity(method, &shared, &at, &mut items);
                activities.push(activity);
            }
            Member::Other(item) => items.extend(item),
        }
    }
    if activities.is_empty() {
        diagnostics.error(
            header.ident.span(),
            "this interface has no activities: declare some methods",
        );
    }
    let list: Vec<(&Activity, Ident)> = activities
        .iter()
        .map(|activity| (activity, marker_type(&header.ident, &activity.sig.ident)))
        .collect();
    let table = table(&header.ident, &list, &krate);
    let inherited = Inherited::of(&header, &scope);
    let stub = activity_stub::expand(&header.ident, &header.vis, &list, &inherited, &krate);
    let mock = mocks::of_activities(&header.ident, &header.vis, &list, &krate);
    let declared = declared(&header, &list, &inherited, &krate);
    let declaration = declaration(header, &braced(&brace, quote!(#items #table)));
    quote!(#declaration #stub #mock #declared)
}

/// Tells workers of the interface, so that they can warn of activities that nobody implements.
fn declared(
    header: &syn::ItemTrait,
    list: &[(&Activity, Ident)],
    inherited: &[Inherited],
    krate: &TokenStream,
) -> TokenStream {
    let (name, cfg) = (header.ident.to_string(), Carried::of(&header.attrs).cfg());
    let parents = inherited.iter().map(Inherited::name);
    let steps = list.iter().map(|(activity, marker)| {
        let (method, cfg) = (activity.sig.ident.to_string(), activity.carried.cfg());
        quote!(#cfg let interface = interface.activity::<#marker>(#method);)
    });
    quote! {
        #cfg
        #[allow(deprecated)]
        const _: () = {
            #krate::__private::inventory::submit! {
                #krate::__private::InterfaceEntry(|| {
                    let interface = #krate::__private::ActivityInterface::new(#name, #krate::location!(), &[#(#parents),*]);
                    #(#steps)*
                    interface
                })
            }
        };
    }
}

fn method_activity(
    method: TraitMethod,
    shared: &Shared,
    at: &Surroundings<'_>,
    items: &mut TokenStream,
) -> Activity {
    let diagnostics = at.diagnostics;
    let TraitMethod {
        mut attrs,
        mut sig,
        body,
        semicolon,
    } = method;
    let legal = [&["name"], ACTIVITY_CALL].concat();
    let tokens = take_marker(&mut attrs)
        .map(|(_, tokens)| tokens)
        .unwrap_or_default();
    let own = Options::parse(tokens, "activity", &legal, diagnostics);
    let allowed = take_exceptions(&mut attrs, sig.ident.span(), diagnostics);
    let mut activity = Activity::of(&sig, &attrs, &own, shared, at.krate);
    activity.check(true, &allowed, at.scope, diagnostics);
    let has_body = body.is_some();
    let mut block = body.map_or_else(|| quote!(#semicolon), |body| quote!(#body));
    if sig.asyncness.take().is_some() {
        let output: Type = match &sig.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        sig.output =
            parse_quote!(-> impl ::core::future::Future<Output = #output> + ::core::marker::Send);
        if has_body {
            block = quote!({ async move #block });
        }
    }
    items.extend(quote!(#(#attrs)* #sig #block));
    activity
}

/// The activities of an implementation, which `#[activity]` on it submits.
fn table(owner: &Ident, list: &[(&Activity, Ident)], krate: &TokenStream) -> TokenStream {
    let steps = list.iter().map(|(activity, marker)| {
        let method = &activity.sig.ident;
        activity.definition(
            marker,
            &quote!(.instance::<Self>(instance)),
            &quote!(<Self as #owner>::#method),
            &quote!(&*__instance,),
        )
    });
    quote! {
        #[doc(hidden)]
        #[allow(deprecated, unused_mut, unused_variables)]
        fn __activities(
            config: #krate::__private::ActivityConfig,
            instance: ::core::option::Option<fn() -> Self>,
        ) -> #krate::__private::Vec<#krate::activity::ActivityDefinition> {
            let mut list = #krate::__private::Vec::new();
            #(#steps)*
            list
        }
    }
}

fn declaration(header: syn::ItemTrait, body: &proc_macro2::Group) -> TokenStream {
    let mut header = header;
    for bound in [quote!(Sized), quote!(Send), quote!(Sync)] {
        header
            .supertraits
            .push(parse_quote!(::core::marker::#bound));
    }
    header.supertraits.push(parse_quote!('static));
    header.colon_token.get_or_insert_with(Default::default);
    let syn::ItemTrait {
        attrs,
        vis,
        unsafety,
        trait_token,
        ident,
        generics,
        colon_token,
        supertraits,
        ..
    } = header;
    let clause = &generics.where_clause;
    quote!(#[allow(dead_code)] #(#attrs)* #vis #unsafety #trait_token #ident #generics #colon_token #supertraits #clause #body)
}
