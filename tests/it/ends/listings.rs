//! Listings whose futures are dropped, and that are asked after their end.

use std::time::Duration;

use futures_util::StreamExt;

use crate::support::script::{Request, Script, Wait, play, raw, response};
use crate::support::server::until;

fn page(key: &str, token: &str) -> String {
    let more = !token.is_empty();
    let token = if more {
        format!("<NextContinuationToken>{token}</NextContinuationToken>")
    } else {
        String::new()
    };
    format!(
        "<ListBucketResult><IsTruncated>{more}</IsTruncated>{token}<Contents><Key>{key}</Key><Size>1</Size></Contents></ListBucketResult>"
    )
}

fn slow(body: &str) -> Script {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    vec![Request, Wait(Duration::from_secs(60)), raw(head), raw(body)]
}

#[tokio::test]
async fn a_page_whose_future_was_dropped_is_requested_again() {
    let last = page("k2", "");
    let server = play([
        response("200 OK", page("k1", "t")),
        slow(&last),
        response("200 OK", &last),
    ])
    .await;
    let mut pages = server.client().list_objects_v2("bucket").pages();
    let first = pages.next_page().await.unwrap().unwrap();
    tokio::select! {
        page = pages.next_page() => panic!("{page:?}"),
        () = until(|| server.requests().len() == 2) => {}
    }
    let second = pages.next_page().await.unwrap().unwrap();
    let keys = [first, second].map(|page| page.contents[0].key.clone());
    assert_eq!(keys, ["k1", "k2"]);
    assert!(pages.next_page().await.unwrap().is_none());
    assert!(pages.next_page().await.unwrap().is_none());
}

#[tokio::test]
async fn streams_of_a_listing_stay_at_their_end() {
    let server = play([
        response("200 OK", page("k", "")),
        response("200 OK", page("k", "")),
    ])
    .await;
    let listing = server.client().list_objects_v2("bucket");
    let mut objects = Box::pin(listing.objects());
    assert_eq!(objects.next().await.unwrap().unwrap().key, "k");
    for _ in 0..3 {
        assert!(objects.next().await.is_none());
    }
    let mut pages = Box::pin(
        server
            .client()
            .list_objects_v2("bucket")
            .pages()
            .into_stream(),
    );
    assert!(pages.next().await.unwrap().is_ok());
    for _ in 0..3 {
        assert!(pages.next().await.is_none());
    }
}

#[tokio::test]
async fn a_page_that_failed_is_requested_again() {
    let server = play([
        response("200 OK", page("k1", "t")),
        response(
            "403 Forbidden",
            crate::support::script::error_document("AccessDenied"),
        ),
        response("200 OK", page("k2", "")),
    ])
    .await;
    let mut pages = server.client().list_objects_v2("bucket").pages();
    assert_eq!(
        pages.next_page().await.unwrap().unwrap().contents[0].key,
        "k1"
    );
    pages.next_page().await.unwrap_err();
    assert_eq!(
        pages.next_page().await.unwrap().unwrap().contents[0].key,
        "k2"
    );
    assert!(pages.next_page().await.unwrap().is_none());
}

/// So that `next()` and `select!` take them without pinning.
#[tokio::test]
async fn streams_and_readers_need_no_pinning() {
    fn is_unpin<T: Unpin>(_: &T) {}
    let s3 = crate::support::server::client("127.0.0.1:9".parse().unwrap());
    is_unpin(&s3.list_objects_v2("bucket").objects());
    is_unpin(&s3.list_objects_v2("bucket").pages().into_stream());
    let body = || slim_s3::ResponseBody::from(bytes::Bytes::from_static(b"data"));
    is_unpin(&body().into_stream());
    is_unpin(&body().into_reader());
}
