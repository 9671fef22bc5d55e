//! Roles: of profiles, and of `AssumeRole` itself, with an STS that is played by a script and verifies signatures.

use std::time::{Duration, SystemTime};

use slim_s3::credentials::AssumeRole;
use slim_s3::{Client, ClientBuilder, Credentials};

use super::{access_key_id, error_of, found, with_files};
use crate::support::script::{Script, drop_response, play, reject, response};
use crate::support::server::{Received, SECRET_ACCESS_KEY};
use crate::support::verifier::verify;

/// The response of an STS.
pub fn sts_response(action: &str, id: &str) -> Script {
    sts_response_until("2090-01-02T03:04:05.678Z", action, id)
}

pub fn sts_response_until(expiration: &str, action: &str, id: &str) -> Script {
    response("200 OK", sts_document(expiration, action, id))
}

pub fn sts_document(expiration: &str, action: &str, id: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
         <AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{SECRET_ACCESS_KEY}</SecretAccessKey>\
         <SessionToken>T-{id}</SessionToken><Expiration>{expiration}</Expiration>\
         </Credentials></{action}Result></{action}Response>"
    )
}

fn assumed(id: &str) -> Script {
    sts_response("AssumeRole", id)
}

fn body(request: &Received) -> String {
    String::from_utf8(request.body.clone()).unwrap()
}

/// The profile `default` assumes a role with the keys of `base`.
fn config(endpoint: &str, more: &str) -> String {
    format!(
        "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = base\nregion = eu-west-3\nendpoint_url = {endpoint}\n\
         external_id = x y\nrole_session_name = me\nduration_seconds = 900\n{more}"
    )
}

fn base() -> String {
    format!("[base]\naws_access_key_id = BASE\naws_secret_access_key = {SECRET_ACCESS_KEY}\n")
}

#[tokio::test]
async fn a_profile_assumes_a_role_with_the_keys_of_another() {
    let server = play([assumed("ROLE")]).await;
    let config = config(&format!("http://{}", server.address), "");
    let s3 = found(&with_files(&[], &base(), &config)).await.unwrap();
    assert_eq!(access_key_id(&s3), "ROLE");
    let [request] = &server.requests()[..] else {
        panic!()
    };
    verify(request);
    let authorization = request.header("authorization").unwrap();
    assert!(
        authorization.contains("Credential=BASE/")
            && authorization.contains("/eu-west-3/sts/aws4_request"),
        "{authorization}"
    );
    assert_eq!(
        body(request),
        "Action=AssumeRole&Version=2011-06-15&RoleSessionName=me&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa&ExternalId=x%20y\
         &DurationSeconds=900"
    );
}

/// An STS of its own is named by a variable, or in the `services` section.
#[tokio::test]
async fn the_sts_has_an_endpoint_of_its_own() {
    for in_section in [false, true] {
        let server = play([assumed("ROLE")]).await;
        let url = format!("http://{}", server.address);
        let services = format!("services = x\n[services x]\nsts =\n  endpoint_url = {url}\n");
        let config = config(
            "http://127.0.0.1:1",
            if in_section { &services } else { "" },
        );
        let variables = if in_section {
            vec![]
        } else {
            vec![("AWS_ENDPOINT_URL_STS", url.as_str())]
        };
        let s3 = found(&with_files(&variables, &base(), &config))
            .await
            .unwrap();
        assert_eq!(access_key_id(&s3), "ROLE");
        let request = s3.head_bucket("bucket").sign(s3.now()).unwrap();
        assert_eq!(request.uri().to_string(), "http://127.0.0.1:1/bucket");
    }
}

#[tokio::test]
async fn roles_are_assumed_one_after_the_other() {
    let server = play([assumed("FIRST"), assumed("SECOND")]).await;
    let endpoint = format!("http://{}", server.address);
    let config = "[default]\nrole_arn = second\nsource_profile = middle\n[profile middle]\nrole_arn = first\n\
                  source_profile = base\n";
    let variables = [("AWS_ENDPOINT_URL", endpoint.as_str())];
    let s3 = found(&with_files(&variables, &base(), config))
        .await
        .unwrap();
    assert_eq!(access_key_id(&s3), "SECOND");
    let requests = server.requests();
    assert!(body(&requests[0]).contains("RoleArn=first"));
    assert!(body(&requests[1]).contains("RoleArn=second"));
    requests.iter().for_each(|request| drop(verify(request)));
    assert_eq!(requests[1].header("x-amz-security-token"), Some("T-FIRST"));
}

