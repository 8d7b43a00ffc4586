//! The namespaces: names, ids, retention, and the custom search attributes registered in each.
//!
//! Readers get an immutable snapshot (`Arc<Namespace>`); a change replaces the snapshot. So a
//! request works on one consistent view from its first line to its last.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use mainspring_proto::{
    enums::v1::{IndexedValueType, NamespaceState},
    namespace::v1::BadBinaryInfo,
};
use parking_lot::RwLock;
use uuid::Uuid;

/// The shortest retention that may be asked for.
pub(crate) const MIN_RETENTION: Duration = Duration::from_secs(60 * 60);

/// The identity of a namespace, which outlives its name: a namespace that is deleted and made again
/// shares nothing with the old one.
pub(crate) type NamespaceId = Arc<str>;

/// One namespace, as it was at some moment.
#[derive(Clone, Debug)]
pub(crate) struct Namespace {
    pub(crate) id: NamespaceId,
    pub(crate) name: String,
    pub(crate) state: NamespaceState,
    pub(crate) description: String,
    pub(crate) owner_email: String,
    pub(crate) data: BTreeMap<String, String>,
    /// How long closed runs are kept.
    pub(crate) retention: Duration,
    pub(crate) bad_binaries: BTreeMap<String, BadBinaryInfo>,
    /// The custom search attributes that may be set in this namespace.
    pub(crate) search_attributes: BTreeMap<String, IndexedValueType>,
}

impl Namespace {
    /// A registered namespace without description, data or search attributes.
    pub(crate) fn new(name: impl Into<String>, retention: Duration) -> Self {
        Self {
            id: Uuid::new_v4().to_string().into(),
            name: name.into(),
            state: NamespaceState::Registered,
            description: String::new(),
            owner_email: String::new(),
            data: BTreeMap::new(),
            retention,
            bad_binaries: BTreeMap::new(),
            search_attributes: BTreeMap::new(),
        }
    }
}

impl Namespace {
    /// The key of a workflow in this namespace.
    pub(crate) fn workflow(&self, workflow_id: &str) -> crate::history::ids::WorkflowKey {
        crate::history::ids::WorkflowKey {
            namespace_id: Arc::clone(&self.id),
            workflow_id: workflow_id.into(),
        }
    }
}

/// Why a change of the namespaces is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NamespaceError {
    /// No namespace has this name or id.
    NotFound(String),
    /// A namespace of this name exists already.
    AlreadyExists(String),
}

/// All namespaces of the server.
#[derive(Debug, Default)]
pub(crate) struct Namespaces {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_name: BTreeMap<String, Arc<Namespace>>,
    names: HashMap<NamespaceId, String>,
}

impl Namespaces {
    /// Adds a namespace.
    ///
    /// # Errors
    /// When its name is taken.
    pub(crate) fn register(&self, namespace: Namespace) -> Result<Arc<Namespace>, NamespaceError> {
        let mut inner = self.inner.write();
        if inner.by_name.contains_key(&namespace.name) {
            return Err(NamespaceError::AlreadyExists(namespace.name));
        }
        let namespace = Arc::new(namespace);
        inner
            .names
            .insert(namespace.id.clone(), namespace.name.clone());
        inner
            .by_name
            .insert(namespace.name.clone(), Arc::clone(&namespace));
        Ok(namespace)
    }

    /// Replaces a namespace by what `change` makes of it.
    ///
    /// # Errors
    /// When there is no namespace of that name, or `change` refuses.
    pub(crate) fn update<E: From<NamespaceError>>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Namespace) -> Result<(), E>,
    ) -> Result<Arc<Namespace>, E> {
        let mut inner = self.inner.write();
        let Some(current) = inner.by_name.get(name) else {
            return Err(NamespaceError::NotFound(name.to_owned()).into());
        };
        let mut changed = Namespace::clone(current);
        change(&mut changed)?;
        let changed = Arc::new(changed);
        inner.by_name.insert(name.to_owned(), Arc::clone(&changed));
        Ok(changed)
    }

    /// Removes a namespace; its name is free again.
    ///
    /// # Errors
    /// When there is no namespace of that name.
    pub(crate) fn delete(&self, name: &str) -> Result<Arc<Namespace>, NamespaceError> {
        let mut inner = self.inner.write();
        let Some(deleted) = inner.by_name.remove(name) else {
            return Err(NamespaceError::NotFound(name.to_owned()));
        };
        inner.names.remove(&deleted.id);
        Ok(deleted)
    }

    /// The namespace of this name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn by_name(&self, name: &str) -> Result<Arc<Namespace>, NamespaceError> {
        let inner = self.inner.read();
        let found = inner.by_name.get(name).cloned();
        found.ok_or_else(|| NamespaceError::NotFound(name.to_owned()))
    }

    /// The namespace of this id.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn by_id(&self, id: &str) -> Result<Arc<Namespace>, NamespaceError> {
        let inner = self.inner.read();
        let name = inner.names.get(id);
        let found = name.and_then(|name| inner.by_name.get(name)).cloned();
        found.ok_or_else(|| NamespaceError::NotFound(id.to_string()))
    }

    /// Up to `limit` namespaces in the order of their names, after the name `after`.
    pub(crate) fn page(&self, after: &str, limit: usize) -> Vec<Arc<Namespace>> {
        use std::ops::Bound;
        let inner = self.inner.read();
        inner
            .by_name
            .range::<str, _>((Bound::Excluded(after), Bound::Unbounded))
            .take(limit)
            .map(|(_, namespace)| Arc::clone(namespace))
            .collect()
    }
}
