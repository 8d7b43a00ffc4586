//! Namespaces: where workflows live, each apart from the others.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use mainspring_proto::enums::v1::NamespaceState;
use mainspring_proto::namespace::v1 as namespace;
use mainspring_proto::workflowservice::v1 as service;

use super::{Client, ClientError};
use crate::time::{IntoDuration, duration_from_proto, duration_to_proto};

/// The namespaces of a server.
#[derive(Clone, Debug)]
pub struct Namespaces {
    client: Client,
}

/// What to set of a namespace. What is not set stays as it is, or is the server's choice.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct NamespaceOptions {
    description: Option<String>,
    owner_email: Option<String>,
    retention: Option<Duration>,
    data: BTreeMap<String, String>,
}

/// What a server tells of a namespace.
#[derive(Clone, Debug)]
pub struct NamespaceDescription {
    raw: service::DescribeNamespaceResponse,
}

impl Client {
    /// The namespaces of the server, whatever the client's own is.
    #[must_use]
    pub fn namespaces(&self) -> Namespaces {
        Namespaces {
            client: self.clone(),
        }
    }
}

impl NamespaceOptions {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// What it is for.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Whom to ask about it.
    pub fn owner_email(mut self, address: impl Into<String>) -> Self {
        self.owner_email = Some(address.into());
        self
    }

    /// How long the histories of closed workflows are kept. Servers want it set of a new namespace.
    pub fn retention(mut self, time: impl IntoDuration) -> Self {
        self.retention = Some(time.into_duration());
        self
    }

    /// Attaches a text of a name.
    pub fn data(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.data.insert(name.into(), value.into());
        self
    }
}

impl Namespaces {
    /// Adds a namespace. Servers may take some seconds until it can be used.
    ///
    /// # Errors
    /// If there is one of this name, or the options do not make sense.
    pub async fn register(
        &self,
        name: impl Into<String>,
        options: NamespaceOptions,
    ) -> Result<(), ClientError> {
        let request = service::RegisterNamespaceRequest {
            namespace: name.into(),
            description: options.description.unwrap_or_default(),
            owner_email: options.owner_email.unwrap_or_default(),
            workflow_execution_retention_period: options.retention.map(duration_to_proto),
            data: options.data,
            ..Default::default()
        };
        let sent = self.client.shared.call(&request).await;
        sent.map_err(|status| ClientError::rpc("register namespace", status))?;
        Ok(())
    }

    /// Tells of one.
    ///
    /// # Errors
    /// If there is none of this name.
    pub async fn describe(
        &self,
        name: impl Into<String>,
    ) -> Result<NamespaceDescription, ClientError> {
        let request = service::DescribeNamespaceRequest {
            namespace: name.into(),
            ..Default::default()
        };
        match self.client.shared.call(&request).await {
            Ok(raw) => Ok(NamespaceDescription { raw }),
            Err(status) => Err(ClientError::rpc("describe namespace", status)),
        }
    }

    /// Changes what is set in the options.
    ///
    /// # Errors
    /// If there is none of this name, or the options do not make sense.
    pub async fn update(
        &self,
        name: impl Into<String>,
        options: NamespaceOptions,
    ) -> Result<(), ClientError> {
        let request = service::UpdateNamespaceRequest {
            namespace: name.into(),
            update_info: Some(namespace::UpdateNamespaceInfo {
                description: options.description.unwrap_or_default(),
                owner_email: options.owner_email.unwrap_or_default(),
                data: options.data,
                ..Default::default()
            }),
            config: options.retention.map(|time| namespace::NamespaceConfig {
                workflow_execution_retention_ttl: Some(duration_to_proto(time)),
                ..Default::default()
            }),
            ..Default::default()
        };
        let sent = self.client.shared.call(&request).await;
        sent.map_err(|status| ClientError::rpc("update namespace", status))?;
        Ok(())
    }

    /// All of them.
    ///
    /// # Errors
    /// If the server does not let this client see them.
    pub async fn list(&self) -> Result<Vec<NamespaceDescription>, ClientError> {
        let mut all = Vec::new();
        let mut next_page_token = Bytes::new();
        loop {
            let request = service::ListNamespacesRequest {
                next_page_token,
                ..Default::default()
            };
            let page = self.client.shared.call(&request).await;
            let page = page.map_err(|status| ClientError::rpc("list namespaces", status))?;
            let described = page.namespaces.into_iter();
            all.extend(described.map(|raw| NamespaceDescription { raw }));
            next_page_token = page.next_page_token;
            if next_page_token.is_empty() {
                return Ok(all);
            }
        }
    }
}

impl NamespaceDescription {
    /// Its name.
    pub fn name(&self) -> &str {
        self.info().map_or("", |it| &it.name)
    }

    /// Its id, which stays the same for as long as it exists.
    pub fn id(&self) -> &str {
        self.info().map_or("", |it| &it.id)
    }

    /// Whether it can be used: it is not being deleted, nor replaced by another.
    pub fn is_registered(&self) -> bool {
        self.info()
            .is_some_and(|it| it.state() == NamespaceState::Registered)
    }

    /// What it is for.
    pub fn description(&self) -> &str {
        self.info().map_or("", |it| &it.description)
    }

    /// Whom to ask about it.
    pub fn owner_email(&self) -> &str {
        self.info().map_or("", |it| &it.owner_email)
    }

    /// How long the histories of closed workflows are kept.
    pub fn retention(&self) -> Option<Duration> {
        let config = self.raw.config.as_ref()?;
        config
            .workflow_execution_retention_ttl
            .map(duration_from_proto)
    }

    /// A text that was attached.
    pub fn data(&self, name: &str) -> Option<&str> {
        self.info()?.data.get(name).map(String::as_str)
    }

    /// All that the server said.
    pub fn raw(&self) -> &service::DescribeNamespaceResponse {
        &self.raw
    }

    fn info(&self) -> Option<&namespace::NamespaceInfo> {
        self.raw.namespace_info.as_ref()
    }
}
