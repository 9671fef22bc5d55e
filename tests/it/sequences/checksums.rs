//! Checksums that are computed while an object is uploaded, and compared while it is downloaded. On loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use slim_s3::operation::{ChecksumAlgorithm, Verification};
use slim_s3::{Body, Client, Download, Error, ToFile, Upload};

use super::downloads::Folder;
use crate::live::TempFile;
use crate::support::script::{
    Close, Request, Script, Server, Step, Wait, drop_response, error_document, ok, play, quick,
    raw, reject, response, tiny_parts, upload_created,
};
use crate::support::server::{self, serve};

const DATA: &str = "123456789";
const CRC32: &str = "y/Q5Jg==";
const CRC32C: &str = "4waSgw==";
const CRC64: &str = "rosUhgp5mIg=";
const SHA256: &str = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=";
// Of "12345" and "6789".
const CRC32_PARTS: [&str; 2] = ["y/U6HA==", "nbq/hw=="];
const CRC32_COMPOSITE: &str = "4zspdQ==-2";
const CRC32C_PARTS: [&str; 2] = ["GNEjNQ==", "wn5dsg=="];
const CRC64_PARTS: [&str; 2] = ["Fmrit/9iyvg=", "4NY2j0LQBzc="];
const SHA256_COMPOSITE: &str = "/wiQ+jHXUUcr18tTEaeru5H1cBgrYDQGvfxkGFLzgl4=-2";
const MD5_PARTS: [&str; 2] = [
    "827ccb0eea8a706c4c34a16891f84e7b",
    "46d045ff5190f6ea93739da6c0aa19bc",
];

fn stored(header: &str) -> Script {
    response(&format!("200 OK\r\netag: \"e\"\r\n{header}"), "")
}

#[tokio::test]
async fn bytes_and_files_have_their_checksum_in_every_attempt() {
    let file = TempFile::new("checksum", DATA.as_bytes());
    let bodies = [
        Body::from(DATA),
        Body::from_path(&file.0).unwrap(),
        Body::from_file_range(std::fs::File::open(&file.0).unwrap(), 0..9).unwrap(),
    ];
    for body in bodies {
        let confirmed = stored(&format!("x-amz-checksum-crc64nvme: {CRC64}"));
        let server = play([reject(503, "SlowDown"), drop_response(), confirmed]).await;
        let put = server.client().put_object("bucket", "key", body);
        let put = put.compute_checksum(ChecksumAlgorithm::Crc64Nvme);
        let output = put.send().await.unwrap();
        assert_eq!(output.checksum.unwrap().value, CRC64);
        let requests = server.requests();
        assert_eq!(requests.len(), 3);
        for request in requests {
            assert_eq!(request.header("x-amz-checksum-crc64nvme"), Some(CRC64));
            let authorization = request.header("authorization").unwrap();
            assert!(authorization.contains("x-amz-checksum-crc64nvme"));
        }
    }
}

/// Longer than what is hashed in one piece.
#[tokio::test]
async fn a_large_body_has_the_same_checksum_from_memory_and_from_a_file() {
    let data = crate::live::content(20 * crate::live::MIB + 7);
    let file = TempFile::new("large-checksum", &data);
    let mut values = Vec::new();
    for body in [Body::from(data), Body::from_path(&file.0).unwrap()] {
        let server = play([ok()]).await;
        let put = server.client().put_object("bucket", "key", body);
        let put = put.compute_checksum(ChecksumAlgorithm::Crc32c);
        assert_eq!(put.send().await.unwrap().checksum, None);
        let requests = server.requests();
        let value = requests[0].header("x-amz-checksum-crc32c");
        values.push(value.unwrap().to_owned());
    }
    assert_eq!(values[0], values[1]);
}

#[tokio::test]
async fn a_confirmed_trailer_is_in_the_output() {
    let server = play([stored(&format!("x-amz-checksum-crc32: {CRC32}"))]).await;
    let body = Body::reader(9, DATA.as_bytes());
    let put = server.client().put_object("bucket", "key", body);
    let put = put.compute_checksum(ChecksumAlgorithm::Crc32);
    assert_eq!(put.send().await.unwrap().checksum.unwrap().value, CRC32);
}

