//! Every operation, and the three ways to save, on a live MinIO. `tests/run` brings one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use md5::{Digest, Md5};
use slim_s3::{Body, Client, CompletedPart, ETag, Error, PartLimits, PayloadHash};

use crate::support::live::{builder, with_bucket};
use crate::support::server::{Connection, serve};

const MIB: usize = 1 << 20;

/// Bytes in which no part is like another.
fn content(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = (0..size.div_ceil(8)).flat_map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(size).collect()
}

/// The ETag that boto3 and the AWS command line give: the MD5 below 8 MiB, and that of the parts' MD5s from there on.
fn etag_of_boto3(content: &[u8]) -> ETag {
    let md5 = |data: &[u8]| Md5::digest(data);
    if content.len() < 8 * MIB {
        return ETag::from(hex::encode(md5(content)).as_str());
    }
    let digests: Vec<u8> = content
        .chunks(8 * MIB)
        .flat_map(|part| md5(part).to_vec())
        .collect();
    ETag::from(
        format!(
            "{}-{}",
            hex::encode(md5(&digests)),
            content.len().div_ceil(8 * MIB)
        )
        .as_str(),
    )
}

async fn read(s3: &Client, bucket: &str, key: &str) -> Bytes {
    s3.get_object(bucket, key)
        .send()
        .await
        .unwrap()
        .body
        .bytes()
        .await
        .unwrap()
}

struct TempFile(std::path::PathBuf);

