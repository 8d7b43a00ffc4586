//! What a worker runs, by name.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::WorkerError;
use crate::activity::{ActivityDefinition, Factory, Instance};
use crate::workflow::WorkflowDefinition;

#[derive(Default)]
pub(super) struct Registry {
    workflows: BTreeMap<String, Arc<WorkflowDefinition>>,
    dynamic_workflow: Option<Arc<WorkflowDefinition>>,
    activities: BTreeMap<String, Arc<RegisteredActivity>>,
    dynamic_activity: Option<Arc<RegisteredActivity>>,
}

/// An activity with the value that it is called on.
pub(super) struct RegisteredActivity {
    pub(super) definition: ActivityDefinition,
    pub(super) instance: Instance,
}

impl Registry {
    pub(super) fn new(
        workflows: Vec<WorkflowDefinition>,
        activities: Vec<ActivityDefinition>,
        given: &HashMap<TypeId, Instance>,
    ) -> Result<Self, WorkerError> {
        let mut registry = Self::default();
        for definition in workflows {
            registry.add_workflow(definition)?;
        }
        // Activities of one type share one value.
        let mut made = HashMap::new();
        for definition in activities {
            let instance = instance_for(&definition, given, &mut made)?;
            registry.add_activity(definition, instance)?;
        }
        Ok(registry)
    }

    fn add_workflow(&mut self, definition: WorkflowDefinition) -> Result<(), WorkerError> {
        let (name, second) = (definition.name.clone(), definition.location);
        let definition = Arc::new(definition);
        let earlier = match definition.dynamic {
            true => self.dynamic_workflow.replace(definition),
            false => self.workflows.insert(name.clone(), definition),
        };
        match earlier {
            None => Ok(()),
            Some(earlier) => Err(WorkerError::Duplicate {
                kind: "workflow",
                name,
                first: earlier.location,
                second,
            }),
        }
    }

    fn add_activity(
        &mut self,
        definition: ActivityDefinition,
        instance: Instance,
    ) -> Result<(), WorkerError> {
        let (name, second) = (definition.name.clone(), definition.location);
        let dynamic = definition.dynamic;
        let registered = Arc::new(RegisteredActivity {
            definition,
            instance,
        });
        let earlier = match dynamic {
            true => self.dynamic_activity.replace(registered),
            false => self.activities.insert(name.clone(), registered),
        };
        match earlier {
            None => Ok(()),
            Some(earlier) => Err(WorkerError::Duplicate {
                kind: "activity",
                name,
                first: earlier.definition.location,
                second,
            }),
        }
    }

    pub(super) fn workflow(&self, name: &str) -> Option<Arc<WorkflowDefinition>> {
        let named = self.workflows.get(name);
        named.or(self.dynamic_workflow.as_ref()).cloned()
    }

    pub(super) fn activity(&self, name: &str) -> Option<Arc<RegisteredActivity>> {
        let named = self.activities.get(name);
        named.or(self.dynamic_activity.as_ref()).cloned()
    }

    pub(super) fn workflow_names(&self) -> Vec<&str> {
        self.workflows.keys().map(String::as_str).collect()
    }

    pub(super) fn activity_names(&self) -> Vec<&str> {
        self.activities.keys().map(String::as_str).collect()
    }

    pub(super) fn has_workflows(&self) -> bool {
        !self.workflows.is_empty() || self.dynamic_workflow.is_some()
    }

    pub(super) fn has_activities(&self) -> bool {
        !self.activities.is_empty() || self.dynamic_activity.is_some()
    }
}

/// Lets factories make the values of their types, in place of `Default`.
pub(super) fn make_with(
    factories: &HashMap<TypeId, Factory>,
    activities: &mut [ActivityDefinition],
) {
    for activity in activities {
        if let Some(factory) = factories.get(&activity.instance.type_id) {
            activity.instance.default = Some(Arc::clone(factory));
        }
    }
}

