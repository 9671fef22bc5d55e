//! Web identity: a token in a file, and an STS that is played by a script.

use std::time::Duration;

use slim_s3::credentials::Environment;

use super::roles::{sts_response, sts_response_until};
use super::{NO_INSTANCE, access_key_id, error_of, found};
use crate::live::TempFile;
use crate::support::encoding::percent_decode;
use crate::support::script::{play, reject, response};

const ROLE: &str = "arn:aws:iam::123456789012:role/pod";

fn parameters(body: &[u8]) -> Vec<(String, String)> {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap());
    let decoded = |text: &str| String::from_utf8(percent_decode(text)).unwrap();
    pairs
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

fn environment(sts: &str, token: &TempFile) -> Environment {
    Environment::new([
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.0.to_str().unwrap()),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ROLE_SESSION_NAME", "my-pod"),
        ("AWS_ENDPOINT_URL_STS", sts),
        ("HOME", "/nonexistent"),
        NO_INSTANCE,
    ])
}

#[tokio::test]
async fn the_token_is_sent_unsigned_and_read_anew_for_each_renewal() {
    let action = "AssumeRoleWithWebIdentity";
    let expired = sts_response_until("2025-01-02T03:04:05Z", action, "ONE");
    let server = play([expired, sts_response(action, "TWO")]).await;
    let token = TempFile::new("web-identity", b"first+token/=\n");
    let sts = format!("http://{}", server.address);
    let s3 = found(&environment(&sts, &token)).await.unwrap();
    std::fs::write(&token.0, "second").unwrap();
    let get = s3.get_object("bucket", "key");
    let link = get.presign_now(Duration::from_secs(60)).await.unwrap();
    assert!(
        link.url().contains("X-Amz-Credential=TWO"),
        "{}",
        link.url()
    );

    let requests = server.requests();
    for (request, token) in requests.iter().zip(["first+token/=", "second"]) {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("POST", "/")
        );
        assert_eq!(request.header("authorization"), None);
        assert_eq!(
            request.header("content-type"),
            Some("application/x-www-form-urlencoded")
        );
        let expected = [
            ("Action", action),
            ("Version", "2011-06-15"),
            ("RoleArn", ROLE),
            ("RoleSessionName", "my-pod"),
            ("WebIdentityToken", token),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parameters(&request.body), expected);
    }
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn the_profile_can_name_the_token_and_the_role() {
    let server = play([sts_response("AssumeRoleWithWebIdentity", "PROFILE")]).await;
    let config = format!(
        "[default]\nweb_identity_token_file = /token\nrole_arn = {ROLE}\nendpoint_url = http://{}\n",
        server.address
    );
    let environment = super::environment(&[]).with_files([
        ("/home/kim/.aws/config", config),
        ("/token", "token".to_owned()),
    ]);
    let s3 = found(&environment).await.unwrap();
    assert_eq!(access_key_id(&s3), "PROFILE");
}

#[tokio::test]
async fn a_failure_is_named_without_the_token() {
    let token = TempFile::new("rejected-token", b"hunter2");
    let rejected = reject(400, "ExpiredTokenException");
    let html = response("200 OK", "<html>hunter2</html>");
    let text = response("200 OK", "hunter2");
    for (script, expected) in [
        (
            rejected,
            "AssumeRoleWithWebIdentity: 400 ExpiredTokenException: m",
        ),
        (html, "AssumeRoleWithWebIdentity: malformed response: "),
        (
            text,
            "AssumeRoleWithWebIdentity: malformed response: expected <AssumeRoleWithWebIdentityResponse>",
        ),
    ] {
        let server = play([script]).await;
        let sts = format!("http://{}", server.address);
        let error = error_of(&environment(&sts, &token)).await;
        assert!(error.starts_with(expected), "{error}");
        assert!(
            expected.ends_with("response: ") || !error.contains("hunter"),
            "{error}"
        );
        assert_eq!(server.requests().len(), 1);
    }
    let variables = [("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")];
    let error = error_of(&super::environment(&variables)).await;
    assert!(
        error.starts_with("client: AWS_ROLE_ARN: not set, although AWS_WEB_IDENTITY_TOKEN_FILE is"),
        "{error}"
    );
    let variables = [variables[0], ("AWS_ROLE_ARN", ROLE)];
    let error = error_of(&super::environment(&variables)).await;
    assert!(
        error.starts_with("client: AWS_WEB_IDENTITY_TOKEN_FILE: \"/token\" cannot be read: "),
        "{error}"
    );
}
