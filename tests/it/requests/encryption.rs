//! Requests with server-side encryption.

use slim_s3::Encryption;
#[cfg(any(not(feature = "reqwest"), feature = "rustls"))]
use slim_s3::{Client, CustomerKey};

use super::{check, client};
#[cfg(any(not(feature = "reqwest"), feature = "rustls"))]
use super::{credentials, timestamp};

#[test]
fn put_object_requests_sse_s3() {
    check(
        client()
            .put_object("b", "k", "x")
            .encryption(Encryption::S3),
        "PUT http://127.0.0.1:9000/b/k\ncontent-length: 1\nx-amz-server-side-encryption: AES256\n\nx\n",
    );
}

#[test]
fn sse_kms_sends_the_key_id_only_if_given() {
    let kms = Encryption::Kms {
        key_id: Some("arn:1".to_owned()),
    };
    check(
        client().create_multipart_upload("b", "k").encryption(kms),
        "POST http://127.0.0.1:9000/b/k?uploads=
content-length: 0
x-amz-server-side-encryption: aws:kms
x-amz-server-side-encryption-aws-kms-key-id: arn:1
",
    );
    check(
        client()
            .copy_object("b", "k", ("a", "k"))
            .encryption(Encryption::Kms { key_id: None }),
        "PUT http://127.0.0.1:9000/b/k\ncontent-length: 0\nx-amz-copy-source: a/k\nx-amz-server-side-encryption: aws:kms\n",
    );
}

/// Customer keys require https.
#[cfg(any(not(feature = "reqwest"), feature = "rustls"))]
fn https_client() -> Client {
    Client::builder()
        .endpoint("https://127.0.0.1:9000")
        .credentials(credentials())
        .build()
        .unwrap()
}

#[cfg(any(not(feature = "reqwest"), feature = "rustls"))]
fn customer_key() -> CustomerKey {
    CustomerKey::from(*b"01234567890123456789012345678901")
}

#[cfg(any(not(feature = "reqwest"), feature = "rustls"))]
#[test]
fn customer_keys_are_sent_as_base64_with_their_md5() {
    let (client, key) = (https_client(), customer_key());
    let headers = |prefix: &str| {
        format!(
            "x-amz-{prefix}server-side-encryption-customer-algorithm: AES256
x-amz-{prefix}server-side-encryption-customer-key: MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
x-amz-{prefix}server-side-encryption-customer-key-md5: KYvwGXoFFJ42a2u2GDWhwQ==
"
        )
    };
    check(
        client
            .put_object("b", "k", "x")
            .encryption(Encryption::Customer(key.clone())),
        &format!(
            "PUT https://127.0.0.1:9000/b/k\ncontent-length: 1\n{}\nx\n",
            headers("")
        ),
    );
    let target = "https://127.0.0.1:9000/b/k";
    check(
        client.get_object("b", "k").customer_key(&key),
        &format!("GET {target}\n{}", headers("")),
    );
    check(
        client.head_object("b", "k").customer_key(&key),
        &format!("HEAD {target}\n{}", headers("")),
    );
    check(
        client
            .upload_part("b", "k", "id", 1, "x")
            .customer_key(&key),
        &format!(
            "PUT {target}?partNumber=1&uploadId=id\ncontent-length: 1\n{}\nx\n",
            headers("")
        ),
    );
    check(
        client
            .copy_object("b", "k", ("a", "k"))
            .source_customer_key(&key),
        &format!(
            "PUT {target}\ncontent-length: 0\nx-amz-copy-source: a/k\n{}",
            headers("copy-source-")
        ),
    );
}

#[cfg(any(not(feature = "reqwest"), feature = "rustls"))]
#[test]
fn customer_keys_are_never_printed() {
    let (client, key) = (https_client(), customer_key());
    let call = client
        .put_object("b", "k", "x")
        .encryption(Encryption::Customer(key.clone()));
    let printed = format!(
        "{call:?} {key:?} {} {:?}",
        call.explain(timestamp()).unwrap(),
        call.sign(timestamp()).unwrap()
    );
    assert!(
        !printed.contains("MDEyMzQ1") && !printed.contains("0123456789"),
        "{printed}"
    );
}
