/// Greets.
#[track_caller]
#[allow(deprecated, dead_code, unused_variables, clippy::too_many_arguments)]
pub fn greet(name: String) -> ::mainspring::workflow::ChildCall<greet> {
    ::mainspring::workflow::ChildCall::new((name,))
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct greet {}
#[allow(deprecated, dead_code)]
impl greet {
    pub fn run(
        name: String,
    ) -> ::mainspring::Task<
        impl ::core::future::Future<Output = Result<String>> + ::core::marker::Send,
    > {
        #[allow(unused_imports)]
        use ::mainspring::__private::Gate as _;
        ::mainspring::__private::durable(async move {
            #[allow(unreachable_code, clippy::all, clippy::pedantic)]
            if false {
                let __output: Result<String> = loop {};
                return __output;
            }
            Ok(compose("Hello".into(), name).__durable().await?)
        })
    }
}
impl ::mainspring::workflow::WorkflowType for greet {
    const NAME: &'static str = "greet";
    const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some(
        "greetings",
    );
    type Args = (String,);
    type Output = <Result<String> as ::mainspring::__private::Fallible>::Ok;
}
#[allow(deprecated)]
const _: () = {
    ::mainspring::__private::inventory::submit! {
        ::mainspring::__private::WorkflowEntry(||
        ::core::option::Option::Some(::mainspring::__private::define::workflow_function::
        < greet, _, _ >
        (::mainspring::__private::WorkflowConfig::new(::mainspring::location!())
        .task_queue("greetings").doc("Greets."), | (name,) | async move {
        ::mainspring::__private::workflow_result(greet::run(name). await) },),))
    }
};
