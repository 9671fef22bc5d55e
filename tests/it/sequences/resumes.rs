//! Downloads that a later one resumes: after a failure, a drop, and a kill.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use slim_s3::{Client, RetryPolicy, TransferEvent};

use super::downloads::{Faults, Folder, assert_monotonic, download, events, serve_store, store};
use crate::live::content;
use crate::support::server::{self, until};

/// The fourth range is truncated, and there is no retry.
const FAILS: Faults = Faults {
    truncated: &[4],
    replaced: None,
    precondition_failed: None,
    other_range: false,
    ignores_range: false,
    no_etag: false,
    no_total: false,
    stalls: None,
};

/// Downloads three of ten ranges. Returns the record.
async fn left(folder: &Folder) -> PathBuf {
    let (s3, _) = store(content(1_000), FAILS).await;
    let failed = download(&s3, folder)
        .concurrency(1)
        .retry(RetryPolicy::none())
        .resume();
    failed.send().await.unwrap_err();
    let files = folder.files();
    let record = files.iter().find(|name| name.ends_with(".resume"));
    folder.0.join(record.unwrap_or_else(|| panic!("{files:?}")))
}

/// Resumes the download, and returns the ranges that it requested.
async fn resume(s3: &Client, ranges: &super::downloads::Ranges, folder: &Folder) -> Vec<String> {
    download(s3, folder).resume().send().await.unwrap();
    assert_eq!(folder.files(), ["cat.jpg"]);
    let ranges = ranges.lock().unwrap();
    ranges.iter().map(|range| range.clone().unwrap()).collect()
}

/// How many ranges the record names.
fn recorded(folder: &Folder) -> usize {
    let files = folder.files();
    let record = files.iter().find(|name| name.ends_with(".resume"));
    let text = record.map(|record| std::fs::read_to_string(folder.0.join(record)));
    text.map_or(0, |text| {
        text.unwrap_or_default().matches("\ndone ").count()
    })
}

#[tokio::test]
async fn a_failed_download_requests_only_what_is_missing() {
    let folder = Folder::new("resume");
    std::fs::write(folder.target(), "old").unwrap();
    left(&folder).await;
    assert_eq!(folder.files().len(), 3);
    assert_eq!(std::fs::read(folder.target()).unwrap(), b"old");

    // Another part size makes no difference.
    let (s3, ranges) = store(content(1_000), Faults::default()).await;
    let (events, listener) = events();
    let resumed = download(&s3, &folder)
        .part_size(400)
        .on_event(listener)
        .sync()
        .resume();
    let resumed = resumed.send().await.unwrap();
    assert_eq!((resumed.size, resumed.parts), (1_000, 2));
    assert_eq!(std::fs::read(folder.target()).unwrap(), content(1_000));
    assert_eq!(folder.files(), ["cat.jpg"]);
    let expected = ["bytes=300-699", "bytes=700-999"].map(|range| Some(range.to_owned()));
    assert_eq!(*ranges.lock().unwrap(), expected);
    let events = events.lock().unwrap();
    assert!(matches!(
        events[..2],
        [
            TransferEvent::Started { .. },
            TransferEvent::Resumed {
                parts: 1,
                bytes: 300,
                ..
            }
        ]
    ));
    assert!(assert_monotonic(&events, 1_000) > 300);
}

#[tokio::test]
async fn a_changed_object_starts_over() {
    for (faults, first) in [
        // Ignores the condition, and has another ETag.
        (
            Faults {
                replaced: Some(1),
                ..Faults::default()
            },
            "bytes=300-399",
        ),
        (Faults::default(), "bytes=300-399"),
    ] {
        let folder = Folder::new(&format!("changed-{}", faults.replaced.is_some()));
        left(&folder).await;
        // Of another size in the second case.
        let size = if faults.replaced.is_some() {
            1_000
        } else {
            900
        };
        let (s3, ranges) = store(content(size), faults).await;
        let requested = resume(&s3, &ranges, &folder).await;
        assert_eq!(requested[..2], [first, "bytes=0-99"]);
        assert_eq!(std::fs::read(folder.target()).unwrap(), content(size));
    }

    // A condition that is not met is the store's to report.
    let folder = Folder::new("changed-condition");
    left(&folder).await;
    let faults = Faults {
        precondition_failed: Some(1),
        ..Faults::default()
    };
    let (s3, _) = store(content(1_000), faults).await;
    let error = download(&s3, &folder).if_match("new").resume().send().await;
    assert!(error.unwrap_err().is_precondition_failed());
}

