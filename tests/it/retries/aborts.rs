//! When a failed upload counts as gone, and what the error names if it does not.

use slim_s3::Error;

use super::upload_in_one_part;
use crate::support::script::{
    Script, drop_response, ok, play, reject, response, tiny_parts, upload_created,
};

fn aborted() -> Script {
    response("204 No Content", "")
}

fn no_parts() -> Script {
    response(
        "200 OK",
        "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>",
    )
}

/// The error of an upload whose part is rejected, and the number of requests.
async fn rejected_upload(after: Vec<Script>) -> (Error, usize) {
    let scripts = [upload_created(), reject(403, "AccessDenied")];
    let server = play(scripts.into_iter().chain(after)).await;
    let upload = upload_in_one_part(&server.client());
    let error = upload.send().await.unwrap_err();
    assert_eq!(error.context().operation, "UploadPart", "{error}");
    (error, server.requests().len())
}

#[tokio::test]
async fn no_such_upload_from_list_parts_confirms_the_abort() {
    let (error, requests) = rejected_upload(vec![aborted(), reject(404, "NoSuchUpload")]).await;
    assert_eq!((error.context().upload_id.as_deref(), requests), (None, 4));
}

/// Ceph's response.
#[tokio::test]
async fn no_such_key_from_list_parts_confirms_the_abort() {
    let (error, requests) = rejected_upload(vec![aborted(), reject(404, "NoSuchKey")]).await;
    assert_eq!((error.context().upload_id.as_deref(), requests), (None, 4));
}

/// S3Proxy lists the parts of an aborted upload as if it had none.
#[tokio::test]
async fn no_such_upload_from_a_second_abort_confirms_the_first() {
    let after = vec![aborted(), no_parts(), reject(404, "NoSuchUpload")];
    let (error, requests) = rejected_upload(after).await;
    assert_eq!((error.context().upload_id.as_deref(), requests), (None, 5));
}

/// Some stores return 404 to an unknown access key.
#[tokio::test]
async fn a_404_without_a_code_does_not_confirm_the_abort() {
    let bare = || response("404 Not Found", "");
    let after = vec![aborted(), bare(), aborted(), bare(), aborted(), bare()];
    let (error, requests) = rejected_upload(after).await;
    assert_eq!(
        (error.context().upload_id.as_deref(), requests),
        (Some("id"), 8)
    );
}

#[tokio::test]
async fn no_such_upload_from_the_first_abort_does_not_confirm_it() {
    let after = vec![
        reject(404, "NoSuchUpload"),
        no_parts(),
        reject(404, "NoSuchUpload"),
        no_parts(),
        reject(404, "NoSuchUpload"),
        no_parts(),
    ];
    let (error, _) = rejected_upload(after).await;
    assert_eq!(error.context().upload_id.as_deref(), Some("id"));
}

/// The file fails after the upload was created, and the abort is not allowed.
#[tokio::test]
async fn an_upload_whose_file_failed_reports_the_upload_that_is_left() {
    let path = std::env::temp_dir().join(format!("slim-s3-shrinks-{}", std::process::id()));
    std::fs::write(&path, vec![7; 16]).unwrap();
    let shrink = {
        let path = path.clone();
        move || std::fs::write(&path, "short").unwrap()
    };
    let address = crate::support::server::serve(move |mut connection| {
        let shrink = shrink.clone();
        async move {
            while let Some(request) = connection.head().await {
                let is_created = request.method == "POST";
                if is_created {
                    shrink();
                    connection.respond("200 OK", "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>").await;
                } else {
                    // The client closes the connection before the whole body.
                    if request.method == "PUT" {
                        while connection.read().await > 0 {}
                        return;
                    }
                    connection.respond("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>").await;
                }
            }
        }
    })
    .await;
    let s3 = crate::support::server::client(address);
    let upload = s3
        .upload_file("bucket", "key", &path)
        .threshold(1)
        .part_size(8)
        .concurrency(1)
        .part_limits(tiny_parts());
    let error = upload.send().await.unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert!(
        error
            .to_string()
            .contains("the body ended before its declared length"),
        "{error}"
    );
    assert_eq!(error.context().upload_id.as_deref(), Some("id"));
}

/// The first attempt of the abort took effect, and its response was lost.
#[tokio::test]
async fn an_abort_whose_response_was_lost_is_confirmed_by_the_next_one() {
    let after = vec![
        drop_response(),
        reject(404, "NoSuchUpload"),
        no_parts(),
        reject(404, "NoSuchUpload"),
    ];
    let (error, requests) = rejected_upload(after).await;
    assert_eq!((error.context().upload_id.as_deref(), requests), (None, 6));
}

#[tokio::test]
async fn an_upload_that_succeeds_is_not_aborted() {
    let completed = crate::support::script::upload_completed();
    let server = play([upload_created(), ok(), completed]).await;
    upload_in_one_part(&server.client()).send().await.unwrap();
    assert_eq!(server.requests().len(), 3);
}
