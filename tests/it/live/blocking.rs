//! The feature `blocking`, on a live store.

use std::io::Cursor;

use super::{MIB, TempFile, boto3_etag, content};
use crate::blocking::without_runtime;
use crate::support::live::{builder, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn objects_are_stored_read_listed_and_deleted_without_a_runtime() {
    with_bucket(|_, bucket| {
        without_runtime(move || {
            let s3 = builder().build().unwrap();
            let put = |key: &str| s3.put_object(&bucket, key, "one\ntwo").send_blocking();
            let etag = put("a").unwrap().etag;
            put("b").unwrap();
            let get = s3.get_object(&bucket, "a").send_blocking().unwrap();
            assert_eq!(get.etag, Some(etag));
            assert_eq!(get.body.bytes_blocking().unwrap(), "one\ntwo");
            let get = s3.get_object(&bucket, "a").send_blocking().unwrap();
            let text = std::io::read_to_string(get.body.into_blocking_reader());
            assert_eq!(text.unwrap(), "one\ntwo");
            let list = || s3.list_objects_v2(&bucket).max_keys(1);
            let keys: Result<Vec<_>, _> = list()
                .objects_blocking()
                .map(|object| object.map(|object| object.key))
                .collect();
            assert_eq!(keys.unwrap(), ["a", "b"]);
            let pages: Result<Vec<_>, _> = list().pages().into_blocking_iter().collect();
            assert!(pages.unwrap().len() >= 2);
            let deleted = s3.delete_many(&bucket, ["a", "b"]).send_blocking();
            assert_eq!(deleted.unwrap().deleted.len(), 2);
            let missing = s3.head_object(&bucket, "a").send_blocking();
            assert!(missing.unwrap_err().is_not_found());
        })
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn files_and_readers_of_any_size_are_transferred_without_a_runtime() {
    with_bucket(|_, bucket| {
        without_runtime(move || {
            let s3 = builder().build().unwrap();
            for size in [0, 5, 20 * MIB + 1] {
                let data = content(size);
                let file = TempFile::new("blocking", &data);
                let stored = s3.upload_file(&bucket, "file", &file.0).send_blocking();
                assert_eq!(stored.unwrap().etag, boto3_etag(&data));
                let reader = Cursor::new(data.clone());
                let stored = s3.upload_blocking(&bucket, "reader", reader);
                assert_eq!(stored.send_blocking().unwrap().etag, boto3_etag(&data));
                for key in ["file", "reader"] {
                    let copy = TempFile::new("blocking-copy", b"old content");
                    let download = s3.download_file(&bucket, key, &copy.0);
                    assert_eq!(download.send_blocking().unwrap().size, size as u64);
                    assert!(std::fs::read(&copy.0).unwrap() == data, "{key}, {size}");
                }
            }
        })
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn sixteen_threads_store_and_read_without_a_runtime() {
    with_bucket(|_, bucket| {
        without_runtime(move || {
            let s3 = builder().build().unwrap();
            std::thread::scope(|scope| {
                for number in 0..16 {
                    let (s3, bucket) = (&s3, &bucket);
                    scope.spawn(move || {
                        let (key, data) = (number.to_string(), content(MIB + number));
                        let put = s3.put_object(bucket, &key, data.clone());
                        put.send_blocking().unwrap();
                        let get = s3.get_object(bucket, &key).send_blocking().unwrap();
                        assert!(get.body.bytes_blocking().unwrap() == data);
                    });
                }
            });
        })
    })
    .await;
}
