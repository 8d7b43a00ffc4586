//! TLS, with or without a certificate of the client's own.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, DigitallySignedStruct, SignatureScheme};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use super::ClientError;

/// How a connection is secured. Nothing set means: the server's certificate must be one that this machine trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct TlsOptions {
    server_ca: Option<Pem>,
    client_cert: Option<Pem>,
    client_key: Option<Pem>,
    server_name: Option<String>,
    unverified: bool,
}

/// Text in PEM form, or where it is. Files are read when the connection is made.
#[derive(Clone, PartialEq, Eq)]
enum Pem {
    Data(String),
    File(PathBuf),
}

// Keys must not get into logs.
impl std::fmt::Debug for Pem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Data(_) => f.write_str("Data(..)"),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

impl TlsOptions {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The authority that the server's certificate must be signed by, in PEM form.
    pub fn server_ca(mut self, pem: impl Into<String>) -> Self {
        self.server_ca = Some(Pem::Data(pem.into()));
        self
    }

    /// The file with the authority that the server's certificate must be signed by.
    pub fn server_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.server_ca = Some(Pem::File(path.into()));
        self
    }

    /// The client's own certificate and its key, in PEM form, for servers that ask for one.
    pub fn client_certificate(mut self, cert: impl Into<String>, key: impl Into<String>) -> Self {
        self.client_cert = Some(Pem::Data(cert.into()));
        self.client_key = Some(Pem::Data(key.into()));
        self
    }

    /// The files with the client's own certificate and its key.
    pub fn client_certificate_files(
        mut self,
        cert: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.client_cert = Some(Pem::File(cert.into()));
        self.client_key = Some(Pem::File(key.into()));
        self
    }

    /// The name that the server's certificate must be for, if it is not that of the address.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Takes any server for the right one, whatever its certificate says and whoever has signed it.
    ///
    /// **The connection is then open to everybody on the way to the server**, who can pose as it, and read and change all
    /// that is sent, keys included. For experiments only: to trust a certificate of your own give [`server_ca`](Self::server_ca),
    /// and [`server_name`](Self::server_name) if it is for another name than that of the address.
    pub fn disable_host_verification(mut self) -> Self {
        self.unverified = true;
        self
    }

    pub(super) fn set_client_cert(&mut self, data: Option<String>, path: Option<String>) {
        self.client_cert = pem(data, path).or(self.client_cert.take());
    }

    pub(super) fn set_client_key(&mut self, data: Option<String>, path: Option<String>) {
        self.client_key = pem(data, path).or(self.client_key.take());
    }

    pub(super) fn set_server_ca(&mut self, data: Option<String>, path: Option<String>) {
        self.server_ca = pem(data, path).or(self.server_ca.take());
    }

    /// The endpoint, secured.
    pub(super) fn secure(&self, endpoint: Endpoint) -> Result<Endpoint, ClientError> {
        let config = self.config()?;
        let secured = match self.unverified {
            true => {
                tracing::warn!(
                    "the server's certificate is not verified: whoever is on the way to the server can pose as it"
                );
                endpoint.tls_config_with_verifier(config, Arc::new(Unverified::new()))
            }
            false => endpoint.tls_config(config),
        };
        secured.map_err(|error| {
            let mut text = format!("the TLS options cannot be used: {error}");
            let mut at = std::error::Error::source(&error);
            while let Some(error) = at {
                text += &format!(": {error}");
                at = error.source();
            }
            ClientError::Options(text)
        })
    }

    fn config(&self) -> Result<ClientTlsConfig, ClientError> {
        let mut config = ClientTlsConfig::new();
        config = match &self.server_ca {
            // Nobody asks what it has signed.
            _ if self.unverified => config,
            Some(ca) => config.ca_certificate(Certificate::from_pem(ca.read("the server's CA")?)),
            None => config.with_enabled_roots(),
        };
        if let Some(name) = &self.server_name {
            config = config.domain_name(name);
        }
        match (&self.client_cert, &self.client_key) {
            (Some(cert), Some(key)) => {
                let cert = cert.read("the client's certificate")?;
                let key = key.read("the client's key")?;
                Ok(config.identity(Identity::from_pem(cert, key)))
            }
            (None, None) => Ok(config),
            (Some(_), None) => Err(half("a certificate, but no key")),
            (None, Some(_)) => Err(half("a key, but no certificate")),
        }
    }
}

/// Takes any certificate; the other side must have its key.
#[derive(Debug)]
struct Unverified {
    algorithms: WebPkiSupportedAlgorithms,
}

impl Unverified {
    fn new() -> Self {
        let provider = tokio_rustls::rustls::crypto::ring::default_provider();
        Self {
            algorithms: provider.signature_verification_algorithms,
        }
    }
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn half(what: &str) -> ClientError {
    ClientError::Options(format!("the client has {what}: give both, or none"))
}

fn pem(data: Option<String>, path: Option<String>) -> Option<Pem> {
    data.map(Pem::Data).or(path.map(|it| Pem::File(it.into())))
}

impl Pem {
    fn read(&self, what: &str) -> Result<Vec<u8>, ClientError> {
        match self {
            Self::Data(text) => Ok(text.clone().into_bytes()),
            Self::File(path) => std::fs::read(path).map_err(|error| {
                ClientError::Options(format!(
                    "cannot read {what} from {}: {error}",
                    path.display()
                ))
            }),
        }
    }
}
