//! TLS stays whole: handshakes with servers that offer only some of it, each with a certificate made for the test.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use slim_s3::{Client, ClientBuilder, Credentials, Error, Roots, TransportKind};

use crate::support::certificates::{Authority, FAR};

/// A server for one connection, with a certificate for `name`, and that certificate.
fn serve(
    name: &str,
    algorithm: &'static SignatureAlgorithm,
    versions: &[&'static SupportedProtocolVersion],
) -> (SocketAddr, Vec<u8>) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let address = serve_with(&certificate, &key, versions);
    (address, certificate.pem().into_bytes())
}

/// A server for one connection, with this certificate.
fn serve_with(
    certificate: &rcgen::Certificate,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.ends_with(b"hello") {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => request.extend_from_slice(&buffer[..count]),
            }
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n");
        let _ = stream.flush();
    });
    address
}

async fn put(address: SocketAddr, roots: Roots) -> Result<(), Error> {
    let s3 = Client::builder()
        .endpoint(&format!("https://localhost:{}", address.port()))
        .credentials(Credentials::new("AK", "SK"))
        .roots(roots)
        .build()?;
    s3.put_object("bucket", "key", "hello")
        .send()
        .await
        .map(drop)
}

#[tokio::test]
async fn every_version_and_kind_of_certificate() {
    let (tls12, tls13) = (&rustls::version::TLS12, &rustls::version::TLS13);
    for (algorithm, versions) in [
        (&rcgen::PKCS_ECDSA_P256_SHA256, vec![tls12]),
        (&rcgen::PKCS_ECDSA_P256_SHA256, vec![tls13]),
        (&rcgen::PKCS_ECDSA_P384_SHA384, vec![tls13]),
        (&rcgen::PKCS_ECDSA_P384_SHA384, vec![tls12]),
        (&rcgen::PKCS_ED25519, vec![tls13]),
    ] {
        let (address, certificate) = serve("localhost", algorithm, &versions);
        put(address, Roots::Pem(certificate))
            .await
            .unwrap_or_else(|error| panic!("{algorithm:?} {versions:?}: {error}"));
    }
}

/// The same roots by the other library.
#[cfg(feature = "native-tls")]
#[tokio::test]
async fn native_tls_trusts_what_it_is_given() {
    let versions = [&rustls::version::TLS13];
    let native = |address: SocketAddr, roots| {
        let s3 = Client::builder()
            .endpoint(&format!("https://localhost:{}", address.port()))
            .credentials(Credentials::new("AK", "SK"))
            .tls(slim_s3::Tls::Native)
            .roots(roots)
            .build();
        async move { s3?.put_object("bucket", "key", "hello").send().await }
    };
    let (address, certificate) = serve("localhost", &rcgen::PKCS_ECDSA_P256_SHA256, &versions);
    native(address, Roots::Pem(certificate)).await.unwrap();
    let (address, _) = serve("localhost", &rcgen::PKCS_ECDSA_P256_SHA256, &versions);
    let (_, other) = serve("localhost", &rcgen::PKCS_ECDSA_P256_SHA256, &versions);
    let error = native(address, Roots::Pem(other)).await.unwrap_err();
    assert!(
        error.to_string().contains("no connection to the store: "),
        "{error}"
    );
    for pem in ["", "no certificate"] {
        let error = native(address, Roots::Pem(pem.into())).await.unwrap_err();
        assert!(
            matches!(&error, Error::Invalid(invalid) if invalid.field == "roots"),
            "{error}"
        );
    }
}

/// A certificate that does not hold is refused, and the error says why: with each library, in its own words.
async fn strangers(
    roots: Roots,
    certified: &Authority,
    names: &[&str],
    until: i32,
    set: Set,
) -> String {
    let server = certified.certify(names, until);
    let versions = [&rustls::version::TLS13];
    let address = serve_with(&server.certificate, &server.key, &versions);
    let s3 = set(Client::builder())
        .endpoint(&format!("https://localhost:{}", address.port()))
        .credentials(Credentials::new("AK", "SK"))
        .roots(roots)
        .build()
        .unwrap();
    let error = s3.put_object("bucket", "key", "hello").send().await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, Error::Transport(transport) if transport.kind == TransportKind::Connect),
        "{error}"
    );
    error.to_string()
}

type Set = fn(ClientBuilder) -> ClientBuilder;

