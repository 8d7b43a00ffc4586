//! `GreetingActivitiesStub`: activities as workflow code calls them, with options for all calls.
//!
//! Its first type parameter says whether those options set a timeout, which a call of an activity whose attribute sets
//! none needs; by default they do where they must. The second one leads on to inherited interfaces: see `inherited`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Visibility;

use super::activity::Activity;
use super::inherited::{Inherited, chain};

/// The stub, and the types that name its activities.
pub(super) fn expand(
    owner: &Ident,
    vis: &Visibility,
    list: &[(&Activity, Ident)],
    inherited: &[Inherited],
    krate: &TokenStream,
) -> TokenStream {
    let name = format_ident!("{owner}Stub");
    let doc = format!(
        "Calls of the activities of `{owner}` from workflow code; `new` takes options for all of them."
    );
    let needs_timeout = list.iter().any(|(activity, _)| !activity.has_timeout);
    let by_default = if needs_timeout {
        quote!(TimeoutSet)
    } else {
        quote!(NoTimeout)
    };
    let methods = list
        .iter()
        .map(|(activity, marker)| method(activity, marker, vis, krate));
    let markers = list
        .iter()
        .map(|(activity, marker)| self::marker(activity, marker, vis, krate));
    let next = chain(inherited, "Stub", &quote!(__Timeouts,));
    let options = quote!(#krate::ActivityOptions<__Timeouts>);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        #[allow(dead_code)]
        #vis struct #name<__Timeouts = #krate::workflow::#by_default, __Next = #krate::__private::End> {
            options: #options,
            next: #next,
        }
        #[allow(dead_code)]
        impl<__Timeouts: #krate::workflow::Timeouts> #name<__Timeouts> {
            /// These options go before those of the attributes.
            #[must_use]
            #vis fn new(options: #options) -> Self { ::core::convert::From::from(options) }
        }
        impl<__Timeouts, __Next: ::core::convert::From<#options>> ::core::convert::From<#options> for #name<__Timeouts, __Next> {
            fn from(options: #options) -> Self {
                Self { next: ::core::convert::From::from(::core::clone::Clone::clone(&options)), options }
            }
        }
        impl ::core::default::Default for #name<#krate::workflow::NoTimeout> {
            fn default() -> Self { Self::new(#krate::ActivityOptions::new()) }
        }
        #[allow(dead_code)]
        impl<__Timeouts: #krate::workflow::Timeouts, __Next> #name<__Timeouts, __Next> {
            #(#methods)*
        }
        impl<__Timeouts, __Next> ::core::ops::Deref for #name<__Timeouts, __Next> {
            type Target = #next;
            fn deref(&self) -> &Self::Target { &self.next }
        }
        #(#markers)*
    }
}

/// `fn compose(&self, name: impl Text) -> ActivityCall<GreetingActivities_compose>`
fn method(
    activity: &Activity,
    marker: &Ident,
    vis: &Visibility,
    krate: &TokenStream,
) -> TokenStream {
    let name = &activity.sig.ident;
    let (declared, tuple) = if activity.dynamic {
        (activity.parameters.declared(), activity.tuple())
    } else {
        (
            activity.parameters.declared_for_stubs(krate),
            activity.parameters.tuple_for_stubs(krate),
        )
    };
    let span = name.span();
    let call = quote_spanned!(span=> #krate::workflow::ActivityCall);
    let timeouts = (!activity.has_timeout).then(|| quote!(, __Timeouts));
    let carried = activity.carried.all();
    quote! {
        #carried
        #[track_caller]
        #[allow(deprecated, dead_code, unused_variables, clippy::too_many_arguments)]
        #vis fn #name(&self, #declared) -> #call<#marker #timeouts> {
            #call::new(#tuple).with(::core::clone::Clone::clone(&self.options))
        }
    }
}

/// `struct GreetingActivities_compose {}`, and what it says of the activity.
fn marker(
    activity: &Activity,
    marker: &Ident,
    vis: &Visibility,
    krate: &TokenStream,
) -> TokenStream {
    let (described, cfg) = (activity.describe(marker, krate), activity.carried.cfg());
    quote! {
        #cfg
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis struct #marker {}
        #described
    }
}
