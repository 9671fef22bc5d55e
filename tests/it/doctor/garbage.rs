//! Servers that return garbage to every check: each has a row, nothing panics, and the end comes soon.

use slim_s3::Verdict;

use super::{EMPTY, Respond, Store, assert_prints, is_first_listing, names, ok};

/// The server returns the first listing as a store does, and then `garbage` for everything.
async fn examine(garbage: impl Fn() -> Respond + Send + Sync + 'static) {
    let store = Store::new(move |request| match is_first_listing(request) {
        true => ok(EMPTY),
        false => garbage(),
    })
    .await;
    let report = store.examine().await;
    assert!(report.error().is_none(), "{report}");
    let found = names(&report);
    assert!(found.contains(&"list_multipart_uploads"), "{report}");
    assert!(found.contains(&"delete_objects"), "{report}");
    // Whatever it returns, it has not stored the content.
    assert_ne!(report.verdict("get_object"), Some(Verdict::Supported));
    assert_ne!(report.verdict("multipart"), Some(Verdict::Supported));
    assert_prints(&report);
}

#[tokio::test]
async fn empty_successes() {
    examine(|| ok("")).await;
}

#[tokio::test]
async fn a_web_page() {
    examine(|| ok("<!doctype html><html><body>\u{1b}[31mLog in</body></html>")).await;
}

#[tokio::test]
async fn binary_data() {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    examine(move || ("200 OK".to_owned(), bytes.clone())).await;
}

#[tokio::test]
async fn documents_of_another_kind() {
    examine(|| ok("<Surprise><Key>k</Key><UploadId>id</UploadId></Surprise>")).await;
}

#[tokio::test]
async fn documents_that_are_truncated() {
    examine(|| ok("<ListBucketResult><Contents><Key>slim-s3-doctor")).await;
}

#[tokio::test]
async fn documents_without_elements() {
    examine(|| ok("<ListBucketResult/>")).await;
}

#[tokio::test]
async fn bodies_that_end_early() {
    let head = "200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n";
    examine(move || (head.to_owned(), b"<List".to_vec())).await;
}

#[tokio::test]
async fn connections_that_close() {
    examine(|| ("connection: close\r\n\r\n".to_owned(), Vec::new())).await;
}

#[tokio::test]
async fn statuses_that_do_not_exist() {
    examine(|| ("799 \u{7f}".to_owned(), b"what?".to_vec())).await;
}

#[tokio::test]
async fn internal_errors_without_a_document() {
    examine(|| ("500 Oops".to_owned(), b"\xff\xfe\x00".to_vec())).await;
}

#[tokio::test]
async fn errors_with_terminal_sequences() {
    let text = "\u{202e}\u{1b}]0;title\u{7}".repeat(200);
    let document = format!("<Error><Code>{text}</Code><Message>{text}</Message></Error>");
    examine(move || ("400 Bad Request".to_owned(), document.clone().into())).await;
}

#[tokio::test]
async fn headers_that_are_wrong() {
    let head = "200 OK\r\netag: \"\u{e9}\"\r\netag: \"other\"\r\nserver: \u{9b}x\u{1f600}\r\n\
                date: yesterday\r\nx-amz-version-id: \u{85}\r\ncontent-range: bytes 9-1/0";
    examine(|| (head.to_owned(), EMPTY.into())).await;
}

#[tokio::test]
async fn redirects() {
    examine(|| {
        let head = "307 Temporary Redirect\r\nlocation: http://evil.example/?X-Amz-Signature=1";
        (head.to_owned(), Vec::new())
    })
    .await;
}
