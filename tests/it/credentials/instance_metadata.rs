//! The metadata service of an EC2 instance, played by a script.

use std::time::{Duration, Instant};

use slim_s3::credentials::Environment;

use super::{NO_FILES, access_key_id, error_of, found};
use crate::support::script::{Script, Server, drop_response, play, response};
use crate::support::server::never_responding;

const KEYS: &str = r#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"INSTANCE","SecretAccessKey":"SK","Token":"T","Expiration":"2090-01-02T03:04:05Z"}"#;

fn at(address: impl std::fmt::Display) -> Environment {
    let endpoint = format!("http://{address}");
    Environment::new([("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)]).with_files(NO_FILES)
}

fn token() -> Script {
    response("200 OK", "TOKEN==")
}

async fn error_with(scripts: impl IntoIterator<Item = Script>) -> (Server, String) {
    let server = play(scripts).await;
    let error = error_of(&at(server.address)).await;
    (server, error)
}

#[tokio::test]
async fn a_token_is_put_and_then_the_role_and_its_credentials_are_read() {
    let server = play([
        token(),
        response("200 OK", "backup\n"),
        response("200 OK", KEYS),
    ])
    .await;
    let s3 = found(&at(server.address)).await.unwrap();
    assert_eq!(access_key_id(&s3), "INSTANCE");
    let requests = server.requests();
    let lines: Vec<String> = requests
        .iter()
        .map(|request| format!("{} {}", request.method, request.target))
        .collect();
    assert_eq!(
        lines,
        [
            "PUT /latest/api/token",
            "GET /latest/meta-data/iam/security-credentials/",
            "GET /latest/meta-data/iam/security-credentials/backup",
        ]
    );
    assert_eq!(
        requests[0].header("x-aws-ec2-metadata-token-ttl-seconds"),
        Some("21600")
    );
    assert_eq!(requests[0].header("content-length"), Some("0"));
    for request in &requests[1..] {
        assert_eq!(request.header("x-aws-ec2-metadata-token"), Some("TOKEN=="));
    }
}

/// Version 1 responds without a token, also to a request that an attacker makes the program send.
#[tokio::test]
async fn without_a_token_nothing_else_is_requested() {
    for status in ["403 Forbidden", "404 Not Found", "405 Method Not Allowed"] {
        let (server, error) = error_with([response(status, "")]).await;
        let expected = format!("instance metadata: the service returned {status}");
        assert!(error.contains(&expected), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn each_failure_is_retried_once_and_then_listed() {
    let server = play([
        response("500 X", ""),
        token(),
        drop_response(),
        response("200 OK", "backup"),
        response("200 OK", KEYS),
    ])
    .await;
    found(&at(server.address)).await.unwrap();
    let (server, error) = error_with([response("500 X", ""), response("500 X", "")]).await;
    assert!(
        error.contains("instance metadata: the service returned 500"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_instance_without_a_role_is_listed() {
    for (scripts, expected) in [
        (
            vec![token(), response("404 Not Found", "")],
            "the service returned 404 Not Found",
        ),
        (
            vec![token(), response("200 OK", "")],
            "returned \"\" as the name of the role",
        ),
        (
            vec![token(), response("200 OK", "../x")],
            "returned \"../x\" as the name of the role",
        ),
        (
            vec![
                token(),
                response("200 OK", "backup"),
                response(
                    "200 OK",
                    r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role"}"#,
                ),
            ],
            "the role backup has no credentials (AssumeRoleUnauthorizedAccess: EC2 cannot assume the role)",
        ),
        (
            vec![
                token(),
                response("200 OK", "backup"),
                response("200 OK", "hunter2"),
            ],
            "malformed response: expected a JSON object",
        ),
    ] {
        let (_, error) = error_with(scripts).await;
        assert!(
            error.contains(&format!("instance metadata: {expected}")) || error.contains(expected),
            "{error}"
        );
        assert!(
            error.contains("found in none of these places") && !error.contains("hunter"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_disabled_service_is_not_asked() {
    let server = play([token()]).await;
    let endpoint = format!("http://{}", server.address);
    let environment = Environment::new([
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "TRUE"),
    ])
    .with_files(NO_FILES);
    let error = error_of(&environment).await;
    assert!(
        error.contains("AWS_EC2_METADATA_DISABLED is true"),
        "{error}"
    );
    assert_eq!(server.connections(), 0);
}

/// In a container, responses may not arrive: they are allowed only one hop.
#[tokio::test]
async fn a_service_that_does_not_respond_is_given_up_after_seconds() {
    let started = Instant::now();
    let error = error_of(&at(never_responding().await)).await;
    assert!(error.contains("within 2s"), "{error}");
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_wrong_endpoint_is_named() {
    let environment =
        |variable: &str, value: &str| Environment::new([(variable, value)]).with_files(NO_FILES);
    for (variable, value) in [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "169.254.169.254"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv5"),
    ] {
        let error = error_of(&environment(variable, value)).await;
        assert!(
            error.starts_with(&format!("client: {variable}: ")),
            "{error}"
        );
    }
}