#[tokio::test]
async fn another_checksum_in_the_response_is_an_error() {
    let server = play([stored("x-amz-checksum-crc32: AAAAAA==")]).await;
    let put = server.client().put_object("bucket", "key", DATA);
    let put = put.compute_checksum(ChecksumAlgorithm::Crc32);
    let error = put.send().await.unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
}

fn upload(server: &Server) -> Upload {
    server
        .client()
        .upload_reader("bucket", "key", DATA.as_bytes())
        .part_limits(tiny_parts())
        .part_size(5)
        .threshold(5)
        .concurrency(1)
}

fn part(number: usize) -> Script {
    response(&format!("200 OK\r\netag: \"{}\"", MD5_PARTS[number]), "")
}

fn completed(checksum: &str) -> Script {
    let document = format!(
        "<CompleteMultipartUploadResult><ETag>e-2</ETag>{checksum}</CompleteMultipartUploadResult>"
    );
    response("200 OK", document)
}

#[tokio::test]
async fn an_upload_declares_sends_and_lists_the_checksums_of_its_parts() {
    for (algorithm, name, parts, object, is_full) in [
        (
            ChecksumAlgorithm::Crc64Nvme,
            "CRC64NVME",
            CRC64_PARTS,
            CRC64,
            true,
        ),
        (
            ChecksumAlgorithm::Crc32,
            "CRC32",
            CRC32_PARTS,
            CRC32_COMPOSITE,
            false,
        ),
    ] {
        let returned = format!("<Checksum{name}>{object}</Checksum{name}>");
        let server = play([upload_created(), part(0), part(1), completed(&returned)]).await;
        let output = upload(&server).compute_checksum(algorithm).send().await;
        let output = output.unwrap();
        assert_eq!((output.parts, output.size), (2, 9));
        assert_eq!(output.checksum.unwrap().value, object);

        let requests = server.requests();
        let header = algorithm_header(name);
        let declared = requests[0].header("x-amz-checksum-algorithm");
        assert_eq!(declared, Some(name));
        let kind = requests[0].header("x-amz-checksum-type");
        assert_eq!(kind, is_full.then_some("FULL_OBJECT"));
        for (request, value) in requests[1..3].iter().zip(parts) {
            assert_eq!(request.header(&header), Some(value));
        }
        let complete = &requests[3];
        assert_eq!(complete.header(&header), is_full.then_some(object));
        let list = String::from_utf8(complete.body.clone()).unwrap();
        for value in parts {
            assert!(
                list.contains(&format!("<Checksum{name}>{value}</Checksum{name}></Part>")),
                "{list}"
            );
        }
    }
}

#[tokio::test]
async fn a_full_object_checksum_is_combined_declared_and_repeated() {
    for (algorithm, name, parts, object) in [
        (ChecksumAlgorithm::Crc32, "CRC32", CRC32_PARTS, CRC32),
        (ChecksumAlgorithm::Crc32c, "CRC32C", CRC32C_PARTS, CRC32C),
        (
            ChecksumAlgorithm::Crc64Nvme,
            "CRC64NVME",
            CRC64_PARTS,
            CRC64,
        ),
    ] {
        let returned = format!("<Checksum{name}>{object}</Checksum{name}>");
        let server = play([upload_created(), part(0), part(1), completed(&returned)]).await;
        let upload = upload(&server).compute_full_object_checksum(algorithm);
        let checksum = upload.send().await.unwrap().checksum.unwrap();
        assert_eq!((checksum.algorithm, &*checksum.value), (algorithm, object));

        let requests = server.requests();
        let header = algorithm_header(name);
        let declared = requests[0].header("x-amz-checksum-algorithm");
        assert_eq!(declared, Some(name));
        for (request, value) in requests[1..3].iter().zip(parts) {
            assert_eq!(request.header(&header), Some(value));
        }
        assert_eq!(requests[3].header(&header), Some(object));
        for index in [0, 3] {
            let kind = requests[index].header("x-amz-checksum-type");
            assert_eq!(kind, Some("FULL_OBJECT"), "{name}");
        }
    }
}

