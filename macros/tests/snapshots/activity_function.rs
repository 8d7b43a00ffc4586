#[track_caller]
#[allow(deprecated, dead_code, unused_variables, clippy::too_many_arguments)]
fn compose(
    greeting: String,
    name: String,
) -> ::mainspring::workflow::ActivityCall<compose> {
    ::mainspring::workflow::ActivityCall::new((greeting, name))
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct compose {}
#[allow(deprecated, dead_code)]
impl compose {
    async fn run(greeting: String, name: String) -> Result<String, ActivityError> {
        Ok(greeting + &name)
    }
}
impl ::mainspring::Activity for compose {
    const NAME: &'static str = "compose";
    type Args = (String, String);
    type Output = <Result<
        String,
        ActivityError,
    > as ::mainspring::__private::Fallible>::Ok;
    type Timeouts = ::mainspring::workflow::TimeoutSet;
    fn options() -> ::mainspring::ActivityOptions<Self::Timeouts> {
        ::mainspring::ActivityOptions::new()
            .start_to_close(::core::time::Duration::new(10u64, 0u32))
            .retry(::mainspring::RetryPolicy::new().maximum_attempts(3))
    }
}
#[allow(deprecated, unused_mut, unused_variables)]
const _: () = {
    ::mainspring::__private::inventory::submit! {
        ::mainspring::__private::ActivityEntry(|| { let config =
        ::mainspring::__private::ActivityConfig::new(::mainspring::location!()); let mut
        list = ::mainspring::__private::Vec::new(); list.push(config.define:: < compose >
        ().run_async(| __instance, (greeting, name,) | async move {
        ::mainspring::__private::activity_result(compose::run(greeting, name). await)
        })); list })
    }
};
