//! TLS with a real nats-server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails has to fail its test")]

use std::error::Error;
use std::fs;

use kaa_bus::{Bus, ConnectError, NatsOptions};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::nats_tls::Certificates;
use kaa_tests::patience::{PATIENCE, soon};

/// A server that speaks TLS, and asks for a client certificate when `verify` is set.
async fn start(verify: bool) -> (NatsServer, Certificates) {
    let mut certificates = None;
    let server = NatsServer::start_with(|directory| {
        let made = certificates.insert(Certificates::write_to(directory));
        format!(
            "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: {verify} }}",
            made.server, made.server_key, made.ca
        )
    })
    .await;
    (server, certificates.unwrap())
}

fn options(server: &NatsServer) -> NatsOptions {
    NatsOptions::new(&server.url()).unwrap()
}

async fn connect(options: NatsOptions) -> Result<(), ConnectError> {
    let bus = soon("a connection or an error", Bus::nats(options)).await?;
    bus.fence(PATIENCE).await.unwrap();
    bus.close(PATIENCE).await.unwrap();
    Ok(())
}

fn assert_tls_failed(result: Result<(), ConnectError>, cause: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, ConnectError::Tls { .. }), "{error:?}");
    let source = error.source().unwrap();
    let causes = std::iter::successors(Some(source), |&cause| cause.source());
    let text: Vec<String> = causes.map(ToString::to_string).collect();
    assert!(text.join(": ").contains(cause), "{text:?}");
}

#[tokio::test]
async fn a_server_vouched_for_by_the_ca_file_is_trusted() {
    let (server, certificates) = start(false).await;
    connect(options(&server).ca_file(&certificates.ca)).await.unwrap();
    let by_scheme = NatsOptions::new(&format!("tls://localhost:{}", server.port())).unwrap();
    connect(by_scheme.ca_file(&certificates.ca)).await.unwrap();
}

#[tokio::test]
async fn a_server_nobody_vouches_for_is_not_trusted() {
    let (server, _) = start(false).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let strangers = Certificates::write_to(elsewhere.path());
    assert_tls_failed(connect(options(&server).ca_file(strangers.ca)).await, "invalid peer certificate");
}

#[tokio::test]
async fn a_client_certificate_gets_in_and_its_lack_is_explained() {
    let (server, certificates) = start(true).await;
    let with = options(&server)
        .ca_file(&certificates.ca)
        .client_certificate(&certificates.client, &certificates.client_key);
    connect(with).await.unwrap();
    assert_tls_failed(connect(options(&server).ca_file(&certificates.ca)).await, "ertificate");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_when_tls_is_required() {
    let server = NatsServer::start().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let certificates = Certificates::write_to(elsewhere.path());
    assert_tls_failed(connect(options(&server).ca_file(certificates.ca)).await, "");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    let (server, certificates) = start(false).await;
    let missing = server.directory().join("missing.pem");
    for (options, role) in [
        (options(&server).ca_file(&missing), "CA file"),
        (options(&server).client_certificate(&missing, &certificates.client_key), "client certificate"),
        (options(&server).client_certificate(&certificates.client, &missing), "client key"),
    ] {
        let error = connect(options).await.unwrap_err();
        let expected = format!("no connection to NATS: cannot read the {role} {}", missing.display());
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn a_file_that_is_no_certificate_is_a_tls_error() {
    let (server, certificates) = start(false).await;
    let malformed = server.directory().join("malformed.pem");
    fs::write(&malformed, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
    assert_tls_failed(connect(options(&server).ca_file(&malformed)).await, "could not load");
    let no_key =
        options(&server).ca_file(&certificates.ca).client_certificate(&certificates.client, &malformed);
    assert_tls_failed(connect(no_key).await, "could not load");
}