#[tokio::test]
async fn a_composite_checksum_instead_of_that_of_the_full_object_is_an_error() {
    let returned = format!("<ChecksumCRC32>{CRC32_COMPOSITE}</ChecksumCRC32>");
    let server = play([upload_created(), part(0), part(1), completed(&returned)]).await;
    let upload = upload(&server).compute_full_object_checksum(ChecksumAlgorithm::Crc32);
    let error = upload.send().await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert!(error.to_string().contains(CRC32), "{error}");
}

#[tokio::test]
async fn a_hash_of_the_full_object_is_rejected_before_anything_is_sent() {
    for algorithm in [ChecksumAlgorithm::Sha1, ChecksumAlgorithm::Sha256] {
        for threshold in [5, 100] {
            let server = play([]).await;
            let upload = upload(&server).threshold(threshold);
            let upload = upload.compute_full_object_checksum(algorithm);
            let error = upload.send().await.unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{error}");
            assert!(error.to_string().contains("use a CRC"), "{error}");
            assert_eq!(server.requests().len(), 0);
        }
    }
}

fn algorithm_header(name: &str) -> String {
    format!("x-amz-checksum-{}", name.to_lowercase())
}

#[tokio::test]
async fn a_hash_of_an_upload_in_parts_is_composite() {
    let returned = format!("<ChecksumSHA256>{SHA256_COMPOSITE}</ChecksumSHA256>");
    let server = play([upload_created(), part(0), part(1), completed(&returned)]).await;
    let upload = upload(&server).compute_checksum(ChecksumAlgorithm::Sha256);
    let checksum = upload.send().await.unwrap().checksum.unwrap();
    assert_eq!(checksum.value, SHA256_COMPOSITE);
}

#[tokio::test]
async fn a_completed_object_without_the_checksum_is_not_confirmed() {
    // versitygw adds one of its own.
    for returned in ["", "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>"] {
        let server = play([upload_created(), part(0), part(1), completed(returned)]).await;
        let upload = upload(&server).compute_checksum(ChecksumAlgorithm::Crc32);
        assert_eq!(upload.send().await.unwrap().checksum, None);
    }
}

#[tokio::test]
async fn a_completed_object_with_another_checksum_is_an_error_with_unknown_outcome() {
    let returned = "<ChecksumCRC32>AAAAAA==-2</ChecksumCRC32>";
    let server = play([upload_created(), part(0), part(1), completed(returned)]).await;
    let upload = upload(&server).compute_checksum(ChecksumAlgorithm::Crc32);
    let error = upload.send().await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert!(error.to_string().contains(CRC32_COMPOSITE), "{error}");
}

#[tokio::test]
async fn a_small_upload_has_the_checksum_in_one_put() {
    let server = play([stored(&format!("x-amz-checksum-sha256: {SHA256}"))]).await;
    let upload = upload(&server).threshold(100);
    let output = upload.compute_checksum(ChecksumAlgorithm::Sha256).send();
    let output = output.await.unwrap();
    assert_eq!((output.parts, output.size), (0, 9));
    assert_eq!(output.checksum.unwrap().value, SHA256);
    let requests = server.requests();
    let sent = requests[0].header("x-amz-checksum-sha256");
    assert_eq!(sent, Some(SHA256));
}

#[tokio::test]
async fn an_upload_without_the_option_has_no_checksum() {
    let server = play([upload_created(), part(0), part(1), completed("")]).await;
    assert_eq!(upload(&server).send().await.unwrap().checksum, None);
    for request in server.requests() {
        let mut names = request.headers.iter().map(|(name, _)| name);
        assert!(names.all(|name| !name.contains("checksum")));
        let body = String::from_utf8(request.body).unwrap();
        assert!(!body.contains("Checksum"), "{body}");
    }
}

