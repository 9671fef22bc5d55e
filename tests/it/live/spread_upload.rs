//! The example `spread_upload`: one upload by several processes that hold nothing but presigned URLs.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{MIB, TempFile, content, example, read};
use crate::support::live::{self, with_bucket};
use crate::support::proxy::{Fault, Proxy};

/// The process in `worker 1, process 123: part 1`.
fn process_with_part_1(line: &str) -> Option<String> {
    let (worker, part) = line.split_once(": ")?;
    let (_, process) = worker.split_once(", process ")?;
    (part == "part 1").then(|| process.to_owned())
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_part_of_a_killed_worker_is_uploaded_by_another() {
    if live::is_https() {
        // The workers have no TLS.
        return;
    }
    with_bucket(|s3, bucket| async move {
        let data = content(6 * 5 * MIB + 7);
        let file = TempFile::new("spread", &data);
        // The first worker that sends part 1 waits, until it is killed.
        let has_stalled = AtomicBool::new(false);
        let proxy = Proxy::new(move |request| {
            let is_part_1 =
                request.head.starts_with("PUT ") && request.head.contains("&partNumber=1&");
            if is_part_1 && !has_stalled.swap(true, Ordering::SeqCst) {
                Fault::Stall(Duration::from_secs(60))
            } else {
                Fault::None
            }
        });
        let mut spread = example("spread_upload")
            .args([file.0.to_str().unwrap(), &bucket, "a key", "3"])
            .env("AWS_ENDPOINT_URL_S3", format!("http://{}", proxy.address()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(spread.stdout.take().unwrap()).lines();
        let (mut printed, mut killed) = (Vec::new(), String::new());
        while killed.is_empty() {
            let line = lines.next().unwrap().unwrap();
            killed = process_with_part_1(&line).unwrap_or_default();
            printed.push(line);
        }
        while proxy.faults() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let kill = Command::new("kill").args(["-KILL", &killed]).status();
        assert!(kill.unwrap().success());
        printed.extend(lines.map(Result::unwrap));
        assert!(spread.wait().unwrap().success(), "{printed:#?}");

        let workers = |part: &str| -> Vec<String> {
            let end = format!(": part {part}");
            let lines = printed.iter().filter(|line| line.ends_with(&end));
            lines
                .map(|line| line.split(": ").next().unwrap().to_owned())
                .collect()
        };
        let both = workers("1");
        assert!(both.len() == 2 && both[0] != both[1], "{printed:#?}");
        let given = "ended: part 1 is given to another";
        assert!(
            printed.iter().any(|line| line.ends_with(given)),
            "{printed:#?}"
        );
        for part in 2..=7 {
            assert_eq!(workers(&part.to_string()).len(), 1, "{printed:#?}");
        }
        assert!(read(&s3, &bucket, "a key").await == data);
    })
    .await;
}
