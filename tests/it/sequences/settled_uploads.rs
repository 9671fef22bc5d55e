//! Uploads whose completion has no ETag, or a response that cannot be read: HeadObject settles both.

use slim_s3::{ETag, Encryption, Upload, UploadOutput};

use crate::support::script::{Script, Server, play, reject, response, tiny_parts, upload_created};

const PART: &str = "8d777f385d3dfec8815d20f7496026dc"; // MD5 of "data"

fn part() -> Script {
    response(&format!("200 OK\r\netag: \"{PART}\""), "")
}

/// Ceph 16.2's response.
fn completed_without_etag() -> Script {
    response(
        "200 OK",
        "<CompleteMultipartUploadResult><Bucket>bucket</Bucket><Key>key</Key><ETag></ETag></CompleteMultipartUploadResult>",
    )
}

/// Ceph's response to a long key: text from its memory.
fn garbled() -> Script {
    response(
        "200 OK",
        b"<CompleteMultipartUploadResult><Location>\xff\xfe</Location></CompleteMultipartUploadResult>",
    )
}

fn found(etag: &str) -> Script {
    response(
        &format!("200 OK\r\netag: \"{etag}\"\r\nx-amz-version-id: v1"),
        "",
    )
}

fn composite() -> ETag {
    ETag::composite(&[ETag::from(PART)]).unwrap()
}

fn upload(server: &Server) -> Upload {
    server
        .client()
        .upload_reader("bucket", "key", &b"data"[..])
        .threshold(1)
        .part_size(4)
        .part_limits(tiny_parts())
}

async fn uploaded(after: Vec<Script>) -> UploadOutput {
    let server = play([upload_created(), part()].into_iter().chain(after)).await;
    let stored = upload(&server).send().await.unwrap();
    assert_eq!(server.remaining(), 0);
    stored
}

#[tokio::test]
async fn a_completion_without_an_etag_gets_it_from_head_object() {
    let stored = uploaded(vec![completed_without_etag(), found("other-1")]).await;
    assert_eq!((stored.etag.as_str(), stored.size), ("other-1", 4));
}

#[tokio::test]
async fn a_completion_without_an_etag_has_the_composite_one_if_head_object_fails() {
    let stored = uploaded(vec![completed_without_etag(), reject(403, "AccessDenied")]).await;
    assert_eq!(stored.etag, composite());
}

#[tokio::test]
async fn a_garbled_completion_is_settled_by_the_etag_of_the_object() {
    let stored = uploaded(vec![garbled(), found(composite().as_str())]).await;
    assert_eq!(stored.etag, composite());
    assert_eq!(stored.version_id.as_deref(), Some("v1"));
}

/// Another object is there, or none: the outcome is unknown.
#[tokio::test]
async fn a_garbled_completion_is_not_settled_by_another_object() {
    for head in [found("other-1"), reject(404, "NoSuchKey")] {
        let aborted = response("204 No Content", "");
        let scripts = [
            upload_created(),
            part(),
            garbled(),
            head,
            aborted,
            reject(404, "NoSuchUpload"),
        ];
        let server = play(scripts).await;
        let error = upload(&server).send().await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert_eq!(server.remaining(), 0, "{error}");
    }
}

/// MinIO encrypts copies without confirming it; Ceph, Garage and rclone neither encrypt nor confirm.
#[tokio::test]
async fn the_encryption_of_a_copy_is_checked_with_head_object() {
    let copied = || {
        response(
            "200 OK",
            "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>",
        )
    };
    let encrypted = "200 OK\r\netag: \"e\"\r\nx-amz-server-side-encryption: AES256";
    let copy = async |scripts: Vec<Script>| {
        let server = play(scripts).await;
        let copy = server
            .client()
            .copy_object("bucket", "copy", ("bucket", "key"));
        let copied = copy.encryption(Encryption::S3).send().await;
        assert_eq!(server.remaining(), 0);
        copied
    };
    copy(vec![copied(), response(encrypted, "")]).await.unwrap();
    let in_the_clear = response("200 OK\r\netag: \"e\"", "");
    let error = copy(vec![copied(), in_the_clear]).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(error.context().operation, "CopyObject");
    assert!(
        error
            .to_string()
            .contains("does not confirm the requested encryption"),
        "{error}"
    );
    // A response that confirms it is enough.
    let confirmed = response(
        "200 OK\r\nx-amz-server-side-encryption: AES256",
        "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>",
    );
    copy(vec![confirmed]).await.unwrap();
}