/// Encrypted objects have other ETags than those that follow from their parts.
#[tokio::test]
async fn a_lost_completion_is_settled_by_size_and_checksum() {
    let head = |size: u32, checksum: &str| {
        let head = format!(
            "HTTP/1.1 200 OK\r\netag: \"other\"\r\ncontent-length: {size}\r\nx-amz-checksum-crc64nvme: {checksum}\r\n\r\n"
        );
        vec![Request, raw(head), Close]
    };
    let gone = || reject(404, "NoSuchUpload");
    for (size, checksum, is_settled) in [
        (9, CRC64, true),
        (8, CRC64, false),
        (9, "AAAAAAAAAAA=", false),
    ] {
        let server = play([
            upload_created(),
            part(0),
            part(1),
            drop_response(),
            gone(),
            gone(),
            head(size, checksum),
        ])
        .await;
        let upload = upload(&server).compute_checksum(ChecksumAlgorithm::Crc64Nvme);
        let result = upload.send().await;
        assert_eq!(result.is_ok(), is_settled, "{result:?}");
        let requests = server.requests();
        let head = requests.iter().find(|request| request.method == "HEAD");
        assert_eq!(head.unwrap().header("x-amz-checksum-mode"), Some("ENABLED"));
        match result {
            Ok(output) => {
                assert_eq!(output.etag.as_str(), "other");
                assert_eq!(output.checksum.unwrap().value, CRC64);
            }
            Err(error) => assert!(error.is_outcome_unknown(), "{error}"),
        }
    }
}

#[tokio::test]
async fn a_resumed_upload_lists_the_checksums_of_the_parts_it_keeps() {
    let list = format!(
        "<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><ETag>{}</ETag><Size>5</Size></Part></ListPartsResult>",
        MD5_PARTS[0]
    );
    let first = play([upload_created(), part(0), reject(403, "AccessDenied")]).await;
    let begun = upload(&first).on_failure(slim_s3::OnFailure::Keep);
    let error = begun.compute_checksum(ChecksumAlgorithm::Crc64Nvme).send();
    let error = error.await.unwrap_err();
    let token = error.context().resume_token.clone().unwrap().to_string();

    let server = play([response("200 OK", list), part(1), completed("")]).await;
    let resumed = upload(&server).resume(&token);
    let resumed = resumed.compute_checksum(ChecksumAlgorithm::Crc64Nvme);
    resumed.send().await.unwrap();
    let requests = server.requests();
    let list = String::from_utf8(requests[2].body.clone()).unwrap();
    assert!(
        CRC64_PARTS.iter().all(|value| list.contains(value)),
        "{list}"
    );
    let sent = requests[2].header("x-amz-checksum-crc64nvme");
    assert_eq!(sent, Some(CRC64));
}

/// A response to GetObject whose body arrives in two pieces.
fn object(head: &str, body: &str) -> Script {
    let (first, second) = body.split_at(4);
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\netag: \"e\"\r\ncontent-length: {length}\r\n\r\n{first}");
    vec![Request, raw(head), pause(), raw(second)]
}

fn pause() -> Step {
    Wait(Duration::from_millis(20))
}

fn whole(checksum: &str, body: &str) -> Script {
    object(&format!("200 OK\r\nx-amz-checksum-crc32: {checksum}"), body)
}

#[tokio::test]
async fn a_body_with_the_right_checksum_is_read_to_its_end() {
    let server = play([whole(CRC32, DATA), whole(CRC32, DATA)]).await;
    let get = || {
        server
            .client()
            .get_object("bucket", "key")
            .verify_checksum()
    };
    let output = get().send().await.unwrap();
    let verified = Verification::Verified(ChecksumAlgorithm::Crc32);
    assert_eq!(output.verification, verified);
    assert_eq!(output.body.bytes().await.unwrap(), DATA);

    let mut body = get().send().await.unwrap().body;
    let mut all = Vec::new();
    while let Some(chunk) = body.chunk().await.unwrap() {
        all.extend_from_slice(&chunk);
    }
    assert_eq!(all, DATA.as_bytes());
    assert_eq!(body.chunk().await.unwrap(), None);
    let requests = server.requests();
    let mode = requests[0].header("x-amz-checksum-mode");
    assert_eq!(mode, Some("ENABLED"));
}

