//! `doctor`: the table, the JSON, and what a signal leaves.

use std::time::Duration;

use super::tool;
use crate::live::list;
use crate::support::live::{keys, with_bucket};
use crate::support::tool::{run, send_signal, started};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_store_is_examined() {
    with_bucket(|s3, bucket| async move {
        let url = format!("s3://{bucket}");
        let text = run(tool(), &["doctor", &url]).succeeded();
        assert!(
            text.contains("\nlist_objects_v2         supported "),
            "{text}"
        );
        assert!(text.contains("Nothing was written"), "{text}");
        let json = run(tool(), &["doctor", "--write", "--json", &url]).succeeded();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let rows = report["checks"].as_array().unwrap();
        let put = rows.iter().find(|row| row["name"] == "put_object");
        assert_eq!(put.unwrap()["verdict"], "supported");
        assert_eq!(report["left"], serde_json::json!([]));
        assert!(list(&s3, &bucket).await.is_empty());
        for text in [text, json] {
            assert!(!text.contains(&keys().1), "{text}");
        }
        run(tool(), &["doctor", &format!("{url}/key")]).failed(2, "names an object");
        let missing = run(tool(), &["doctor", &format!("{url}-missing")]);
        assert_eq!(missing.code, Some(4));
        assert!(
            missing
                .stdout
                .contains("\nbucket                  refused ")
        );
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_signal_leaves_nothing() {
    with_bucket(|s3, bucket| async move {
        let (mut delay, mut interrupted, mut late) = (Duration::from_millis(20), 0, 0);
        // Later each time, until it ends before the signal.
        loop {
            let mut command = tool();
            command.args(["doctor", "--write", &format!("s3://{bucket}")]);
            let child = started(command);
            tokio::time::sleep(delay).await;
            send_signal(&child, "-INT");
            let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
            let ended = ended.await.unwrap();
            let stderr = String::from_utf8_lossy(&ended.stderr);
            let code = ended.status.code();
            let keys = list(&s3, &bucket).await;
            // A busy store may finish the last request after the clean-up, but not each time.
            if let ([left], Some(130), 0..2) = (&keys[..], code, late) {
                let delete = s3.delete_object(&bucket, &left.key);
                delete.send().await.unwrap();
                late += 1;
                continue;
            }
            assert!(keys.is_empty(), "after {delay:?}: {keys:?}");
            match code {
                // Before it waits for signals.
                None => {}
                Some(130) => {
                    assert!(stderr.ends_with("slim-s3: interrupted\n"), "{stderr}");
                    interrupted += 1;
                }
                Some(_) => break,
            }
            delay = delay * 5 / 4;
        }
        println!("{interrupted} interrupted, {late} with a request that was finished late");
        assert!(interrupted > 0);
    })
    .await;
}
