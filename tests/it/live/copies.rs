//! Copies within the store, of whole objects and as parts of an upload.

use md5::{Digest, Md5};
use slim_s3::operation::CompletedPart;
use slim_s3::{ETag, Error};

use super::{MIB, content, create_upload, read};
use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_copy_keeps_or_replaces_metadata_and_tags() {
    with_bucket(|s3, bucket| async move {
        // Characters that need encoding in a header or a URL.
        let source = "a+b %20&ü/k?y=1";
        let put = s3
            .put_object(&bucket, source, "meow")
            .content_type("image/jpeg")
            .metadata("name", "Kitty")
            .tag("kind", "cat");
        let put = put.send().await.unwrap();

        let copy = s3
            .copy_object(&bucket, "kept", (&bucket, source))
            .send()
            .await
            .unwrap();
        assert_eq!(copy.etag, Some(put.etag));
        assert!(copy.last_modified.is_some());
        let kept = s3.head_object(&bucket, "kept").send().await.unwrap();
        assert_eq!(
            (kept.content_type.as_deref(), kept.metadata("name")),
            (Some("image/jpeg"), Some("Kitty"))
        );
        // s3s-fs does not support tags.
        let has_tags = store() != Store::S3sFs;
        if has_tags {
            let tags = s3.get_object_tagging(&bucket, "kept").send().await.unwrap();
            assert_eq!(tags.tag_set.len(), 1);
        }
        assert_eq!(read(&s3, &bucket, "kept").await, "meow");

        let replaced = s3
            .copy_object(&bucket, "replaced", (&bucket, source))
            .replace_metadata()
            .content_type("image/png")
            .replace_tags()
            .tag("kind", "dog");
        replaced.send().await.unwrap();
        let info = s3.head_object(&bucket, "replaced").send().await.unwrap();
        assert_eq!(
            (info.content_type.as_deref(), info.metadata("name")),
            (Some("image/png"), None)
        );
        if has_tags {
            let tags = s3
                .get_object_tagging(&bucket, "replaced")
                .send()
                .await
                .unwrap();
            assert_eq!(
                (tags.tag_set[0].key.as_str(), tags.tag_set[0].value.as_str()),
                ("kind", "dog")
            );
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn copies_honour_source_conditions() {
    with_bucket(|s3, bucket| async move {
        let etag = s3
            .put_object(&bucket, "source", "meow")
            .send()
            .await
            .unwrap()
            .etag;
        let copy = || s3.copy_object(&bucket, "copy", (&bucket, "source"));
        copy().source_if_match(&etag).send().await.unwrap();
        copy().source_if_none_match("0123").send().await.unwrap();
        let changed = copy().source_if_match("0123").send().await.unwrap_err();
        assert!(changed.is_precondition_failed(), "{changed}");
        let same = copy().source_if_none_match(&etag).send().await.unwrap_err();
        match store() {
            Store::Versitygw => assert!(same.is_not_modified(), "{same}"),
            _ => assert!(same.is_precondition_failed(), "{same}"),
        }

        let missing = s3
            .copy_object(&bucket, "copy", (&bucket, "missing"))
            .send()
            .await
            .unwrap_err();
        assert_eq!(missing.code(), Some("NoSuchKey"));
        let onto_itself = s3
            .copy_object(&bucket, "source", (&bucket, "source"))
            .send()
            .await;
        match store() {
            Store::S3sFs => drop(onto_itself.unwrap()),
            _ => assert_eq!(onto_itself.unwrap_err().code(), Some("InvalidRequest")),
        }

        // The stores ignore conditions on the target and overwrite it.
        s3.put_object(&bucket, "taken", "old").send().await.unwrap();
        s3.copy_object(&bucket, "taken", (&bucket, "source"))
            .if_none_match("*")
            .send()
            .await
            .unwrap();
        assert_eq!(read(&s3, &bucket, "taken").await, "meow");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_upload_is_assembled_from_copies() {
    with_bucket(|s3, bucket| async move {
        let data = content(5 * MIB + 100);
        s3.put_object(&bucket, "source", data.clone()).send().await.unwrap();
        let upload = create_upload(&s3, &bucket, "copy").await;
        let split = 5 * MIB as u64;
        let mut parts = Vec::new();
        for (part_number, range) in [(1, 0..=split - 1), (2, split..=split + 99)] {
            let part = s3.upload_part_copy(&bucket, "copy", &upload, part_number, (&bucket, "source"));
            let part = part.source_range(range).send().await.unwrap();
            assert_eq!(part.last_modified.is_some(), store() != Store::S3sFs);
            parts.push(CompletedPart { part_number, etag: part.etag });
        }
        let beyond_end = s3.upload_part_copy(&bucket, "copy", &upload, 3, (&bucket, "source"));
        let error = beyond_end.source_range(split..=split + 100).send().await.unwrap_err();
        assert!(matches!(&error, Error::Service(service) if service.status == 400 || service.status == 416), "{error}");
        // The whole source as a part.
        s3.upload_part_copy(&bucket, "copy", &upload, 3, (&bucket, "source")).send().await.unwrap();
        s3.complete_multipart_upload(&bucket, "copy", &upload, &parts).send().await.unwrap();
        assert_eq!(read(&s3, &bucket, "copy").await, data);

        let part = s3.get_object(&bucket, "copy").part_number(2).send().await;
        if store() == Store::S3sFs {
            // s3s-fs returns the whole object instead of the part.
            assert!(matches!(part, Err(Error::Malformed(_))));
            return;
        }
        let part = part.unwrap();
        assert_eq!((part.content_length, part.parts_count), (Some(100), Some(2)));
        assert_eq!(part.body.bytes().await.unwrap(), data[5 * MIB..]);
    })
    .await;
}

/// The ETag of an object in parts of 5 MiB.
fn etag_in_parts(data: &[u8]) -> ETag {
    let etags: Vec<ETag> = data
        .chunks(5 * MIB)
        .map(|part| ETag::from(hex::encode(Md5::digest(part)).as_str()))
        .collect();
    ETag::composite(&etags).unwrap()
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_copy_in_parts_keeps_or_replaces_metadata_and_tags() {
    with_bucket(|s3, bucket| async move {
        let data = content(10 * MIB + 100);
        let source = "a+b %20&ü/k?y=1";
        let put = s3
            .put_object(&bucket, source, data.clone())
            .content_type("image/jpeg")
            .content_disposition("attachment")
            .content_encoding("gzip")
            .content_language("en")
            .cache_control("no-cache")
            .metadata("name", "Kitty")
            .tag("a kind", "cat+mouse: 1/2");
        put.send().await.unwrap();
        let copy = |key| {
            s3.copy((&bucket, source), &bucket, key)
                .threshold(5 * MIB as u64)
                .part_size(5 * MIB as u64)
        };

        let kept = copy("kept").send().await.unwrap();
        assert_eq!((kept.size, kept.parts), (data.len() as u64, 3));
        assert_eq!(kept.etag, Some(etag_in_parts(&data)));
        assert_eq!(read(&s3, &bucket, "kept").await, data);
        let original = s3.head_object(&bucket, source).send().await.unwrap();
        let info = s3.head_object(&bucket, "kept").send().await.unwrap();
        assert_eq!(info.content_type.as_deref(), Some("image/jpeg"));
        assert_eq!(info.metadata("name"), Some("Kitty"));
        for header in [
            "content-disposition",
            "content-encoding",
            "content-language",
            "cache-control",
        ] {
            let (copied, expected) = (info.headers.get(header), original.headers.get(header));
            assert_eq!(copied, expected, "{header}");
        }
        // s3s-fs does not support tags.
        let has_tags = store() != Store::S3sFs;
        if has_tags {
            let tags = s3.get_object_tagging(&bucket, "kept").send().await.unwrap();
            assert_eq!(tags.tag_set, [("a kind", "cat+mouse: 1/2").into()]);
        }

        let replaced = copy("replaced")
            .replace_metadata()
            .content_type("image/png")
            .replace_tags()
            .tag("kind", "dog");
        assert_eq!(replaced.send().await.unwrap().parts, 3);
        let info = s3.head_object(&bucket, "replaced").send().await.unwrap();
        assert_eq!(
            (info.content_type.as_deref(), info.metadata("name")),
            (Some("image/png"), None)
        );
        if has_tags {
            let tags = s3.get_object_tagging(&bucket, "replaced").send().await;
            assert_eq!(tags.unwrap().tag_set, [("kind", "dog").into()]);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_source_is_copied_only_if_it_is_still_the_same() {
    with_bucket(|s3, bucket| async move {
        let data = content(10 * MIB);
        let put = s3.put_object(&bucket, "source", data.clone());
        let etag = put.send().await.unwrap().etag;
        for threshold in [5 << 20, 5 << 30] {
            let copy = |source: &str| {
                s3.copy((&bucket, source), &bucket, "copy")
                    .threshold(threshold)
                    .part_size(5 * MIB as u64)
            };
            let copied = copy("source").source_if_match(&etag).send().await.unwrap();
            assert_eq!(copied.parts > 0, threshold == 5 << 20);
            assert_eq!(read(&s3, &bucket, "copy").await, data);
            let changed = copy("source").source_if_match("0123").send().await;
            let changed = changed.unwrap_err();
            match store() {
                // It ignores the condition, also that of HeadObject.
                Store::S3sFs => assert!(matches!(changed, Error::Malformed(_)), "{changed}"),
                _ => assert!(changed.is_precondition_failed(), "{changed}"),
            }
            let missing = copy("missing").send().await.unwrap_err();
            assert!(missing.is_not_found(), "{missing}");
        }
        s3.put_object(&bucket, "empty", "").send().await.unwrap();
        let copy = s3.copy((&bucket, "empty"), &bucket, "copy").threshold(0);
        assert_eq!(copy.send().await.unwrap().size, 0);
        assert_eq!(read(&s3, &bucket, "copy").await, "");
    })
    .await;
}
