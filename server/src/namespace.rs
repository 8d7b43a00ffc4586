//! The namespaces: names, ids, retention, and the custom search attributes registered in each.
//!
//! Readers get an immutable snapshot (`Arc<Namespace>`); a change replaces the snapshot. So a
//! request works on one consistent view from its first line to its last. A change is answered once
//! the store has it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use foldhash::HashMap;
use mainspring_proto::{
    enums::v1::{IndexedValueType, NamespaceState},
    namespace::v1::BadBinaryInfo,
};
use parking_lot::RwLock;
use prost::Message;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::persistence::{Done, Store, StoreError};

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

/// A namespace as it is stored. The tags are part of the file format and never change their
/// meaning.
#[derive(Clone, PartialEq, Message)]
struct Stored {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(enumeration = "NamespaceState", tag = "3")]
    state: i32,
    #[prost(string, tag = "4")]
    description: String,
    #[prost(string, tag = "5")]
    owner_email: String,
    #[prost(btree_map = "string, string", tag = "6")]
    data: BTreeMap<String, String>,
    #[prost(uint64, tag = "7")]
    retention_seconds: u64,
    #[prost(btree_map = "string, message", tag = "8")]
    bad_binaries: BTreeMap<String, BadBinaryInfo>,
    #[prost(btree_map = "string, enumeration(IndexedValueType)", tag = "9")]
    search_attributes: BTreeMap<String, i32>,
}

impl Namespace {
    pub(crate) fn encode(&self) -> Bytes {
        let stored = Stored {
            id: self.id.to_string(),
            name: self.name.clone(),
            state: self.state as i32,
            description: self.description.clone(),
            owner_email: self.owner_email.clone(),
            data: self.data.clone(),
            retention_seconds: self.retention.as_secs(),
            bad_binaries: self.bad_binaries.clone(),
            search_attributes: self
                .search_attributes
                .iter()
                .map(|(name, &value_type)| (name.clone(), value_type as i32))
                .collect(),
        };
        stored.encode_to_vec().into()
    }

    /// A namespace as the store has it.
    ///
    /// # Errors
    /// When the bytes are none.
    pub(crate) fn decode(bytes: Bytes) -> Result<Self, StoreError> {
        let stored =
            Stored::decode(bytes).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(Self {
            state: stored.state(),
            search_attributes: stored
                .search_attributes
                .iter()
                .filter_map(|(name, &value_type)| {
                    Some((name.clone(), IndexedValueType::try_from(value_type).ok()?))
                })
                .collect(),
            id: stored.id.into(),
            name: stored.name,
            description: stored.description,
            owner_email: stored.owner_email,
            data: stored.data,
            retention: Duration::from_secs(stored.retention_seconds),
            bad_binaries: stored.bad_binaries,
        })
    }
}

/// Why a change of the namespaces is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NamespaceError {
    /// No namespace has this name or id.
    NotFound(String),
    /// A namespace of this name exists already.
    AlreadyExists(String),
    /// The store cannot keep it.
    Store(StoreError),
}

/// All namespaces of the server.
#[derive(Debug)]
pub(crate) struct Namespaces {
    inner: RwLock<Inner>,
    store: Arc<dyn Store>,
}

#[derive(Debug, Default)]
struct Inner {
    by_name: BTreeMap<String, Arc<Namespace>>,
    names: HashMap<NamespaceId, String>,
}

impl Inner {
    fn insert(&mut self, namespace: &Arc<Namespace>) {
        self.names
            .insert(namespace.id.clone(), namespace.name.clone());
        self.by_name
            .insert(namespace.name.clone(), Arc::clone(namespace));
    }
}

/// Resolves once the store has what was handed to it.
type Durable = oneshot::Receiver<Result<(), StoreError>>;

fn durable() -> (Done, Durable) {
    let (done, durable) = oneshot::channel();
    let done: Done = Box::new(move |result| {
        // Whoever asked may have gone; the change stays.
        let _ = done.send(result);
    });
    (done, durable)
}