fn instance_for(
    definition: &ActivityDefinition,
    given: &HashMap<TypeId, Instance>,
    made: &mut HashMap<TypeId, Instance>,
) -> Result<Instance, WorkerError> {
    let source = &definition.instance;
    if let Some(instance) = given.get(&source.type_id).or(made.get(&source.type_id)) {
        return Ok(Arc::clone(instance));
    }
    let Some(default) = &source.default else {
        return Err(WorkerError::MissingInstance {
            activity: definition.name.clone(),
            type_name: source.type_name,
            location: definition.location,
        });
    };
    let instance = default();
    made.insert(source.type_id, Arc::clone(&instance));
    Ok(instance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Activity;
    use crate::error::ActivityError;
    use crate::registry::Location;
    use crate::workflow::{ActivityOptions, NoTimeout};

    struct Greet;

    impl Activity for Greet {
        const NAME: &'static str = "greet";
        type Args = ();
        type Output = ();
        type Timeouts = NoTimeout;

        fn options() -> ActivityOptions<NoTimeout> {
            ActivityOptions::new()
        }
    }

    struct Pool;

    fn on_pool(line: u32) -> ActivityDefinition {
        let file = "src/greet.rs";
        ActivityDefinition::new::<Greet>(Location { file, line })
            .instance::<Pool>(None)
            .run_async(|_, ()| std::future::ready(Ok::<_, ActivityError>(())))
    }

    fn workflow(line: u32) -> WorkflowDefinition {
        let file = "src/order.rs";
        WorkflowDefinition::builder::<(), ()>("Order", Location { file, line })
            .init_default()
            .run(|_, ()| std::future::ready(Ok(())))
            .build()
    }

    #[track_caller]
    fn check(
        workflows: Vec<WorkflowDefinition>,
        activities: Vec<ActivityDefinition>,
        given: &HashMap<TypeId, Instance>,
        expected: &str,
    ) {
        let registry = Registry::new(workflows, activities, given);
        let error = registry.err().expect("they do not fit together");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn two_of_one_name_are_told_apart_by_their_places() {
        check(
            vec![workflow(3), workflow(30)],
            Vec::new(),
            &HashMap::new(),
            "two workflow definitions are named `Order`: src/order.rs:3 and src/order.rs:30. Rename one, with `name = \"…\"` \
             in its attribute, or keep them apart with `task_queue = \"…\"`",
        );
    }

    #[test]
    fn an_activity_without_its_instance_says_how_to_give_one() {
        check(
            Vec::new(),
            vec![on_pool(7)],
            &HashMap::new(),
            "activity `greet` (src/greet.rs:7) is called on a `mainspring::worker::registry::tests::Pool`, and the worker has \
             none: add `.activities(…)` with one before the worker starts, or implement `Default` for it",
        );
    }

    #[test]
    fn a_factory_makes_one_value_for_all_activities_of_its_type() {
        let mut activities = vec![on_pool(7), on_pool(8)];
        activities[1].name = "other".into();
        let factory: Factory = Arc::new(|| Arc::new(Pool));
        make_with(
            &HashMap::from([(TypeId::of::<Pool>(), factory)]),
            &mut activities,
        );
        let registry = Registry::new(Vec::new(), activities, &HashMap::new());
        let Ok(registry) = registry else {
            panic!("the factory makes what is needed");
        };
        let [one, other] = ["greet", "other"].map(|name| registry.activity(name));
        let (one, other) = (one.expect("registered"), other.expect("registered"));
        assert!(Arc::ptr_eq(&one.instance, &other.instance));
        assert!(one.instance.is::<Pool>());
    }

    #[test]
    fn a_given_instance_serves() {
        let pool: Instance = Arc::new(Pool);
        let given = HashMap::from([(TypeId::of::<Pool>(), pool)]);
        assert!(Registry::new(Vec::new(), vec![on_pool(7)], &given).is_ok());
    }
}
