//! What every request carries.

use std::collections::BTreeMap;
use std::sync::Arc;

use tonic::metadata::{Ascii, MetadataKey, MetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use super::ClientError;

/// Adds the metadata that servers expect of an SDK.
#[derive(Clone)]
pub struct Headers {
    namespace: MetadataValue<Ascii>,
    others: Arc<Vec<(MetadataKey<Ascii>, MetadataValue<Ascii>)>>,
}

impl Headers {
    pub(crate) fn new(
        namespace: &str,
        api_key: Option<&str>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<Self, ClientError> {
        let mut others = Vec::new();
        if let Some(key) = api_key {
            let name = MetadataKey::from_static("authorization");
            others.push((name, value("the API key", &format!("Bearer {key}"))?));
        }
        for (key, text) in metadata {
            let name = key.parse().map_err(|_| {
                ClientError::Options(format!("{key:?} cannot be the name of a gRPC header"))
            })?;
            others.push((name, value("a gRPC header", text)?));
        }
        Ok(Self {
            namespace: value("the namespace", namespace)?,
            others: Arc::new(others),
        })
    }

    /// The same for another namespace.
    pub(crate) fn with_namespace(&self, namespace: &str) -> Result<Self, ClientError> {
        Ok(Self {
            namespace: value("the namespace", namespace)?,
            others: Arc::clone(&self.others),
        })
    }
}

fn value(what: &str, text: &str) -> Result<MetadataValue<Ascii>, ClientError> {
    MetadataValue::try_from(text)
        .map_err(|_| ClientError::Options(format!("{what} has characters that cannot be sent")))
}

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("client-name", MetadataValue::from_static(crate::SDK_NAME));
        metadata.insert(
            "client-version",
            MetadataValue::from_static(crate::SDK_VERSION),
        );
        metadata.insert("temporal-namespace", self.namespace.clone());
        for (key, value) in self.others.iter() {
            metadata.insert(key.clone(), value.clone());
        }
        Ok(request)
    }
}
