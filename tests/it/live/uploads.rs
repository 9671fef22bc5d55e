//! Uploads from readers and pipes, and their options.

use super::{MIB, TempFile, assert_missing, boto3_etag, content, read};
use crate::support::live::with_bucket;
use crate::support::server::assert_invalid;

/// A reader of unknown length that returns few bytes at a time, and a pipe that is opened by its path.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn slow_readers_and_pipes_are_uploaded() {
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
        assert_eq!((upload.parts, &upload.etag), (3, &boto3_etag(&data)));
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
                (size as u64, boto3_etag(&data[..size]))
            );
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_upload_applies_its_options() {
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
        // Threshold, part size and payload hash.
        let upload = s3
            .upload_file(&bucket, "tuned", &file.0)
            .part_size(5 * MIB as u64)
            .concurrency(1)
            .unsigned_payload();
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
            assert_invalid(&error, field);
        }
        assert_missing(&s3, &bucket, "bad").await;
    })
    .await;
}

/// It reports each part, because its output is not a terminal.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_upload_example_reports_progress_and_stores_the_file() {
    with_bucket(|s3, bucket| async move {
        let data = content(20 * MIB);
        let file = TempFile::new("example", &data);
        let mut example = super::example("upload");
        let output = example.arg(&file.0).args([&bucket, "key"]).output();
        let output = output.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        let total = 20 * MIB;
        for line in [
            "To resume: slim-s3-upload-1 ".to_owned(),
            format!("{total} of {total} bytes"),
        ] {
            assert!(stderr.contains(&line), "{line}: {stderr}");
        }
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.contains(&format!("key: {total} bytes")), "{stdout}");
        assert!(read(&s3, &bucket, "key").await == data);
    })
    .await;
}
