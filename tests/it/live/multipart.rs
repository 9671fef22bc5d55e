//! A multipart upload by hand.

use slim_s3::{CompletedPart, ETag};

use super::{MIB, content};
use crate::support::live::with_bucket;

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
