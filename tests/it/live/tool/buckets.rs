//! `mb`, `rb`, `ls`, `rm` of many, and `parts`.

use std::process::{Command, Stdio};

use super::tool;
use crate::live::{create_upload, list, put_all};
use crate::support::live::with_bucket;
use crate::support::tool::{run, run_with_input};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_bucket_is_created_listed_and_deleted() {
    with_bucket(|s3, bucket| async move {
        let name = format!("{bucket}-own");
        let url = format!("s3://{name}");
        assert_eq!(
            run(tool(), &["mb", &url]).assert(0, ""),
            format!("mb {url}\n")
        );
        run(tool(), &["mb", &url]).failed(6, "409 BucketAlreadyOwnedByYou");
        let buckets = run(tool(), &["ls"]).succeeded();
        let row = buckets
            .lines()
            .find(|line| line.ends_with(&format!(" {name}")));
        assert!(
            row.is_some_and(|row| row.starts_with("20") && row.contains('Z')),
            "{buckets}"
        );
        s3.put_object(&name, "key", "x").send().await.unwrap();
        run(tool(), &["rb", &url]).failed(1, "409 BucketNotEmpty");
        let stderr = run(tool(), &["rm", "-r", &url]).assert(0, "");
        assert!(stderr.starts_with("rm 1 object "), "{stderr}");
        assert_eq!(
            run(tool(), &["rb", &url]).assert(0, ""),
            format!("rb {url}\n")
        );
        run(tool(), &["rb", &url]).failed(4, "404 NoSuchBucket");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_listing_has_a_level_or_everything_below() {
    with_bucket(|s3, bucket| async move {
        let keys = ["a/1", "a/b/2", "a/é 3", "z"].map(str::to_owned);
        put_all(&s3, &bucket, &keys).await;
        let names = |arguments: &[&str]| -> Vec<String> {
            let text = run(tool(), arguments).succeeded();
            text.lines().map(|line| line[33..].to_owned()).collect()
        };
        let all = format!("s3://{bucket}");
        assert_eq!(names(&["ls", &all]), ["a/", "z"]);
        assert_eq!(names(&["ls", &format!("{all}/a/")]), ["b/", "1", "é 3"]);
        // Without the slash, the level above.
        assert_eq!(names(&["ls", &format!("{all}/a")]), ["a/"]);
        assert_eq!(names(&["ls", "-r", &all]), keys);
        assert_eq!(names(&["ls", &format!("{all}/nothing/")]), [""; 0]);
        let null = run(tool(), &["ls", "-r0", &format!("{all}/a/")]).succeeded();
        assert_eq!(null, "a/1\0a/b/2\0a/é 3\0");
    })
    .await;
}

/// More than a page.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn many_objects_are_listed_and_deleted() {
    with_bucket(|s3, bucket| async move {
        let keys: Vec<String> = (0..1_203).map(|number| format!("p/{number:04}")).collect();
        put_all(&s3, &bucket, &keys).await;
        put_all(&s3, &bucket, &["q".to_owned()]).await;
        let (prefix, all) = (format!("s3://{bucket}/p/"), format!("s3://{bucket}"));
        let listed = run(tool(), &["ls", "-r", &prefix]).succeeded();
        assert_eq!(listed.lines().count(), keys.len());

        // Quietly, when the reader has enough.
        let pipe = format!(
            "'{}' ls -r {prefix} | head -1",
            env!("CARGO_BIN_EXE_slim-s3")
        );
        let mut shell = Command::new("sh");
        let variables = tool();
        let variables = variables
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        shell
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs(variables);
        let first = run(shell, &["-c", &pipe]).succeeded();
        assert!(first.ends_with(" p/0000\n"), "{first}");

        let shown = run(tool(), &["rm", "-r", "-n", &prefix]).succeeded();
        assert_eq!(shown.lines().count(), keys.len());
        assert!(shown.starts_with(&format!("{prefix}0000\n")), "{shown}");
        assert_eq!(run(tool(), &["ls", "-r", &prefix]).succeeded(), listed);

        // The first two by standard input.
        let null = run(tool(), &["ls", "-r0", &prefix]).succeeded();
        let two: String = null.split_inclusive('\0').take(2).collect();
        let stderr = run_with_input(tool(), &["rm", "-0", &all, "-"], two.as_bytes()).assert(0, "");
        assert!(stderr.starts_with("rm 2 objects "), "{stderr}");
        let stderr = run(tool(), &["rm", "-r", &prefix]).assert(0, "");
        assert!(stderr.starts_with("rm 1201 objects "), "{stderr}");
        let left: Vec<_> = list(&s3, &bucket)
            .await
            .into_iter()
            .map(|object| object.key)
            .collect();
        assert_eq!(left, ["q"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn unfinished_uploads_are_listed_and_aborted() {
    with_bucket(|s3, bucket| async move {
        let id = create_upload(&s3, &bucket, "disk.img").await;
        let place = format!("s3://{bucket}/disk.img");
        let listed = run(tool(), &["parts", &place]).succeeded();
        assert!(listed.ends_with(&format!("Z {id} {place}\n")), "{listed}");
        run(tool(), &["parts", "--older-than", "1h", &place]).assert(0, "");
        let stderr = run(tool(), &["parts", "--abort", "--older-than", "1h", &place]).assert(0, "");
        assert_eq!(stderr, format!("parts {place} 0 aborted\n"));
        let mut abort = tool();
        abort.stdin(Stdio::null());
        let stderr = run(abort, &["parts", "--abort", &place]).assert(0, "");
        assert_eq!(stderr, format!("parts {place} 1 aborted\n"));
        run(tool(), &["parts", &place]).assert(0, "");
    })
    .await;
}
