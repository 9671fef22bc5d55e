//! Presigned URLs, sent by holders that know no keys: `curl` and ureq.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use md5::{Digest, Md5};
use slim_s3::operation::{ChecksumAlgorithm, CompletedPart};
use slim_s3::{
    AmzDate, Client, CustomerKey, ETag, Encryption, Operation, PayloadHash, PresignedRequest,
};

use super::{MIB, assert_missing, content, create_upload, read};
use crate::support::live::{self, Store, store, with_bucket};

const MINUTE: Duration = Duration::from_secs(60);

/// The status and the body of a response.
type Received = (u16, Vec<u8>);

/// A program that sends a presigned request with a body.
type Holder = fn(&PresignedRequest, &[u8]) -> Received;

/// `curl` and its arguments for the store, in a shell: `{line}` and the returned options.
pub fn run_curl(line: &str, body: &[u8]) -> Received {
    let ca = std::env::var("S3_TEST_CA").map(|ca| format!("--cacert '{ca}'"));
    let options =
        "--silent --show-error --noproxy '*' --max-time 60 --write-out '%{stderr}%{http_code}'";
    let mut child = Command::new("sh")
        .args([
            "-c",
            &format!("{line} {options} {}", ca.unwrap_or_default()),
        ])
        // No settings of whoever runs the tests.
        .env("CURL_HOME", "/nonexistent")
        .env("HOME", "/nonexistent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tests need sh and curl");
    // curl reads nothing for a GET, and may have ended.
    let _ = child.stdin.take().unwrap().write_all(body);
    let output = child.wait_with_output().unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    let status = messages.get(messages.len().saturating_sub(3)..).unwrap();
    let status = status
        .parse()
        .unwrap_or_else(|_| panic!("curl (is it installed?): {messages}"));
    (status, output.stdout)
}

fn curl(request: &PresignedRequest, body: &[u8]) -> Received {
    let (status, output) = run_curl(&request.to_curl(), body);
    // curl prints the head of the response to a HEAD.
    let is_head = request.method() == "HEAD";
    (status, if is_head { Vec::new() } else { output })
}

fn ureq(request: &PresignedRequest, body: &[u8]) -> Received {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = config.proxy(None).build().new_agent();
    let mut http = http::Request::builder()
        .method(request.method())
        .uri(request.url());
    for (name, value) in request.headers() {
        http = http.header(name, value);
    }
    let response = match request.method() {
        "PUT" | "POST" => agent.run(http.body(body).unwrap()),
        _ => agent.run(http.body(()).unwrap()),
    };
    let mut response = response.unwrap();
    let body = response.body_mut().read_to_vec().unwrap();
    (response.status().as_u16(), body)
}

/// ureq is built without TLS, so only curl is used over https.
fn holders() -> Vec<Holder> {
    match live::is_https() {
        true => vec![curl],
        false => vec![curl, ureq],
    }
}

fn presign<O: Operation>(s3: &Client, call: slim_s3::Call<O>) -> PresignedRequest {
    call.presign(s3.now(), MINUTE).unwrap()
}

