//! Activities that a worker's workflows expect on its own task queue and that nothing in the program implements.
//!
//! A warning, not an error: another program may implement them on the same queue. What a workflow expects is what the
//! macros saw in its body and in those of the helpers that it calls; see `ExpectedActivities`.

use std::fmt;

use crate::activity::ActivityDefinition;
use crate::registry::{ActivityInterface, ExpectedActivities, HelperEntry, Location};
use crate::workflow::WorkflowDefinition;

/// One interface of which a workflow expects activities in vain.
#[derive(Debug)]
pub(super) struct Unimplemented<'a> {
    workflow: &'a WorkflowDefinition,
    interface: &'a ActivityInterface,
    /// Names on the wire.
    activities: Vec<&'static str>,
    /// The queue and the place of an implementation for workers of another queue.
    elsewhere: Option<(&'a str, Location)>,
    task_queue: &'a str,
}

/// What a program has of activities.
pub(super) struct Program<'a> {
    pub(super) interfaces: &'a [ActivityInterface],
    pub(super) activities: &'a [ActivityDefinition],
    pub(super) helpers: &'a [HelperEntry],
    pub(super) task_queue: &'a str,
}

impl<'a> Program<'a> {
    /// What a workflow expects in vain.
    pub(super) fn missing(&self, workflow: &'a WorkflowDefinition) -> Vec<Unimplemented<'a>> {
        let mut missing: Vec<Unimplemented<'a>> = Vec::new();
        for expected in self.expected(workflow) {
            for name in expected.interfaces {
                let is_new = |found: &Unimplemented<'a>| {
                    missing
                        .iter()
                        .all(|it| !std::ptr::eq(it.interface, found.interface))
                };
                let found = self.missing_of(name, &expected, workflow);
                missing.extend(found.filter(is_new));
            }
        }
        missing
    }

    /// What a workflow expects, and what the helpers do that it calls, and those that they call.
    ///
    /// Helpers are known by their names alone: of several with one name it may call any, so none of them counts.
    fn expected(&self, workflow: &WorkflowDefinition) -> Vec<ExpectedActivities> {
        let mut expected = vec![workflow.expected];
        let mut known: Vec<&HelperEntry> = Vec::new();
        let mut next = 0;
        while let Some(ExpectedActivities { calls, .. }) = expected.get(next).copied() {
            for called in calls {
                let mut named = self.helpers.iter().filter(|it| it.names.contains(called));
                let (Some(helper), None) = (named.next(), named.next()) else {
                    continue;
                };
                if !known.iter().any(|it| std::ptr::eq(*it, helper)) {
                    known.push(helper);
                    expected.push(helper.expected);
                }
            }
            next += 1;
        }
        expected
    }

    /// Of several interfaces of a name, the workflow may mean any: one that is implemented will do.
    fn missing_of(
        &self,
        name: &str,
        expected: &ExpectedActivities,
        workflow: &'a WorkflowDefinition,
    ) -> Option<Unimplemented<'a>> {
        let mut found = None;
        for interface in self.named(name) {
            let activities: Vec<&'static str> = self
                .callable(interface, expected.elsewhere)
                .filter(|name| !self.implements(name))
                .collect();
            if activities.is_empty() {
                return None;
            }
            found = Some(Unimplemented {
                workflow,
                interface,
                elsewhere: self.implemented_elsewhere(activities[0]),
                activities,
                task_queue: self.task_queue,
            });
        }
        found
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &'a ActivityInterface> {
        let interfaces = self.interfaces.iter();
        interfaces.filter(move |interface| interface.name == name)
    }

    /// The activities of an interface and of those that it inherits, but for those that are called on another queue.
    fn callable(
        &self,
        interface: &'a ActivityInterface,
        elsewhere: &'static [&'static str],
    ) -> impl Iterator<Item = &'static str> {
        let mut interfaces = vec![interface];
        let mut next = 0;
        while let Some(interface) = interfaces.get(next) {
            for parent in interface.inherits.iter().flat_map(|name| self.named(name)) {
                if !interfaces.iter().any(|known| std::ptr::eq(*known, parent)) {
                    interfaces.push(parent);
                }
            }
            next += 1;
        }
        interfaces
            .into_iter()
            .flat_map(|interface| &interface.activities)
            .filter(move |activity| !activity.has_queue && !elsewhere.contains(&activity.method))
            .map(|activity| activity.name)
    }

    fn implements(&self, name: &str) -> bool {
        self.activities
            .iter()
            .filter(|it| {
                it.task_queue
                    .as_deref()
                    .is_none_or(|it| it == self.task_queue)
            })
            .any(|it| it.dynamic || it.name == name)
    }

    fn implemented_elsewhere(&self, name: &str) -> Option<(&'a str, Location)> {
        let mut found = self.activities.iter().filter(|it| it.name == name);
        found.find_map(|it| Some((it.task_queue.as_deref()?, it.location)))
    }
}

