//! The client's timeouts and certificates also apply to the STS and to other sources.

use std::time::{Duration, Instant};

use slim_s3::credentials::AssumeRole;
use slim_s3::{Client, Credentials, Error};

use super::{environment, with_files};
use crate::support::server::{SECRET_ACCESS_KEY, all_timeouts, never_responding};

const SHORT: Duration = Duration::from_millis(200);

fn role(endpoint: String) -> AssumeRole {
    AssumeRole {
        endpoint: Some(endpoint),
        ..AssumeRole::new(Credentials::new("BASE", SECRET_ACCESS_KEY))
    }
}

async fn put(s3: &Client) -> Result<(), Error> {
    let put = s3.put_object("bucket", "key", "x");
    let once = slim_s3::RetryPolicy::none();
    put.retry(once).send().await.map(drop)
}

#[tokio::test]
async fn the_timeouts_of_the_client_limit_the_exchange_with_the_sts() {
    let sts = format!("http://{}", never_responding().await);
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .assume_role(role(sts))
        .timeouts(all_timeouts(SHORT))
        .build()
        .unwrap();
    let started = Instant::now();
    let error = put(&s3).await.unwrap_err().to_string();
    assert!(error.contains("within 200ms"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

/// Before there is a client, those of its builder.
#[tokio::test]
async fn the_timeouts_of_the_builder_limit_the_search_for_credentials() {
    let silent = format!("http://{}", never_responding().await);
    let config = "[default]\nrole_arn = a\nsource_profile = base\n[profile base]\naws_access_key_id = AK\naws_secret_access_key = SK\n";
    let container = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", silent.as_str())];
    let sts = [("AWS_ENDPOINT_URL", silent.as_str())];
    for environment in [environment(&container), with_files(&sts, "", config)] {
        let started = Instant::now();
        let builder = Client::builder().timeouts(all_timeouts(SHORT));
        let found = builder.with_environment(&environment, None).await;
        let error = found.map(drop).unwrap_err().to_string();
        assert!(error.contains("within 200ms"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(2), "{error}");
    }
}

#[tokio::test]
async fn settings_of_the_builder_come_before_those_of_the_environment() {
    let config = "[default]\nregion = eu-west-1\nendpoint_url = http://p.example\ns3 =\n  addressing_style = virtual\n";
    let keys = [("AWS_ACCESS_KEY_ID", "AK"), ("AWS_SECRET_ACCESS_KEY", "SK")];
    let uri = async |builder: slim_s3::ClientBuilder| {
        let environment = with_files(&keys, "", config);
        let s3 = builder.with_environment(&environment, None).await.unwrap();
        let s3 = s3.build().unwrap();
        let request = s3.head_bucket("bucket").sign(s3.now()).unwrap();
        format!("{} {}", s3.region(), request.uri())
    };
    let of_file = uri(Client::builder()).await;
    assert_eq!(of_file, "eu-west-1 http://bucket.p.example/");
    let builder = Client::builder()
        .region("us-west-2")
        .endpoint("http://e.example")
        .addressing(slim_s3::Addressing::Path);
    assert_eq!(uri(builder).await, "us-west-2 http://e.example/bucket");
}

#[cfg(any(feature = "rustls", feature = "webpki-roots"))]
pub mod certificates {
    use slim_s3::error::TransportKind;
    use slim_s3::{ClientBuilder, Roots};

    use super::*;
    use crate::credentials::access_key_id;
    use crate::credentials::roles::sts_document;
    use crate::support::certificates::{Authority, FAR_FUTURE, Identity};
    use crate::support::script::transport_kind;
    use crate::tls::serve_response;

    /// The URL of an STS for one request: an `AssumeRole`.
    pub fn sts(server: &Identity) -> String {
        let document = sts_document("2090-01-02T03:04:05Z", "AssumeRole", "ROLE");
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{document}",
            document.len()
        );
        let versions = [&rustls::version::TLS13];
        let (certificate, key) = (&server.certificate, &server.key);
        let address = serve_response(certificate, key, &versions, "Action=AssumeRole", response);
        format!("https://localhost:{}", address.port())
    }

    /// Whether a client with these settings gets credentials from the STS. The store itself is not there.
    async fn is_trusted(
        server: &Identity,
        settings: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> bool {
        let builder = Client::builder().endpoint("http://127.0.0.1:1");
        let s3 = settings(builder.assume_role(role(sts(server))))
            .build()
            .unwrap();
        let error = put(&s3).await.unwrap_err();
        match transport_kind(&error) {
            TransportKind::Connect => {
                assert_eq!(access_key_id(&s3), "ROLE");
                true
            }
            TransportKind::Credentials => {
                let text = error.to_string();
                assert!(text.contains("certificate"), "{text}");
                false
            }
            other => panic!("{other:?}: {error}"),
        }
    }

    #[tokio::test]
    async fn the_sts_is_trusted_as_the_store_is() {
        let authority = Authority::new("slim-s3 test CA");
        let server = authority.issue(&["localhost"], FAR_FUTURE);
        let (own, other) = (authority.pem.clone(), Authority::new("another").pem);
        let roots = |pem: &[u8]| Roots::Pem(pem.to_vec());
        assert!(is_trusted(&server, |builder| builder.roots(roots(&own))).await);
        assert!(!is_trusted(&server, |builder| builder.roots(roots(&other))).await);
        assert!(is_trusted(&server, ClientBuilder::danger_accept_any_certificate).await);
    }

    /// Also while the chain is walked, and whatever `AWS_CA_BUNDLE` says.
    #[tokio::test]
    async fn the_search_for_credentials_trusts_what_the_builder_trusts() {
        let authority = Authority::new("slim-s3 test CA");
        let server = authority.issue(&["localhost"], FAR_FUTURE);
        let config = "[default]\nrole_arn = a\nsource_profile = base\n[profile base]\naws_access_key_id = AK\naws_secret_access_key = SK\n";
        let own = Roots::Pem(authority.pem.clone());
        for builder in [
            Client::builder().roots(own),
            Client::builder().danger_accept_any_certificate(),
        ] {
            let url = sts(&server);
            let variables = [
                ("AWS_ENDPOINT_URL", url.as_str()),
                ("AWS_CA_BUNDLE", "/nonexistent"),
            ];
            let environment = with_files(&variables, "", config);
            let found = builder.with_environment(&environment, None).await;
            let s3 = found.unwrap().build().unwrap();
            assert_eq!(access_key_id(&s3), "ROLE");
        }
    }
}
