//! What every request carries.

use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use super::ClientError;

/// Adds the metadata that servers expect of an SDK.
#[derive(Clone)]
pub struct Headers {
    namespace: MetadataValue<Ascii>,
    api_key: Option<MetadataValue<Ascii>>,
}

impl Headers {
    pub(crate) fn new(namespace: &str, api_key: Option<&str>) -> Result<Self, ClientError> {
        let value = |what: &str, text: &str| {
            MetadataValue::try_from(text).map_err(|_| {
                ClientError::Options(format!("{what} has characters that cannot be sent"))
            })
        };
        Ok(Self {
            namespace: value("the namespace", namespace)?,
            api_key: api_key
                .map(|key| value("the API key", &format!("Bearer {key}")))
                .transpose()?,
        })
    }
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
        if let Some(key) = &self.api_key {
            metadata.insert("authorization", key.clone());
        }
        Ok(request)
    }
}
