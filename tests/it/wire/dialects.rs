//! Dialects: what they change in the requests of uploads and streams, and in listings of an actual store.

use s3s::auth::SimpleAuth;
use slim_s3::{Body, Client, Dialect, Error, PartLimits, PayloadHash};

use super::OK;
use crate::support::s3s_fs;
use crate::support::script::{self, play};
use crate::support::server::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, assert_invalid, builder, record};
use crate::support::verifier::verify;

const STREAMING: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

fn stream() -> Body {
    Body::reader(5, &b"hello"[..])
}

/// The payload hash with which a stream is sent over http.
async fn payload_hash_of_a_stream(dialect: Dialect, chosen: Option<PayloadHash>) -> String {
    let (address, requests) = record(OK, "").await;
    let s3 = builder(address).dialect(dialect).build().unwrap();
    let mut part = s3.upload_part("bucket", "key", "id", 1, stream());
    if let Some(chosen) = chosen {
        part = part.payload_hash(chosen);
    }
    part.send().await.unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    assert_eq!(verify(&request), b"hello");
    request.header("x-amz-content-sha256").unwrap().to_owned()
}

#[tokio::test]
async fn a_stream_is_sent_unsigned_to_a_store_without_signed_chunks() {
    for dialect in [Dialect::SWIFT, Dialect::GOFAKES3, Dialect::GCS] {
        let hash = payload_hash_of_a_stream(dialect, None).await;
        assert_eq!(hash, "UNSIGNED-PAYLOAD", "{}", dialect.name);
    }
    for dialect in [Dialect::default(), Dialect::CEPH, Dialect::MINIO] {
        let hash = payload_hash_of_a_stream(dialect, None).await;
        assert_eq!(hash, STREAMING, "{}", dialect.name);
    }
}

#[tokio::test]
async fn the_callers_payload_hash_wins_over_the_dialect() {
    let chosen = Some(PayloadHash::Streaming);
    let hash = payload_hash_of_a_stream(Dialect::SWIFT, chosen).await;
    assert_eq!(hash, STREAMING);
}

#[tokio::test]
async fn a_conditional_put_on_garage_is_rejected_before_it_is_sent() {
    let (address, requests) = record(OK, "").await;
    let s3 = builder(address).dialect(Dialect::GARAGE).build().unwrap();
    let put = s3.put_object("bucket", "key", "x").if_none_match("*");
    let error = put.send().await.unwrap_err();
    assert_invalid(&error, "header if-none-match");
    assert!(error.to_string().starts_with(
        "PutObject bucket/key: header if-none-match: Garage ignores it with PutObject"
    ));
    assert!(!error.is_outcome_unknown());
    assert!(requests.lock().unwrap().is_empty());
}

/// The errors of conditional uploads of 3 bytes, in one request and in parts.
async fn conditional_uploads(dialect: Dialect) -> Vec<Result<(), Error>> {
    let mut results = Vec::new();
    for (threshold, scripts) in [
        (4, vec![script::ok()]),
        (
            1,
            vec![
                script::upload_created(),
                script::ok(),
                script::upload_completed(),
            ],
        ),
    ] {
        let server = play(scripts).await;
        let s3 = server.builder().dialect(dialect).build().unwrap();
        let upload = s3
            .upload_reader("bucket", "key", &b"abc"[..])
            .threshold(threshold)
            .if_none_match("*");
        let result = upload.send().await;
        assert_eq!(result.is_err(), server.requests().is_empty());
        results.push(result.map(drop));
    }
    results
}

/// Ceph honours the condition of PutObject, but the object may grow until it is uploaded in parts.
#[tokio::test]
async fn a_conditional_upload_is_rejected_at_any_size_if_completion_ignores_it() {
    for dialect in [Dialect::CEPH, Dialect::GARAGE] {
        for result in conditional_uploads(dialect).await {
            let error = result.unwrap_err();
            assert_invalid(&error, "header if-none-match");
            let expected = "ignores it with CompleteMultipartUpload";
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}

#[tokio::test]
async fn a_conditional_upload_is_sent_where_completion_honours_it() {
    for dialect in [Dialect::MINIO, Dialect::RCLONE, Dialect::default()] {
        for result in conditional_uploads(dialect).await {
            result.unwrap();
        }
    }
}

/// Uploads three bytes in parts of one byte.
async fn upload_of_three_parts(dialect: Dialect, limits: Option<PartLimits>) -> Result<u32, Error> {
    let parts = [script::ok(), script::ok(), script::ok()];
    let scripts = [script::upload_created()].into_iter().chain(parts);
    let server = play(scripts.chain([script::upload_completed()])).await;
    let s3 = server.builder().dialect(dialect).build().unwrap();
    let mut upload = s3
        .upload_reader("bucket", "key", &b"abc"[..])
        .threshold(1)
        .part_size(1)
        .concurrency(1);
    if let Some(limits) = limits {
        upload = upload.part_limits(limits);
    }
    Ok(upload.send().await?.parts)
}

#[tokio::test]
async fn the_dialects_part_limits_are_those_of_uploads() {
    let parts = upload_of_three_parts(Dialect::GARAGE, None).await;
    assert_eq!(parts.unwrap(), 3);
    let error = upload_of_three_parts(Dialect::default(), None).await;
    assert_invalid(&error.unwrap_err(), "part size");

    let mut two_parts = Dialect::GARAGE;
    two_parts.part_limits.max_parts = 2;
    let error = upload_of_three_parts(two_parts, None).await.unwrap_err();
    assert!(error.to_string().contains("fit into 2 parts"), "{error}");
    assert_eq!(Dialect::SWIFT.part_limits.max_parts, 1_000);
}

#[tokio::test]
async fn the_callers_part_limits_win_over_the_dialects() {
    let parts = upload_of_three_parts(Dialect::SWIFT, Some(script::tiny_parts())).await;
    assert_eq!(parts.unwrap(), 3);
}

/// s3s-fs confirms the encoding of keys, but does not apply it.
#[tokio::test]
async fn keys_are_listed_correctly_by_a_store_that_only_claims_to_encode_them() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let keys = SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
    tokio::spawn(s3s_fs::serve(listener, keys, "dialects"));
    let build = |dialect| {
        let builder = builder(address).clock(std::time::SystemTime::now);
        builder.dialect(dialect).build().unwrap()
    };
    let (without, with) = (build(Dialect::default()), build(Dialect::S3S_FS));
    let bucket = "dialects";
    with.create_bucket(bucket).send().await.unwrap();
    with.put_object(bucket, "a+b%20", "x").send().await.unwrap();
    let listed = async |s3: &Client| {
        let page = s3.list_objects_v2(bucket).send().await;
        page.unwrap().contents.remove(0).key
    };
    assert_eq!(listed(&with).await, "a+b%20");
    assert_eq!(listed(&without).await, "a b ");
}
