//! `sign`: the numbers of a known example, in each form, and the response to a request that is sent.

use std::process::Command;

use super::{run_beside, tool, tool_for};
use crate::support::script::{error_document, play, response};
use crate::support::tool::{run, tool_at};

const CANONICAL: &str = "ebebbf8306d1f2327450eecf546f41d46924c56fa983781ee809928170b1b97a";
const SIGNING_KEY: &str = "3d05a173bb85ac41f047444529858a1ce666972153c199ccd1a0f6feeb19d2b4";
const SIGNATURE: &str = "651fc821c3d48717496ea26c3be9d4f7acf4281fbd1249895051989bea822a37";

/// A part of an upload, signed with the keys AK and SK; computed with another implementation too.
const EXAMPLE: [&str; 9] = [
    "sign",
    "-X",
    "PUT",
    "-H",
    "content-type: text/plain",
    "--payload=unsigned",
    "--date=20260102T030405Z",
    "--region=us-east-1",
    "http://127.0.0.1:9000/bkt/a%20b.txt?partNumber=2&uploadId=U",
];

fn example(more: &[&str]) -> String {
    let command = tool_at("", "AK", "SK");
    let arguments: Vec<&str> = EXAMPLE.iter().chain(more).copied().collect();
    run(command, &arguments).succeeded()
}

#[test]
fn the_text_shows_each_step() {
    let text = example(&["--keys"]);
    for line in [
        &format!("1 canonical request                         sha256 = {CANONICAL}"),
        "  1 PUT ",
        "  2 /bkt/a%20b.txt ",
        "  3 partNumber=2&uploadId=U ",
        "  4 content-type:text/plain ",
        "  5 host:127.0.0.1:9000",
        "  6 x-amz-content-sha256:UNSIGNED-PAYLOAD",
        "  7 x-amz-date:20260102T030405Z",
        "content-type;host;x-amz-content-sha256;x-amz-date",
        "20260102/us-east-1/s3/aws4_request",
        &format!("4 signature     {SIGNATURE} = HMAC"),
        &format!("Signature={SIGNATURE}"),
        &format!("  signing key   {SIGNING_KEY}"),
    ] {
        assert!(text.contains(line), "no {line:?} in\n{text}");
    }
    assert!(!example(&[]).contains(SIGNING_KEY));
}

#[test]
fn the_other_forms_have_the_same_signature() {
    let json: serde_json::Value =
        serde_json::from_str(&example(&["--show=json", "--keys"])).unwrap();
    assert_eq!(json["canonical_request_sha256"], CANONICAL);
    let chosen = example(&["--json", "--keys"]);
    assert_eq!(chosen, example(&["--show=json", "--keys"]));
    assert_eq!(json["headers"][0]["value"], "127.0.0.1:9000");
    assert_eq!(json["signature"], SIGNATURE);
    assert_eq!(json["keys"]["signing_key"], SIGNING_KEY);
    assert_eq!(json["method"], "PUT");
    assert_eq!(json["url"], EXAMPLE[8]);
    let page = example(&["--show=html"]);
    assert!(page.contains("<h1>How this PUT is signed</h1>") && page.contains(SIGNATURE));
    let signature = format!("Signature={SIGNATURE}");
    let headers = example(&["--show=header"]);
    assert!(
        headers.contains("x-amz-date: 20260102T030405Z\n"),
        "{headers}"
    );
    assert!(headers.contains(&signature), "{headers}");
    let curl = example(&["--show=curl"]);
    assert!(
        curl.starts_with("curl --fail-with-body --globoff --request 'PUT' "),
        "{curl}"
    );
    assert!(curl.ends_with(&format!(" '{}'\n", EXAMPLE[8])), "{curl}");
    assert!(curl.contains(&signature), "{curl}");
}

#[test]
fn the_body_is_hashed() {
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let arguments = ["sign", "-X", "PUT", "--body", "@hello", "s3://b/k"];
    let text = run(tool(), &arguments).succeeded();
    assert!(
        text.contains(&format!("x-amz-content-sha256:{hash}")),
        "{text}"
    );
    let arguments = ["sign", "-X", "PUT", "--payload", hash, "s3://b/k"];
    let text = run(tool(), &arguments).succeeded();
    assert!(
        text.contains(&format!("x-amz-content-sha256:{hash}")),
        "{text}"
    );
}

#[test]
fn an_anonymous_request_has_no_signature() {
    let text = run(tool(), &["--anonymous", "sign", "http://127.0.0.1:9/b/k"]).succeeded();
    assert!(text.contains("no string to sign"), "{text}");
}

#[tokio::test]
async fn a_request_that_is_sent_prints_its_response() {
    let server = play([response("200 OK\r\nx-amz-request-id: R", "policy")]).await;
    let url = format!("http://{}/b?policy", server.address);
    let ended = run_beside(tool(), &["sign", "--send", &url]).await;
    let stderr = ended.assert(0, "policy");
    assert!(stderr.contains("x-amz-request-id: R"), "{stderr}");
    assert_eq!(server.requests()[0].target, "/b?policy=");
}

#[tokio::test]
async fn a_rejected_signature_is_explained() {
    let rejection = "403 Forbidden\r\ndate: Thu, 01 Jan 2015 00:00:00 GMT";
    let error = "<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error>";
    // The request, and those of the diagnosis, whose last one has no signature.
    let mut scripts = vec![response(rejection, error); 4];
    scripts.push(response(rejection, error_document("AccessDenied")));
    let server = play(scripts).await;
    let arguments = ["--retries", "0", "sign", "--send", "s3://b/k"];
    let ended = run_beside(tool_for(&server), &arguments).await;
    let stderr = ended.assert(3, "");
    for line in [
        "1 canonical request",
        "5 header        Authorization: ",
        "cause     probably the secret access key is not the one of this access key ID",
        " s ahead of the store's",
        "probe     403 SignatureDoesNotMatch: GET /",
        "slim-s3: Request b/k: 403 SignatureDoesNotMatch: m",
    ] {
        assert!(stderr.contains(line), "no {line:?} in\n{stderr}");
    }
}