/// What is wrong with each of three certificates, in words that are in the message.
async fn refusals_say_which(set: Set, stranger: &str, expired: &str, misnamed: &str) {
    let ours = Authority::new("slim-s3 test CA");
    let theirs = Authority::new("slim-s3 test CA, another");
    let roots = || Roots::Pem(ours.pem.clone());
    let beginning = "PutObject bucket/key: no connection to the store: ";
    for (says, message) in [
        (
            stranger,
            strangers(roots(), &theirs, &["localhost"], FAR, set).await,
        ),
        (
            expired,
            strangers(roots(), &ours, &["localhost"], 2002, set).await,
        ),
        (
            misnamed,
            strangers(roots(), &ours, &["other.example"], FAR, set).await,
        ),
    ] {
        assert!(message.starts_with(beginning), "{message}");
        assert!(message.contains(says), "{says} is not in: {message}");
    }
    // The same server, with nothing wrong.
    let server = ours.certify(&["localhost"], FAR);
    let versions = [&rustls::version::TLS13];
    let address = serve_with(&server.certificate, &server.key, &versions);
    put(address, roots()).await.unwrap();
}

#[tokio::test]
async fn a_wrong_ca_an_expired_certificate_and_a_wrong_name_are_told_apart() {
    let says = [
        "UnknownIssuer",
        "certificate expired",
        "not valid for name \"localhost\"",
    ];
    refusals_say_which(|builder| builder, says[0], says[1], says[2]).await;
}

#[cfg(all(feature = "native-tls", target_os = "linux"))]
#[tokio::test]
async fn native_tls_tells_them_apart_too() {
    let says = [
        "unable to get local issuer certificate",
        "certificate has expired",
        "hostname mismatch",
    ];
    let native: Set = |builder| builder.tls(slim_s3::Tls::Native);
    refusals_say_which(native, says[0], says[1], says[2]).await;
}

/// What a caller's own settings for HTTP say about certificates.
fn careless(builder: ClientBuilder) -> ClientBuilder {
    let own = reqwest::Client::builder()
        .danger_accept_invalid_certs(true)
        .danger_accept_invalid_hostnames(true);
    builder.http_client_builder(own)
}

/// TLS is set on top of them; who wants it weaker hands in a finished client.
#[tokio::test]
async fn settings_for_http_do_not_weaken_tls() {
    let says = [
        "UnknownIssuer",
        "certificate expired",
        "not valid for name \"localhost\"",
    ];
    refusals_say_which(careless, says[0], says[1], says[2]).await;
}

#[cfg(all(feature = "native-tls", target_os = "linux"))]
#[tokio::test]
async fn settings_for_http_do_not_weaken_native_tls() {
    let says = [
        "unable to get local issuer certificate",
        "certificate has expired",
        "hostname mismatch",
    ];
    let native: Set = |builder| careless(builder).tls(slim_s3::Tls::Native);
    refusals_say_which(native, says[0], says[1], says[2]).await;
}

#[tokio::test]
async fn roots_that_are_none() {
    let none = Roots::Pem(b"no certificate".to_vec());
    let error = put("127.0.0.1:9".parse().unwrap(), none).await.unwrap_err();
    assert!(
        matches!(error, Error::Invalid(_)) && error.to_string().contains("BEGIN CERTIFICATE"),
        "{error}"
    );
}

/// For http nobody looks at a certificate, so nothing is read that could be missing or broken.
#[test]
fn http_reads_no_roots() {
    let http = Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(Credentials::new("AK", "SK"));
    http.roots(Roots::Pem(b"no certificate".to_vec()))
        .build()
        .unwrap();
}

/// On a machine without CA certificates, in a process of its own: where they lie is read from its environment.
#[cfg(all(feature = "rustls", target_os = "linux"))]
#[test]
fn https_without_any_roots_names_the_way_out() {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tls::print_platform_roots", "--nocapture"]);
    command
        .env("SSL_CERT_FILE", "/dev/null")
        .env("SSL_CERT_DIR", "/nonexistent");
    let output = command.output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    for says in [
        "https: client: roots are the platform's",
        "webpki-roots",
        "Roots::Pem",
        "http: built",
    ] {
        assert!(output.contains(says), "{says} is not in\n{output}");
    }
}

/// The other process of the test above; on its own it checks nothing.
#[cfg(feature = "rustls")]
#[test]
fn print_platform_roots() {
    for scheme in ["https", "http"] {
        let builder = Client::builder()
            .endpoint(&format!("{scheme}://localhost"))
            .credentials(Credentials::new("AK", "SK"));
        match builder.roots(Roots::Platform).build() {
            Ok(_) => println!("{scheme}: built"),
            Err(error) => println!("{scheme}: {error}"),
        }
    }
}
