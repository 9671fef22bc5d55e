//! Downloads to a file: what is requested, what continues, and what stays on the disk.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use slim_s3::{Client, Download, Error, RetryPolicy, ToFile, TransferEvent};

use crate::live::content;
use crate::support::script::quick;
use crate::support::server::{self, serve};

/// A folder that is deleted on drop.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path =
            std::env::temp_dir().join(format!("slim-s3-download-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn target(&self) -> PathBuf {
        self.0.join("cat.jpg")
    }

    pub fn files(&self) -> Vec<String> {
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
pub struct Faults {
    /// These bodies end after ten bytes.
    pub truncated: &'static [usize],
    /// From this request on, the object has another ETag, and conditions are ignored.
    pub replaced: Option<usize>,
    /// From this request on, If-Match is not met.
    pub precondition_failed: Option<usize>,
    /// The response to the second request has another range.
    pub other_range: bool,
    /// The response is that to a request without a range.
    pub ignores_range: bool,
    /// Responses have no ETag.
    pub no_etag: bool,
    /// Ranges have no total.
    pub no_total: bool,
    /// The body of this request never ends.
    pub stalls: Option<usize>,
}

pub type Ranges = Arc<Mutex<Vec<Option<String>>>>;

/// A store with one object, which records the requested ranges.
pub async fn store(content: Vec<u8>, faults: Faults) -> (Client, Ranges) {
    let (address, ranges) = serve_store(content, faults).await;
    let client = server::builder(address).retry(quick()).build().unwrap();
    (client, ranges)
}

pub async fn serve_store(content: Vec<u8>, faults: Faults) -> (SocketAddr, Ranges) {
    let ranges = Ranges::default();
    let recorded = ranges.clone();
    let address = serve(move |mut connection| {
        let (content, recorded) = (content.clone(), recorded.clone());
        async move {
            while let Some(request) = connection.request().await {
                let range = request.header("range").map(str::to_owned);
                let shown_range = range.clone();
                let number = {
                    let mut recorded = recorded.lock().unwrap();
                    recorded.push(range.clone());
                    recorded.len()
                };
                if number > 1 && faults.precondition_failed.is_none_or(|from| number < from) {
                    let is_later = shown_range.is_some_and(|range| !range.starts_with("bytes=0-"));
                    assert!(request.header("if-match").is_some() || !is_later);
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
                                "206 Partial Content\r\ncontent-range: bytes {shown}-{last}/{}",
                                if faults.no_total { "*".to_owned() } else { total.to_string() }
                            ),
                            &content[shown..=last],
                        )
                    }
                    None => ("200 OK".to_owned(), &content[..]),
                };
                let etag = if faults.no_etag {
                    String::new()
                } else {
                    format!("etag: \"{etag}\"\r\n")
                };
                connection
                    .write(format!(
                        "HTTP/1.1 {head}\r\n{etag}last-modified: Wed, 01 Jan 2025 00:00:00 GMT\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    ))
                    .await;
                if faults.stalls == Some(number) {
                    return std::future::pending().await;
                }
                if faults.truncated.contains(&number) {
                    connection.write(&body[..body.len().min(10)]).await;
                    return;
                }
                connection.write(body).await;
            }
        }
    })
    .await;
    (address, ranges)
}

pub fn download(s3: &Client, folder: &Folder) -> Download<ToFile> {
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

/// A process whose files are limited to 8 KiB. The signal for that is ignored, so that the write fails.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_cannot_be_written_to_its_end_is_an_error_and_is_deleted() {
    const PORT: &str = "SLIM_S3_TEST_FULL_DISK_PORT";
    const TEST: &str =
        "sequences::downloads::a_file_that_cannot_be_written_to_its_end_is_an_error_and_is_deleted";
    if let Ok(port) = std::env::var(PORT) {
        let folder = Folder::new("full-disk");
        std::fs::write(folder.target(), "old").unwrap();
        let s3 = server::client(format!("127.0.0.1:{port}").parse().unwrap());
        for resume in [false, true] {
            let download = download(&s3, &folder).part_size(4 << 10);
            let download = if resume { download.resume() } else { download };
            let error = download.send().await.unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("cannot be written: File too large"),
                "{error}"
            );
            assert!(!error.is_retryable());
            assert_eq!(std::fs::read(folder.target()).unwrap(), b"old");
            let files = if resume { 3 } else { 1 };
            assert_eq!(folder.files().len(), files, "{:?}", folder.files());
        }
        return;
    }
    let (address, _) = serve_store(content(64 << 10), Faults::default()).await;
    let mut limited = std::process::Command::new("sh");
    limited
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 16; exec \"$0\" --exact \"$1\" --nocapture",
        ])
        .arg(std::env::current_exe().unwrap())
        .arg(TEST)
        .env(PORT, address.port().to_string());
    let output = tokio::task::spawn_blocking(move || limited.output());
    let output = output.await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[tokio::test]
