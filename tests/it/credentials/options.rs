//! Retries, checksums, AWS's other hosts and the block `s3`: from variables and from the profile.

use slim_s3::credentials::Environment;
use slim_s3::{Client, ClientBuilder, RetryPolicy, TransferEvent};

use super::{error_of, found, with_files};
use crate::support::script::{play, reject};
use crate::support::server::record;

const KEYS: &str = "[default]\naws_access_key_id = AK\naws_secret_access_key = SK\n";

fn settings(variables: &[(&str, &str)], config: &str) -> Environment {
    with_files(variables, KEYS, &format!("[default]\n{config}"))
}

async fn client(variables: &[(&str, &str)], config: &str) -> Client {
    found(&settings(variables, config)).await.unwrap()
}

#[tokio::test]
async fn the_number_of_attempts_is_read() {
    for (variable, config, program, attempts) in [
        ("", "", None, 3),
        ("2", "", None, 2),
        ("", "max_attempts = 1\n", None, 1),
        ("2", "max_attempts = 1\nretry_mode = standard\n", None, 2),
        ("2", "", Some(4), 4),
    ] {
        let server = play(vec![reject(503, "ServiceUnavailable"); 5]).await;
        let endpoint = format!("http://{}", server.address);
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_MAX_ATTEMPTS", variable),
        ];
        let mut builder = Client::builder();
        if let Some(max_attempts) = program {
            builder = builder.retry(RetryPolicy {
                max_attempts,
                ..RetryPolicy::default()
            });
        }
        let environment = settings(&variables, config);
        let s3 = builder.with_environment(&environment, None).await.unwrap();
        let put = s3.build().unwrap().put_object("bucket", "key", "x").send();
        let error = put.await.unwrap_err();
        assert_eq!(error.context().attempts, attempts, "{variable:?} {config}");
    }
}

