//! Downloads to a file, on a live store.

use super::{MIB, TempFile, content};
use crate::support::live::with_bucket;

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_downloaded_file_has_the_bytes_of_the_object() {
    with_bucket(|s3, bucket| async move {
        let part = 8 * MIB;
        for size in [0, 1, part - 1, part, part + 1, 3 * part + part / 2] {
            let (key, data) = (format!("object-{size}"), content(size));
            let stored = s3.upload(&bucket, &key, data.clone()).send().await.unwrap();
            let file = TempFile::new("downloaded", b"old content");
            let downloaded = s3.download_file(&bucket, &key, &file.0).send().await;
            let downloaded = downloaded.unwrap_or_else(|error| panic!("{size}: {error}"));
            assert_eq!(downloaded.size, size as u64);
            assert_eq!(downloaded.etag, Some(stored.etag), "{size}");
            assert!(
                std::fs::read(&file.0).unwrap() == data,
                "{size}: other bytes"
            );
        }

        let file = TempFile::new("missing", b"old content");
        let missing = s3.download_file(&bucket, "missing", &file.0).send().await;
        assert!(missing.unwrap_err().is_not_found());
        assert_eq!(std::fs::read(&file.0).unwrap(), b"old content");
    })
    .await;
}
