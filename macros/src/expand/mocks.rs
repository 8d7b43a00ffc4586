//! `GreetingActivitiesMock` and `GreetingMock`: what tests put in the place of an interface, a method for each of its
//! activities, or for its run method.
//!
//! ```text
//! ::mainspring::__private::if_testing! {
//!     pub struct GreetingActivitiesMock<'e>(&'e ::mainspring::testing::TestEnv);
//!     impl<'e> GreetingActivitiesMock<'e> {
//!         pub fn new(env: &'e ::mainspring::testing::TestEnv) -> Self { Self(env) }
//!         pub fn compose(&self, body: impl Fn(String, String) -> Result<..>) -> ActivityMock<GreetingActivities_compose> {
//!             self.0.mock::<GreetingActivities_compose>(move |(greeting, name,)| body(greeting, name))
//!         }
//!     }
//! }
//! ```
//!
//! Without the feature `testing` that is nothing.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Visibility;

use super::activity::Activity;
use super::handlers::Handlers;
use crate::model::{Parameters, marker_type};

/// One method of a mock, and what it stands in for.
struct Method<'a> {
    name: &'a Ident,
    marker: Ident,
    parameters: &'a Parameters,
    attributes: TokenStream,
}

/// The mock of an interface of activities.
pub(super) fn of_activities(
    owner: &Ident,
    vis: &Visibility,
    list: &[(&Activity, Ident)],
    krate: &TokenStream,
) -> TokenStream {
    let methods = list.iter().map(|(activity, marker)| {
        let method = Method {
            name: &activity.sig.ident,
            marker: marker.clone(),
            parameters: &activity.parameters,
            attributes: activity.carried.all(),
        };
        let (of, mock) = (quote!(Activity), quote!(mock));
        let (error, recorder) = (quote!(ActivityError), quote!(ActivityMock));
        method.expand(krate, &of, &mock, &error, &recorder)
    });
    mock(owner, vis, krate, methods.collect())
}

/// The mock of a workflow interface that has a run method.
pub(super) fn of_workflow(all: &Handlers<'_>) -> TokenStream {
    let Some(run) = all.run() else {
        return TokenStream::new();
    };
    let method = Method {
        name: &run.sig.ident,
        marker: marker_type(all.owner, &run.sig.ident),
        parameters: &run.parameters,
        attributes: run.carried.all(),
    };
    let (of, mock_it) = (quote!(workflow::WorkflowType), quote!(mock_workflow));
    let (error, recorder) = (quote!(WorkflowError), quote!(WorkflowMock));
    let method = method.expand(all.krate, &of, &mock_it, &error, &recorder);
    mock(all.owner, all.vis, all.krate, method)
}

impl Method<'_> {
    fn expand(
        &self,
        krate: &TokenStream,
        of: &TokenStream,
        mock: &TokenStream,
        error: &TokenStream,
        recorder: &TokenStream,
    ) -> TokenStream {
        if self.parameters.unsound {
            return TokenStream::new();
        }
        let (name, marker, attributes) = (self.name, &self.marker, &self.attributes);
        let (types, names) = (self.parameters.types(), self.parameters.names());
        let span = name.span();
        let signature = quote_spanned! {span=>
            pub fn #name(
                &self,
                body: impl ::core::ops::Fn(#(#types),*) -> ::core::result::Result<
                    <#marker as #krate::#of>::Output,
                    #krate::#error,
                > + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> #krate::testing::#recorder<#marker>
        };
        quote! {
            #attributes
            #[track_caller]
            #signature {
                self.0.#mock::<#marker>(move |(#(#names,)*)| body(#(#names),*))
            }
        }
    }
}

fn mock(owner: &Ident, vis: &Visibility, krate: &TokenStream, methods: TokenStream) -> TokenStream {
    let name = format_ident!("{owner}Mock");
    let doc = format!(
        "Stands in for `{owner}` in a test: each method takes what is called in place of the real one, and gives a record \
         of the calls."
    );
    quote! {
        #krate::__private::if_testing! {
            #[doc = #doc]
            #[derive(Clone, Copy, Debug)]
            #[allow(dead_code)]
            #vis struct #name<'e>(&'e #krate::testing::TestEnv);
            #[allow(dead_code, deprecated, clippy::type_complexity)]
            impl<'e> #name<'e> {
                /// For the worker of this environment, before it starts.
                #[must_use]
                pub fn new(env: &'e #krate::testing::TestEnv) -> Self { Self(env) }
                #methods
            }
        }
    }
}
