#[allow(dead_code)]
pub trait GreetingActivities: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static {
    /// Composes.
    fn compose(
        &self,
        name: String,
    ) -> impl ::core::future::Future<
        Output = Result<String, ActivityError>,
    > + ::core::marker::Send;
    fn shout(&self, text: String) -> String;
    #[doc(hidden)]
    #[allow(deprecated, unused_mut, unused_variables)]
    fn __activities(
        config: ::mainspring::__private::ActivityConfig,
        instance: ::core::option::Option<fn() -> Self>,
    ) -> ::mainspring::__private::Vec<::mainspring::activity::ActivityDefinition> {
        let mut list = ::mainspring::__private::Vec::new();
        list.push(
            config
                .define::<GreetingActivities_compose>()
                .instance::<Self>(instance)
                .run_async(|__instance, (name,)| async move {
                    ::mainspring::__private::activity_result(
                        <Self as GreetingActivities>::compose(&*__instance, name).await,
                    )
                }),
        );
        list.push(
            config
                .define::<GreetingActivities_shout>()
                .instance::<Self>(instance)
                .run_blocking(|__instance, (text,)| ::core::result::Result::Ok(
                    <Self as GreetingActivities>::shout(&*__instance, text),
                )),
        );
        list
    }
}
///Calls of the activities of `GreetingActivities` from workflow code; `new` takes options for all of them.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct GreetingActivitiesStub<
    __Timeouts = ::mainspring::workflow::NoTimeout,
    __Next = ::mainspring::__private::End,
> {
    options: ::mainspring::ActivityOptions<__Timeouts>,
    next: __Next,
}
#[allow(dead_code)]
impl<__Timeouts: ::mainspring::workflow::Timeouts> GreetingActivitiesStub<__Timeouts> {
    /// These options go before those of the attributes.
    #[must_use]
    pub fn new(options: ::mainspring::ActivityOptions<__Timeouts>) -> Self {
        ::core::convert::From::from(options)
    }
}
impl<
    __Timeouts,
    __Next: ::core::convert::From<::mainspring::ActivityOptions<__Timeouts>>,
> ::core::convert::From<::mainspring::ActivityOptions<__Timeouts>>
for GreetingActivitiesStub<__Timeouts, __Next> {
    fn from(options: ::mainspring::ActivityOptions<__Timeouts>) -> Self {
        Self {
            next: ::core::convert::From::from(::core::clone::Clone::clone(&options)),
            options,
        }
    }
}
impl ::core::default::Default
for GreetingActivitiesStub<::mainspring::workflow::NoTimeout> {
    fn default() -> Self {
        Self::new(::mainspring::ActivityOptions::new())
    }
}
#[allow(dead_code)]
impl<
    __Timeouts: ::mainspring::workflow::Timeouts,
    __Next,
> GreetingActivitiesStub<__Timeouts, __Next> {
    /// Composes.
    #[track_caller]
    #[allow(deprecated, dead_code, unused_variables, clippy::too_many_arguments)]
    pub fn compose(
        &self,
        name: impl ::mainspring::__private::Text,
    ) -> ::mainspring::workflow::ActivityCall<GreetingActivities_compose> {
        ::mainspring::workflow::ActivityCall::new((
                ::mainspring::__private::Text::into_text(name),
            ))
            .with(::core::clone::Clone::clone(&self.options))
    }
    #[track_caller]
    #[allow(deprecated, dead_code, unused_variables, clippy::too_many_arguments)]
    pub fn shout(
        &self,
        text: impl ::mainspring::__private::Text,
    ) -> ::mainspring::workflow::ActivityCall<GreetingActivities_shout> {
        ::mainspring::workflow::ActivityCall::new((
                ::mainspring::__private::Text::into_text(text),
            ))
            .with(::core::clone::Clone::clone(&self.options))
    }
}
impl<__Timeouts, __Next> ::core::ops::Deref
for GreetingActivitiesStub<__Timeouts, __Next> {
    type Target = __Next;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct GreetingActivities_compose {}
impl ::mainspring::Activity for GreetingActivities_compose {
    const NAME: &'static str = "Greeting_compose";
    type Args = (String,);
    type Output = <Result<
        String,
        ActivityError,
    > as ::mainspring::__private::Fallible>::Ok;
    type Timeouts = ::mainspring::workflow::TimeoutSet;
    fn options() -> ::mainspring::ActivityOptions<Self::Timeouts> {
        ::mainspring::ActivityOptions::new()
            .start_to_close(::core::time::Duration::new(10u64, 0u32))
    }
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct GreetingActivities_shout {}
impl ::mainspring::Activity for GreetingActivities_shout {
    const NAME: &'static str = "shout";
    type Args = (String,);
    type Output = String;
    type Timeouts = ::mainspring::workflow::TimeoutSet;
    fn options() -> ::mainspring::ActivityOptions<Self::Timeouts> {
        ::mainspring::ActivityOptions::new()
            .start_to_close(::core::time::Duration::new(10u64, 0u32))
    }
}
::mainspring::__private::if_testing! {
    #[doc =
    "Stands in for `GreetingActivities` in a test: each method takes what is called in place of the real one, and gives a record of the calls."]
    #[derive(Clone, Copy, Debug)] #[allow(dead_code)] pub struct GreetingActivitiesMock <
    'e > (& 'e::mainspring::testing::TestEnv); #[allow(dead_code, deprecated,
    clippy::type_complexity)] impl < 'e > GreetingActivitiesMock < 'e > { #[doc =
    r" For the worker of this environment, before it starts."] #[must_use] pub fn new(env
    : & 'e::mainspring::testing::TestEnv) -> Self { Self(env) } #[doc = " Composes."]
    #[track_caller] pub fn compose(& self, body : impl ::core::ops::Fn(String) ->
    ::core::result::Result < < GreetingActivities_compose as ::mainspring::Activity >
    ::Output, ::mainspring::ActivityError, > + ::core::marker::Send +
    ::core::marker::Sync + 'static,) -> ::mainspring::testing::ActivityMock <
    GreetingActivities_compose > { self.0. mock:: < GreetingActivities_compose > (move |
    (name,) | body(name)) } #[track_caller] pub fn shout(& self, body : impl
    ::core::ops::Fn(String) -> ::core::result::Result < < GreetingActivities_shout as
    ::mainspring::Activity > ::Output, ::mainspring::ActivityError, > +
    ::core::marker::Send + ::core::marker::Sync + 'static,) ->
    ::mainspring::testing::ActivityMock < GreetingActivities_shout > { self.0. mock:: <
    GreetingActivities_shout > (move | (text,) | body(text)) } }
}
#[allow(deprecated)]
const _: () = {
    ::mainspring::__private::inventory::submit! {
        ::mainspring::__private::InterfaceEntry(|| { let interface =
        ::mainspring::__private::ActivityInterface::new("GreetingActivities",
        ::mainspring::location!(), & []); let interface = interface.activity:: <
        GreetingActivities_compose > ("compose"); let interface = interface.activity:: <
        GreetingActivities_shout > ("shout"); interface })
    }
};
