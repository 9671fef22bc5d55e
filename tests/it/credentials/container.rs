//! The credentials service of a container, played by a script.

use slim_s3::credentials::Environment;

use super::{NO_INSTANCE, access_key_id, environment, error_of, found};
use crate::live::TempFile;
use crate::support::script::{Script, Server, drop_response, play, response};

const KEYS: &str = r#"{"AccessKeyId":"CONTAINER","SecretAccessKey":"SK","Token":"T","Expiration":"2090-01-02T03:04:05Z"}"#;

fn ok() -> Script {
    response("200 OK", KEYS)
}

fn uri(server: &Server) -> String {
    format!("http://{}/v1/credentials?id=7", server.address)
}

const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

#[tokio::test]
async fn the_full_uri_is_requested_with_the_token_in_the_variable() {
    let server = play([ok()]).await;
    let uri = uri(&server);
    let variables = [
        (FULL, uri.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc"),
    ];
    let s3 = found(&environment(&variables)).await.unwrap();
    assert_eq!(access_key_id(&s3), "CONTAINER");
    let [request] = &server.requests()[..] else {
        panic!()
    };
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("GET", "/v1/credentials?id=7")
    );
    assert_eq!(request.header("authorization"), Some("Basic abc"));
    assert_eq!(request.header("accept"), Some("application/json"));
}

#[tokio::test]
async fn the_token_file_comes_before_the_variable_and_may_end_with_a_line_end() {
    let server = play([ok()]).await;
    let (uri, file) = (uri(&server), TempFile::new("token", b"from-file\n"));
    let environment = Environment::new([
        (FULL, uri.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "from-variable"),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            file.0.to_str().unwrap(),
        ),
        ("HOME", "/nonexistent"),
        NO_INSTANCE,
    ]);
    found(&environment).await.unwrap();
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some("from-file")
    );
}

#[tokio::test]
async fn server_errors_and_lost_connections_are_retried() {
    let server = play([response("503 X", ""), drop_response(), ok()]).await;
    let uri = uri(&server);
    let s3 = found(&environment(&[(FULL, &uri)])).await.unwrap();
    assert_eq!(access_key_id(&s3), "CONTAINER");
    assert_eq!(server.requests().len(), 3);
}

/// The service is configured, so its failure ends the search. No message contains the path, which can identify a task.
#[tokio::test]
async fn a_failure_is_named_without_the_path_or_a_secret() {
    let malformed = |body: &str| response("200 OK", body);
    for (script, expected) in [
        (
            response(
                "403 Forbidden",
                r#"{"code":"NoRole","message":"no role for this task"}"#,
            ),
            "the service returned 403 Forbidden (NoRole: no role for this task)",
        ),
        (
            response("404 Not Found", "hunter2"),
            "the service returned 404 Not Found",
        ),
        (
            response("302 Found\r\nlocation: http://127.0.0.1:1/", ""),
            "the service returned 302 Found",
        ),
        (
            malformed("hunter2"),
            "malformed response: expected a JSON object",
        ),
        (
            malformed(r#"{"AccessKeyId":"AK","SecretAccessKey":"hunter2\nhunter3"}"#),
            "malformed response: secret access key: contains a line end",
        ),
    ] {
        let server = play([script]).await;
        let uri = uri(&server);
        let error = error_of(&environment(&[(FULL, &uri)])).await;
        assert_eq!(server.requests().len(), 1, "{error}");
        assert!(
            error.starts_with("container credentials: ") && error.contains(expected),
            "{error}"
        );
        assert!(
            !error.contains("hunter") && !error.contains("id=7"),
            "{error}"
        );
    }
    let error = error_of(&environment(&[(FULL, "http://127.0.0.1:1/v1?id=7")])).await;
    assert!(
        error.starts_with("container credentials: no connection to 127.0.0.1:1: ")
            && !error.contains("id=7"),
        "{error}"
    );
}

#[tokio::test]
async fn keys_are_not_requested_from_other_hosts_over_http() {
    for (variable, value, expected) in [
        (
            FULL,
            "http://keys.example.com/",
            "neither https nor an address of this machine, ECS or EKS over http",
        ),
        (
            FULL,
            "http://user:hunter2@127.0.0.1/",
            "has no host, or a user name",
        ),
        (FULL, "/hunter2", "has no host, or a user name"),
        (
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "v1/hunter2",
            "does not start with a slash",
        ),
    ] {
        let error = error_of(&environment(&[(variable, value)])).await;
        assert!(
            error.starts_with(&format!("client: {variable}: {expected}; "))
                && !error.contains("hunter"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_token_with_a_line_end_is_reported_but_not_printed() {
    let inside = TempFile::new("inside", b"hunter2\nhunter3");
    let path = inside.0.to_str().unwrap();
    for (variable, value, expected) in [
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "hunter2\n",
            "contains a line end",
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            path,
            "contains a line end",
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "/nonexistent/token",
            "cannot be read: ",
        ),
    ] {
        let environment = Environment::new([
            (FULL, "http://127.0.0.1:1/"),
            (variable, value),
            ("HOME", "/nonexistent"),
            NO_INSTANCE,
        ]);
        let error = error_of(&environment).await;
        assert!(
            error.starts_with(&format!("client: {variable}: ")) && error.contains(expected),
            "{error}"
        );
        assert!(!error.contains("hunter"), "{error}");
    }
}
