//! `put`, `get`, `cp`, `stat` and `rm` of single objects.

use std::process::Stdio;

use super::tool;
use crate::live::{MIB, assert_missing, boto3_etag, content, read};
use crate::support::live::with_bucket;
use crate::support::tool::{Folder, run, run_with_input, started};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_file_is_put_and_got_back() {
    with_bucket(|s3, bucket| async move {
        let folder = Folder::new();
        for size in [0, 4096, 20 * MIB + 1] {
            let data = content(size);
            let file = folder.write("cat.jpg", &data);
            let target = format!("s3://{bucket}/dir/");
            let stderr = run(tool(), &["put", &file, &target]).assert(0, "");
            let etag = boto3_etag(&data);
            let line = format!("put s3://{bucket}/dir/cat.jpg {size} bytes ");
            assert!(stderr.starts_with(&line), "{stderr}");
            assert!(stderr.ends_with(&format!(" etag {etag}\n")), "{stderr}");
            let head = s3.head_object(&bucket, "dir/cat.jpg").send().await.unwrap();
            assert_eq!(head.content_type.as_deref(), Some("image/jpeg"));

            // To the name in the key, in the current folder; and to another one.
            let source = format!("s3://{bucket}/dir/cat.jpg");
            let other = folder.name("other");
            let mut here = tool();
            std::fs::create_dir_all(folder.path("here")).unwrap();
            here.current_dir(folder.path("here"));
            let stderr = run(here, &["get", &source]).assert(0, "");
            assert!(
                stderr.starts_with(&format!("get {source} cat.jpg {size} bytes ")),
                "{stderr}"
            );
            run(tool(), &["-q", "get", &source, &other]).assert(0, "");
            assert!(folder.read("here/cat.jpg") == data);
            assert!(folder.read("other") == data);
            assert_eq!(folder.names(), ["cat.jpg", "here", "other"]);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn standard_input_and_output_are_a_pipe() {
    with_bucket(|s3, bucket| async move {
        for size in [0, 5, 21 * MIB + 7] {
            let data = content(size);
            let object = format!("s3://{bucket}/pipe.tar");
            let ended = run_with_input(tool(), &["put", "-", &object], &data);
            ended.assert(0, "");
            assert!(read(&s3, &bucket, "pipe.tar").await == data);
            let mut get = tool();
            let output = get.args(["-q", "get", &object, "-"]).output().unwrap();
            assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
            assert!(output.stdout == data);
        }
        let head = s3.head_object(&bucket, "pipe.tar").send().await.unwrap();
        assert_eq!(head.content_type.as_deref(), Some("application/x-tar"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_range_goes_to_a_file_or_a_pipe() {
    with_bucket(|s3, bucket| async move {
        let folder = Folder::new();
        let object = format!("s3://{bucket}/key");
        s3.put_object(&bucket, "key", "0123456789")
            .send()
            .await
            .unwrap();
        for (range, expected) in [
            ("2-4", "234"),
            ("7-", "789"),
            ("-2", "89"),
            ("0-99", "0123456789"),
        ] {
            let arguments = ["get", "--range", range, &object, "-"];
            run(tool(), &arguments).assert(0, expected);
            let file = folder.name("file");
            run(tool(), &["get", "--range", range, &object, &file]).assert(0, "");
            assert_eq!(folder.read("file"), expected.as_bytes());
        }
        let ended = run(tool(), &["get", "--range", "10-", &object, "-"]);
        ended.failed(1, "416");
        assert_eq!(folder.names(), ["file"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn conditions_have_an_exit_code_of_their_own() {
    with_bucket(|s3, bucket| async move {
        let folder = Folder::new();
        let file = folder.write("file", "new");
        let object = format!("s3://{bucket}/key");
        let put = s3.put_object(&bucket, "key", "old").send().await.unwrap();
        run(tool(), &["put", "--create-only", &file, &object]).failed(6, "412");
        run(tool(), &["put", "--if-match", "0123", &file, &object]).failed(6, "412");
        let etag = put.etag.as_str();
        run(tool(), &["get", "--if-none-match", etag, &object, "-"]).failed(6, "304");
        run(tool(), &["get", "--no-clobber", &object, &file]).failed(6, "exists already");
        assert_eq!(folder.read("file"), b"new");
        run(tool(), &["put", "--if-match", etag, &file, &object]).assert(0, "");
        run(tool(), &["get", "--if-none-match", etag, &object, "-"]).assert(0, "new");
        run(
            tool(),
            &["put", "--create-only", &file, &format!("{object}2")],
        )
        .assert(0, "");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn what_is_missing_and_what_is_refused_differ() {
    with_bucket(|_, bucket| async move {
        let folder = Folder::new();
        let file = folder.write("file", "x");
        let (missing, nowhere) = (
            format!("s3://{bucket}/missing"),
            format!("s3://{bucket}-2/key"),
        );
        run(tool(), &["get", &missing, "-"]).failed(4, "404 NoSuchKey");
        run(tool(), &["stat", &missing]).failed(4, "404 NoSuchKey");
        run(tool(), &["get", &missing, &folder.name("target")]).failed(4, "404 NoSuchKey");
        run(tool(), &["put", &file, &nowhere]).failed(4, "404 NoSuchBucket");
        run(tool(), &["ls", &nowhere]).failed(4, "404 NoSuchBucket");
        run(tool(), &["cp", &missing, &format!("s3://{bucket}/copy")]).failed(4, "404");
        let mut stranger = tool();
        stranger.env("AWS_SECRET_ACCESS_KEY", "wrong");
        run(stranger, &["put", &file, &missing]).failed(3, "403 SignatureDoesNotMatch");
        assert_eq!(folder.names(), ["file"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_object_is_copied_described_and_deleted() {
    with_bucket(|s3, bucket| async move {
        let folder = Folder::new();
        let file = folder.write("note.txt", "hello");
        let object = format!("s3://{bucket}/a/note.txt");
        let options = [
            "put",
            "-m",
            "owner=ada",
            "-H",
            "cache-control: no-cache",
            &file,
            &object,
        ];
        run(tool(), &options).assert(0, "");
        let copy = format!("s3://{bucket}/b/");
        let stderr = run(tool(), &["cp", &object, &copy]).assert(0, "");
        assert!(
            stderr.starts_with(&format!("cp {object} {copy}note.txt 5 bytes ")),
            "{stderr}"
        );
        let stat = run(tool(), &["stat", &format!("{copy}note.txt")]).succeeded();
        for line in [
            "key: b/note.txt\n",
            "size: 5\n",
            "etag: 5d41402abc4b2a76b9719d911017c592\n",
            "content_type: text/plain\n",
            "cache_control: no-cache\n",
            "metadata owner: ada\n",
        ] {
            assert!(stat.contains(line), "no {line:?} in {stat}");
        }
        let json = run(tool(), &["--json", "stat", &object]).succeeded();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&json["size"], &json["metadata"]["owner"]),
            (&5.into(), &"ada".into())
        );
        run(
            tool(),
            &["cp", "--create-only", &object, &format!("{copy}new")],
        )
        .assert(0, "");
        // Also on stores that ignore the condition.
        s3.put_object(&bucket, "b/new", "kept")
            .send()
            .await
            .unwrap();
        run(
            tool(),
            &["cp", "--create-only", &object, &format!("{copy}new")],
        )
        .failed(6, "b/new: exists already");
        assert_eq!(read(&s3, &bucket, "b/new").await, "kept");

        let stderr = run(tool(), &["rm", &object]).assert(0, "");
        assert!(stderr.starts_with("rm 1 object "), "{stderr}");
        assert_missing(&s3, &bucket, "a/note.txt").await;
        // Once more is a success, too.
        run(tool(), &["rm", &object, &format!("{copy}new")]).assert(0, "");
        assert_missing(&s3, &bucket, "b/new").await;
    })
    .await;
}

/// The checksum that the store has verified is in the JSON.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_checksum_is_sent_on_request() {
    with_bucket(|_, bucket| async move {
        let folder = Folder::new();
        let file = folder.write("file", content(9 * MIB));
        let object = format!("s3://{bucket}/key");
        for name in ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"] {
            let arguments = ["--json", "put", "--checksum", name, &file, &object];
            let json = run(tool(), &arguments).succeeded();
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert!(json["checksum"].is_string(), "{name}: {json}");
        }
        let json = run(tool(), &["--json", "put", &file, &object]).succeeded();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&json["parts"], &json["checksum"]),
            (&2.into(), &serde_json::Value::Null)
        );
    })
    .await;
}

/// The reader of a large object goes away after ten bytes.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_pipe_that_is_closed_early_ends_the_download_quietly() {
    with_bucket(|s3, bucket| async move {
        use std::io::Read;
        s3.upload(&bucket, "key", content(20 * MIB))
            .send()
            .await
            .unwrap();
        let mut get = tool();
        get.args(["get", &format!("s3://{bucket}/key"), "-"])
            .stdin(Stdio::null());
        let mut child = started(get);
        child
            .stdout
            .take()
            .unwrap()
            .read_exact(&mut [0; 10])
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*stderr), (Some(141), ""));
    })
    .await;
}