/// The command line that is printed is what curl needs.
#[tokio::test]
async fn curl_sends_what_was_signed() {
    let server = play([response("200 OK", "done")]).await;
    let url = format!("http://{}/b/it's?x=%20", server.address);
    let arguments = [
        "sign", "--show", "curl", "-X", "POST", "--body", "@it's", &url,
    ];
    let line = run(tool(), &arguments).succeeded();
    let mut shell = Command::new("sh");
    shell.env("NO_PROXY", "*").args([
        "-c",
        &format!("exec {}", line.replacen("curl", "curl -s", 1)),
    ]);
    let ended = tokio::task::spawn_blocking(move || shell.output().unwrap());
    let ended = ended.await.unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "done", "{line}");
    let request = &server.requests()[0];
    assert_eq!(
        (&*request.method, &*request.target),
        ("POST", "/b/it%27s?x=%20")
    );
    assert_eq!(request.body, b"it's");
    assert_eq!(request.header("content-length"), Some("4"));
    assert_eq!(request.header("content-type"), None);
    let authorization = request.header("authorization").unwrap();
    assert!(line.contains(authorization), "{authorization}");
}

/// AWS's example of a presigned URL, computed there.
#[test]
fn a_url_is_signed_in_its_query() {
    const ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const EXPECTED: &str = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let show = |more: &[&str]| {
        let target = "https://examplebucket.s3.amazonaws.com/test.txt";
        let mut arguments = vec!["sign", "--query", "--date=20130524T000000Z"];
        arguments.extend(["--region=us-east-1", "--virtual-host", target]);
        arguments.extend(more);
        if !more.iter().any(|option| option.starts_with("--expires")) {
            arguments.push("--expires=1d");
        }
        let mut command = tool_at("", ID, SECRET);
        command.env_remove("AWS_ENDPOINT_URL_S3");
        run(command, &arguments)
    };
    let text = show(&[]).succeeded();
    for line in [
        "  3 X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524",
        "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host",
        " UNSIGNED-PAYLOAD",
        &format!("4 signature     {EXPECTED} = HMAC"),
        "5 URL           https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=",
        &format!("&X-Amz-Signature={EXPECTED}\n"),
    ] {
        assert!(text.contains(line), "no {line:?} in\n{text}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&show(&["--show=json"]).succeeded()).unwrap();
    let url = json["url"].as_str().unwrap();
    assert!(
        url.ends_with(&format!("&X-Amz-Signature={EXPECTED}")),
        "{url}"
    );
    assert_eq!(json["headers"].as_array().unwrap().len(), 1);
    assert_eq!(json["headers"][0]["name"], "host");
    let curl = show(&["--show=curl"]).succeeded();
    assert_eq!(curl, format!("curl --fail-with-body --globoff '{url}'\n"));
    show(&["--send"]).failed(2, "cannot be used with");
    show(&["--body=@x"]).failed(2, "cannot be used with");
    show(&["--expires=8d"]).failed(2, "expires: ");
}

/// The steps are for reading. The URL has the token, because it does not work without it.
#[test]
fn the_token_is_masked_in_the_steps_of_a_url() {
    let mut command = tool();
    command.env("AWS_SESSION_TOKEN", "token/of-some-length");
    let text = run(command, &["sign", "--query", "s3://b/k"]).succeeded();
    assert!(!text.contains("of-some-length"), "{text}");
    assert!(text.contains("X-Amz-Security-Token=toke…("), "{text}");
    let show = |form: &str| {
        let mut command = tool();
        command.env("AWS_SESSION_TOKEN", "token/of-some-length");
        run(command, &["sign", "--query", form, "s3://b/k"]).succeeded()
    };
    let json: serde_json::Value = serde_json::from_str(&show("--show=json")).unwrap();
    let url = json["url"].as_str().unwrap();
    assert!(url.contains("X-Amz-Security-Token=toke…("), "{url}");
    let curl = show("--show=curl");
    let token = "X-Amz-Security-Token=token%2Fof-some-length&";
    assert!(curl.contains(token), "{curl}");
}

#[test]
fn secret_headers_are_masked_in_each_form() {
    for name in ["cookie", "Proxy-Authorization", "x-amz-s3session-token"] {
        let header = format!("{name}: secret-of-some-length");
        for form in ["text", "json", "html", "header", "curl"] {
            let arguments = ["sign", "-H", &header, "--show", form, "s3://b/k"];
            let text = run(tool(), &arguments).succeeded();
            assert!(!text.contains("of-some-length"), "{name} {form}: {text}");
            assert!(text.contains("secr"), "{name} {form}: {text}");
        }
    }
}

/// Neither on the terminal nor in a log. Whoever made it has it.
#[test]
fn a_customer_key_is_masked_beside_a_url() {
    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let header = format!("x-amz-server-side-encryption-customer-key: {KEY}");
    for options in [&[][..], &["--json"], &["-v"]] {
        // Such a key is only sent over https.
        let arguments = [options, &["--endpoint=https://127.0.0.1:9"]].concat();
        let arguments = [&arguments[..], &["presign", "-H", &header, "s3://b/k"]].concat();
        let ended = run(tool(), &arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let all = [ended.stdout, ended.stderr].concat();
        assert!(!all.contains("Nzg5YWJj"), "{all}");
        assert!(all.contains("MDEy…(44 characters)"), "{all}");
    }
}
