//! TLS handshakes with servers whose certificates are made for the test: which are supported, trusted and rejected.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use slim_s3::error::TransportKind;
use slim_s3::{Client, ClientBuilder, Credentials, Error, Roots};

use crate::support::certificates::{Authority, FAR_FUTURE};

/// Starts a server for one connection, with a self-signed certificate for localhost. Returns its address and that
/// certificate.
fn serve_self_signed(
    algorithm: &'static SignatureAlgorithm,
    versions: &[&'static SupportedProtocolVersion],
) -> (SocketAddr, Vec<u8>) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let address = serve(&certificate, &key, versions);
    (address, certificate.pem().into_bytes())
}

/// Starts a server for one connection, with this certificate, that expects a put of `hello`.
fn serve(
    certificate: &rcgen::Certificate,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
) -> SocketAddr {
    let stored = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n";
    serve_response(certificate, key, versions, "hello", stored.to_owned())
}

/// The same for a request that contains `end` near its end, with this response.
pub fn serve_response(
    certificate: &rcgen::Certificate,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
    end: &'static str,
    response: String,
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
        while !String::from_utf8_lossy(&request).contains(end) {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => request.extend_from_slice(&buffer[..count]),
            }
        }
        let _ = stream.write_all(response.as_bytes());
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
async fn tls_1_2_and_1_3_work_with_each_key_algorithm() {
    let (tls12, tls13) = (&rustls::version::TLS12, &rustls::version::TLS13);
    for (algorithm, versions) in [
        (&rcgen::PKCS_ECDSA_P256_SHA256, vec![tls12]),
        (&rcgen::PKCS_ECDSA_P256_SHA256, vec![tls13]),
        (&rcgen::PKCS_ECDSA_P384_SHA384, vec![tls13]),
        (&rcgen::PKCS_ECDSA_P384_SHA384, vec![tls12]),
        (&rcgen::PKCS_ED25519, vec![tls13]),
    ] {
        let (address, certificate) = serve_self_signed(algorithm, &versions);
        put(address, Roots::Pem(certificate))
            .await
            .unwrap_or_else(|error| panic!("{algorithm:?} {versions:?}: {error}"));
    }
}

