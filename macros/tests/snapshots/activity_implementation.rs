impl GreetingActivities for English {
    async fn compose(&self, name: String) -> Result<String, ActivityError> {
        Ok(name)
    }
    fn shout(&self, text: String) -> String {
        text
    }
}
#[allow(deprecated)]
const _: () = {
    ::mainspring::__private::inventory::submit! {
        ::mainspring::__private::ActivityEntry(|| < English as GreetingActivities >
        ::__activities(::mainspring::__private::ActivityConfig::new(::mainspring::location!())
        .task_queue("english"), { #[allow(unused_imports)] use
        ::mainspring::__private::NoDefault as _; ::mainspring::__private::Names:: <
        English > ::new().__default() }))
    }
};