async fn an_object_without_an_etag_or_a_size_is_read_with_one_request() {
    for (no_etag, no_total) in [(true, false), (false, true), (true, true)] {
        let faults = Faults {
            no_etag,
            no_total,
            ..Faults::default()
        };
        let folder = Folder::new(&format!("no-etag-{no_etag}-{no_total}"));
        let data = content(350);
        let (s3, ranges) = store(data.clone(), faults).await;
        let downloaded = download(&s3, &folder).send().await.unwrap();
        assert_eq!((downloaded.size, downloaded.parts), (350, 1));
        assert_eq!(downloaded.etag.is_none(), no_etag);
        assert_eq!(std::fs::read(folder.target()).unwrap(), data);
        let expected = [Some("bytes=0-99".to_owned()), None];
        assert_eq!(*ranges.lock().unwrap(), expected);

        // An object of one range needs no second request, if the store says that it is one.
        let (s3, ranges) = store(content(90), faults).await;
        download(&s3, &folder).resume().send().await.unwrap();
        assert_eq!(std::fs::read(folder.target()).unwrap(), content(90));
        assert_eq!(ranges.lock().unwrap().len(), if no_total { 2 } else { 1 });
        assert_eq!(folder.files(), ["cat.jpg"]);
    }
    // It does not continue.
    let folder = Folder::new("no-etag-interrupted");
    let faults = Faults {
        no_etag: true,
        truncated: &[2],
        ..Faults::default()
    };
    let (s3, ranges) = store(content(350), faults).await;
    let error = download(&s3, &folder).send().await.unwrap_err();
    assert!(
        error.to_string().contains("truncated after 10 of 350"),
        "{error}"
    );
    assert_eq!(ranges.lock().unwrap().len(), 2);
    assert!(folder.files().is_empty());
}

/// The events of a download, in order.
pub fn events() -> (
    Arc<Mutex<Vec<TransferEvent>>>,
    impl Fn(TransferEvent) + Send + Sync + 'static,
) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let recorded = events.clone();
    (events, move |event| recorded.lock().unwrap().push(event))
}

/// Asserts that the progress never goes backwards or past the total, and ends there. Returns where it begins.
pub fn assert_monotonic(events: &[TransferEvent], total: u64) -> u64 {
    let mut progress = Vec::new();
    for event in events {
        if let TransferEvent::Progress { bytes, size, .. } = event {
            assert_eq!(*size, Some(total));
            progress.push(*bytes);
        }
    }
    assert!(progress.is_sorted(), "{progress:?}");
    assert_eq!(progress.last(), Some(&total));
    assert!(
        matches!(events.last(), Some(TransferEvent::Finished { bytes, .. }) if *bytes == total)
    );
    progress[0]
}

#[tokio::test]
async fn the_progress_never_goes_backwards_or_past_the_total() {
    let folder = Folder::new("events");
    let faults = Faults {
        truncated: &[1, 3],
        ..Faults::default()
    };
    let (s3, _) = store(content(350), faults).await;
    let (events, listener) = events();
    // One range after the other, so that the third request is not the rest of the first range.
    let download = download(&s3, &folder).concurrency(1).on_event(listener);
    download.send().await.unwrap();
    let events = events.lock().unwrap();
    assert!(
        matches!(
            events[0],
            TransferEvent::Started {
                size: Some(350),
                part_size: 100,
                parts: Some(4),
                ceiling: 350,
                ..
            }
        ),
        "{:?}",
        events[0]
    );
    assert_monotonic(&events, 350);
    let mut parts: Vec<(u32, u64)> = Vec::new();
    let mut retries = 0;
    for event in events.iter() {
        match event {
            TransferEvent::PartDone {
                part_number, size, ..
            } => parts.push((*part_number, *size)),
            TransferEvent::Retry { cause, attempt, .. } => {
                assert!(cause.contains("truncated after 10 of 100"), "{cause}");
                assert_eq!(*attempt, 1);
                retries += 1;
            }
            _ => {}
        }
    }
    parts.sort_unstable();
    assert_eq!(parts, [(1, 100), (2, 100), (3, 100), (4, 50)]);
    assert_eq!(retries, 2);
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_is_followed_on_request() {
    let folder = Folder::new("follow");
    let (other, link) = (folder.0.join("other"), folder.0.join("link"));
    std::os::unix::fs::symlink("link", folder.target()).unwrap();
    std::os::unix::fs::symlink(&other, &link).unwrap();
    // The file that a link points to may be missing.
    for old in [None, Some("old")] {
        if let Some(old) = old {
            std::fs::write(&other, old).unwrap();
        }
        let (s3, _) = store(content(10), Faults::default()).await;
        let download = download(&s3, &folder).follow_symlink();
        download.send().await.unwrap();
        assert_eq!(std::fs::read(&other).unwrap(), content(10));
        for link in [&link, &folder.target()] {
            assert!(std::fs::symlink_metadata(link).unwrap().is_symlink());
        }
        assert_eq!(folder.files().len(), 3);
    }
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("cat.jpg", &link).unwrap();
    let (s3, ranges) = store(content(10), Faults::default()).await;
    let download = download(&s3, &folder).follow_symlink();
    server::assert_invalid(&download.send().await.unwrap_err(), "file");
    assert!(ranges.lock().unwrap().is_empty());
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