/// Another's, an expired and an untrusted one. `roots` that are set afterwards count again.
#[tokio::test]
async fn any_certificate_is_accepted_on_request() {
    let versions = [&rustls::version::TLS12, &rustls::version::TLS13];
    let mut expired = CertificateParams::new(vec!["elsewhere.example".to_owned()]).unwrap();
    expired.not_after = rcgen::date_time_ymd(2000, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = expired.self_signed(&key).unwrap();
    let client = |address: SocketAddr| {
        Client::builder()
            .endpoint(&format!("https://localhost:{}", address.port()))
            .credentials(Credentials::new("AK", "SK"))
            .retry(slim_s3::RetryPolicy::none())
            .danger_accept_any_certificate()
    };
    let put = |builder: ClientBuilder| async move {
        let put = builder.build()?.put_object("bucket", "key", "hello");
        put.send().await
    };
    let address = serve(&certificate, &key, &versions);
    put(client(address)).await.unwrap();
    #[cfg(feature = "native-tls")]
    {
        let address = serve(&certificate, &key, &versions);
        put(client(address).tls(slim_s3::Tls::Native))
            .await
            .unwrap();
    }
    let address = serve(&certificate, &key, &versions);
    let pem = certificate.pem().into_bytes();
    put(client(address).roots(Roots::Pem(pem)))
        .await
        .unwrap_err();
}

#[cfg(feature = "native-tls")]
#[tokio::test]
async fn native_tls_trusts_only_the_given_roots() {
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
    let (address, certificate) = serve_self_signed(&rcgen::PKCS_ECDSA_P256_SHA256, &versions);
    native(address, Roots::Pem(certificate)).await.unwrap();
    let (address, _) = serve_self_signed(&rcgen::PKCS_ECDSA_P256_SHA256, &versions);
    let (_, other) = serve_self_signed(&rcgen::PKCS_ECDSA_P256_SHA256, &versions);
    let error = native(address, Roots::Pem(other)).await.unwrap_err();
    assert!(
        error.to_string().contains("no connection to localhost:"),
        "{error}"
    );
    for pem in ["", "no certificate"] {
        let error = native(address, Roots::Pem(pem.into())).await.unwrap_err();
        crate::support::server::assert_invalid(&error, "roots");
    }
}

/// The error of a client that trusts `roots`, from a server whose certificate `authority` issued, valid until `year`.
async fn connect_error(
    roots: Roots,
    authority: &Authority,
    names: &[&str],
    year: i32,
    configure: Configure,
) -> String {
    let server = authority.issue(names, year);
    let versions = [&rustls::version::TLS13];
    let address = serve(&server.certificate, &server.key, &versions);
    let s3 = configure(Client::builder())
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

type Configure = fn(ClientBuilder) -> ClientBuilder;

/// How rustls describes an unknown CA, an expired certificate and a wrong name.
const RUSTLS_REASONS: [&str; 3] = [
    "UnknownIssuer",
    "certificate expired",
    "not valid for name \"localhost\"",
];

/// How OpenSSL describes the same.
#[cfg(all(feature = "native-tls", target_os = "linux"))]
const OPENSSL_REASONS: [&str; 3] = [
    "unable to get local issuer certificate",
    "certificate has expired",
    "hostname mismatch",
];

/// Checks that each of three invalid certificates is rejected with its reason in the message.
async fn check_rejections(configure: Configure, [unknown, expired, misnamed]: [&str; 3]) {
    let ours = Authority::new("slim-s3 test CA");
    let theirs = Authority::new("slim-s3 test CA, another");
    let roots = || Roots::Pem(ours.pem.clone());
    let beginning = "PutObject bucket/key: no connection to localhost:";
    for (reason, message) in [
        (
            unknown,
            connect_error(roots(), &theirs, &["localhost"], FAR_FUTURE, configure).await,
        ),
        (
            expired,
            connect_error(roots(), &ours, &["localhost"], 2002, configure).await,
        ),
        (
            misnamed,
            connect_error(roots(), &ours, &["other.example"], FAR_FUTURE, configure).await,
        ),
    ] {
        assert!(message.starts_with(beginning), "{message}");
        assert!(message.contains(reason), "{reason} is not in: {message}");
    }
    // The same server with a valid certificate.
    let server = ours.issue(&["localhost"], FAR_FUTURE);
    let versions = [&rustls::version::TLS13];
    let address = serve(&server.certificate, &server.key, &versions);
    put(address, roots()).await.unwrap();
}

#[tokio::test]
async fn each_invalid_certificate_is_rejected_with_its_reason() {
    check_rejections(|builder| builder, RUSTLS_REASONS).await;
}

#[cfg(all(feature = "native-tls", target_os = "linux"))]
#[tokio::test]
async fn native_tls_rejects_each_invalid_certificate_with_its_reason() {
    let native: Configure = |builder| builder.tls(slim_s3::Tls::Native);
    check_rejections(native, OPENSSL_REASONS).await;
}

/// Adds an HTTP client that would accept any certificate.
fn accepting_any_certificate(builder: ClientBuilder) -> ClientBuilder {
    let http = reqwest::Client::builder()
        .danger_accept_invalid_certs(true)
        .danger_accept_invalid_hostnames(true);
    builder.http_client_builder(http)
}

/// TLS is configured on top of the caller's settings; only `unchecked_http_client` can weaken it.
#[tokio::test]
async fn http_client_settings_do_not_weaken_tls() {
    check_rejections(accepting_any_certificate, RUSTLS_REASONS).await;
}

#[cfg(all(feature = "native-tls", target_os = "linux"))]
#[tokio::test]
async fn http_client_settings_do_not_weaken_native_tls() {
    let native: Configure = |builder| accepting_any_certificate(builder).tls(slim_s3::Tls::Native);
    check_rejections(native, OPENSSL_REASONS).await;
}

#[tokio::test]
async fn roots_without_a_certificate_are_rejected() {
    let invalid = Roots::Pem(b"no certificate".to_vec());
    let error = put("127.0.0.1:9".parse().unwrap(), invalid)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Invalid(_)) && error.to_string().contains("BEGIN CERTIFICATE"),
        "{error}"
    );
}

#[test]
fn http_does_not_read_the_roots() {
    let http = Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(Credentials::new("AK", "SK"));
    http.roots(Roots::Pem(b"no certificate".to_vec()))
        .build()
        .unwrap();
}

/// Simulates a machine without CA certificates, in another process, because their path comes from its environment.
#[cfg(all(feature = "rustls", target_os = "linux"))]
#[test]
fn https_without_roots_reports_the_remedies() {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tls::print_platform_roots", "--nocapture"]);
    command
        .env("SSL_CERT_FILE", "/dev/null")
        .env("SSL_CERT_DIR", "/nonexistent");
    let output = command.output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    for expected in [
        "https: client: roots: the platform has no root certificates",
        "webpki-roots",
        "Roots::Pem",
        "http: built",
    ] {
        assert!(output.contains(expected), "{expected} is not in\n{output}");
    }
}

/// Run in another process by the test above; checks nothing itself.
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

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_named_with_the_remedy() {
    use crate::support::script::{Close, play, raw};

    let address = play([vec![raw("HTTP/1.1 400 Bad Request\r\n\r\n"), Close]])
        .await
        .address;
    let error = put(address, Roots::Pem(Authority::new("CA").pem))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&format!("no connection to localhost:{}: ", address.port()))
            && text.contains("the server does not speak TLS there: use an http endpoint"),
        "{text}"
    );
    assert!(!error.is_retryable(), "{text}");
}