#[tokio::test]
async fn the_keys_of_a_role_can_come_from_itself_a_process_the_environment_or_a_container() {
    let keys = format!("aws_access_key_id = BASE\naws_secret_access_key = {SECRET_ACCESS_KEY}\n");
    let helper = format!(
        "credential_process = echo '{{\"Version\":1,\"AccessKeyId\":\"BASE\",\"SecretAccessKey\":\"{SECRET_ACCESS_KEY}\"}}'\n"
    );
    let document = format!(r#"{{"AccessKeyId":"BASE","SecretAccessKey":"{SECRET_ACCESS_KEY}"}}"#);
    let container = play([response("200 OK", document)]).await;
    let uri = format!("http://{}/", container.address);
    for (profile, variables) in [
        (format!("source_profile = default\n{keys}"), vec![]),
        (format!("source_profile = x\n[profile x]\n{keys}"), vec![]),
        (format!("source_profile = x\n[profile x]\n{helper}"), vec![]),
        (
            "credential_source = EcsContainer\n".to_owned(),
            vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str())],
        ),
    ] {
        let server = play([assumed("ROLE")]).await;
        let config = format!(
            "[default]\nrole_arn = a\nendpoint_url = http://{}\n{profile}",
            server.address
        );
        let s3 = found(&with_files(&variables, "", &config)).await.unwrap();
        assert_eq!(access_key_id(&s3), "ROLE", "{config}");
        let request = &server.requests()[0];
        verify(request);
        assert!(
            request
                .header("authorization")
                .unwrap()
                .contains("Credential=BASE/")
        );
    }
    // Keys in the environment come before the role, unless the program chooses the profile.
    let server = play([assumed("ROLE")]).await;
    let variables = [
        ("AWS_ACCESS_KEY_ID", "BASE"),
        ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
    ];
    let config = format!(
        "[profile x]\nrole_arn = a\ncredential_source = Environment\nendpoint_url = http://{}\n",
        server.address
    );
    let environment = with_files(&variables, "", &config);
    let builder = ClientBuilder::from_environment(&environment, Some("x")).await;
    assert_eq!(access_key_id(&builder.unwrap().build().unwrap()), "ROLE");
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_is_named() {
    for (profile, expected) in [
        (
            "role_arn = a\n",
            "client: role_arn of profile default: set, but neither source_profile nor credential_source is; ",
        ),
        (
            "role_arn = a\nsource_profile = x\ncredential_source = Environment\n",
            "client: source_profile of profile default: set, and so is credential_source; ",
        ),
        (
            "role_arn = a\nsource_profile = nope\n",
            "client: source_profile of profile default: \"nope\" is in neither ~/.aws/credentials nor ~/.aws/config; these exist: base, default; ",
        ),
        (
            "role_arn = a\ncredential_source = Moon\n",
            "client: credential_source of profile default: \"Moon\" is not a source; ",
        ),
        (
            "role_arn = a\ncredential_source = Environment\n",
            "client: role_arn of profile default: the keys that assume it are in none of these places: environment: AWS_ACCESS_KEY_ID is not set; ",
        ),
        (
            "role_arn = a\nsource_profile = x\n[profile x]\nregion = x\n",
            "client: role_arn of profile default: the keys that assume it are in none of these places: web identity: ",
        ),
        (
            "role_arn = a\nsource_profile = x\n[profile x]\nrole_arn = b\nsource_profile = default\n",
            "client: source_profile of profile default: leads back to the profile itself: default -> x -> default; ",
        ),
        (
            "role_arn = a\nsource_profile = x\n[profile x]\nrole_arn = b\nsource_profile = y\n\
             [profile y]\nrole_arn = c\nsource_profile = x\n",
            "client: source_profile of profile x: leads back to the profile itself: x -> y -> x; ",
        ),
        (
            "role_arn = a\nsource_profile = base\nmfa_serial = m\n",
            "client: mfa_serial of profile default: not supported: ",
        ),
        (
            "role_arn = a\nsource_profile = base\nduration_seconds = 1h\n",
            "client: duration_seconds of profile default: \"1h\" is not a number of seconds from 900; ",
        ),
        (
            "role_arn = a\nsource_profile = base\nduration_seconds = 899\n",
            "client: duration_seconds of profile default: \"899\" is not a number of seconds from 900; ",
        ),
    ] {
        let config = format!("[default]\n{profile}");
        let error = error_of(&with_files(&[], &base(), &config)).await;
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains(SECRET_ACCESS_KEY), "{error}");
    }
}

