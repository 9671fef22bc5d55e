//! Sources of credentials that fail: the exit code, and what `--json` says about their response.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{run_beside, tool};
use crate::credentials::exchanges::certificates::sts;
use crate::support::certificates::{Authority, FAR_FUTURE};
use crate::support::script::{Request, Script, Server, Wait, play, reject, response};
use crate::support::tool::{Folder, run};

/// The tool without keys in the environment.
fn without_keys() -> Command {
    let mut command = tool();
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    command
}

fn of_container(server: &Server) -> Command {
    let mut command = without_keys();
    let uri = format!("http://{}/keys", server.address);
    command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri);
    command
}

fn of_instance(server: &Server) -> Command {
    let mut command = without_keys();
    let endpoint = format!("http://{}", server.address);
    command
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint);
    command
}

fn of_role(server: &Server, token: &str) -> Command {
    let mut command = without_keys();
    let endpoint = format!("http://{}", server.address);
    command
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r")
        .env("AWS_ENDPOINT_URL_STS", endpoint);
    command
}

/// The JSON of the failure of `stat`, and the exit code.
async fn failure(command: Command) -> (Value, i32) {
    let ended = run_beside(command, &["--json", "--retries=0", "stat", "s3://b/k"]).await;
    let error: Value = serde_json::from_str(&ended.stderr).unwrap();
    (error["error"].clone(), ended.code.unwrap())
}

fn broken() -> Vec<Script> {
    let document = r#"{"code": "InternalServerException", "message": "m"}"#;
    vec![response("503 Service Unavailable", document); 3]
}

#[tokio::test]
async fn a_source_that_fails_for_now_is_temporary() {
    let folder = Folder::new();
    let token = folder.write("token", "t");
    let server = play(broken()).await;
    let (error, code) = failure(of_container(&server)).await;
    assert_eq!(code, 5, "{error}");
    assert_eq!(error["op"], "container credentials");
    assert_eq!(error["status"], 503);
    assert_eq!(error["code"], "InternalServerException");

    let server = play(broken()).await;
    let (error, code) = failure(of_instance(&server)).await;
    assert_eq!((code, &error["status"]), (5, &503.into()), "{error}");

    let server = play(vec![reject(500, "InternalFailure"); 3]).await;
    let (error, code) = failure(of_role(&server, &token)).await;
    assert_eq!(code, 5, "{error}");
    assert_eq!(error["op"], "AssumeRoleWithWebIdentity");
    assert_eq!(
        (&error["status"], &error["code"]),
        (&500.into(), &"InternalFailure".into())
    );
}

#[tokio::test]
async fn a_source_that_cannot_be_reached_is_temporary() {
    let folder = Folder::new();
    let token = folder.write("token", "t");
    let closed = "http://127.0.0.1:9/";
    let mut container = without_keys();
    container.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", closed);
    let mut instance = without_keys();
    instance
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", closed);
    let mut role = without_keys();
    role.env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r")
        .env("AWS_ENDPOINT_URL_STS", closed);
    for command in [container, instance, role] {
        let (error, code) = failure(command).await;
        assert_eq!(code, 5, "{error}");
    }
}

#[tokio::test]
async fn a_source_that_refuses_is_a_matter_of_configuration() {
    let folder = Folder::new();
    let token = folder.write("token", "t");
    let refused = || response("403 Forbidden", r#"{"Code": "AccessDenied"}"#);
    let server = play([refused()]).await;
    let (error, code) = failure(of_container(&server)).await;
    assert_eq!((code, &error["status"]), (3, &403.into()), "{error}");
    assert_eq!(error["code"], "AccessDenied");
    // The instance has no role.
    let server = play([refused()]).await;
    assert_eq!(failure(of_instance(&server)).await.1, 3);
    let server = play([reject(403, "InvalidIdentityToken")]).await;
    let (error, _) = failure(of_role(&server, &token)).await;
    assert_eq!(error["code"], "InvalidIdentityToken");
    // No object is missing.
    for refusal in [
        reject(403, "AccessDenied"),
        reject(400, "InvalidParameterValue"),
        response("404 Not Found", "<html>Not Found</html>"),
        response("200 OK", "<html>Log in</html>"),
    ] {
        let server = play([refusal]).await;
        let (error, code) = failure(of_role(&server, &token)).await;
        assert_eq!(code, 3, "{error}");
    }
}

#[tokio::test]
async fn a_renewal_that_fails_has_the_response_of_the_source() {
    let expired = r#"{"AccessKeyId": "AK", "SecretAccessKey": "SK", "Token": "t",
                      "Expiration": "2020-01-01T00:00:00Z"}"#;
    let scripts = [vec![response("200 OK", expired)], broken()].concat();
    let server = play(scripts).await;
    let (error, code) = failure(of_container(&server)).await;
    assert_eq!(code, 5, "{error}");
    assert_eq!(error["op"], "HeadObject");
    assert_eq!(error["status"], 503);
    assert_eq!(error["code"], "InternalServerException");
    assert_eq!(server.remaining(), 0);
}

/// A profile whose keys come from this STS.
fn with_role(folder: &Folder, endpoint: &str) -> Command {
    let config = folder.write(
        "config",
        format!(
            "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = base\nservices = s\n\
             [services s]\nsts =\n  endpoint_url = {endpoint}\n\
             [profile base]\naws_access_key_id = AK\naws_secret_access_key = SK\n"
        ),
    );
    let mut command = without_keys();
    command.env("AWS_CONFIG_FILE", config);
    command
}

#[tokio::test]
async fn the_timeout_applies_to_the_sts_too() {
    let folder = Folder::new();
    let silent = play(vec![vec![Request, Wait(Duration::from_secs(30))]; 3]).await;
    let command = with_role(&folder, &format!("http://{}", silent.address));
    let began = Instant::now();
    let arguments = ["--json", "--retries=0", "--timeout=1s", "stat", "s3://b/k"];
    let ended = run_beside(command, &arguments).await;
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stderr.contains("AssumeRole"), "{}", ended.stderr);
    assert!(began.elapsed() < Duration::from_secs(15));
}

/// The store's port is closed: a certificate that is accepted shows in another exit code.
#[test]
fn the_certificate_of_the_sts_is_verified_as_that_of_the_store() {
    let folder = Folder::new();
    let authority = Authority::new("slim-s3 test CA");
    let server = authority.issue(&["localhost"], FAR_FUTURE);
    let bundle = folder.write("ca.pem", &authority.pem);
    let stat = |options: &[&str]| {
        let command = with_role(&folder, &sts(&server));
        let arguments = ["--retries=0", "stat", "s3://b/k"];
        run(command, &[options, &arguments[..]].concat()).stderr
    };
    let rejected = stat(&[]);
    assert!(rejected.contains("certificate"), "{rejected}");
    for options in [&["--insecure"][..], &["--ca-bundle", &bundle]] {
        let accepted = stat(options);
        assert!(
            accepted.contains("HeadObject b/k: no connection"),
            "{accepted}"
        );
        assert!(!accepted.contains("AssumeRole"), "{accepted}");
    }
}