/// The reverse: a server that expects TLS responds to http with an alert.
#[tokio::test]
async fn a_server_that_expects_tls_is_named_with_the_remedy() {
    let address = crate::support::server::serve_bytes("\x15\x03\x01\0\x02\x02\x46").await;
    let s3 = crate::support::server::client(address);
    let error = crate::support::server::put_error(&s3, "x").await;
    assert!(
        error
            .to_string()
            .contains("if the server expects TLS, use an https endpoint"),
        "{error}"
    );
}

/// `--insecure` of the tool, which says so, and `--ca-bundle`.
#[cfg(all(feature = "cli", unix))]
#[tokio::test]
async fn the_tool_accepts_any_certificate_only_on_request() {
    use crate::support::tool::{Folder, run, tool_at};
    let folder = Folder::new();
    let file = folder.write("file", "hello");
    let versions = [&rustls::version::TLS13];
    let (_, other) = serve_self_signed(&rcgen::PKCS_ECDSA_P256_SHA256, &versions);
    let (other, own) = (folder.write("other", other), folder.name("own"));
    for (options, code, text) in [
        (
            &["--insecure"][..],
            0,
            "slim-s3: --insecure: certificates are not verified",
        ),
        (&["--ca-bundle", &own], 0, "put s3://b/k 5 bytes"),
        (&["--ca-bundle", &other], 1, "no connection to localhost:"),
        (&[], 1, "no connection to localhost:"),
    ] {
        let (address, certificate) = serve_self_signed(&rcgen::PKCS_ECDSA_P256_SHA256, &versions);
        std::fs::write(&own, certificate).unwrap();
        let tool = tool_at(&format!("https://localhost:{}", address.port()), "AK", "SK");
        let mut arguments = options.to_vec();
        arguments.extend(["--retries", "0", "put", &file, "s3://b/k"]);
        let stderr = run(tool, &arguments).assert(code, "");
        assert!(stderr.contains(text), "{options:?}: {stderr}");
    }
}

/// The client of a child process, because environment variables belong to the whole process.
#[cfg(feature = "credentials")]
#[test]
fn the_environment_names_the_roots_to_trust() {
    let versions = [&rustls::version::TLS13];
    for is_trusted in [true, false] {
        let (address, own) = serve_self_signed(&rcgen::PKCS_ECDSA_P256_SHA256, &versions);
        let other = Authority::new("another CA").pem;
        let roots = if is_trusted { &own } else { &other };
        let bundle = crate::live::TempFile::new(&format!("bundle-{is_trusted}.pem"), roots);
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "tls::put_with_roots_of_the_environment",
                "--nocapture",
            ])
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", "AK")
            .env("AWS_SECRET_ACCESS_KEY", "SK")
            .env(
                "AWS_ENDPOINT_URL",
                format!("https://localhost:{}", address.port()),
            )
            .env("AWS_CA_BUNDLE", &bundle.0);
        let output = command.output().unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        let expected = if is_trusted {
            "stored;"
        } else {
            "UnknownIssuer"
        };
        assert!(output.contains(expected), "{output}");
    }
}

/// Run in a child process by `the_environment_names_the_roots_to_trust`; asserts nothing.
#[cfg(feature = "credentials")]
#[tokio::test]
async fn put_with_roots_of_the_environment() {
    let Ok(s3) = Client::from_env() else { return };
    match s3.put_object("bucket", "key", "hello").send().await {
        Ok(_) => println!("stored;"),
        Err(error) => println!("{error:?};"),
    }
}

#[cfg(feature = "credentials")]
#[tokio::test]
async fn a_profile_names_the_roots_to_trust() {
    use slim_s3::credentials::Environment;
    let versions = [&rustls::version::TLS13];
    let (address, own) = serve_self_signed(&rcgen::PKCS_ECDSA_P256_SHA256, &versions);
    let bundle = crate::live::TempFile::new("profile.pem", &own);
    let profile = |path: &str| {
        let config = format!(
            "[default]\naws_access_key_id = AK\naws_secret_access_key = SK\nca_bundle = {path}\nendpoint_url = https://localhost:{}\n",
            address.port()
        );
        let files = [("/home/kim/.aws/config", config)];
        Environment::new([("HOME", "/home/kim"), ("USERPROFILE", "/home/kim")]).with_files(files)
    };
    let environment = profile(bundle.0.to_str().unwrap());
    let builder = ClientBuilder::from_environment(&environment, None).await;
    let s3 = builder.unwrap().build().unwrap();
    s3.put_object("bucket", "key", "hello")
        .send()
        .await
        .unwrap();
    let environment = profile("/nonexistent");
    let builder = ClientBuilder::from_environment(&environment, None).await;
    let error = builder.unwrap().build().unwrap_err().to_string();
    assert!(
        error.starts_with("client: ca_bundle of profile default: \"/nonexistent\" cannot be read"),
        "{error}"
    );
}