impl fmt::Display for Unimplemented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            workflow,
            interface,
            task_queue,
            ..
        } = self;
        let names: Vec<String> = self.activities.iter().map(|it| format!("`{it}`")).collect();
        write!(
            f,
            "workflow `{}` ({}) calls the activities of `{}` ({}) on its own task queue, `{task_queue}`, where nothing in \
             this program implements {}. ",
            workflow.name,
            workflow.location,
            interface.name,
            interface.location,
            names.join(", "),
        )?;
        let name = interface.name;
        match self.elsewhere {
            Some((queue, at)) => write!(
                f,
                "They are implemented for task queue `{queue}` ({at}): call them there, with \
                 `{name}Stub::new(ActivityOptions::new().task_queue(\"{queue}\"))`"
            ),
            None => write!(
                f,
                "Write `#[activity] impl {name} for ..`; or, if workers of another queue run them, name it: \
                 `{name}Stub::new(ActivityOptions::new().task_queue(\"..\"))`. If another program runs them on this queue, \
                 all is well"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Activity;
    use crate::error::ActivityError;
    use crate::workflow::{ActivityOptions, NoTimeout};

    macro_rules! activity {
        ($type:ident, $name:literal, $options:expr) => {
            struct $type;
            impl Activity for $type {
                const NAME: &'static str = $name;
                type Args = ();
                type Output = ();
                type Timeouts = NoTimeout;
                fn options() -> ActivityOptions<NoTimeout> {
                    $options
                }
            }
        };
    }

    activity!(Ship, "Shipping_ship", ActivityOptions::new());
    activity!(Weigh, "Weighing_weigh", ActivityOptions::new());
    activity!(
        Bill,
        "Shipping_bill",
        ActivityOptions::new().task_queue("billing")
    );

    fn at(file: &'static str, line: u32) -> Location {
        Location { file, line }
    }

    fn interfaces() -> Vec<ActivityInterface> {
        vec![
            ActivityInterface::new("Weighing", at("api.rs", 1), &[]).activity::<Weigh>("weigh"),
            ActivityInterface::new("Shipping", at("api.rs", 7), &["Weighing"])
                .activity::<Ship>("ship")
                .activity::<Bill>("bill"),
        ]
    }

    fn implemented<A: Activity<Args = (), Output = ()>>(queue: Option<&str>) -> ActivityDefinition {
        let mut builder = ActivityDefinition::new::<A>(at("english.rs", 4));
        if let Some(queue) = queue {
            builder = builder.task_queue(queue);
        }
        builder.run_async(|_, ()| std::future::ready(Ok::<_, ActivityError>(())))
    }

    fn workflow() -> WorkflowDefinition {
        WorkflowDefinition::builder::<(), ()>("Order", at("order.rs", 3))
            .init_default()
            .run(|_, ()| std::future::ready(Ok(())))
            .build()
    }

    #[track_caller]
    fn check(
        interfaces: &[ActivityInterface],
        elsewhere: &'static [&'static str],
        activities: &[ActivityDefinition],
        expected: &[&str],
    ) {
        let mut workflow = workflow();
        workflow.expected = ExpectedActivities::new(&["Shipping"], elsewhere, &[]);
        let program = Program {
            interfaces,
            activities,
            helpers: &[],
            task_queue: "orders",
        };
        let missing = program.missing(&workflow);
        let texts: Vec<String> = missing.iter().map(ToString::to_string).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn what_nobody_implements_is_named_with_the_cure() {
        let ship = "workflow `Order` (order.rs:3) calls the activities of `Shipping` (api.rs:7) on its own task queue, \
             `orders`, where nothing in this program implements `Shipping_ship`, `Weighing_weigh`. Write `#[activity] impl \
             Shipping for ..`; or, if workers of another queue run them, name it: \
             `ShippingStub::new(ActivityOptions::new().task_queue(\"..\"))`. If another program runs them on this queue, all \
             is well";
        check(&interfaces(), &[], &[], &[ship]);
    }

    #[test]
    fn an_implementation_for_another_queue_is_pointed_at() {
        let text = "workflow `Order` (order.rs:3) calls the activities of `Shipping` (api.rs:7) on its own task queue, \
             `orders`, where nothing in this program implements `Shipping_ship`. They are implemented for task queue \
             `english` (english.rs:4): call them there, with \
             `ShippingStub::new(ActivityOptions::new().task_queue(\"english\"))`";
        let activities = [
            implemented::<Ship>(Some("english")),
            implemented::<Weigh>(None),
        ];
        check(&interfaces(), &[], &activities, &[text]);
    }

    #[test]
    fn what_is_implemented_or_called_elsewhere_is_no_warning() {
        let activities = [
            implemented::<Ship>(Some("orders")),
            implemented::<Weigh>(None),
        ];
        check(&interfaces(), &[], &activities, &[]);
        check(&interfaces(), &["ship", "weigh"], &[], &[]);
        check(&[], &[], &[], &[]);
    }

    #[test]
    fn a_dynamic_activity_implements_all() {
        let dynamic = ActivityDefinition::new::<Ship>(at("any.rs", 1))
            .dynamic()
            .run_async(|_, ()| std::future::ready(Ok::<_, ActivityError>(())));
        check(&interfaces(), &[], &[dynamic], &[]);
    }

    #[test]
    fn what_helpers_expect_is_expected_unless_two_have_one_name() {
        let shipping =
            |names| HelperEntry::new(names, ExpectedActivities::new(&["Shipping"], &[], &[]));
        let indirect = ExpectedActivities::new(&[], &[], &["ship_all"]);
        let helpers = [
            shipping(&["ship_all"]),
            HelperEntry::new(&["deliver"], indirect),
            shipping(&["twice"]),
            shipping(&["twice"]),
        ];
        let missing = |calls: &'static [&'static str]| {
            let mut workflow = workflow();
            workflow.expected = ExpectedActivities::new(&[], &[], calls);
            let program = Program {
                interfaces: &interfaces(),
                activities: &[],
                helpers: &helpers,
                task_queue: "orders",
            };
            program.missing(&workflow).len()
        };
        assert_eq!(missing(&["deliver"]), 1);
        assert_eq!(missing(&["ship_all", "deliver"]), 1);
        assert_eq!(missing(&["twice"]), 0);
    }

    #[test]
    fn of_two_interfaces_of_one_name_an_implemented_one_will_do() {
        let mut interfaces = interfaces();
        let other = ActivityInterface::new("Shipping", at("other.rs", 1), &[]);
        interfaces.push(other.activity::<Weigh>("weigh"));
        check(&interfaces, &[], &[implemented::<Weigh>(None)], &[]);
    }

    /// What the macros say, from the attribute to the warning.
    mod declared {
        use crate::prelude::*;

        #[crate::activity_interface(start_to_close = "1s")]
        trait Unheard {
            async fn listen(&self) -> u32;
            #[activity(task_queue = "far")]
            async fn far(&self) -> u32;
            async fn further(&self) -> u32;
        }

        #[crate::workflow]
        async fn speak() -> Result<u32> {
            let unheard = UnheardStub::default();
            let further = unheard.further().task_queue("further").await?;
            Ok(unheard.listen().await? + unheard.far().await? + further)
        }

        #[crate::workflow_fn]
        async fn listen() -> Result<u32> {
            Ok(UnheardStub::default().listen().await?)
        }

        #[crate::workflow_fn]
        async fn listen_closely() -> Result<u32> {
            listen().await
        }

        #[crate::workflow]
        async fn speak_by_helpers() -> Result<u32> {
            listen_closely().await
        }

        #[derive(Default)]
        struct Field {
            unheard: UnheardStub,
        }

        #[crate::workflow]
        impl Field {
            #[run]
            async fn run(&self) -> Result<u32> {
                self.calls().await
            }
        }

        #[crate::workflow]
        impl Field {
            async fn calls(&self) -> Result<u32> {
                Ok(self.unheard.listen().await?)
            }
        }

        struct Given;

        #[crate::workflow]
        impl Given {
            #[init]
            fn new() -> Self {
                Self
            }
            #[run]
            async fn run(&self) -> Result<u32> {
                self.calls_with_options().await
            }
        }

        #[crate::workflow]
        impl Given {
            async fn calls_with_options(&self) -> Result<u32> {
                let options = ActivityOptions::new().start_to_close("1s");
                Ok(UnheardStub::new(options).listen().await?)
            }
        }

        #[crate::workflow]
        async fn speak_far() -> Result<u32> {
            let far = UnheardStub::new(ActivityOptions::new().task_queue("far"));
            Ok(far.listen().await?)
        }
    }

    #[test]
    fn the_macros_say_what_a_workflow_expects() {
        let (interfaces, workflows) = (
            crate::registry::activity_interfaces(),
            crate::registry::workflows(),
        );
        let program = Program {
            interfaces: &interfaces,
            activities: &[],
            helpers: &crate::registry::helpers(),
            task_queue: "near",
        };
        let missing_of = |name: &str| {
            let workflow = workflows.iter().find(|it| it.name == name);
            let missing = program.missing(workflow.expect("the workflow is registered"));
            missing
                .into_iter()
                .flat_map(|it| it.activities)
                .collect::<Vec<_>>()
        };
        assert_eq!(missing_of("speak"), ["listen"]);
        assert_eq!(missing_of("speak_far"), [] as [&str; 0]);
        let all = ["listen", "further"];
        assert_eq!(missing_of("speak_by_helpers"), all);
        assert_eq!(missing_of("Field"), all);
        assert_eq!(missing_of("Given"), all);
    }
}
