//! `presign` and `sign`, with curl as the holder of what they print.

use std::process::Command;

use super::tool;
use crate::live::{MIB, content, read};
use crate::support::live::{is_https, with_bucket};
use crate::support::tool::{Folder, run};

/// curl with these arguments, and its standard output.
fn curl(arguments: &[&str]) -> Vec<u8> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--noproxy", "*"]);
    if let Ok(ca) = std::env::var("S3_TEST_CA") {
        curl.args(["--cacert", &ca]);
    }
    let output = curl.args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn curl_puts_and_gets_by_a_presigned_url() {
    with_bucket(|s3, bucket| async move {
        let folder = Folder::new();
        let data = content(MIB);
        let file = folder.write("file", &data);
        let object = format!("s3://{bucket}/a b/é.bin");
        let put = run(tool(), &["presign", "-X", "PUT", "-e", "15m", &object]).succeeded();
        curl(&["--upload-file", &file, put.trim_end()]);
        assert!(read(&s3, &bucket, "a b/é.bin").await == data);
        let get = run(tool(), &["presign", &object]).succeeded();
        assert!(get.contains("X-Amz-Expires=3600"), "{get}");
        assert!(curl(&[get.trim_end()]) == data);

        let arguments = [
            "presign",
            "-X",
            "put",
            "-H",
            "content-type: image/png",
            &object,
        ];
        let stderr = run(tool(), &arguments).stderr;
        assert_eq!(
            stderr,
            "the request must have the header content-type: image/png\n"
        );
        let json = run(tool(), &["--json", "presign", &object]).succeeded();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(curl(&[json["url"].as_str().unwrap()]) == data);
        let delete = run(tool(), &["presign", "-X", "DELETE", &object]).succeeded();
        curl(&["--request", "DELETE", delete.trim_end()]);
        run(tool(), &["stat", &object]).failed(4, "404");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_signed_request_is_accepted() {
    with_bucket(|s3, bucket| async move {
        let object = format!("s3://{bucket}/note.txt");
        let arguments = ["sign", "--send", "-X", "PUT", "--body", "@hello", &object];
        let stderr = run(tool(), &arguments).assert(0, "");
        assert!(
            stderr
                .to_lowercase()
                .contains("etag: \"5d41402abc4b2a76b9719d911017c592\""),
            "{stderr}"
        );
        run(tool(), &["sign", "--send", "-q", &object]).assert(0, "hello");
        let mut wrong = tool();
        wrong.env("AWS_SECRET_ACCESS_KEY", "wrong");
        let stderr = run(wrong, &["sign", "--send", &object]).assert(3, "");
        for line in [
            "canonical request",
            "the secret access key is not the one of this access key ID",
            "SignatureDoesNotMatch",
        ] {
            assert!(stderr.contains(line), "{stderr}");
        }
        if is_https() {
            // The command does not name the certificate.
            return;
        }
        let arguments = [
            "sign", "--show", "curl", "-X", "PUT", "--body", "@it's", &object,
        ];
        let line = run(tool(), &arguments).succeeded();
        let mut shell = Command::new("sh");
        shell.env("NO_PROXY", "*");
        run(shell, &["-c", &line.replacen("curl", "curl -sS", 1)]).assert(0, "");
        assert_eq!(&read(&s3, &bucket, "note.txt").await[..], b"it's");
    })
    .await;
}
