//! Headers and their values.

use super::received;

#[tokio::test]
async fn header_values_keep_their_inner_spaces() {
    let (request, _) = received(|s3| async move {
        let call = s3
            .put_object("bucket", "key", "x")
            .header("X-Amz-Meta-UPPER", "Value")
            .metadata("Mixed-Case", "  a   b  c  ");
        call.content_disposition("attachment; filename=\"a  b.txt\"")
            .header("Accept-Encoding", "identity")
            .send()
            .await
            .map(drop)
    })
    .await;
    // Only the canonical form collapses inner spaces.
    assert_eq!(request.header("x-amz-meta-mixed-case"), Some("a   b  c"));
    assert_eq!(
        request.header("content-disposition"),
        Some("attachment; filename=\"a  b.txt\"")
    );
    let authorization = request.header("authorization").unwrap();
    assert!(authorization.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-mixed-case;x-amz-meta-upper,"), "{authorization}");
}

#[tokio::test]
async fn content_length_is_always_sent() {
    let (request, _) =
        received(|s3| async move { s3.put_object("bucket", "key", ()).send().await.map(drop) })
            .await;
    assert_eq!(request.header("content-length"), Some("0"));
    let (request, _) =
        received(|s3| async move { s3.create_bucket("bucket").send().await.map(drop) }).await;
    assert_eq!(request.header("content-length"), Some("0"));
    let (request, _) =
        received(|s3| async move { s3.put_object("bucket", "key", "äb").send().await.map(drop) })
            .await;
    assert_eq!(request.header("content-length"), Some("3"));
}

#[tokio::test]
async fn no_other_headers_are_added() {
    let (request, _) =
        received(|s3| async move { s3.put_object("bucket", "key", "äb").send().await.map(drop) })
            .await;
    for (name, _) in &request.headers {
        let unwanted = [
            "transfer-encoding",
            "expect",
            "accept-encoding",
            "x-amz-sdk-checksum-algorithm",
            "x-amz-trailer",
            "content-encoding",
        ];
        assert!(
            !unwanted.contains(&name.as_str()) && !name.starts_with("x-amz-checksum"),
            "{name}"
        );
    }
    assert_eq!(
        request.header("user-agent"),
        Some(concat!("slim-s3/", env!("CARGO_PKG_VERSION")))
    );
}
