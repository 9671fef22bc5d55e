//! Errors, and everything that is traced or logged during a call.

use std::time::{Duration, SystemTime};

use slim_s3::{Client, Credentials, CustomerKey, Encryption, RetryPolicy, Timeouts};

use super::{
    CUSTOMER_KEY, SECRET, TOKEN, assert_debug_has_no_secret, assert_error_has_no_secret,
    assert_no_secret, client, credentials, put_with_secrets,
};
use crate::support::log_capture::LogCapture;
use crate::support::script::{
    Close, Head, Read, Request as ReadRequest, Reset, Script, Server, drop_response, ok, play, raw,
    reject, response,
};
use crate::support::server::Received;

fn signatures_of(requests: &[Received]) -> Vec<String> {
    let signature = |request: &Received| {
        let header = request.header("authorization")?;
        Some(header.rsplit_once("Signature=").unwrap().1.to_owned())
    };
    requests.iter().filter_map(signature).collect()
}

fn verbose_client(server: &Server) -> Client {
    let limits = Timeouts {
        stall: Duration::from_secs(2),
        response: Duration::from_secs(2),
        ..Timeouts::default()
    };
    // Callers can make reqwest log every byte.
    let verbose = reqwest::Client::builder().connection_verbose(true);
    server
        .builder()
        .credentials(credentials())
        .timeouts(limits)
        .http_client_builder(verbose)
        .build()
        .unwrap()
}

#[tokio::test]
async fn exchanges_log_no_secret() {
    let echo = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><StringToSign>{SECRET}</StringToSign><CanonicalRequest>{TOKEN}\
         </CanonicalRequest></Error>"
    );
    let scripts: [(&str, Vec<Script>); 10] = [
        ("success", vec![ok()]),
        ("rejected", vec![response("403 Forbidden", &echo)]),
        (
            "throttled",
            (0..3).map(|_| reject(503, "SlowDown")).collect(),
        ),
        ("response lost", (0..3).map(|_| drop_response()).collect()),
        (
            "reset",
            (0..3).map(|_| vec![Head, Read(1), Reset]).collect(),
        ),
        (
            "secret echoed",
            vec![response(
                "403 Forbidden",
                format!(
                    "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{TOKEN}</CanonicalRequest></Error>"
                ),
            )],
        ),
        (
            "secret echoed and truncated",
            vec![response(
                "403 Forbidden",
                format!("<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{TOKEN}"),
            )],
        ),
        ("malformed", vec![response("200 OK", "<html></html>")]),
        (
            "outcome unknown",
            vec![drop_response(), reject(412, "PreconditionFailed")],
        ),
        (
            "not HTTP",
            vec![vec![ReadRequest, raw("nonsense\r\n\r\n"), Close]; 3],
        ),
    ];
    let mut line_count = 0;
    for (name, script) in scripts {
        let server = play(script).await;
        let s3 = verbose_client(&server);
        let (outcome, lines) = LogCapture::run(put_with_secrets(&s3).send_with_metadata()).await;
        let signatures = signatures_of(&server.requests());
        assert!(!signatures.is_empty(), "{name}");
        let mut texts = lines;
        line_count += texts.len();
        match outcome {
            Ok(output) => {
                assert_debug_has_no_secret(name, &output);
                texts.push(format!("{output:?}"));
            }
            Err(error) => {
                assert_error_has_no_secret(name, &error);
                texts.push(format!("{error} {error:?} {error:#?}"));
            }
        }
        for text in texts {
            assert_no_secret(name, &text);
            for signature in &signatures {
                assert!(
                    !text.contains(&signature[..32]),
                    "{name} contains a signature: {text}"
                );
            }
        }
    }
    println!("{line_count} lines were traced or logged");
    assert!(line_count > 50, "{line_count}");
}

#[tokio::test]
async fn errors_before_sending_contain_no_secret() {
    let customer = Encryption::Customer(CustomerKey::from(CUSTOMER_KEY));
    let s3 = client("http://127.0.0.1:1");
    let plain = s3
        .put_object("bucket", "key", "x")
        .encryption(customer.clone())
        .send();
    assert_error_has_no_secret("customer key over HTTP", &plain.await.unwrap_err());
    let header = s3
        .put_object("bucket", "key", "x")
        .header("authorization", SECRET)
        .send();
    assert_error_has_no_secret("reserved header", &header.await.unwrap_err());
    let header = s3
        .put_object("bucket", "key", "x")
        .header("x-amz-security-token", TOKEN)
        .send();
    assert_error_has_no_secret("session token as a header", &header.await.unwrap_err());
    let builder = Client::builder()
        .endpoint(&format!("http://user:{SECRET}@127.0.0.1:1"))
        .credentials(credentials());
    assert_error_has_no_secret("password in the endpoint", &builder.build().unwrap_err());
    let builder = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .proxy(&format!("socks9://user:{SECRET}@proxy"));
    assert_error_has_no_secret(
        "password in the proxy URL",
        &builder.credentials(credentials()).build().unwrap_err(),
    );
    for bad in [format!("{SECRET}\n"), format!(" {SECRET}")] {
        let builder = Client::builder()
            .endpoint("http://127.0.0.1:1")
            .credentials(Credentials::new("AK", bad));
        assert_error_has_no_secret(
            "white space in the secret access key",
            &builder.build().unwrap_err(),
        );
    }
    let builder = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .credentials(Credentials::new("AK", SECRET).with_session_token(format!("{TOKEN}\n")));
    assert_error_has_no_secret(
        "line end in the session token",
        &builder.build().unwrap_err(),
    );
    let expired = credentials().with_expiry(SystemTime::UNIX_EPOCH);
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .credentials(expired)
        .build()
        .unwrap();
    assert_error_has_no_secret(
        "expired credentials",
        &put_with_secrets(&s3).send().await.unwrap_err(),
    );
    let unreachable = Client::builder()
        .endpoint("https://127.0.0.1:1")
        .credentials(credentials())
        .retry(RetryPolicy::none())
        .build();
    // Without a TLS feature the client cannot be built.
    match unreachable {
        Ok(s3) => assert_error_has_no_secret(
            "no connection",
            &put_with_secrets(&s3)
                .encryption(customer)
                .send()
                .await
                .unwrap_err(),
        ),
        Err(error) => assert_error_has_no_secret("no TLS", &error),
    }
}
