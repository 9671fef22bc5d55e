//! Uploads that go on with an earlier one.

use slim_s3::{ETag, Error, TransferEvent, Upload};

use crate::live::TempFile;
use crate::support::script::{
    Script, Server, ok, play, reject, response, tiny_parts, upload_completed, upload_created,
};

const TOKEN: &str = "slim-s3-upload-1 bucket key id 4 10 -";

fn md5(bytes: &str) -> ETag {
    use md5::Digest;
    ETag::from(hex::encode(md5::Md5::digest(bytes)).as_str())
}

/// ListParts of these parts: their number, size and ETag.
fn listed(parts: &[(u32, usize, ETag)], next: Option<u32>) -> Script {
    let mut document = format!(
        "<ListPartsResult><IsTruncated>{}</IsTruncated>",
        next.is_some()
    );
    if let Some(next) = next {
        document += &format!("<NextPartNumberMarker>{next}</NextPartNumberMarker>");
    }
    for (number, size, etag) in parts {
        document += &format!(
            "<Part><PartNumber>{number}</PartNumber><Size>{size}</Size><ETag>{}</ETag></Part>",
            etag.as_str()
        );
    }
    response("200 OK", document + "</ListPartsResult>")
}

fn in_parts_of_4(upload: Upload) -> Upload {
    upload.part_limits(tiny_parts()).threshold(4).concurrency(1)
}

fn upload(server: &Server) -> Upload {
    let upload = server.client().upload("bucket", "key", "0123456789");
    in_parts_of_4(upload)
}

