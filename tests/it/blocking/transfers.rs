//! Uploads, downloads, listings and bulk deletes.

use std::io::Cursor;

use slim_s3::Client;

use super::without_runtime;
use crate::live::content;
use crate::sequences::{Response, respond_with};
use crate::support::script::{ok, play, reject, response, tiny_parts};

fn in_parts(upload: slim_s3::Upload) -> slim_s3::Upload {
    upload
        .part_limits(tiny_parts())
        .part_size(4)
        .threshold(4)
        .concurrency(1)
}

/// The responses to an upload in two parts. By [`respond_with`]: a transfer may open a connection that it then does not use.
fn upload() -> Vec<Response> {
    let created =
        "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>";
    let completed =
        "<CompleteMultipartUploadResult><ETag>e-1</ETag></CompleteMultipartUploadResult>";
    let part = ("200 OK\r\netag: \"e\"", String::new());
    vec![
        ("200 OK", created.to_owned()),
        part.clone(),
        part,
        ("200 OK", completed.to_owned()),
    ]
}

#[tokio::test]
async fn a_file_is_uploaded_in_parts_and_downloaded_in_ranges() {
    let mut responses = upload();
    responses.extend([
        (
            "206 Partial Content\r\netag: \"e\"\r\ncontent-range: bytes 0-3/6",
            "meow".to_owned(),
        ),
        (
            "206 Partial Content\r\netag: \"e\"\r\ncontent-range: bytes 4-5/6",
            "!!".to_owned(),
        ),
    ]);
    let (s3, requests) = respond_with(responses).await;
    let path = std::env::temp_dir().join(format!("slim-s3-blocking-{}", std::process::id()));
    std::fs::write(&path, "meow!!").unwrap();
    without_runtime(move || {
        let stored = in_parts(s3.upload_file("bucket", "key", &path)).send_blocking();
        assert_eq!(stored.unwrap().parts, 2);
        std::fs::remove_file(&path).unwrap();
        let download = s3.download_file("bucket", "key", &path).part_size(4);
        assert_eq!(download.send_blocking().unwrap().size, 6);
        assert_eq!(std::fs::read(&path).unwrap(), b"meow!!");
        std::fs::remove_file(&path).unwrap();
    })
    .await;
    assert_eq!(requests.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn a_blocking_reader_is_uploaded_in_parts() {
    let (s3, requests) = respond_with(upload()).await;
    without_runtime(move || {
        let upload = s3.upload_blocking("bucket", "key", Cursor::new("meow!!"));
        assert_eq!(in_parts(upload).send_blocking().unwrap().size, 6);
    })
    .await;
    let requests = requests.lock().unwrap();
    assert_eq!(requests[1].body, b"meow");
    assert_eq!(requests[2].body, b"!!");
}

#[tokio::test]
async fn a_failed_upload_is_aborted() {
    let mut responses = upload();
    let error = |code| format!("<Error><Code>{code}</Code></Error>");
    responses.truncate(1);
    responses.extend([
        ("403 Forbidden", error("AccessDenied")),
        ("204 No Content", String::new()),
        ("404 Not Found", error("NoSuchUpload")),
    ]);
    let (s3, requests) = respond_with(responses).await;
    without_runtime(move || {
        let upload = s3.upload_blocking("bucket", "key", Cursor::new("meow!!"));
        let error = in_parts(upload).send_blocking().unwrap_err();
        assert_eq!(error.code(), Some("AccessDenied"));
    })
    .await;
    assert_eq!(requests.lock().unwrap()[2].method, "DELETE");
}

/// The reader is read on a thread of the pool that belongs to the client's own background thread.
#[tokio::test]
async fn the_reader_of_an_object_is_the_source_of_an_upload() {
    let data = content(4 << 20);
    let server = play([response("200 OK\r\netag: \"e\"", &data), ok()]).await;
    let s3 = server.client();
    without_runtime(move || {
        let object = s3.get_object("bucket", "key").send_blocking().unwrap();
        let upload = s3.upload_blocking("bucket", "copy", object.body.into_blocking_reader());
        upload.send_blocking().unwrap();
    })
    .await;
    assert!(server.requests()[1].body == data);
}

#[tokio::test]
async fn a_reader_that_panics_leaves_the_client_usable() {
    struct Panicking;

    impl std::io::Read for Panicking {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            panic!("the reader")
        }
    }

    let server = play([ok()]).await;
    let s3 = server.client();
    without_runtime(move || {
        let upload = s3.upload_blocking("bucket", "key", Panicking);
        let error = upload.send_blocking().unwrap_err().to_string();
        assert!(error.contains("the reader failed"), "{error}");
        s3.put_object("bucket", "key", "data")
            .send_blocking()
            .unwrap();
    })
    .await;
}

fn page(key: &str, token: &str) -> Vec<crate::support::script::Step> {
    let (is_truncated, next) = match token {
        "" => (false, String::new()),
        token => (
            true,
            format!("<NextContinuationToken>{token}</NextContinuationToken>"),
        ),
    };
    let contents = format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>");
    response(
        "200 OK",
        format!(
            "<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>{contents}{next}</ListBucketResult>"
        ),
    )
}

fn keys(s3: &Client) -> Vec<Result<String, u16>> {
    let objects = s3.list_objects_v2("bucket").objects_blocking();
    let key = |object: Result<slim_s3::operation::Object, slim_s3::Error>| match object {
        Ok(object) => Ok(object.key),
        Err(error) => Err(error.status().unwrap().as_u16()),
    };
    objects.map(key).collect()
}

#[tokio::test]
async fn all_pages_are_listed() {
    let server = play([page("a", "t"), page("b", ""), page("a", "t"), page("b", "")]).await;
    let s3 = server.client();
    without_runtime(move || {
        assert_eq!(keys(&s3), [Ok("a".to_owned()), Ok("b".to_owned())]);
        let pages = s3.list_objects_v2("bucket").pages().into_blocking_iter();
        let counts: Vec<usize> = pages.map(|page| page.unwrap().contents.len()).collect();
        assert_eq!(counts, [1, 1]);
    })
    .await;
}

#[tokio::test]
async fn a_listing_ends_after_an_error() {
    let server = play([page("a", "t"), reject(403, "AccessDenied"), page("b", "")]).await;
    let s3 = server.client();
    without_runtime(move || assert_eq!(keys(&s3), [Ok("a".to_owned()), Err(403)])).await;
    assert_eq!(server.remaining(), 1);
}

#[tokio::test]
async fn many_objects_are_deleted() {
    let deleted = "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>";
    let server = play([response("200 OK", deleted)]).await;
    let s3 = server.client();
    let output = without_runtime(move || s3.delete_many("bucket", ["a", "b"]).send_blocking());
    let output = output.await.unwrap();
    assert_eq!((output.deleted.len(), output.errors.len()), (1, 1));
}