fn is_success((status, body): &Received) -> bool {
    println!(
        "{status} {}",
        String::from_utf8_lossy(&body[..body.len().min(500)])
    );
    matches!(status, 200..=204)
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn objects_are_stored_read_and_deleted_by_url() {
    with_bucket(|s3, bucket| async move {
        let mut keys = vec![
            "plain.txt",
            "a b+c&d=e?f#g%h",
            "it's $(pwd) `pwd` \"quoted\"",
            "é/日本語/😀",
            "~-._!()*@:;,[]{}|^<>",
            "%20%2F%25",
        ];
        if store() != Store::S3sFs {
            keys.push("folder/");
        }
        for (key, holder) in keys
            .iter()
            .flat_map(|key| holders().into_iter().map(move |holder| (*key, holder)))
        {
            // An object whose key ends in a slash is empty in versitygw.
            let data = if key.ends_with('/') {
                ""
            } else {
                "some bytes\0\n"
            };
            let put = s3
                .put_object(&bucket, key, "")
                .content_type("text/x-test")
                .metadata("note", "it's \"a\" $note");
            let stored = holder(&presign(&s3, put), data.as_bytes());
            assert!(is_success(&stored), "{key}");
            let head = s3.head_object(&bucket, key).send().await.unwrap();
            // versitygw keeps no type of an object whose key ends in a slash, and s3s-fs of none.
            let keeps_type = match store() {
                Store::Minio => true,
                Store::Versitygw => !key.ends_with('/'),
                Store::S3sFs => false,
            };
            if keeps_type {
                assert_eq!(head.content_type.as_deref(), Some("text/x-test"), "{key}");
            }
            let got = holder(&presign(&s3, s3.get_object(&bucket, key)), b"");
            assert_eq!(got, (200, data.as_bytes().to_vec()), "{key}");
            let range = s3.get_object(&bucket, "plain.txt").range(0..4);
            if key == "plain.txt" {
                assert_eq!(holder(&presign(&s3, range), b""), (206, b"some".to_vec()));
            }
            let head = holder(&presign(&s3, s3.head_object(&bucket, key)), b"");
            assert_eq!(head, (200, Vec::new()), "{key}");
            let deleted = holder(&presign(&s3, s3.delete_object(&bucket, key)), b"");
            assert!(is_success(&deleted), "{key}");
            assert_missing(&s3, &bucket, key).await;
        }
        let listing = presign(&s3, s3.list_objects_v2(&bucket).prefix("a b/&"));
        for holder in holders() {
            assert!(is_success(&holder(&listing, b"")));
        }
    })
    .await;
}

/// The holder of the URL sends the customer key, which is signed.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_url_requires_its_encryption() {
    // A customer key is rejected for http.
    if !live::is_https() {
        return;
    }
    with_bucket(|s3, bucket| async move {
        let key = CustomerKey::from([b'k'; 32]);
        let put = s3.put_object(&bucket, "key", "");
        let put = presign(&s3, put.encryption(Encryption::Customer(key.clone())));
        assert!(is_success(&curl(&put, b"data")));
        let get = presign(&s3, s3.get_object(&bucket, "key").customer_key(&key));
        assert_eq!(curl(&get, b""), (200, b"data".to_vec()));
        let name = "x-amz-server-side-encryption-customer-key: ";
        for line in [put.to_curl(), get.to_curl()] {
            let other = line.replace(name, &format!("{name}x"));
            assert_ne!(other, line);
            let (status, body) = run_curl(&other, b"data");
            let body = String::from_utf8_lossy(&body);
            assert!(matches!(status, 400 | 403), "{status} {body}");
        }
        let without = curl(&presign(&s3, s3.get_object(&bucket, "key")), b"");
        assert_eq!(without.0, 400);

        let put = s3.put_object(&bucket, "managed", "");
        let put = presign(&s3, put.encryption(Encryption::S3));
        assert!(is_success(&curl(&put, b"data")));
        let head = s3.head_object(&bucket, "managed").send().await.unwrap();
        assert_eq!(head.headers["x-amz-server-side-encryption"], "AES256");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_url_overrides_the_response_headers() {
    with_bucket(|s3, bucket| async move {
        if store() == Store::S3sFs {
            // It ignores the overrides.
            return;
        }
        s3.put_object(&bucket, "key", "data").send().await.unwrap();
        let disposition = "attachment; filename=\"it's résumé.pdf\"";
        let get = s3
            .get_object(&bucket, "key")
            .response_content_type("text/x-override")
            .response_content_disposition(disposition);
        let line = presign(&s3, get).to_curl() + " --include";
        let (status, response) = run_curl(&line, b"");
        let response = String::from_utf8(response).unwrap();
        assert_eq!(status, 200, "{response}");
        assert!(response.contains("ype: text/x-override\r\n"), "{response}");
        assert!(response.contains(disposition), "{response}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn parts_are_uploaded_by_url() {
    with_bucket(|s3, bucket| async move {
        for holder in holders() {
            let data = content(5 * MIB + 1000);
            let upload_id = create_upload(&s3, &bucket, "big file").await;
            let mut parts = Vec::new();
            for (part, part_number) in data.chunks(5 * MIB).zip(1..) {
                let call = s3.upload_part(&bucket, "big file", &upload_id, part_number, "");
                assert!(is_success(&holder(&presign(&s3, call), part)));
                let etag = ETag::from(hex::encode(Md5::digest(part)).as_str());
                parts.push(CompletedPart { part_number, etag });
            }
            let complete = s3.complete_multipart_upload(&bucket, "big file", &upload_id, &parts);
            complete.send().await.unwrap();
            assert!(read(&s3, &bucket, "big file").await == data);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_expired_url_is_rejected() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "key", "data").send().await.unwrap();
        let get = s3.get_object(&bucket, "key");
        let ago = |seconds| AmzDate::from(SystemTime::now() - Duration::from_secs(seconds));
        let expired = get.presign(ago(30), Duration::from_secs(20)).unwrap();
        let week_old = get.presign(ago(600_000), Duration::from_secs(604_800));
        let week_old = week_old.unwrap();
        for holder in holders() {
            let (status, body) = holder(&expired, b"");
            assert_eq!(status, 403, "{}", String::from_utf8_lossy(&body));
            assert_eq!(holder(&week_old, b""), (200, b"data".to_vec()));
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_changed_request_is_rejected() {
    with_bucket(|s3, bucket| async move {
        let put = s3.put_object(&bucket, "key", "").content_type("text/plain");
        let line = presign(&s3, put).to_curl();
        for (from, to) in [
            ("content-type: text/plain", "content-type: text/html"),
            (
                "--header 'content-type: text/plain'",
                "--header 'content-type:'",
            ),
            ("--request PUT", "--request DELETE"),
            ("/key?", "/other?"),
            ("&X-Amz-Expires=60", "&X-Amz-Expires=61"),
            ("&X-Amz-Signature=", "&x-id=PutObject&X-Amz-Signature="),
        ] {
            let changed = line.replace(from, to);
            assert_ne!(changed, line);
            let (status, body) = run_curl(&changed, b"data");
            let body = String::from_utf8_lossy(&body);
            assert!(matches!(status, 400 | 403), "{to}: {status} {body}");
        }
        assert_missing(&s3, &bucket, "key").await;
        assert!(is_success(&run_curl(&line, b"data")));
        assert_eq!(read(&s3, &bucket, "key").await, "data");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_url_is_bound_to_one_body_by_its_hash() {
    with_bucket(|s3, bucket| async move {
        let put = s3
            .put_object(&bucket, "key", "")
            .payload_hash(PayloadHash::of(b"data"));
        let presigned = presign(&s3, put);
        for holder in holders() {
            let (status, body) = holder(&presigned, b"Data");
            let body = String::from_utf8_lossy(&body);
            assert!(matches!(status, 400 | 403), "{status} {body}");
            assert_missing(&s3, &bucket, "key").await;
            let (status, body) = holder(&presigned, b"data");
            let body = String::from_utf8_lossy(&body);
            if store() != Store::Minio {
                // They take no hash from a presigned request.
                assert!(status == 403 && body.contains("SignatureDoesNotMatch"));
                continue;
            }
            assert_eq!(status, 200, "{body}");
            s3.delete_object(&bucket, "key").send().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_url_is_bound_to_one_body_by_its_checksum() {
    with_bucket(|s3, bucket| async move {
        let put = || s3.put_object(&bucket, "key", "");
        let digest = "Om6weQ85rIfJTzhWst0sXREOaBFgImGpqSPTuyOtyLc=";
        let md5 = put().content_md5(Md5::digest(b"data").into());
        let sha256 = put().checksum(ChecksumAlgorithm::Sha256, digest);
        for presigned in [presign(&s3, md5), presign(&s3, sha256)] {
            for holder in holders() {
                let other = holder(&presigned, b"Data");
                assert_eq!(other.0, 400, "{}", String::from_utf8_lossy(&other.1));
                // s3s-fs reports the difference, and stores the object.
                if store() != Store::S3sFs {
                    assert_missing(&s3, &bucket, "key").await;
                }
                assert!(is_success(&holder(&presigned, b"data")));
                s3.delete_object(&bucket, "key").send().await.unwrap();
            }
        }
    })
    .await;
}
