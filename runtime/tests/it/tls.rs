//! TLS, in both directions, against a server that ends it.

use std::sync::Arc;

use mainspring::client::{ConnectOptions, TlsOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::World;

/// A certificate and its key, in PEM form.
struct Pair {
    cert: String,
    key: String,
}

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names are no mistake");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("it can be signed");
        Self { issuer }
    }

    fn pem(&self) -> String {
        self.issuer.pem()
    }

    fn issue(&self, name: &str) -> Pair {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("it is a name");
        let key = KeyPair::generate().expect("a key can be made");
        let cert = params
            .signed_by(&key, &self.issuer)
            .expect("it can be signed");
        Pair {
            cert: cert.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// Ends TLS before a server that does not know it, and asks clients for a certificate. Returns its address.
async fn terminator(authority: &Authority, server: &str, name: &str) -> String {
    let pair = authority.issue(name);
    let mut roots = RootCertStore::empty();
    roots
        .add(authority.issuer.der().clone())
        .expect("it is a certificate");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let chain =
        tokio_rustls::rustls::pki_types::CertificateDer::from_pem_slice(pair.cert.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("it is a key");
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_client_cert_verifier(verifier.build().expect("there is a root"))
        .with_single_cert(vec![chain.expect("it is a certificate")], key)
        .expect("they belong together");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    let server = server.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((outside, _)) = listener.accept().await {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            tokio::spawn(async move {
                // Clients that are refused are what the tests are about.
                let Ok(mut outside) = acceptor.accept(outside).await else {
                    return;
                };
                let mut inside = TcpStream::connect(server)
                    .await
                    .expect("the server listens");
                let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_client_with_a_certificate_is_let_in() {
    let world = World::new().await;
    let authority = Authority::new();
    let address = terminator(&authority, &world.address(), "temporal.test").await;
    let own = authority.issue("client");
    let tls = TlsOptions::new()
        .server_ca(authority.pem())
        .client_certificate(own.cert, own.key)
        .server_name("temporal.test");
    let options = ConnectOptions::new(address).namespace(world.client.namespace());
    let client = options.tls(tls).connect().await;
    let client = client.expect("it is let in").with_task_queue(&world.queue);
    let hello = client.workflow(crate::hello::greet, world.id("tls"));
    assert_eq!(
        hello.execute("TLS").await.expect("it completes"),
        "Hello, TLS!"
    );
}

#[tokio::test]
async fn a_server_of_another_name_is_not_trusted() {
    let world = World::without_worker().await;
    let authority = Authority::new();
    let address = terminator(&authority, &world.address(), "someone.else").await;
    let own = authority.issue("client");
    let tls = TlsOptions::new()
        .server_ca(authority.pem())
        .client_certificate(own.cert, own.key)
        .server_name("temporal.test");
    let connected = ConnectOptions::new(address).tls(tls).connect().await;
    let error = connected.expect_err("it is someone else").to_string();
    assert!(error.contains("certificate"), "{error}");
}

#[tokio::test]
async fn whoever_does_not_want_to_know_takes_any_server() {
    let world = World::without_worker().await;
    let (authority, other) = (Authority::new(), Authority::new());
    let address = terminator(&authority, &world.address(), "someone.else").await;
    let own = authority.issue("client");
    let tls = TlsOptions::new()
        .server_ca(other.pem())
        .client_certificate(own.cert, own.key)
        .server_name("temporal.test");
    let options = ConnectOptions::new(address).namespace(world.client.namespace());
    let verified = options.clone().tls(tls.clone()).connect().await;
    verified.expect_err("it is someone else");
    let unverified = options.tls(tls.disable_host_verification());
    let client = unverified.connect().await.expect("it does not matter");
    let count = client.count_workflows("WorkflowId = 'nobody'").await;
    assert_eq!(count.expect("it answers").count, 0);
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_trusted() {
    let world = World::without_worker().await;
    let (authority, other) = (Authority::new(), Authority::new());
    let address = terminator(&authority, &world.address(), "temporal.test").await;
    let own = authority.issue("client");
    let tls = TlsOptions::new()
        .server_ca(other.pem())
        .client_certificate(own.cert, own.key)
        .server_name("temporal.test");
    let connected = ConnectOptions::new(address).tls(tls).connect().await;
    let error = connected.expect_err("nobody vouches for it").to_string();
    assert!(error.contains("invalid peer certificate"), "{error}");
    assert!(error.contains("name the server's authority"), "{error}");
}

#[tokio::test]
async fn a_client_of_another_authority_is_not_let_in() {
    let world = World::without_worker().await;
    let (authority, other) = (Authority::new(), Authority::new());
    let address = terminator(&authority, &world.address(), "temporal.test").await;
    let own = other.issue("client");
    let tls = TlsOptions::new()
        .server_ca(authority.pem())
        .client_certificate(own.cert, own.key)
        .server_name("temporal.test");
    let connected = ConnectOptions::new(address).tls(tls).connect().await;
    // With TLS 1.3 a client learns of it with its first request.
    let error = match connected {
        Err(error) => error.to_string(),
        Ok(client) => {
            let stub = client.with_task_queue(&world.queue);
            let stub = stub.workflow(crate::hello::greet, world.id("stranger"));
            let started = stub.start("you").await;
            started.expect_err("it is a stranger").to_string()
        }
    };
    assert!(error.contains("received fatal alert"), "{error}");
    assert!(error.contains("that the server knows"), "{error}");
}

#[tokio::test]
async fn half_a_certificate_is_named() {
    let tls = TlsOptions::new().client_certificate_files("/no/such/cert", "/no/such/key");
    let connected = ConnectOptions::new("localhost:1").tls(tls).connect().await;
    let error = connected.expect_err("there is no such file").to_string();
    assert!(
        error.starts_with("cannot read the client's certificate from /no/such/cert"),
        "{error}"
    );
}
