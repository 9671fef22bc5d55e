//! Downloads to a file: what is requested, what continues, and what stays on the disk.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use slim_s3::{Client, Download, Error, RetryPolicy};

use crate::live::content;
use crate::support::script::quick;
use crate::support::server::{self, serve};

/// A folder that is deleted on drop.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path =
            std::env::temp_dir().join(format!("slim-s3-download-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn target(&self) -> PathBuf {
        self.0.join("cat.jpg")
    }

    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.0).unwrap();
        files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// How a response differs from the right one. The numbers are those of the requests.
#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    /// These bodies end after ten bytes.
    truncated: &'static [usize],
    /// From this request on, the object has another ETag, and conditions are ignored.
    replaced: Option<usize>,
    /// From this request on, If-Match is not met.
    precondition_failed: Option<usize>,
    /// The response to the second request has another range.
    other_range: bool,
    /// The response is that to a request without a range.
    ignores_range: bool,
}

type Ranges = Arc<Mutex<Vec<Option<String>>>>;

/// A store with one object, which records the requested ranges.
async fn store(content: Vec<u8>, faults: Faults) -> (Client, Ranges) {
    let ranges = Ranges::default();
    let recorded = ranges.clone();
    let address = serve(move |mut connection| {
        let (content, recorded) = (content.clone(), recorded.clone());
        async move {
            while let Some(request) = connection.request().await {
                let range = request.header("range").map(str::to_owned);
                let number = {
                    let mut recorded = recorded.lock().unwrap();
                    recorded.push(range.clone());
                    recorded.len()
                };
                if number > 1 && faults.precondition_failed.is_none_or(|from| number < from) {
                    assert_eq!(request.header("if-match").is_some(), range.is_some());
                }
                if faults
                    .precondition_failed
                    .is_some_and(|from| number >= from)
                {
                    connection
                        .respond(
                            "412 Precondition Failed",
                            "<Error><Code>PreconditionFailed</Code></Error>",
                        )
                        .await;
                    continue;
                }
                let etag = match faults.replaced {
                    Some(from) if number >= from => "new",
                    _ => "old",
                };
                let total = content.len();
                let bounds = range
                    .as_ref()
                    .filter(|_| !faults.ignores_range)
                    .map(|range| {
                        let (first, last) = range["bytes=".len()..].split_once('-').unwrap();
                        let first: usize = first.parse().unwrap();
                        (
                            first,
                            last.parse::<usize>().unwrap().min(total.saturating_sub(1)),
                        )
                    });
                let (head, body) = match bounds {
                    Some((first, _)) if first >= total => {
                        let body = "<Error><Code>InvalidRange</Code></Error>";
                        connection.respond("416 Range Not Satisfiable", body).await;
                        continue;
                    }
                    Some((first, last)) => {
                        let shift = usize::from(faults.other_range && number == 2);
                        let shown = first - shift;
                        let last = last - shift;
                        (
                            format!(
                                "206 Partial Content\r\ncontent-range: bytes {shown}-{last}/{total}"
                            ),
                            &content[shown..=last],
                        )
                    }
                    None => ("200 OK".to_owned(), &content[..]),
                };
                connection
                    .write(format!(
                        "HTTP/1.1 {head}\r\netag: \"{etag}\"\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    ))
                    .await;
                if faults.truncated.contains(&number) {
                    connection.write(&body[..body.len().min(10)]).await;
                    return;
                }
                connection.write(body).await;
            }
        }
    })
    .await;
    let client = server::builder(address).retry(quick()).build().unwrap();
    (client, ranges)
}

fn download(s3: &Client, folder: &Folder) -> Download {
    s3.download_file("photos", "cat.jpg", folder.target())
        .part_size(100)
        .concurrency(2)
}

#[tokio::test]
async fn an_object_is_downloaded_in_ranges_of_the_part_size() {
    for (size, requests, parts) in [
        (0, 2, 1),
        (1, 1, 1),
        (99, 1, 1),
        (100, 1, 1),
        (101, 2, 2),
        (350, 4, 4),
    ] {
        let folder = Folder::new(&format!("sizes-{size}"));
        let data = content(size);
        let (s3, ranges) = store(data.clone(), Faults::default()).await;
        let downloaded = download(&s3, &folder).sync().send().await.unwrap();
        assert_eq!((downloaded.size, downloaded.parts), (size as u64, parts));
        assert_eq!(downloaded.etag.unwrap().as_str(), "old");
        assert_eq!(std::fs::read(folder.target()).unwrap(), data, "{size}");
        assert_eq!(folder.files(), ["cat.jpg"]);
        assert_eq!(ranges.lock().unwrap().len(), requests, "{size}");
    }
}

#[tokio::test]
async fn a_store_that_ignores_ranges_returns_the_whole_object() {
    let folder = Folder::new("no-ranges");
    let faults = Faults {
        ignores_range: true,
        ..Faults::default()
    };
    let (s3, _) = store(content(90), faults).await;
    let downloaded = download(&s3, &folder).send().await.unwrap();
    assert_eq!((downloaded.size, downloaded.parts), (90, 1));
    // The response to a range of a larger object is not that range.
    let (s3, _) = store(content(350), faults).await;
    let error = download(&s3, &folder).send().await.unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
    assert_eq!(std::fs::read(folder.target()).unwrap(), content(90));
}

#[tokio::test]
async fn an_interrupted_range_continues_from_the_byte_reached() {
    let folder = Folder::new("interrupted");
    let faults = Faults {
        truncated: &[1, 2, 3],
        ..Faults::default()
    };
    let data = content(100);
    let (s3, ranges) = store(data.clone(), faults).await;
    download(&s3, &folder).send().await.unwrap();
    assert_eq!(std::fs::read(folder.target()).unwrap(), data);
    let ranges: Vec<_> = ranges.lock().unwrap().iter().flatten().cloned().collect();
    assert_eq!(
        ranges,
        ["bytes=0-99", "bytes=10-99", "bytes=20-99", "bytes=30-99"]
    );
}

#[tokio::test]
async fn a_range_that_makes_no_progress_fails_and_leaves_the_old_file() {
    let folder = Folder::new("no-progress");
    std::fs::write(folder.target(), "old").unwrap();
    let faults = Faults {
        truncated: &[1],
        ..Faults::default()
    };
    let (s3, _) = store(content(100), faults).await;
    let error = download(&s3, &folder)
        .retry(RetryPolicy::none())
        .send()
        .await;
    let error = error.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the response was truncated after 10 of 100 bytes"),
        "{error}"
    );
    assert_eq!(std::fs::read(folder.target()).unwrap(), b"old");
    assert_eq!(folder.files(), ["cat.jpg"]);
}

/// Each response has the head of the range, and no body.
#[tokio::test]
async fn a_patient_download_ends_when_its_time_is_over() {
    let folder = Folder::new("patient");
    let truncated = (1..1000).collect::<Vec<_>>().leak();
    let faults = Faults {
        truncated,
        ..Faults::default()
    };
    let (s3, ranges) = store(content(100_000), faults).await;
    let policy = RetryPolicy {
        base_delay: Duration::from_millis(10),
        max_delay: Duration::from_millis(20),
        ..RetryPolicy::patient(Duration::from_millis(300))
    };
    let download = download(&s3, &folder).part_size(100_000).retry(policy);
    let error = download.send().await.unwrap_err();
    assert!(error.to_string().contains("truncated"), "{error}");
    assert!(ranges.lock().unwrap().len() > 3);
    assert!(folder.files().is_empty());

    // With a budget, whose tokens each retry takes.
    let (s3, ranges) = store(content(100_000), faults).await;
    let policy = RetryPolicy {
        base_delay: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    let download = s3.download_file("photos", "cat.jpg", folder.target());
    download.retry(policy).send().await.unwrap_err();
    let requests = ranges.lock().unwrap().len();
    assert!((3..200).contains(&requests), "{requests}");
}

#[tokio::test]
async fn an_object_that_is_replaced_meanwhile_is_an_error() {
    for (faults, problem) in [
        (
            Faults {
                replaced: Some(2),
                ..Faults::default()
            },
            "the object was replaced during the download",
        ),
        (
            Faults {
                precondition_failed: Some(2),
                ..Faults::default()
            },
            "PreconditionFailed",
        ),
        (
            Faults {
                other_range: true,
                ..Faults::default()
            },
            "got 206 with bytes 99-198/350",
        ),
    ] {
        let folder = Folder::new("replaced");
        let (s3, _) = store(content(350), faults).await;
        let error = download(&s3, &folder).send().await.unwrap_err();
        assert!(error.to_string().contains(problem), "{faults:?}: {error}");
        assert!(folder.files().is_empty(), "{faults:?}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_created_costs_no_request() {
    let folder = Folder::new("cannot-create");
    let (s3, ranges) = store(content(10), Faults::default()).await;
    let missing = folder.0.join("missing").join("cat.jpg");
    let (slash, dot) = (folder.0.join("new/"), folder.0.join("new/."));
    for path in [
        missing,
        folder.0.clone(),
        slash,
        dot,
        PathBuf::from("/"),
        PathBuf::new(),
    ] {
        let error = s3.download_file("photos", "cat.jpg", &path).send().await;
        server::assert_invalid(&error.unwrap_err(), "file");
    }
    for (download, field) in [
        (download(&s3, &folder).concurrency(0), "concurrency"),
        (download(&s3, &folder).part_size(0), "part size"),
        (
            download(&s3, &folder).header("range", "bytes=0-1"),
            "header range",
        ),
    ] {
        server::assert_invalid(&download.send().await.unwrap_err(), field);
    }
    assert!(ranges.lock().unwrap().is_empty());
    assert!(folder.files().is_empty());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_disk_that_is_full_is_named() {
    let (s3, _) = store(content(10), Faults::default()).await;
    let error = s3
        .download_file("photos", "cat.jpg", "/dev/full")
        .send()
        .await;
    // A device is never replaced.
    server::assert_invalid(&error.unwrap_err(), "file");
    assert!(std::fs::metadata("/dev/full").is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn the_mode_of_a_file_is_kept_and_a_link_is_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("mode");
    let (s3, _) = store(content(10), Faults::default()).await;
    std::fs::write(folder.target(), "old").unwrap();
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(folder.target(), mode).unwrap();
    download(&s3, &folder).send().await.unwrap();
    let metadata = std::fs::metadata(folder.target()).unwrap();
    assert_eq!(
        (metadata.len(), metadata.permissions().mode() & 0o777),
        (10, 0o640)
    );

    let other = folder.0.join("other");
    std::fs::write(&other, "other").unwrap();
    std::fs::remove_file(folder.target()).unwrap();
    std::os::unix::fs::symlink(&other, folder.target()).unwrap();
    let (s3, _) = store(content(10), Faults::default()).await;
    download(&s3, &folder).send().await.unwrap();
    assert!(
        std::fs::symlink_metadata(folder.target())
            .unwrap()
            .is_file()
    );
    assert_eq!(std::fs::read(&other).unwrap(), b"other");
}

#[tokio::test]
async fn a_download_that_is_dropped_leaves_nothing() {
    let folder = Folder::new("dropped");
    let silent = server::never_responding().await;
    let s3 = server::client(silent);
    let download = tokio::spawn(download(&s3, &folder).send());
    while folder.files().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    download.abort();
    let _ = download.await;
    assert!(folder.files().is_empty());
}