/// The numbers of the parts that were sent.
fn sent_parts(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let parts = requests.iter().filter(|request| request.method == "PUT");
    let number = |target: &str| {
        let (_, rest) = target.split_once("partNumber=").unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    parts.map(|part| number(&part.target)).collect()
}

#[tokio::test]
async fn only_parts_that_the_store_does_not_have_are_sent() {
    let server = play([
        listed(&[(1, 4, md5("0123"))], Some(1)),
        listed(&[(3, 2, md5("89"))], None),
        ok(),
        upload_completed(),
    ])
    .await;
    let stored = upload(&server).resume(TOKEN).send().await.unwrap();
    assert_eq!((stored.size, stored.parts), (10, 3));
    assert_eq!(sent_parts(&server), ["2"]);
    let requests = server.requests();
    assert!(requests[1].target.contains("part-number-marker=1"));
    let complete = String::from_utf8(requests[3].body.to_vec()).unwrap();
    assert!(complete.contains(md5("0123").as_str()), "{complete}");
    assert!(complete.contains(md5("89").as_str()), "{complete}");
}

/// Their sum overflows.
#[tokio::test]
async fn listed_parts_of_impossible_sizes_are_not_reported_as_resumed() {
    let whole = (3, 2, md5("89"));
    let listing = [
        (1, usize::MAX, md5("0123")),
        (2, usize::MAX, md5("4567")),
        whole.clone(),
        whole,
    ];
    let server = play([listed(&listing, None), ok(), ok(), upload_completed()]).await;
    let (tell, told) = std::sync::mpsc::channel();
    let upload = upload(&server).resume(TOKEN).on_event(move |event| {
        if let TransferEvent::Resumed { parts, bytes, .. } = event {
            tell.send((parts, bytes)).unwrap();
        }
    });
    upload.send().await.unwrap();
    assert_eq!(sent_parts(&server), ["1", "2"]);
    assert_eq!(told.iter().collect::<Vec<_>>(), [(1, 2)]);
}

#[tokio::test]
async fn every_source_that_begins_again_can_be_resumed() {
    let file = TempFile::new("resumed", b"0123456789");
    for source in ["file", "reader", "blocking"] {
        let server = play([
            listed(&[(1, 4, md5("0123")), (2, 4, md5("4567"))], None),
            ok(),
            upload_completed(),
        ])
        .await;
        let s3 = server.client();
        let upload = match source {
            "file" => s3.upload_file("bucket", "key", &file.0),
            "reader" => s3.upload_reader("bucket", "key", &b"0123456789"[..]),
            _ => s3.upload_blocking("bucket", "key", &b"0123456789"[..]),
        };
        let resumed = in_parts_of_4(upload).resume(TOKEN).send().await;
        assert_eq!(resumed.unwrap().parts, 3, "{source}");
        assert_eq!(sent_parts(&server), ["3"], "{source}");
    }
}

/// Parts of other data, of another size, or whose ETag is no MD5.
#[tokio::test]
async fn parts_that_differ_are_sent_again() {
    for parts in [
        [(1, 4, md5("0124")), (2, 4, md5("4567"))],
        [(1, 3, md5("0123")), (2, 4, md5("4567"))],
        [(1, 4, ETag::from("opaque")), (2, 4, md5("4567"))],
    ] {
        let server = play([listed(&parts, None), ok(), ok(), upload_completed()]).await;
        upload(&server).resume(TOKEN).send().await.unwrap();
        assert_eq!(sent_parts(&server), ["1", "3"]);
    }
}

fn listed_with_checksum(algorithm: &str, kind: &str) -> Script {
    let list = format!(
        "<ListPartsResult><IsTruncated>false</IsTruncated><ChecksumAlgorithm>{algorithm}</ChecksumAlgorithm>\
         <ChecksumType>{kind}</ChecksumType></ListPartsResult>"
    );
    response("200 OK", list)
}

/// The store would reject the parts, and the upload would be aborted.
#[tokio::test]
async fn an_upload_with_another_checksum_is_not_resumed() {
    let server = play([listed_with_checksum("CRC32", "COMPOSITE")]).await;
    let error = rejection(&server, upload(&server).resume(TOKEN)).await;
    let problem = "it was begun with the checksum COMPOSITE CRC32, and this upload computes none";
    assert!(error.contains(problem), "{error}");
    for (algorithm, kind) in [("", ""), ("null", "null"), ("CRC64NVME", "FULL_OBJECT")] {
        let server = play([
            listed_with_checksum(algorithm, kind),
            ok(),
            ok(),
            ok(),
            upload_completed(),
        ])
        .await;
        upload(&server).resume(TOKEN).send().await.unwrap();
        assert_eq!(sent_parts(&server), ["1", "2", "3"], "{algorithm}");
    }
}

#[cfg(feature = "checksums")]
#[tokio::test]
async fn an_upload_with_the_same_checksum_is_resumed() {
    use slim_s3::operation::ChecksumAlgorithm;
    let computing = |server: &Server| {
        let upload = upload(server).resume(TOKEN);
        upload.compute_full_object_checksum(ChecksumAlgorithm::Crc32)
    };
    let server = play([listed_with_checksum("CRC32", "COMPOSITE")]).await;
    let error = rejection(&server, computing(&server)).await;
    assert!(error.contains("computes FULL_OBJECT CRC32"), "{error}");
    let listed = listed_with_checksum("CRC32", "FULL_OBJECT");
    let server = play([listed, ok(), ok(), ok(), upload_completed()]).await;
    computing(&server).send().await.unwrap();
    assert_eq!(sent_parts(&server), ["1", "2", "3"]);
}

async fn rejection(server: &Server, upload: Upload) -> String {
    let error = upload.send().await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    assert!(sent_parts(server).is_empty(), "{error}");
    error.to_string()
}

#[tokio::test]
async fn changed_data_is_rejected_before_anything_is_sent() {
    let file = TempFile::new("changed", b"0123456789");
    for (token, part_size, problem) in [
        (
            TOKEN.replace(" 10 ", " 11 "),
            None,
            "the data had 11 bytes, and has 10",
        ),
        (
            TOKEN.replace(" -", " 1"),
            None,
            "the file was modified since",
        ),
        (
            TOKEN.to_owned(),
            Some(5),
            "its parts have 4 bytes, but part_size is 5",
        ),
        (
            TOKEN.replace("key", "other"),
            None,
            "it is that of bucket/other",
        ),
        ("id".to_owned(), None, "not a token of this version"),
    ] {
        let server = play([]).await;
        let upload = server.client().upload_file("bucket", "key", &file.0);
        let mut upload = in_parts_of_4(upload).resume(&token);
        if let Some(part_size) = part_size {
            upload = upload.part_size(part_size);
        }
        let line = rejection(&server, upload).await;
        assert!(line.contains(problem), "{line}");
        assert!(server.requests().is_empty(), "{line}");
    }
}

#[tokio::test]
async fn an_upload_that_no_longer_exists_is_rejected() {
    let server = play([reject(404, "NoSuchUpload")]).await;
    let line = rejection(&server, upload(&server).resume(TOKEN)).await;
    assert!(line.contains("it was completed or aborted"), "{line}");
}

#[tokio::test]
async fn an_upload_starts_over_on_request() {
    let aborted = || response("204 No Content", "");
    let gone = || reject(404, "NoSuchUpload");
    for (token, before) in [
        (TOKEN.replace(" 10 ", " 11 "), vec![aborted()]),
        (TOKEN.to_owned(), vec![gone(), gone()]),
    ] {
        let after = [upload_created(), ok(), ok(), ok(), upload_completed()];
        let server = play(before.into_iter().chain(after)).await;
        let upload = upload(&server).part_size(4);
        upload.resume_or_restart(&token).send().await.unwrap();
        assert_eq!(sent_parts(&server), ["1", "2", "3"]);
        assert_eq!(server.remaining(), 0);
    }
}

/// Otherwise two uploads of the same data would exist.
#[tokio::test]
async fn an_upload_does_not_start_over_if_the_earlier_one_cannot_be_aborted() {
    let server = play([reject(403, "AccessDenied")]).await;
    let token = TOKEN.replace(" 10 ", " 11 ");
    let error = upload(&server).resume_or_restart(&token).send().await;
    assert_eq!(error.unwrap_err().code(), Some("AccessDenied"));
}

#[tokio::test]
async fn a_listing_that_fails_sends_nothing_and_aborts_nothing() {
    let server = play([reject(403, "AccessDenied")]).await;
    let error = upload(&server).resume(TOKEN).send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
    assert_eq!(server.requests().len(), 1);
}
