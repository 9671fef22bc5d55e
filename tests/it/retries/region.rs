//! AWS buckets in another region than the client's.

use slim_s3::{Client, Error};

use crate::support::script::{Script, Server, error_document, ok, play, response};
use crate::support::verifier::verify;

/// A client for AWS whose hosts all resolve to this server.
fn aws(server: &Server, endpoint: &str) -> Client {
    let port = server.address.port();
    let mut http = reqwest::Client::builder();
    for region in ["us-east-1", "eu-west-1", "ap-south-1"] {
        for host in [format!("s3.{region}"), format!("s3.dualstack.{region}")] {
            http = http.resolve(&format!("photos.{host}.amazonaws.com"), server.address);
        }
    }
    server
        .builder()
        .endpoint(&format!("http://{endpoint}:{port}"))
        .region("us-east-1")
        .http_client_builder(http)
        .build()
        .unwrap()
}

/// The response to a request that was sent to the wrong region.
fn moved_to(region: &str) -> Script {
    response(&format!("301 Moved\r\nx-amz-bucket-region: {region}"), "")
}

async fn put_photo_error(s3: &Client) -> Error {
    let put = s3.put_object("photos", "key", "data");
    put.send().await.unwrap_err()
}

#[tokio::test]
async fn a_bucket_in_another_aws_region_is_found() {
    let malformed =
        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
    for (name, first) in [
        (
            "301",
            response(
                "301 Moved\r\nx-amz-bucket-region: eu-west-1",
                error_document("PermanentRedirect"),
            ),
        ),
        (
            "307",
            response(
                "307 Moved\r\nx-amz-bucket-region: eu-west-1\r\nlocation: http://127.0.0.1:1/",
                error_document("TemporaryRedirect"),
            ),
        ),
        ("400", response("400 Bad Request", malformed)),
    ] {
        let server = play([first, ok(), ok()]).await;
        let port = server.address.port();
        let s3 = aws(&server, "s3.us-east-1.amazonaws.com");
        let stored = s3
            .put_object("photos", "key", "data")
            .send_with_metadata()
            .await;
        assert_eq!(
            stored
                .unwrap_or_else(|error| panic!("{name}: {error}"))
                .attempts,
            2
        );
        // Clones remember the region.
        let stored = s3
            .clone()
            .put_object("photos", "key", "data")
            .send_with_metadata()
            .await;
        assert_eq!(stored.unwrap().attempts, 1);
        let hosts_and_regions: Vec<_> = server
            .requests()
            .iter()
            .map(|request| {
                verify(request);
                let region = request
                    .header("authorization")
                    .unwrap()
                    .split('/')
                    .nth(2)
                    .unwrap()
                    .to_owned();
                (request.header("host").unwrap().to_owned(), region)
            })
            .collect();
        let at = |region: &str| {
            (
                format!("photos.s3.{region}.amazonaws.com:{port}"),
                region.to_owned(),
            )
        };
        assert_eq!(
            hosts_and_regions,
            [at("us-east-1"), at("eu-west-1"), at("eu-west-1")],
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_redirect_to_another_region_is_followed_once() {
    let server = play([moved_to("eu-west-1"), moved_to("ap-south-1"), ok()]).await;
    let s3 = aws(&server, "s3.dualstack.us-east-1.amazonaws.com");
    let error = put_photo_error(&s3).await;
    assert_eq!(
        (error.region(), error.context().attempts),
        (Some("ap-south-1"), 2),
        "{error}"
    );
    let host = server.requests()[1].header("host").unwrap().to_owned();
    assert!(
        host.starts_with("photos.s3.dualstack.eu-west-1.amazonaws.com"),
        "{host}"
    );
}

/// Otherwise a response could redirect a signed request to any host.
#[tokio::test]
async fn an_invalid_or_unchanged_region_is_not_followed() {
    for region in ["evil.example/", "a.b", "", "us-east-1"] {
        let server = play([moved_to(region), ok()]).await;
        let s3 = aws(&server, "s3.us-east-1.amazonaws.com");
        let error = put_photo_error(&s3).await;
        assert_eq!(error.context().attempts, 1, "{region}: {error}");
    }
}

#[tokio::test]
async fn other_stores_regions_are_reported_but_not_followed() {
    let server = play([moved_to("eu-west-1"), ok()]).await;
    let error = put_photo_error(&server.client()).await;
    assert_eq!(
        (error.region(), error.context().attempts),
        (Some("eu-west-1"), 1),
        "{error}"
    );
}

/// What a call learned is what `sign` and `explain` show, and what the next call starts with.
#[tokio::test]
async fn sign_uses_the_learned_region() {
    let server = play([moved_to("eu-west-1"), ok()]).await;
    let s3 = aws(&server, "s3.us-east-1.amazonaws.com");
    let put = || s3.put_object("photos", "key", "data");
    let scope = || {
        put()
            .explain(s3.now())
            .unwrap()
            .signing()
            .unwrap()
            .string_to_sign
            .scope
            .to_string()
    };
    assert!(scope().contains("/us-east-1/"));
    put().send().await.unwrap();
    assert!(scope().contains("/eu-west-1/"), "{}", scope());
    let signed = put().sign(s3.now()).unwrap();
    assert!(
        signed.uri().host().unwrap().contains("eu-west-1"),
        "{}",
        signed.uri()
    );
}

#[tokio::test]
async fn a_bucket_is_created_in_the_clients_own_region() {
    let server = play([
        moved_to("eu-west-1"),
        ok(),
        response("204 No Content", ""),
        response("200 OK", ""),
        ok(),
    ])
    .await;
    let s3 = aws(&server, "s3.us-east-1.amazonaws.com");
    s3.put_object("photos", "key", "data").send().await.unwrap();
    s3.delete_bucket("photos").send().await.unwrap();
    s3.create_bucket("photos").send().await.unwrap();
    s3.put_object("photos", "key", "data").send().await.unwrap();
    let hosts: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.header("host").unwrap().to_owned())
        .collect();
    let regions: Vec<_> = hosts
        .iter()
        .map(|host| host.contains("eu-west-1"))
        .collect();
    assert_eq!(regions, [false, true, true, false, false], "{hosts:?}");
}

#[tokio::test]
async fn a_redirected_stream_sets_the_region_of_the_next_call() {
    let server = play([moved_to("eu-west-1"), ok()]).await;
    let s3 = aws(&server, "s3.us-east-1.amazonaws.com");
    let put = || s3.put_object("photos", "key", slim_s3::Body::reader(4, &b"data"[..]));
    put().send().await.unwrap_err();
    put().send().await.unwrap();
    let last = server.requests().pop().unwrap();
    assert!(last.header("host").unwrap().contains("eu-west-1"));
}

/// The host of this region does not resolve to the server.
#[tokio::test]
async fn a_region_that_cannot_be_reached_is_forgotten() {
    let server = play([moved_to("bogus-1"), ok(), ok()]).await;
    let s3 = aws(&server, "s3.us-east-1.amazonaws.com");
    for attempts in [3, 1] {
        let put = s3.put_object("photos", "key", "data").send_with_metadata();
        assert_eq!(put.await.unwrap().attempts, attempts);
        let last = server.requests().pop().unwrap();
        assert!(last.header("host").unwrap().contains("us-east-1"));
    }
}

#[tokio::test]
async fn a_region_is_remembered_after_a_response_about_the_object() {
    let missing = || response("404 Not Found", error_document("NoSuchKey"));
    let server = play([moved_to("eu-west-1"), missing(), missing()]).await;
    let s3 = aws(&server, "s3.us-east-1.amazonaws.com");
    for _ in 0..2 {
        assert!(
            s3.get_object("photos", "key")
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
    }
    assert_eq!(server.requests().len(), 3, "one redirect");
}

/// A refused connection there may be a transient failure, so the redirect is followed again.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_region_that_cannot_be_reached_once_is_found_again() {
    let server = play((0..9).map(|_| moved_to("eu-west-1"))).await;
    // Nothing listens at the same port of this address.
    let unreachable = std::net::SocketAddr::new([127, 0, 0, 2].into(), server.address.port());
    let http = reqwest::Client::builder()
        .resolve("photos.s3.us-east-1.amazonaws.com", server.address)
        .resolve("photos.s3.eu-west-1.amazonaws.com", unreachable);
    let endpoint = format!(
        "http://s3.us-east-1.amazonaws.com:{}",
        server.address.port()
    );
    let policy = slim_s3::RetryPolicy {
        max_attempts: 5,
        ..crate::support::script::quick()
    };
    let s3 = server
        .builder()
        .endpoint(&endpoint)
        .region("us-east-1")
        .http_client_builder(http)
        .retry(policy)
        .build()
        .unwrap();
    let error = put_photo_error(&s3).await;
    let causes: Vec<_> = error
        .context()
        .earlier
        .iter()
        .map(|attempt| &attempt.cause[..3])
        .collect();
    assert_eq!(causes, ["301", "no ", "301", "no "], "{error}");
    assert_eq!(error.context().attempts, 5);
}

#[tokio::test]
async fn a_redirected_create_bucket_stays_in_the_clients_region() {
    let server = play([moved_to("eu-west-1"), ok()]).await;
    let s3 = aws(&server, "s3.us-east-1.amazonaws.com");
    let error = s3.create_bucket("photos").send().await.unwrap_err();
    assert_eq!(error.region(), Some("eu-west-1"), "{error}");
    assert_eq!(server.requests().len(), 1);
    // Nor does the next call go there.
    s3.put_object("photos", "key", "data").send().await.unwrap();
    let host = server
        .requests()
        .pop()
        .unwrap()
        .header("host")
        .unwrap()
        .to_owned();
    assert!(host.starts_with("photos.s3.us-east-1."), "{host}");
}
