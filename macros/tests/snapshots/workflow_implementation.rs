impl Greeting for GreetingWorkflow {
    fn greet(
        &self,
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
            compose(name).__durable().await
        })
    }
    fn approve(&self, by: String) {
        #[allow(unused_imports)]
        use ::mainspring::__private::Gate as _;
        self.approvals
            .__write(<Self as Greeting>::__access_approve())
            .update(|list| list.push(by))
    }
    const THE_IMPL_NEEDS_THE_WORKFLOW_ATTRIBUTE: () = ();
}
#[allow(dead_code)]
impl GreetingWorkflow {
    fn new(name: &str) -> Self {
        #[allow(unused_imports)]
        use ::mainspring::__private::Gate as _;
        Self::named(name)
    }
}
impl ::mainspring::__private::Init<(::mainspring::__private::String,)>
for GreetingWorkflow {
    fn init((name,): &(::mainspring::__private::String,)) -> Self {
        Self::new(name)
    }
}
#[allow(deprecated)]
const _: () = {
    ::mainspring::__private::inventory::submit! {
        ::mainspring::__private::WorkflowEntry(|| < GreetingWorkflow as Greeting >
        ::__definition(::mainspring::__private::WorkflowConfig::new(::mainspring::location!())
        .expects(& [], & [], & ["Greeting", "named"]).task_queue("greetings")))
    }
};