async fn wait(durable: Durable) -> Result<(), NamespaceError> {
    let result = durable.await;
    result
        .unwrap_or_else(|_| Err(StoreError::Write("the store is closed".into())))
        .map_err(NamespaceError::Store)
}

impl Namespaces {
    /// Those that the store has.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn load(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let mut inner = Inner::default();
        for encoded in store.namespaces()? {
            inner.insert(&Arc::new(Namespace::decode(encoded)?));
        }
        Ok(Self {
            inner: RwLock::new(inner),
            store,
        })
    }

    /// Adds a namespace.
    ///
    /// # Errors
    /// When its name is taken, or it cannot be stored.
    pub(crate) async fn register(
        &self,
        namespace: Namespace,
    ) -> Result<Arc<Namespace>, NamespaceError> {
        let namespace = Arc::new(namespace);
        let (done, durable) = durable();
        {
            let mut inner = self.inner.write();
            if inner.by_name.contains_key(&namespace.name) {
                return Err(NamespaceError::AlreadyExists(namespace.name.clone()));
            }
            inner.insert(&namespace);
            self.store
                .put_namespace(&namespace.id, namespace.encode(), done);
        }
        wait(durable).await?;
        Ok(namespace)
    }

    /// Replaces a namespace by what `change` makes of it.
    ///
    /// # Errors
    /// When there is no namespace of that name, `change` refuses, or it cannot be stored.
    pub(crate) async fn update<E: From<NamespaceError>>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Namespace) -> Result<(), E>,
    ) -> Result<Arc<Namespace>, E> {
        let (done, durable) = durable();
        let changed = {
            let mut inner = self.inner.write();
            let Some(current) = inner.by_name.get(name) else {
                return Err(NamespaceError::NotFound(name.to_owned()).into());
            };
            let mut changed = Namespace::clone(current);
            change(&mut changed)?;
            let changed = Arc::new(changed);
            inner.insert(&changed);
            self.store
                .put_namespace(&changed.id, changed.encode(), done);
            changed
        };
        wait(durable).await?;
        Ok(changed)
    }

    /// Removes a namespace and everything in it; its name is free again.
    ///
    /// # Errors
    /// When there is no namespace of that name, or the store cannot forget it.
    pub(crate) async fn delete(&self, name: &str) -> Result<Arc<Namespace>, NamespaceError> {
        let (done, durable) = durable();
        let deleted = {
            let mut inner = self.inner.write();
            let Some(deleted) = inner.by_name.remove(name) else {
                return Err(NamespaceError::NotFound(name.to_owned()));
            };
            inner.names.remove(&deleted.id);
            self.store.delete_namespace(&deleted.id, done);
            deleted
        };
        wait(durable).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persistence::MemoryStore;

    #[tokio::test]
    async fn namespaces_come_back_from_the_store_as_they_were() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let namespaces = Namespaces::load(Arc::clone(&store)).expect("an empty store");
        let day = Duration::from_secs(86_400);
        let orders = Namespace::new("orders", day);
        namespaces.register(orders).await.expect("registered");
        let gone = Namespace::new("gone", day);
        namespaces.register(gone).await.expect("registered");
        namespaces.delete("gone").await.expect("deleted");
        let changed = namespaces
            .update::<NamespaceError>("orders", |namespace| {
                namespace.description = "about orders".into();
                namespace.data.insert("team".into(), "red".into());
                let age = ("Age".into(), IndexedValueType::Int);
                namespace.search_attributes.extend([age]);
                Ok(())
            })
            .await
            .expect("updated");

        let again = Namespaces::load(store).expect("readable");
        let pages = again.page("", 10);
        assert_eq!(pages.len(), 1);
        assert_eq!(format!("{:?}", pages[0]), format!("{changed:?}"));
        assert!(again.by_id(&changed.id).is_ok());
    }
}
