//! Upload forms, sent by `curl` as a browser sends them.

use std::time::{Duration, SystemTime};

use slim_s3::{AmzDate, Encryption, PostForm, PostPolicy};

use super::presigned::run_curl;
use super::{TempFile, assert_missing, read};
use crate::support::live::{self, Store, store, with_bucket};

const MINUTE: Duration = Duration::from_secs(60);

fn sign(policy: PostPolicy) -> PostForm {
    policy.presign(SystemTime::now().into(), MINUTE).unwrap()
}

/// Sends a form with some fields replaced or added. Returns the status and the response.
pub fn post(form: &PostForm, file: &TempFile, changes: &[(&str, &str)]) -> (u16, String) {
    let mut fields: Vec<(&str, &str)> = form.fields().collect();
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    let mut line = "curl --fail-with-body --globoff --include".to_owned();
    for (name, value) in fields {
        assert!(!value.contains('\''), "{value}");
        line += &format!(" --form-string '{name}={value}'");
    }
    line += &format!(" --form 'file=@{}' '{}'", file.0.display(), form.url());
    let (status, response) = run_curl(&line, b"");
    (status, String::from_utf8(response).unwrap())
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_form_stores_what_its_policy_allows() {
    with_bucket(|s3, bucket| async move {
        let file = TempFile::new("form.txt", b"some bytes");
        let form = sign(
            s3.post_policy(&bucket)
                .key("uploads/a b+c.txt")
                .content_type("text/x-test")
                .metadata("note", "a \"note\"")
                .content_length_range(1..=10),
        );
        let (status, response) = post(&form, &file, &[]);
        assert_eq!(status, 204, "{response}");
        assert_eq!(read(&s3, &bucket, "uploads/a b+c.txt").await, "some bytes");
        let head = s3.head_object(&bucket, "uploads/a b+c.txt");
        let head = head.send().await.unwrap();
        assert_eq!(head.content_type.as_deref(), Some("text/x-test"));
        let note = head.metadata("note");
        assert_eq!(note, Some("a \"note\""));

        // The sender chooses the key and the type.
        let form = sign(
            s3.post_policy(&bucket)
                .key_starts_with("uploads/")
                .field_starts_with("Content-Type", "image/")
                .success_status(201),
        );
        let changes = [("key", "uploads/chosen"), ("Content-Type", "image/png")];
        let (status, response) = post(&form, &file, &changes);
        assert_eq!(status, 201, "{response}");
        assert!(response.contains("<Key>uploads/chosen</Key>"), "{response}");
        let head = s3.head_object(&bucket, "uploads/chosen").send().await;
        assert_eq!(head.unwrap().content_type.as_deref(), Some("image/png"));

        // The store names the object after the file.
        let form = sign(s3.post_policy(&bucket).key_starts_with("uploads/"));
        let (status, response) = post(&form, &file, &[]);
        assert_eq!(status, 204, "{response}");
        let name = match store() {
            Store::Versitygw | Store::S3sFs => "${filename}",
            _ => file.0.file_name().unwrap().to_str().unwrap(),
        };
        let key = format!("uploads/{name}");
        assert_eq!(read(&s3, &bucket, &key).await, "some bytes");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_form_can_require_encryption() {
    // tests/run configures a key only for MinIO over https.
    if !live::is_https() {
        return;
    }
    with_bucket(|s3, bucket| async move {
        let file = TempFile::new("encrypted-form", b"some bytes");
        for (encryption, name) in [
            (Encryption::S3, "AES256"),
            (Encryption::Kms { key_id: None }, "aws:kms"),
        ] {
            let policy = s3.post_policy(&bucket).key("key").encryption(encryption);
            let form = sign(policy);
            let (status, response) = post(&form, &file, &[]);
            assert_eq!(status, 204, "{response}");
            let head = s3.head_object(&bucket, "key").send().await.unwrap();
            assert_eq!(head.headers["x-amz-server-side-encryption"], name);
            assert_eq!(read(&s3, &bucket, "key").await, "some bytes");
        }
        let form = sign(
            s3.post_policy(&bucket)
                .key("other")
                .encryption(Encryption::S3),
        );
        let other = [("x-amz-server-side-encryption", "aws:kms")];
        let (status, response) = post(&form, &file, &other);
        assert_eq!(status, 403, "{response}");
        assert_missing(&s3, &bucket, "other").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_form_redirects_after_success() {
    with_bucket(|s3, bucket| async move {
        let file = TempFile::new("redirected", b"some bytes");
        let policy = s3.post_policy(&bucket).key("key");
        let form = sign(policy.success_redirect("http://127.0.0.1:1/done?a=b"));
        let (status, response) = post(&form, &file, &[]);
        assert_eq!(status, 303, "{response}");
        let location = "ocation: http://127.0.0.1:1/done?";
        assert!(response.contains(location), "{response}");
        assert_eq!(read(&s3, &bucket, "key").await, "some bytes");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_form_outside_its_policy_is_rejected() {
    with_bucket(|s3, bucket| async move {
        let file = TempFile::new("rejected", b"some bytes");
        let policy = || s3.post_policy(&bucket).key_starts_with("uploads/");
        let reject = |form: PostForm, changes: &[(&str, &str)], status: u16, code: &str| {
            let changes = [&[("key", "uploads/key")], changes].concat();
            let (actual, response) = post(&form, &file, &changes);
            if store() == Store::S3sFs {
                // Its codes for conditions that are not met are its own.
                assert!(matches!(actual, 400 | 403), "{response}");
                return;
            }
            assert_eq!(actual, status, "{response}");
            let code = format!("<Code>{code}</Code>");
            assert!(response.contains(&code), "{response}");
        };
        let large = policy().content_length_range(1..=9);
        reject(sign(large), &[], 400, "EntityTooLarge");
        let small = policy().content_length_range(11..=20);
        reject(sign(small), &[], 400, "EntityTooSmall");
        let denied = "AccessDenied";
        reject(sign(policy()), &[("key", "other/key")], 403, denied);
        let typed = || policy().content_type("text/plain");
        let html = [("Content-Type", "text/html")];
        reject(sign(typed()), &html, 403, denied);
        let image = policy().field_starts_with("Content-Type", "image/");
        reject(sign(image), &html, 403, denied);
        reject(sign(policy()), &[("x-amz-meta-a", "1")], 403, denied);
        let ago = AmzDate::from(SystemTime::now() - Duration::from_secs(30));
        let expired = policy().presign(ago, Duration::from_secs(20)).unwrap();
        reject(expired, &[], 403, denied);
        let other = sign(policy().metadata("a", "1"));
        let other = other.fields().last().unwrap().1.to_owned();
        let signature = [("x-amz-signature", other.as_str())];
        reject(sign(policy()), &signature, 403, "SignatureDoesNotMatch");
        for key in ["uploads/key", "other/key"] {
            assert_missing(&s3, &bucket, key).await;
        }
        let (status, response) = post(&sign(typed()), &file, &[("key", "uploads/key")]);
        assert_eq!(status, 204, "{response}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_url_of_a_form_is_that_of_the_bucket() {
    let s3 = live::builder().build().unwrap();
    let form = sign(s3.post_policy("photos").key("key"));
    assert_eq!(form.url(), format!("{}/photos", live::endpoint()));
}