fn role(address: impl std::fmt::Display) -> AssumeRole {
    AssumeRole {
        endpoint: Some(format!("http://{address}")),
        ..AssumeRole::new(Credentials::new("BASE", SECRET_ACCESS_KEY))
    }
}

#[tokio::test]
async fn transient_failures_are_retried_and_rejections_are_not() {
    let server = play([
        reject(503, "ServiceUnavailable"),
        drop_response(),
        assumed("ROLE"),
    ])
    .await;
    let credentials = role(server.address).send().await.unwrap();
    assert_eq!(credentials.access_key_id(), "ROLE");
    assert!(credentials.expires_at().is_some());
    let server = play([reject(403, "AccessDenied")]).await;
    let error = role(server.address).send().await.unwrap_err();
    assert_eq!(error.to_string(), "AssumeRole: 403 AccessDenied: m");
    assert!(error.is_access_denied());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_from_the_rejection() {
    let document = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>expired</Message></Error></ErrorResponse>";
    let rejected = response(
        "403 Forbidden\r\ndate: Thu, 02 Jan 2025 03:04:05 GMT",
        document,
    );
    let server = play([
        rejected.clone(),
        assumed("ROLE"),
        rejected.clone(),
        rejected,
    ])
    .await;
    role(server.address).send().await.unwrap();
    let requests = server.requests();
    verify(&requests[1]);
    assert_eq!(requests[1].header("x-amz-date"), Some("20250102T030405Z"));
    // Once: then it is the signature.
    let error = role(server.address).send().await.unwrap_err();
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"));
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_client_requests_them_with_its_first_call_and_keeps_them() {
    let ok = || response("200 OK\r\netag: \"e\"", "");
    let server = play([assumed("ROLE"), ok(), ok()]).await;
    let s3 = Client::builder()
        .endpoint(&format!("http://{}", server.address))
        .assume_role(role(server.address))
        .clock(SystemTime::now)
        .build()
        .unwrap();
    let get = s3.get_object("bucket", "key");
    let error = get.presign(s3.now(), Duration::from_secs(60)).unwrap_err();
    assert!(
        error.to_string().contains("credentials: not fetched yet"),
        "{error}"
    );
    for key in ["one", "two"] {
        s3.put_object("bucket", key, "x").send().await.unwrap();
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests[1..] {
        verify(request);
        assert_eq!(request.header("x-amz-security-token"), Some("T-ROLE"));
    }
}

#[tokio::test]
async fn a_wrong_endpoint_or_region_is_named() {
    let wrong = AssumeRole {
        endpoint: Some("minio:9000".to_owned()),
        ..role("127.0.0.1:1")
    };
    let error = wrong.send().await.unwrap_err().to_string();
    assert!(
        error.starts_with("client: endpoint of AssumeRole: \"minio:9000\""),
        "{error}"
    );
    let wrong = AssumeRole {
        endpoint: None,
        region: "a/b".to_owned(),
        ..role("127.0.0.1:1")
    };
    let error = wrong.send().await.unwrap_err().to_string();
    assert!(
        error.starts_with("client: region of AssumeRole: \"a/b\""),
        "{error}"
    );
}