#[tokio::test]
async fn a_damaged_record_starts_over() {
    type Damage = fn(&str) -> String;
    let damages: [(&str, Damage); 9] = [
        ("empty", |_| String::new()),
        ("no version", |text| {
            text.replacen("download 1", "download 2", 1)
        }),
        ("another object", |text| {
            text.replacen("object ", "object 0", 1)
        }),
        ("another file", |text| text.replacen("part ", "part ../", 1)),
        ("a file that is missing", |text| {
            text.replacen(".part\n", "0.part\n", 1)
        }),
        ("a size that is no number", |text| {
            text.replacen("size 1000", "size +1000", 1)
        }),
        ("a range past the end", |text| {
            text.to_owned() + "done 900 1001\n"
        }),
        ("a range that the file does not have", |text| {
            text.to_owned() + "done 400 900\n"
        }),
        ("zeros", |text| text.to_owned() + "\0\0\0\n"),
    ];
    for (name, damage) in damages {
        let folder = Folder::new(&format!("damaged-{}", name.replace(' ', "-")));
        let record = left(&folder).await;
        let text = std::fs::read_to_string(&record).unwrap();
        std::fs::write(&record, damage(&text)).unwrap();
        let (s3, ranges) = store(content(1_000), Faults::default()).await;
        download(&s3, &folder).resume().send().await.unwrap();
        assert_eq!(
            ranges.lock().unwrap()[0].as_deref(),
            Some("bytes=0-99"),
            "{name}"
        );
        assert_eq!(
            std::fs::read(folder.target()).unwrap(),
            content(1_000),
            "{name}"
        );
    }

    // A process that was killed may leave half a line, or a record of all ranges.
    for (name, more, expected) in [
        ("half", "done 300 10", "bytes=300-399"),
        ("all", "done 300 1000\n", "bytes=999-999"),
    ] {
        let folder = Folder::new(&format!("undamaged-{name}"));
        let record = left(&folder).await;
        let text = std::fs::read_to_string(&record).unwrap();
        std::fs::write(&record, text + more).unwrap();
        let part = folder
            .files()
            .into_iter()
            .find(|name| name.ends_with(".part"));
        if name == "all" {
            std::fs::write(folder.0.join(part.unwrap()), content(1_000)).unwrap();
        }
        let (s3, ranges) = store(content(1_000), Faults::default()).await;
        let requested = resume(&s3, &ranges, &folder).await;
        assert_eq!(requested[0], expected);
        assert_eq!(std::fs::read(folder.target()).unwrap(), content(1_000));
    }
}

#[tokio::test]
async fn a_dropped_download_is_resumed_and_another_object_is_not() {
    let folder = Folder::new("resume-dropped");
    let faults = Faults {
        stalls: Some(6),
        ..Faults::default()
    };
    let (s3, _) = store(content(1_000), faults).await;
    // Dropped when it waits only for the range that never ends.
    tokio::select! {
        output = download(&s3, &folder).resume().send() => panic!("{output:?}"),
        () = until(|| recorded(&folder) == 9) => {}
    }

    // A download without the option leaves the record alone, and one of another object replaces it.
    let (s3, _) = store(content(20), Faults::default()).await;
    download(&s3, &folder).send().await.unwrap();
    assert_eq!(folder.files().len(), 3);

    let (s3, ranges) = store(content(1_000), Faults::default()).await;
    let requested = resume(&s3, &ranges, &folder).await;
    // What stalled.
    assert_eq!(requested.len(), 1, "{requested:?}");
    assert_eq!(std::fs::read(folder.target()).unwrap(), content(1_000));
}

/// Both write the same bytes at the same places, and one of them is the first to rename the file.
#[tokio::test]
async fn two_downloads_that_resume_at_once_leave_the_right_file() {
    let folder = Folder::new("resume-twice");
    left(&folder).await;
    let (s3, _) = store(content(1_000), Faults::default()).await;
    let one = download(&s3, &folder).resume().send();
    let two = download(&s3, &folder).resume().send();
    let (one, two) = tokio::join!(one, two);
    assert!(one.is_ok() || two.is_ok());
    for failed in [one, two].into_iter().filter_map(Result::err) {
        assert!(
            failed.to_string().contains("cannot be completed"),
            "{failed}"
        );
    }
    assert_eq!(std::fs::read(folder.target()).unwrap(), content(1_000));
    assert_eq!(folder.files(), ["cat.jpg"]);
}

/// In the process that is killed: the port of the store, and the folder.
const KILLED: &str = "SLIM_S3_TEST_RESUME";
const PART: usize = 64 << 10;

#[tokio::test]
async fn a_download_whose_process_was_killed_is_resumed() {
    if let Ok(given) = std::env::var(KILLED) {
        let (port, folder) = given.split_once(' ').unwrap();
        let s3 = server::client(format!("127.0.0.1:{port}").parse().unwrap());
        let path = PathBuf::from(folder).join("cat.jpg");
        let download = s3.download_file("photos", "cat.jpg", path);
        let _ = download.part_size(PART as u64).resume().send().await;
        return;
    }
    let folder = Folder::new("killed");
    // Of equal parts, since any of them may be the one that is missing.
    let data = content(21 * PART);
    let faults = Faults {
        stalls: Some(12),
        ..Faults::default()
    };
    let (address, ranges) = serve_store(data.clone(), faults).await;
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "sequences::resumes::a_download_whose_process_was_killed_is_resumed",
        ])
        .env(KILLED, format!("{} {}", address.port(), folder.0.display()))
        .spawn()
        .unwrap();
    // It waits for the range that never ends when all others are recorded.
    let started = Instant::now();
    while recorded(&folder) < 12 && started.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let first = ranges.lock().unwrap().len();
    let recorded = recorded(&folder);
    assert!(recorded >= 12, "{recorded} of {first}");
    assert!(!folder.target().exists());

    let (s3, ranges) = store(data.clone(), Faults::default()).await;
    let resumed = s3
        .download_file("photos", "cat.jpg", folder.target())
        .part_size(PART as u64)
        .resume()
        .send()
        .await
        .unwrap();
    assert_eq!(resumed.size, data.len() as u64);
    assert_eq!(std::fs::read(folder.target()).unwrap(), data);
    assert_eq!(folder.files(), ["cat.jpg"]);
    let mut requested = 0;
    for range in ranges.lock().unwrap().iter().flatten() {
        let (from, to) = range["bytes=".len()..].split_once('-').unwrap();
        let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
        requested += to.min(data.len() - 1) + 1 - from;
    }
    assert_eq!(requested, data.len() - recorded * PART);
}