#[tokio::test]
async fn a_body_with_another_checksum_fails_before_its_last_bytes() {
    let server = play([whole(CRC32, "12345678x"), whole(CRC32, "12345678x")]).await;
    let get = || {
        server
            .client()
            .get_object("bucket", "key")
            .verify_checksum()
    };
    let mut body = get().send().await.unwrap().body;
    let mut read = 0;
    let error = loop {
        match body.chunk().await {
            Ok(chunk) => read += chunk.expect("an error").len(),
            Err(error) => break error,
        }
    };
    assert!(read < DATA.len(), "{read} bytes");
    assert!(matches!(error, Error::Malformed(_)), "{error}");
    assert!(error.to_string().contains(CRC32), "{error}");
    // It stays an error.
    assert!(body.chunk().await.is_err());

    let mut all = Vec::new();
    let mut reader = get().send().await.unwrap().body.into_reader();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut all).await;
    assert!(read.is_err());
    assert!(all.len() < DATA.len());
}

#[tokio::test]
async fn a_body_that_continues_is_verified_as_a_whole() {
    let head = format!(
        "HTTP/1.1 200 OK\r\nx-amz-checksum-crc32: {CRC32}\r\netag: \"e\"\r\ncontent-length: 9\r\n\r\n1234"
    );
    for (rest, is_right) in [("56789", true), ("5678x", false)] {
        let server = play([
            vec![Request, raw(&head), Close],
            response(
                "206 Partial Content\r\netag: \"e\"\r\ncontent-range: bytes 4-8/9",
                rest,
            ),
        ])
        .await;
        let get = server.client().get_object("bucket", "key");
        let output = get.verify_checksum().send().await.unwrap();
        let bytes = output.body.bytes().await;
        assert_eq!(bytes.is_ok(), is_right, "{bytes:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_verified_is_said_and_returned() {
    let range =
        "206 Partial Content\r\ncontent-range: bytes 0-8/20\r\nx-amz-checksum-crc32: AAAAAA==";
    for (head, expected) in [
        ("200 OK", Verification::NoChecksum),
        (range, Verification::Range),
        (
            "200 OK\r\nx-amz-checksum-crc32: 4zspdQ==-2",
            Verification::Composite,
        ),
        (
            "200 OK\r\nx-amz-checksum-crc32: 4zspdQ==\r\nx-amz-checksum-type: COMPOSITE",
            Verification::Composite,
        ),
    ] {
        let server = play([object(head, DATA)]).await;
        let get = server.client().get_object("bucket", "key").range(0..9);
        let get = match expected {
            Verification::Range => get,
            _ => server.client().get_object("bucket", "key"),
        };
        let output = get.verify_checksum().send().await.unwrap();
        assert_eq!(output.verification, expected);
        assert_eq!(output.body.bytes().await.unwrap(), DATA);
    }
    let server = play([whole("AAAAAA==", DATA)]).await;
    let output = server.client().get_object("bucket", "key").send().await;
    let output = output.unwrap();
    assert_eq!(output.verification, Verification::NotRequested);
    assert_eq!(output.body.bytes().await.unwrap(), DATA);
}

/// A store with one object of these bytes, and with these headers in the response to HEAD. Records the methods.
async fn store(data: &'static str, head: String) -> (Client, Arc<Mutex<Vec<String>>>) {
    let methods = Arc::new(Mutex::new(Vec::new()));
    let recorded = methods.clone();
    let address = serve(move |mut connection| {
        let (head, recorded) = (head.clone(), recorded.clone());
        async move {
            while let Some(request) = connection.request().await {
                recorded.lock().unwrap().push(request.method.clone());
                let total = data.len();
                if request.method == "HEAD" {
                    let mode = request.header("x-amz-checksum-mode");
                    assert_eq!(mode, Some("ENABLED"));
                    let head = format!(
                        "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: {total}\r\n{head}\r\n"
                    );
                    connection.write(head).await;
                    continue;
                }
                let range = request.header("range");
                let bounds = range.and_then(|range| {
                    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
                    let last: usize = last.parse().ok()?;
                    Some((
                        first.parse::<usize>().ok()?,
                        last.min(total.checked_sub(1)?),
                    ))
                });
                let (status, body) = match bounds {
                    Some((first, last)) => (
                        format!(
                            "206 Partial Content\r\ncontent-range: bytes {first}-{last}/{total}"
                        ),
                        &data[first..=last],
                    ),
                    None if range.is_some() => {
                        let body = error_document("InvalidRange");
                        connection.respond("416 No", &body).await;
                        continue;
                    }
                    None => ("200 OK".to_owned(), data),
                };
                let head = format!("{status}\r\netag: \"e\"");
                connection.respond(&head, body).await;
            }
        }
    })
    .await;
    let client = server::builder(address).retry(quick()).build().unwrap();
    (client, methods)
}

fn download(s3: &Client, folder: &Folder, part_size: u64) -> Download<ToFile> {
    s3.download_file("bucket", "key", folder.target())
        .part_size(part_size)
        .verify_checksum()
}

#[tokio::test]
async fn a_downloaded_file_is_verified_whatever_its_ranges() {
    for (algorithm, name, value) in [
        (ChecksumAlgorithm::Crc32, "crc32", CRC32),
        (ChecksumAlgorithm::Crc64Nvme, "crc64nvme", CRC64),
        (ChecksumAlgorithm::Sha256, "sha256", SHA256),
    ] {
        for part_size in [1, 2, 4, 5, 9, 100] {
            let folder = Folder::new(&format!("verified-{name}-{part_size}"));
            let head = format!("x-amz-checksum-{name}: {value}\r\n");
            let (s3, methods) = store(DATA, head).await;
            let output = download(&s3, &folder, part_size).send().await.unwrap();
            assert_eq!(output.verification, Verification::Verified(algorithm));
            assert_eq!(std::fs::read(folder.target()).unwrap(), DATA.as_bytes());
            let methods = methods.lock().unwrap();
            let heads = methods.iter().filter(|method| *method == "HEAD");
            assert_eq!(heads.count(), 1);
        }
    }
}

#[tokio::test]
async fn a_file_with_another_checksum_is_not_kept() {
    for (name, value) in [("crc32", CRC32), ("sha256", SHA256)] {
        for (part_size, resume) in [(4, false), (4, true), (100, false)] {
            let folder = Folder::new(&format!("differs-{name}-{part_size}-{resume}"));
            let head = format!("x-amz-checksum-{name}: {value}\r\n");
            let (s3, _) = store("12345678x", head).await;
            let mut file = download(&s3, &folder, part_size);
            if resume {
                file = file.resume();
            }
            let error = file.send().await.unwrap_err();
            assert!(matches!(error, Error::Malformed(_)), "{error}");
            assert!(error.to_string().contains(value), "{error}");
            assert_eq!(folder.files(), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn an_empty_object_is_verified() {
    let folder = Folder::new("verified-empty");
    let head = || "x-amz-checksum-crc32: AAAAAA==\r\n".to_owned();
    let verified = Verification::Verified(ChecksumAlgorithm::Crc32);
    let (s3, _) = store("", head()).await;
    let output = download(&s3, &folder, 5).send().await.unwrap();
    assert_eq!(output.verification, verified);
    let (s3, _) = store("", head()).await;
    let writer = s3.download_writer("bucket", "key", Vec::new());
    let output = writer.verify_checksum().send().await.unwrap();
    assert_eq!(output.verification, verified);
}

#[tokio::test]
async fn a_download_without_a_usable_checksum_says_so() {
    for (head, expected) in [
        ("", Verification::NoChecksum),
        (
            "x-amz-checksum-crc32: 4zspdQ==-2\r\n",
            Verification::Composite,
        ),
    ] {
        let folder = Folder::new(&format!("unverified-{expected:?}"));
        let (s3, _) = store(DATA, head.to_owned()).await;
        let output = download(&s3, &folder, 4).send().await.unwrap();
        assert_eq!(output.verification, expected);
        let mut written = Vec::new();
        let writer = s3.download_writer("bucket", "key", &mut written);
        let output = writer.verify_checksum().send().await.unwrap();
        assert_eq!(output.verification, expected);
        assert_eq!(written, DATA.as_bytes());
    }
}

#[tokio::test]
async fn a_download_without_the_option_sends_no_head() {
    let folder = Folder::new("not-verified");
    let (s3, methods) = store(DATA, String::new()).await;
    let output = s3.download_file("bucket", "key", folder.target()).send();
    let output = output.await.unwrap();
    assert_eq!(output.verification, Verification::NotRequested);
    assert_eq!(*methods.lock().unwrap(), ["GET"]);
}

#[tokio::test]
async fn a_writer_does_not_get_the_last_bytes_of_an_object_with_another_checksum() {
    for (name, value) in [("crc64nvme", CRC64), ("sha256", SHA256)] {
        for part_size in [2, 4, 100] {
            for (data, is_right) in [(DATA, true), ("x23456789", false)] {
                let head = format!("x-amz-checksum-{name}: {value}\r\n");
                let (s3, _) = store(data, head).await;
                let mut written = Vec::new();
                let writer = s3.download_writer("bucket", "key", &mut written);
                let writer = writer.part_size(part_size).verify_checksum();
                let result = writer.send().await;
                assert_eq!(result.is_ok(), is_right, "{result:?}");
                if is_right {
                    assert_eq!(written, data.as_bytes());
                } else {
                    assert!(written.len() < data.len());
                }
            }
        }
    }
}

/// A store that never says how large the object is: it compresses it, for example.
async fn store_without_sizes(data: &str) -> Server {
    let (range, etag) = ("content-range: bytes 0-8/*", "etag: \"e\"");
    let chunked = format!("transfer-encoding: chunked\r\n\r\n9\r\n{data}\r\n0\r\n\r\n");
    let checksum = format!("x-amz-checksum-crc32: {CRC32}");
    play([
        response(&format!("206 Partial Content\r\n{range}\r\n{etag}"), data),
        vec![
            Request,
            raw(format!("HTTP/1.1 200 OK\r\n{etag}\r\n{chunked}")),
        ],
        vec![
            Request,
            raw(format!("HTTP/1.1 200 OK\r\n{etag}\r\n{checksum}\r\n\r\n")),
        ],
    ])
    .await
}

#[tokio::test]
async fn a_download_of_unknown_size_is_verified_at_its_end() {
    let verified = Verification::Verified(ChecksumAlgorithm::Crc32);
    for (data, is_right) in [(DATA, true), ("12345678x", false)] {
        let server = store_without_sizes(data).await;
        let (s3, mut written) = (server.client(), Vec::new());
        let writer = s3.download_writer("bucket", "key", &mut written);
        let result = writer.verify_checksum().send().await;
        // The end shows that there are no more bytes, after the last are written.
        assert_eq!(written, data.as_bytes());
        assert_eq!(result.is_ok(), is_right, "{result:?}");
        match result {
            Ok(output) => assert_eq!((output.size, output.verification), (9, verified)),
            Err(error) => assert!(error.to_string().contains(CRC32), "{error}"),
        }

        let folder = Folder::new(&format!("unknown-size-{is_right}"));
        let server = store_without_sizes(data).await;
        let file = server
            .client()
            .download_file("bucket", "key", folder.target());
        let result = file.verify_checksum().send().await;
        assert_eq!(result.is_ok(), is_right, "{result:?}");
        match result {
            Ok(output) => assert_eq!(output.verification, verified),
            Err(error) => assert!(error.to_string().contains(CRC32), "{error}"),
        }
        assert_eq!(folder.files().is_empty(), !is_right);
    }
}

/// The first ranges are of an earlier download, which did not compute their checksum.
#[tokio::test]
async fn a_resumed_download_is_verified_with_what_the_earlier_one_left() {
    for (name, value) in [("crc32", CRC32), ("sha256", SHA256)] {
        let folder = Folder::new(&format!("resumed-{name}"));
        let head = format!("x-amz-checksum-{name}: {value}\r\n");
        let (s3, _) = store(DATA, head.clone()).await;
        // The second of three ranges fails.
        let first = play([
            response(
                "206 Partial Content\r\netag: \"e\"\r\ncontent-range: bytes 0-3/9",
                &DATA[..4],
            ),
            reject(403, "AccessDenied"),
        ])
        .await;
        let begun = first
            .client()
            .download_file("bucket", "key", folder.target())
            .part_size(4)
            .concurrency(1);
        begun.resume().send().await.unwrap_err();
        assert_eq!(folder.files().len(), 2);
        let output = download(&s3, &folder, 4).resume().send().await.unwrap();
        assert_eq!(output.parts, 2, "only what was missing");
        assert!(matches!(output.verification, Verification::Verified(_)));
        assert_eq!(folder.files(), ["cat.jpg"]);
    }
}