impl TempFile {
    fn new(name: &str, content: &[u8]) -> TempFile {
        let path = std::env::temp_dir().join(format!("slim-s3-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        TempFile(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn buckets() {
    with_bucket(|s3, bucket| async move {
        s3.head_bucket(&bucket).send().await.unwrap();
        let again = s3.create_bucket(&bucket).send().await.unwrap_err();
        assert_eq!(
            (again.code(), again.status().unwrap().as_u16()),
            (Some("BucketAlreadyOwnedByYou"), 409)
        );
        assert!(
            again.request_id().is_some() && again.host_id().is_some(),
            "{again:?}"
        );

        let absent = format!("{bucket}-absent");
        let error = s3.head_bucket(&absent).send().await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("HeadBucket {absent}: 404 NoSuchBucket")),
            "{error}"
        );
        assert_eq!(
            s3.delete_bucket(&absent).send().await.unwrap_err().code(),
            Some("NoSuchBucket")
        );

        s3.put_object(&bucket, "key", "x").send().await.unwrap();
        assert_eq!(
            s3.delete_bucket(&bucket).send().await.unwrap_err().code(),
            Some("BucketNotEmpty")
        );
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn objects_with_all_options() {
    with_bucket(|s3, bucket| async move {
        let put = s3
            .put_object(&bucket, "key", "Hello")
            .content_type("text/plain; charset=utf-8")
            .content_disposition("attachment; filename=\"a  b.txt\"")
            .content_encoding("identity")
            .content_language("en")
            .cache_control("max-age=60")
            .metadata("Name", "two  blanks")
            .tag("kind", "a b+c")
            .storage_class("STANDARD")
            .send()
            .await
            .unwrap();
        assert_eq!(put.etag, etag_of_boto3(b"Hello"));
        assert!(put.request_id.is_some());

        let head = s3.head_object(&bucket, "key").send().await.unwrap();
        assert_eq!(
            (head.content_length, head.etag.as_ref()),
            (5, Some(&put.etag))
        );
        assert_eq!(
            head.content_type.as_deref(),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(head.metadata("name"), Some("two  blanks"));
        assert_eq!(
            head.headers["content-disposition"],
            "attachment; filename=\"a  b.txt\""
        );
        assert_eq!(head.headers["cache-control"], "max-age=60");
        assert_eq!(head.headers["content-language"], "en");
        let age = std::time::SystemTime::now()
            .duration_since(head.last_modified.unwrap())
            .unwrap_or_default();
        assert!(age.as_secs() < 60, "{age:?}");

        let object = s3.get_object(&bucket, "key").send().await.unwrap();
        assert_eq!(object.info.metadata("NAME"), Some("two  blanks"));
        assert_eq!(object.body.bytes().await.unwrap(), "Hello");

        s3.delete_object(&bucket, "key").send().await.unwrap();
        s3.delete_object(&bucket, "key").send().await.unwrap();
        let error = s3.get_object(&bucket, "key").send().await.unwrap_err();
        assert!(error.is_not_found() && !error.is_retryable(), "{error}");
        assert_eq!(
            (error.code(), error.service().unwrap().code_is_inferred),
            (Some("NoSuchKey"), false)
        );
        // MinIO says in a header what an answer to HEAD cannot say.
        let error = s3.head_object(&bucket, "key").send().await.unwrap_err();
        assert_eq!(
            (error.code(), error.status().unwrap().as_u16()),
            (Some("NoSuchKey"), 404)
        );
        assert!(
            error
                .to_string()
                .contains("The specified key does not exist."),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn conditions() {
    with_bucket(|s3, bucket| async move {
        let first = s3
            .put_object(&bucket, "key", "one")
            .if_none_match("*")
            .send()
            .await
            .unwrap()
            .etag;
        let taken = s3
            .put_object(&bucket, "key", "two")
            .if_none_match("*")
            .send()
            .await
            .unwrap_err();
        assert!(taken.is_precondition_failed(), "{taken}");
        let second = s3
            .put_object(&bucket, "key", "two")
            .if_match(&first)
            .send()
            .await
            .unwrap()
            .etag;
        assert!(
            s3.put_object(&bucket, "key", "three")
                .if_match(&first)
                .send()
                .await
                .unwrap_err()
                .is_precondition_failed()
        );
        assert_eq!(read(&s3, &bucket, "key").await, "two");

        assert!(
            s3.get_object(&bucket, "key")
                .if_none_match(&second)
                .send()
                .await
                .unwrap_err()
                .is_not_modified()
        );
        assert!(
            s3.head_object(&bucket, "key")
                .if_match(&first)
                .send()
                .await
                .unwrap_err()
                .is_precondition_failed()
        );
        let modified = s3
            .head_object(&bucket, "key")
            .send()
            .await
            .unwrap()
            .last_modified
            .unwrap();
        assert!(
            s3.get_object(&bucket, "key")
                .if_modified_since(modified)
                .send()
                .await
                .unwrap_err()
                .is_not_modified()
        );
        s3.get_object(&bucket, "key")
            .if_unmodified_since(modified)
            .send()
            .await
            .unwrap();

        // The same for an upload, in one request and in parts.
        for size in [3, 8 * MIB] {
            let upload = |data| {
                s3.upload_reader(&bucket, "key", std::io::Cursor::new(data))
                    .if_none_match("*")
            };
            let taken = upload(content(size)).send().await.unwrap_err();
            assert!(taken.is_precondition_failed(), "{taken}");
            assert_eq!(taken.context().upload_id, None);
        }
        assert_eq!(read(&s3, &bucket, "key").await, "two");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn ranges_and_streams() {
    with_bucket(|s3, bucket| async move {
        let data = content(3 * MIB);
        s3.put_object(&bucket, "key", data.clone())
            .send()
            .await
            .unwrap();
        let get = |range: std::ops::Range<u64>| {
            let call = s3.get_object(&bucket, "key").range(range);
            async move { call.send().await.unwrap() }
        };
        let object = get(10..20).await;
        let range = object.info.content_range.unwrap();
        assert_eq!(
            (
                range.first,
                range.last,
                range.total,
                object.info.content_length
            ),
            (10, 19, 3 * MIB as u64, 10)
        );
        assert_eq!(object.body.bytes().await.unwrap(), data[10..20]);
        assert_eq!(get(0..u64::MAX / 2).await.body.bytes().await.unwrap(), data);
        let last = s3
            .get_object(&bucket, "key")
            .last_bytes(7)
            .send()
            .await
            .unwrap();
        assert_eq!(last.body.bytes().await.unwrap(), data[3 * MIB - 7..]);
        let behind = s3
            .get_object(&bucket, "key")
            .range(3 * MIB as u64..)
            .send()
            .await
            .unwrap_err();
        assert_eq!(behind.code(), Some("InvalidRange"));

        let mut reader = Box::pin(get(0..3 * MIB as u64).await.body.into_reader());
        let mut copied = Vec::new();
        tokio::io::copy(&mut reader, &mut copied).await.unwrap();
        assert_eq!(copied, data);
        let mut object = get(0..3 * MIB as u64).await;
        let mut read = 0;
        while let Some(chunk) = object.body.chunk().await.unwrap() {
            read += chunk.len();
        }
        assert_eq!(read, 3 * MIB);
        assert!(object.body.chunk().await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn listings() {
    with_bucket(|s3, bucket| async move {
        let keys = ["a b", "a+b", "a/1", "a/2", "b/1", "c\u{1}d", "z%2Fz"];
        for key in keys {
            s3.put_object(&bucket, key, key).send().await.unwrap();
        }
        let mut found = Vec::new();
        let mut pages = 0;
        let mut token: Option<String> = None;
        loop {
            let mut call = s3.list_objects_v2(&bucket).max_keys(3);
            if let Some(token) = &token {
                call = call.continuation_token(token);
            }
            let page = call.send().await.unwrap();
            pages += 1;
            found.extend(page.contents.iter().map(|object| {
                assert_eq!(
                    (object.size, object.etag.as_ref()),
                    (
                        object.key.len() as u64,
                        Some(&etag_of_boto3(object.key.as_bytes()))
                    )
                );
                assert!(object.last_modified.is_some());
                object.key.clone()
            }));
            assert_eq!(page.is_truncated, page.next_continuation_token.is_some());
            token = page.next_continuation_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!((found, pages), (keys.map(str::to_owned).to_vec(), 3));

        let folders = s3
            .list_objects_v2(&bucket)
            .delimiter("/")
            .send()
            .await
            .unwrap();
        assert_eq!(folders.common_prefixes, ["a/", "b/"]);
        assert_eq!(folders.contents.len(), 4);
        let folder = s3
            .list_objects_v2(&bucket)
            .prefix("a/")
            .start_after("a/1")
            .send()
            .await
            .unwrap();
        assert_eq!(
            folder
                .contents
                .iter()
                .map(|object| object.key.as_str())
                .collect::<Vec<_>>(),
            ["a/2"]
        );
        let nothing = s3
            .list_objects_v2(&bucket)
            .prefix("absent")
            .send()
            .await
            .unwrap();
        assert!(nothing.contents.is_empty() && !nothing.is_truncated);
    })
    .await;
}

/// Stores, reads, lists and removes one key.
async fn round_trip(s3: &Client, bucket: &str, key: &str) {
    let put = s3
        .put_object(bucket, key, key)
        .send()
        .await
        .unwrap_or_else(|error| panic!("{key:?}: {error}"));
    assert_eq!(read(s3, bucket, key).await, key, "{key:?}");
    let listed = s3.list_objects_v2(bucket).send().await.unwrap().contents;
    assert_eq!(
        listed
            .iter()
            .map(|object| object.key.as_str())
            .collect::<Vec<_>>(),
        [key]
    );
    assert_eq!(listed[0].etag.as_ref(), Some(&put.etag));
    s3.delete_object(bucket, key).send().await.unwrap();
    assert!(
        s3.head_object(bucket, key)
            .send()
            .await
            .unwrap_err()
            .is_not_found(),
        "{key:?}"
    );
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn keys_of_every_character() {
    with_bucket(|s3, bucket| async move {
        let mut keys: Vec<String> = (' '..='~')
            .map(|character| format!("a{character}b"))
            .collect();
        let odd = [
            " ",
            " a",
            "a ",
            "+",
            "%",
            "%20",
            "a%2Fb",
            "\\",
            "a:b",
            "a.",
            "...",
            "..a",
            ".a",
            "a../b",
            "a/",
            "é",
            "cafe\u{301}",
            "日本語",
            "😀",
            "\u{7f}",
            "\u{1}",
            "a\tb\nc\rd",
            "a?b#c&d=e",
            "dir/sub dir/file (1).txt",
        ];
        keys.extend(odd.map(str::to_owned));
        keys.push("€".repeat(85));
        keys.push(vec!["x".repeat(204); 5].join("/"));
        assert_eq!(keys.last().unwrap().len(), 1024);
        println!("{} keys", keys.len());
        for key in keys {
            round_trip(&s3, &bucket, &key).await;
        }
    })
    .await;
}

/// What MinIO refuses or stores under another key: its error, or ours, and nothing is stored.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn keys_that_do_not_survive() {
    with_bucket(|s3, bucket| async move {
        let long = "x".repeat(1025);
        let segment = "x".repeat(256);
        for (key, code) in [
            ("a//b", Some("XMinioInvalidObjectName")),
            ("a//", Some("XMinioInvalidObjectName")),
            ("a\0b", Some("XMinioInvalidObjectName")),
            ("a\\..\\b", Some("XMinioInvalidResourceName")),
            (&segment, Some("XMinioInvalidObjectName")),
            (".", None),
            ("..", None),
            ("../a", None),
            ("a/./b", None),
            ("./a", None),
            ("a/.", None),
            ("a/../b", None),
            ("/a", None),
            ("//a", None),
            ("/", None),
            ("", None),
            (&long, None),
        ] {
            let error = s3
                .put_object(&bucket, key, "x")
                .send()
                .await
                .expect_err(key);
            assert_eq!(error.code(), code, "{key:?}: {error}");
            assert_eq!(
                matches!(error, Error::Invalid(_)),
                code.is_none(),
                "{key:?}: {error}"
            );
        }
        assert!(
            s3.list_objects_v2(&bucket)
                .send()
                .await
                .unwrap()
                .contents
                .is_empty()
        );
    })
    .await;
}

/// The three ways to save, for sizes on both sides of every border; hashes, and the ETags of boto3.
async fn three_ways(size: usize) {
    with_bucket(move |s3, bucket| async move {
        let data = content(size);
        let hash = PayloadHash::of(&data);
        let file = TempFile::new(&format!("{size}"), &data);
        let (whole, in_parts) = (
            ETag::from(hex::encode(Md5::digest(&data)).as_str()),
            etag_of_boto3(&data),
        );
        let parts = if size < 8 * MIB {
            0
        } else {
            u32::try_from(size.div_ceil(8 * MIB)).unwrap()
        };

        let bytes = s3
            .put_object(&bucket, "bytes", data.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(bytes.etag, whole);
        let open = s3
            .put_object(&bucket, "file", std::fs::File::open(&file.0).unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(open.etag, whole);
        let from_file = s3
            .upload_file(&bucket, "upload_file", &file.0)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (from_file.etag, from_file.size, from_file.parts),
            (in_parts.clone(), size as u64, parts)
        );
        let reader = tokio::fs::File::open(&file.0).await.unwrap();
        let from_reader = s3
            .upload_reader(&bucket, "upload_reader", reader)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (from_reader.etag, from_reader.size, from_reader.parts),
            (in_parts, size as u64, parts)
        );

        for key in ["bytes", "file", "upload_file", "upload_reader"] {
            assert_eq!(
                PayloadHash::of(&read(&s3, &bucket, key).await),
                hash,
                "{key}"
            );
            s3.delete_object(&bucket, key).send().await.unwrap();
        }
        println!("{size} bytes: {hash}, {} parts", parts);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_0_bytes() {
    three_ways(0).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_1_byte() {
    three_ways(1).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_8_mib_less_1() {
    three_ways(8 * MIB - 1).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_8_mib() {
    three_ways(8 * MIB).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_8_mib_and_1() {
    three_ways(8 * MIB + 1).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_100_mib() {
    three_ways(100 * MIB).await;
}

/// Everything in parts, and still: no upload has no part, so what is empty is one PUT.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_threshold_of_zero() {
    with_bucket(|s3, bucket| async move {
        for (data, parts) in [("", 0), ("x", 1)] {
            let file = TempFile::new("threshold", data.as_bytes());
            let call = s3.upload_file(&bucket, "file", &file.0).threshold(0);
            let stored = call.send().await.unwrap();
            assert_eq!((stored.size, stored.parts), (data.len() as u64, parts));
            let call = s3
                .upload_reader(&bucket, "reader", data.as_bytes())
                .threshold(0);
            let stored = call.send().await.unwrap();
            assert_eq!((stored.size, stored.parts), (data.len() as u64, parts));
            assert_eq!(read(&s3, &bucket, "file").await, data);
            assert_eq!(read(&s3, &bucket, "reader").await, data);
        }
    })
    .await;
}

/// A stream of known length goes in signed chunks, which MinIO checks.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn streams_in_signed_chunks() {
    with_bucket(|s3, bucket| async move {
        for size in [0, 1, 65_535, 65_536, 65_537, 3 * MIB] {
            let data = content(size);
            let reader = std::io::Cursor::new(data.clone());
            let put = s3
                .put_object(&bucket, "key", Body::reader(size as u64, reader))
                .content_encoding("gzip")
                .send()
                .await
                .unwrap();
            assert_eq!(
                put.etag,
                ETag::from(hex::encode(Md5::digest(&data)).as_str())
            );
            let object = s3.get_object(&bucket, "key").send().await.unwrap();
            // Neither the framing nor its announcement is stored.
            assert_eq!(object.info.headers["content-encoding"], "gzip");
            assert_eq!(object.body.bytes().await.unwrap(), data);
        }
        let put = s3
            .put_object(&bucket, "key", Body::reader(3, &b"abc"[..]))
            .payload_hash(PayloadHash::Unsigned);
        put.send().await.unwrap();
        assert_eq!(read(&s3, &bucket, "key").await, "abc");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn multipart_by_hand() {
    with_bucket(|s3, bucket| async move {
        let data = content(5 * MIB + 10);
        let upload_id = s3
            .create_multipart_upload(&bucket, "key")
            .content_type("video/mp4")
            .metadata("a", "b")
            .send()
            .await
            .unwrap()
            .upload_id;
        let mut parts = Vec::new();
        for (part_number, part) in [(3, &data[..5 * MIB]), (7, &data[5 * MIB..])] {
            let etag = s3
                .upload_part(&bucket, "key", &upload_id, part_number, part)
                .send()
                .await
                .unwrap()
                .etag;
            parts.push(CompletedPart { part_number, etag });
        }
        let page = s3
            .list_parts(&bucket, "key", &upload_id)
            .max_parts(1)
            .send()
            .await
            .unwrap();
        assert!(page.is_truncated);
        assert_eq!(
            (
                page.parts.len(),
                page.parts[0].part_number,
                page.parts[0].size
            ),
            (1, 3, 5 * MIB as u64)
        );
        let rest = s3
            .list_parts(&bucket, "key", &upload_id)
            .part_number_marker(page.next_part_number_marker.unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                rest.parts.len(),
                rest.parts[0].part_number,
                rest.parts[0].etag.as_ref()
            ),
            (1, 7, Some(&parts[1].etag))
        );

        let done = s3
            .complete_multipart_upload(&bucket, "key", &upload_id, &parts)
            .send()
            .await
            .unwrap();
        let etags: Vec<ETag> = parts.into_iter().map(|part| part.etag).collect();
        assert_eq!(Some(done.etag), ETag::composite(&etags));
        let object = s3.get_object(&bucket, "key").send().await.unwrap();
        assert_eq!(
            (
                object.info.content_type.as_deref(),
                object.info.metadata("a")
            ),
            (Some("video/mp4"), Some("b"))
        );
        assert_eq!(object.body.bytes().await.unwrap(), data);
        let second = s3
            .get_object(&bucket, "key")
            .part_number(7)
            .send()
            .await
            .unwrap();
        assert_eq!(second.body.bytes().await.unwrap(), data[5 * MIB..]);

        let abandoned = s3
            .create_multipart_upload(&bucket, "key")
            .send()
            .await
            .unwrap()
            .upload_id;
        s3.upload_part(&bucket, "key", &abandoned, 1, "x")
            .send()
            .await
            .unwrap();
        s3.abort_multipart_upload(&bucket, "key", &abandoned)
            .send()
            .await
            .unwrap();
        let error = s3
            .list_parts(&bucket, "key", &abandoned)
            .send()
            .await
            .unwrap_err();
        assert!(
            error.is_not_found() && error.code() == Some("NoSuchUpload"),
            "{error}"
        );
        let error = s3
            .upload_part(&bucket, "key", &abandoned, 1, "x")
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some("NoSuchUpload"));
        let etag = ETag::from("5d41402abc4b2a76b9719d911017c592");
        let error = s3
            .complete_multipart_upload(
                &bucket,
                "key",
                &abandoned,
                &[CompletedPart {
                    part_number: 1,
                    etag,
                }],
            )
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some("NoSuchUpload"));
    })
    .await;
}

/// Between the client and MinIO: lets every request pass but the part that is to be killed.
async fn killer_of_part(number: u32) -> (std::net::SocketAddr, Arc<AtomicU32>) {
    let store: std::net::SocketAddr = std::env::var("S3_TEST_ENDPOINT")
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let killed = Arc::new(AtomicU32::new(0));
    let count = killed.clone();
    let address = serve(move |mut connection: Connection| {
        let killed = count.clone();
        async move {
            if let Some(request) = connection.request().await {
                if request.target.contains(&format!("partNumber={number}&")) {
                    killed.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                let mut upstream = tokio::net::TcpStream::connect(store).await.unwrap();
                let headers: String = request
                    .headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}\r\n"))
                    .collect();
                let head = format!(
                    "{} {} HTTP/1.1\r\n{headers}connection: close\r\n\r\n",
                    request.method, request.target
                );
                use tokio::io::AsyncWriteExt;
                upstream.write_all(head.as_bytes()).await.unwrap();
                upstream.write_all(&request.body).await.unwrap();
                tokio::io::copy(&mut upstream, &mut connection.stream)
                    .await
                    .unwrap();
            }
        }
    })
    .await;
    (address, killed)
}

/// The host is what was signed, so the way through a proxy must carry the store's own.
fn through(proxy: std::net::SocketAddr) -> Client {
    builder().proxy(&format!("http://{proxy}")).build().unwrap()
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_killed_part_leaves_no_upload_behind() {
    with_bucket(|s3, bucket| async move {
        for number in [1, 3, 6] {
            let (proxy, killed) = killer_of_part(number).await;
            let reader = std::io::Cursor::new(content(30 * MIB));
            let upload = through(proxy)
                .upload_reader(&bucket, "key", reader)
                .part_size(5 * MIB as u64)
                .concurrency(2);
            let error = upload.send().await.unwrap_err();
            assert_eq!(killed.load(Ordering::SeqCst), 1);
            // The first error, of the part itself; nothing is left that the caller would have to know of.
            assert!(matches!(error, Error::Transport(_)), "{error}");
            assert_eq!(
                (
                    error.context().operation,
                    error.context().upload_id.as_deref()
                ),
                ("UploadPart", None),
                "{error}"
            );
            assert!(
                s3.head_object(&bucket, "key")
                    .send()
                    .await
                    .unwrap_err()
                    .is_not_found()
            );
            // MinIO lists uploads of an exact key.
            assert_eq!(uploads(&s3, &bucket, "key").await, 0);
        }
    })
    .await;
}

/// How many uploads of `key` there are: an operation of one's own.
async fn uploads(s3: &Client, bucket: &str, key: &str) -> usize {
    struct CountUploads;
    impl slim_s3::Operation for CountUploads {
        type Output = usize;
        const NAME: &'static str = "ListMultipartUploads";
        fn parse(response: slim_s3::Response) -> Result<usize, Error> {
            Ok(response
                .xml("ListMultipartUploadsResult")?
                .children("Upload")
                .count())
        }
    }
    let request = slim_s3::Request::bucket(http::Method::GET, bucket)
        .with_query("uploads", "")
        .with_query("prefix", key);
    slim_s3::Call::new(s3, request, CountUploads)
        .send()
        .await
        .unwrap()
}

/// A reader that fails, and one that goes on behind the last part there can be.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_upload_that_cannot_end_is_aborted() {
    with_bucket(|s3, bucket| async move {
        use tokio::io::AsyncReadExt;
        struct Broken;
        impl tokio::io::AsyncRead for Broken {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
                _: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Err(std::io::Error::other("the tape is torn")))
            }
        }
        let reader = std::io::Cursor::new(content(12 * MIB)).chain(Broken);
        let error = s3
            .upload_reader(&bucket, "key", reader)
            .send()
            .await
            .unwrap_err();
        assert!(
            error.to_string().starts_with(&format!(
                "Upload {bucket}/key: the reader failed: the tape is torn"
            )),
            "{error}"
        );
        assert_eq!(uploads(&s3, &bucket, "key").await, 0);

        let limits = PartLimits {
            max_parts: 2,
            ..PartLimits::default()
        };
        let upload = |size| {
            s3.upload_reader(&bucket, "key", std::io::Cursor::new(content(size)))
                .part_size(5 * MIB as u64)
                .part_limits(limits)
        };
        let error = upload(10 * MIB + 1).send().await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("goes on behind 2 parts of 5242880 bytes"),
            "{error}"
        );
        assert_eq!(uploads(&s3, &bucket, "key").await, 0);
        assert!(
            s3.head_object(&bucket, "key")
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
        assert_eq!(upload(10 * MIB).send().await.unwrap().parts, 2);
    })
    .await;
}

/// Readers that give little at a time, of a length nobody knows, and a pipe given by its path.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn uploads_from_slow_readers_and_pipes() {
    with_bucket(|s3, bucket| async move {
        let data = content(20 * MIB);
        let (mut writer, reader) = tokio::io::duplex(64 << 10);
        let input = data.clone();
        let write = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt;
            for piece in input.chunks(50_000) {
                writer.write_all(piece).await.unwrap();
            }
        });
        let upload = s3
            .upload_reader(&bucket, "duplex", reader)
            .send()
            .await
            .unwrap();
        write.await.unwrap();
        assert_eq!((upload.parts, &upload.etag), (3, &etag_of_boto3(&data)));
        assert_eq!(read(&s3, &bucket, "duplex").await, data);

        #[cfg(unix)]
        for size in [0, 10, 9 * MIB] {
            let path =
                std::env::temp_dir().join(format!("slim-s3-pipe-{}-{size}", std::process::id()));
            assert!(
                std::process::Command::new("mkfifo")
                    .arg(&path)
                    .status()
                    .unwrap()
                    .success()
            );
            let (target, bytes) = (path.clone(), data[..size].to_vec());
            let write = std::thread::spawn(move || std::fs::write(target, bytes).unwrap());
            let upload = s3.upload_file(&bucket, "pipe", &path).send().await.unwrap();
            write.join().unwrap();
            std::fs::remove_file(&path).unwrap();
            assert_eq!(
                (upload.size, upload.etag),
                (size as u64, etag_of_boto3(&data[..size]))
            );
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn uploads_take_options_to_where_they_belong() {
    with_bucket(|s3, bucket| async move {
        let data = content(8 * MIB + 5);
        let file = TempFile::new("options", &data);
        for key in ["small", "large"] {
            let call = match key {
                "small" => s3.upload_reader(&bucket, key, &b"small"[..]),
                _ => s3.upload_file(&bucket, key, &file.0),
            };
            call.content_type("video/mp4")
                .metadata("name", "cat")
                .cache_control("no-cache")
                .if_none_match("*")
                .send()
                .await
                .unwrap();
            let head = s3.head_object(&bucket, key).send().await.unwrap();
            assert_eq!(
                (head.content_type.as_deref(), head.metadata("name")),
                (Some("video/mp4"), Some("cat"))
            );
            assert_eq!(head.headers["cache-control"], "no-cache");
        }
        // Threshold, part size and payload hash, and a file that is in one part.
        let upload = s3
            .upload_file(&bucket, "tuned", &file.0)
            .part_size(5 * MIB as u64)
            .concurrency(1)
            .payload_hash(PayloadHash::Unsigned);
        assert_eq!(upload.send().await.unwrap().parts, 2);
        let upload = s3
            .upload_file(&bucket, "tuned", &file.0)
            .threshold(9 * MIB as u64);
        assert_eq!(upload.send().await.unwrap().parts, 0);
        let upload = s3
            .upload_reader(&bucket, "tuned", std::io::Cursor::new(data.clone()))
            .threshold(1)
            .part_size(8 * MIB as u64);
        assert_eq!(upload.send().await.unwrap().parts, 2);
        assert_eq!(read(&s3, &bucket, "tuned").await, data);

        for (call, field) in [
            (
                s3.upload_file(&bucket, "bad", &file.0).part_size(1),
                "part size",
            ),
            (
                s3.upload_file(&bucket, "bad", &file.0).concurrency(0),
                "concurrency",
            ),
            (
                s3.upload_file(&bucket, "bad", &file.0)
                    .header("content-md5", "x"),
                "header content-md5",
            ),
            (s3.upload_file(&bucket, "bad", "/no/such/file"), "file"),
            (s3.upload_file(&bucket, "bad", std::env::temp_dir()), "file"),
            (s3.upload_file(&bucket, "", &file.0), "key"),
            (
                s3.upload_file(&bucket, "bad", &file.0).content_type("é"),
                "header content-type",
            ),
        ] {
            let error = call.send().await.unwrap_err();
            let Error::Invalid(invalid) = &error else {
                panic!("{error}")
            };
            assert_eq!(invalid.field, field, "{error}");
        }
        assert!(
            s3.head_object(&bucket, "bad")
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn refusals_name_the_cause() {
    with_bucket(|_, bucket| async move {
        let refused = |builder: slim_s3::ClientBuilder| {
            let call = builder.build().unwrap().put_object(&bucket, "key", "x");
            async move { call.send().await.unwrap_err() }
        };
        let keys = |id: &str, secret: &str| slim_s3::Credentials::new(id, secret);
        let id = std::env::var("S3_TEST_ACCESS_KEY_ID").unwrap();
        let error = refused(builder().credentials(keys(&id, "wrong secret"))).await;
        assert_eq!(error.code(), Some("SignatureDoesNotMatch"), "{error}");
        assert!(
            error.is_access_denied()
                && !error.is_retryable()
                && !error.to_string().contains("wrong secret"),
            "{error}"
        );
        let error = refused(builder().credentials(keys("NOBODY", "secret"))).await;
        assert_eq!(error.code(), Some("InvalidAccessKeyId"), "{error}");
        let secret = std::env::var("S3_TEST_SECRET_ACCESS_KEY").unwrap();
        let error =
            refused(builder().credentials(keys(&id, &secret).with_session_token("bogus"))).await;
        assert_eq!(error.code(), Some("InvalidTokenId"), "{error}");
        let error = refused(builder().anonymous()).await;
        assert_eq!(error.code(), Some("AccessDenied"), "{error}");
        let hour = std::time::Duration::from_secs(3600);
        let error = refused(builder().clock(move || std::time::SystemTime::now() - hour)).await;
        assert_eq!(error.code(), Some("RequestTimeTooSkewed"), "{error}");
    })
    .await;
}

/// Many calls at a time over one client, as a server makes them.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a store: tests/run"]
async fn many_at_once() {
    with_bucket(|s3, bucket| async move {
        let puts = (0..100).map(|number| {
            let (s3, bucket) = (s3.clone(), bucket.clone());
            tokio::spawn(async move {
                let (key, data) = (format!("key {number}"), content(number * 1000));
                s3.put_object(&bucket, &key, data.clone())
                    .send()
                    .await
                    .unwrap();
                assert_eq!(read(&s3, &bucket, &key).await, data);
            })
        });
        for put in puts.collect::<Vec<_>>() {
            put.await.unwrap();
        }
        assert_eq!(
            s3.list_objects_v2(&bucket)
                .send()
                .await
                .unwrap()
                .contents
                .len(),
            100
        );
    })
    .await;
}