#[tokio::test]
async fn a_value_that_is_wrong_or_not_supported_is_named() {
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    for (variables, config, expected) in [
        (
            &[("AWS_RETRY_MODE", "adaptive")][..],
            "",
            "AWS_RETRY_MODE: the mode \"adaptive\" is not supported; use standard",
        ),
        (
            &[],
            "retry_mode = legacy\n",
            "retry_mode of profile default: the mode \"legacy\" is not supported; use standard; AWS_RETRY_MODE comes",
        ),
        (
            &[("AWS_RETRY_MODE", "quick")],
            "",
            "AWS_RETRY_MODE: \"quick\" is not a retry mode",
        ),
        (
            &[("AWS_MAX_ATTEMPTS", "0")],
            "",
            "AWS_MAX_ATTEMPTS: \"0\" is not a number of attempts",
        ),
        (
            &[],
            "max_attempts = many\n",
            "max_attempts of profile default: \"many\" is not a number of attempts",
        ),
        (
            &[("AWS_REQUEST_CHECKSUM_CALCULATION", "always")],
            "",
            "AWS_REQUEST_CHECKSUM_CALCULATION: \"always\" is neither when_supported nor when_required",
        ),
        (
            &[],
            "response_checksum_validation = never\n",
            "response_checksum_validation of profile default: \"never\" is neither",
        ),
        (
            &[("AWS_USE_DUALSTACK_ENDPOINT", "yes")],
            "",
            "AWS_USE_DUALSTACK_ENDPOINT: \"yes\" is neither true nor false",
        ),
        (
            &[fips, ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")],
            "",
            "AWS_USE_FIPS_ENDPOINT: set, and so is an endpoint",
        ),
        (
            &[],
            "s3 =\n  payload_signing_enabled = 1\n",
            "payload_signing_enabled of s3 in profile default: \"1\" is neither true nor false",
        ),
        (
            &[],
            "s3 =\n  multipart_chunksize = 8M\n",
            "multipart_chunksize of s3 in profile default: \"8M\" is not a size",
        ),
    ] {
        let error = error_of(&settings(variables, config)).await;
        let expected = format!("client: {expected}");
        assert!(error.starts_with(&expected), "{error}\n{expected}");
    }
}

#[tokio::test]
async fn fips_and_dual_stack_endpoints_are_those_of_aws() {
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let dual_stack = ("AWS_USE_DUALSTACK_ENDPOINT", "TRUE");
    let store = ("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    for (variables, config, uri) in [
        (
            &[fips][..],
            "",
            "https://films.s3-fips.us-west-2.amazonaws.com/",
        ),
        (
            &[dual_stack],
            "",
            "https://films.s3.dualstack.us-west-2.amazonaws.com/",
        ),
        (
            &[],
            "use_fips_endpoint = true\nuse_dualstack_endpoint = true\n",
            "https://films.s3-fips.dualstack.us-west-2.amazonaws.com/",
        ),
        (
            &[("AWS_USE_FIPS_ENDPOINT", "false")],
            "use_fips_endpoint = true\n",
            "https://films.s3.us-west-2.amazonaws.com/",
        ),
        (&[dual_stack, store], "", "http://127.0.0.1:1/films"),
    ] {
        let config = format!("region = us-west-2\n{config}");
        let s3 = client(variables, &config).await;
        let request = s3.head_bucket("films").sign(s3.now()).unwrap();
        assert_eq!(request.uri().to_string(), uri);
        assert_eq!(s3.region(), "us-west-2");
    }
    // The region may still be chosen by the program.
    let environment = settings(&[fips], "");
    let builder = ClientBuilder::from_environment(&environment, None)
        .await
        .unwrap();
    let s3 = builder.region("us-east-2").build().unwrap();
    let request = s3.head_bucket("films").sign(s3.now()).unwrap();
    assert_eq!(
        request.uri().host(),
        Some("films.s3-fips.us-east-2.amazonaws.com")
    );
}

#[tokio::test]
async fn payload_signing_can_be_turned_off_over_https() {
    for (endpoint, value, is_signed) in [
        ("https://127.0.0.1:1", "false", false),
        ("https://127.0.0.1:1", "true", true),
        ("http://127.0.0.1:1", "false", true),
    ] {
        let config =
            format!("endpoint_url = {endpoint}\ns3 =\n  payload_signing_enabled = {value}\n");
        let s3 = client(&[], &config).await;
        let request = s3.put_object("b", "k", "x").sign(s3.now()).unwrap();
        let hash = request.headers()["x-amz-content-sha256"].to_str().unwrap();
        assert_eq!(hash != "UNSIGNED-PAYLOAD", is_signed, "{endpoint} {value}");
        // Nothing is left out of a request without a body.
        let request = s3.head_object("b", "k").sign(s3.now()).unwrap();
        assert_ne!(
            request.headers()["x-amz-content-sha256"],
            "UNSIGNED-PAYLOAD"
        );
    }
}

#[tokio::test]
async fn the_sizes_of_uploads_are_read() {
    let (address, requests) = record("200 OK\r\netag: \"e\"", "").await;
    let config = format!(
        "endpoint_url = http://{address}\ns3 =\n  multipart_threshold = 16MB\n  multipart_chunksize = 6 MiB\n"
    );
    let s3 = client(&[], &config).await;
    let (sender, events) = std::sync::mpsc::channel();
    let upload = s3
        .upload("b", "k", vec![7; 9 << 20])
        .on_event(move |event| {
            if let TransferEvent::Started { part_size, .. } = event {
                sender.send(part_size).unwrap();
            }
        });
    // More than the usual threshold.
    assert_eq!(upload.send().await.unwrap().parts, 0);
    assert_eq!(events.recv().unwrap(), 6 << 20);
    assert_eq!(requests.lock().unwrap().len(), 1);
}

/// The settings that ask for checksums where the store supports them, which is not the default.
#[cfg(feature = "checksums")]
mod checksums {
    use std::time::Duration;

    use slim_s3::operation::{ChecksumAlgorithm, Verification};

    use super::*;
    use crate::support::server::Received;

    const SENT: (&str, &str) = ("AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported");

    fn checksums(request: &Received) -> Vec<&str> {
        let headers = request.headers.iter();
        let names = headers.map(|(name, _)| name.as_str());
        names
            .filter(|name| name.starts_with("x-amz-checksum-"))
            .collect()
    }

    #[tokio::test]
    async fn when_supported_sends_a_crc_32_unless_the_call_chooses_another() {
        let (address, requests) = record("200 OK\r\netag: \"e\"", "").await;
        let endpoint = format!("http://{address}");
        let store = ("AWS_ENDPOINT_URL", endpoint.as_str());
        for (variables, config, expected) in [
            (&[store, SENT][..], "", &["x-amz-checksum-crc32"][..]),
            (
                &[store],
                "request_checksum_calculation = when_supported\n",
                &["x-amz-checksum-crc32"],
            ),
            (
                &[store],
                "request_checksum_calculation = when_required\n",
                &[],
            ),
            (&[store], "", &[]),
        ] {
            let s3 = client(variables, config).await;
            s3.put_object("b", "k", "hello").send().await.unwrap();
            s3.upload("b", "k", "hello").send().await.unwrap();
            let requests = std::mem::take(&mut *requests.lock().unwrap());
            assert_eq!(requests.len(), 2);
            for request in &requests {
                assert_eq!(checksums(request), expected, "{config}");
                let value = request.header("x-amz-checksum-crc32");
                assert!(value.is_none_or(|value| value == "NhCmhg=="));
            }
        }
        let s3 = client(&[store, SENT], "").await;
        let put = || s3.put_object("b", "k", "hello");
        put()
            .compute_checksum(ChecksumAlgorithm::Sha1)
            .send()
            .await
            .unwrap();
        put()
            .checksum(ChecksumAlgorithm::Crc64Nvme, "M3eFcAZSQlc=")
            .send()
            .await
            .unwrap();
        put()
            .header("content-md5", "XUFAKrxLKna5cZ2REBfFkg==")
            .send()
            .await
            .unwrap();
        s3.upload_part("b", "k", "id", 1, "hello")
            .send()
            .await
            .unwrap();
        let requests = requests.lock().unwrap();
        let sent: Vec<_> = requests.iter().map(checksums).collect();
        assert_eq!(sent[0], ["x-amz-checksum-sha1"]);
        assert_eq!(sent[1], ["x-amz-checksum-crc64nvme"]);
        assert_eq!([&sent[2], &sent[3]], [&[""; 0], &[""; 0]]);
        // Whoever uses the link has the body.
        let link = s3.put_object("b", "k", ());
        let link = link.presign(s3.now(), Duration::from_secs(60)).unwrap();
        assert!(!link.url().contains("checksum"), "{}", link.url());
    }

    #[tokio::test]
    async fn when_supported_verifies_what_has_a_checksum() {
        let head = "200 OK\r\netag: \"e\"\r\nx-amz-checksum-crc32: NhCmhg==";
        let (address, requests) = record(head, "hello").await;
        let (wrong, _) = record(
            "200 OK\r\netag: \"e\"\r\nx-amz-checksum-crc32: AAAAAA==",
            "hello",
        )
        .await;
        let at = |address| {
            let endpoint = format!("http://{address}");
            async move {
                let validation = ("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_supported");
                client(&[("AWS_ENDPOINT_URL", endpoint.as_str()), validation], "").await
            }
        };
        let object = at(address).await.get_object("b", "k").send().await.unwrap();
        let crc = Verification::Verified(ChecksumAlgorithm::Crc32);
        assert_eq!(object.verification, crc);
        assert_eq!(object.body.bytes().await.unwrap(), "hello");
        let mode = requests.lock().unwrap()[0]
            .header("x-amz-checksum-mode")
            .map(str::to_owned);
        assert_eq!(mode.as_deref(), Some("ENABLED"));
        let object = at(wrong).await.get_object("b", "k").send().await.unwrap();
        object.body.bytes().await.unwrap_err();
        // A download asks with HeadObject, whose response is another one here.
        requests.lock().unwrap().clear();
        let s3 = at(address).await;
        let download = s3.download_writer("b", "k", Vec::new());
        download.send().await.map(drop).unwrap_err();
        let requests = requests.lock().unwrap();
        let modes: Vec<_> = requests
            .iter()
            .map(|request| {
                (
                    request.method.as_str(),
                    request.header("x-amz-checksum-mode"),
                )
            })
            .collect();
        assert_eq!(modes, [("GET", None), ("HEAD", Some("ENABLED"))]);
    }
}

#[cfg(not(feature = "checksums"))]
#[tokio::test]
async fn when_supported_requires_the_feature() {
    for variable in [
        "AWS_REQUEST_CHECKSUM_CALCULATION",
        "AWS_RESPONSE_CHECKSUM_VALIDATION",
    ] {
        let error = error_of(&settings(&[(variable, "when_supported")], "")).await;
        let expected = format!("client: {variable}: when_supported requires checksums");
        assert!(error.starts_with(&expected), "{error}");
        found(&settings(&[(variable, "when_required")], ""))
            .await
            .unwrap();
    }
}
