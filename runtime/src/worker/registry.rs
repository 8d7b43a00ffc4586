//! What a worker runs, by name.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::WorkerError;
use crate::activity::{ActivityDefinition, Instance};
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
