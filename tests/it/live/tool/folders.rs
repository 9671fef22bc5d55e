//! `put -r` and `get -r`.

use super::tool;
use crate::live::{MIB, content, put_all};
use crate::support::live::with_bucket;
use crate::support::tool::{Folder, names_in, run};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_folder_is_put_and_got_back() {
    with_bucket(|_, bucket| async move {
        let folder = Folder::new();
        let large = content(9 * MIB + 1);
        folder.write("source/a.txt", "a");
        folder.write("source/b/c d/é.bin", &large);
        folder.write("source/b/empty", "");
        let prefix = format!("s3://{bucket}/p/");
        let source = folder.name("source");
        let stderr = run(tool(), &["put", "-r", &source, &prefix]).assert(0, "");
        let expected = format!("put {prefix} 3 files {} bytes ", large.len() + 1);
        assert!(stderr.starts_with(&expected), "{stderr}");
        let target = folder.name("new/target");
        let stderr = run(tool(), &["get", "-r", "-j2", &prefix, &target]).assert(0, "");
        assert!(stderr.contains(" 3 files "), "{stderr}");
        assert_eq!(folder.read("new/target/a.txt"), b"a");
        assert!(folder.read("new/target/b/c d/é.bin") == large);
        assert_eq!(folder.read("new/target/b/empty"), b"");
        assert_eq!(names_in(&folder.path("new/target/b")), ["c d", "empty"]);

        // Several files and folders at once; the files of the second folder are below the prefix, too.
        let (one, two) = (folder.write("one", "1"), folder.write("more/two", "2"));
        let arguments = ["--json", "put", "-r", &one, &folder.name("more"), &prefix];
        let json = run(tool(), &arguments).succeeded();
        let keys = json.lines().map(|line| {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            object["key"].as_str().unwrap().to_owned()
        });
        let mut keys: Vec<String> = keys.collect();
        keys.sort();
        assert_eq!(keys, ["p/one", "p/two"], "{two}");
    })
    .await;
}

/// Nothing stays of the upload that was running when the reader of standard output had enough.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn uploads_are_aborted_when_standard_output_is_closed() {
    with_bucket(|s3, bucket| async move {
        let folder = Folder::new();
        for name in ["a", "b", "c"] {
            folder.write(&format!("source/{name}"), name);
        }
        folder.write("source/large", content(64 * MIB));
        let prefix = format!("s3://{bucket}/p/");
        let mut command = tool();
        command.args([
            "put",
            "-r",
            "-j4",
            "--json",
            &folder.name("source"),
            &prefix,
        ]);
        command.stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(141));
        let key = "p/large";
        let uploads = s3.list_multipart_uploads(&bucket).prefix(key).send().await;
        assert_eq!(uploads.unwrap().uploads, []);
        let stored = s3.head_object(&bucket, key).send().await;
        assert!(stored.unwrap_err().is_not_found());
    })
    .await;
}

/// What cannot be transferred is listed, and everything else is transferred.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_failure_does_not_stop_the_others() {
    with_bucket(|s3, bucket| async move {
        let folder = Folder::new();
        folder.write("source/a", "a");
        folder.write("source/b", "b");
        std::os::unix::fs::symlink("nothing", folder.path("source/dangling")).unwrap();
        let prefix = format!("s3://{bucket}/p/");
        let stderr = run(tool(), &["put", "-r", &folder.name("source"), &prefix]).assert(1, "");
        for line in [
            "source/dangling: cannot be read",
            " 2 files 2 bytes ",
            "slim-s3: 1 failed",
        ] {
            assert!(stderr.contains(line), "{stderr}");
        }
        put_all(&s3, &bucket, &["p/c/d".to_owned()]).await;
        folder.write("target/c", "in the way");
        let target = folder.name("target");
        let stderr = run(tool(), &["get", "-r", &prefix, &target]).assert(1, "");
        assert!(stderr.contains("target/c: cannot be created"), "{stderr}");
        assert!(stderr.contains(" 2 files 2 bytes "), "{stderr}");
        assert_eq!(
            (folder.read("target/a"), folder.read("target/c")),
            (b"a".to_vec(), b"in the way".to_vec())
        );

        // Files that exist stay.
        folder.write("target/a", "mine");
        std::fs::remove_file(folder.path("target/b")).unwrap();
        std::fs::remove_file(folder.path("target/c")).unwrap();
        let arguments = ["get", "-r", "--no-clobber", &prefix, &target];
        let stderr = run(tool(), &arguments).assert(6, "");
        assert!(stderr.contains("target/a: exists already"), "{stderr}");
        assert_eq!(
            (folder.read("target/a"), folder.read("target/b")),
            (b"mine".to_vec(), b"b".to_vec())
        );
        assert_eq!(folder.read("target/c/d"), b"x");
    })
    .await;
}
