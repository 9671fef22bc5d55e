//! All pages of a listing.

use futures_util::TryStreamExt;
use slim_s3::{Client, Error};

use super::{Response, respond_with, slow_down};

fn page(keys: &[&str], token: Option<&str>) -> Response {
    let contents: String = keys
        .iter()
        .map(|key| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>"))
        .collect();
    let next = token.map_or(String::new(), |token| {
        format!("<NextContinuationToken>{token}</NextContinuationToken>")
    });
    let is_truncated = token.is_some();
    let body = format!(
        "<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>{contents}{next}</ListBucketResult>"
    );
    ("200 OK", body)
}

async fn keys(s3: &Client) -> Result<Vec<String>, Error> {
    let objects = s3
        .list_objects_v2("bucket")
        .prefix("p")
        .start_after("s")
        .objects();
    objects.map_ok(|object| object.key).try_collect().await
}

#[tokio::test]
async fn all_pages_are_requested() {
    // An empty page need not be the last.
    let responses = vec![
        page(&["a", "b"], Some("t+1")),
        page(&[], Some("t2")),
        page(&["c"], None),
    ];
    let (s3, requests) = respond_with(responses).await;
    assert_eq!(keys(&s3).await.unwrap(), ["a", "b", "c"]);
    let targets: Vec<String> = requests
        .lock()
        .unwrap()
        .iter()
        .map(|request| request.target.clone())
        .collect();
    // `start-after` is sent only with the first page: stores disagree on its meaning together with a token.
    assert_eq!(
        targets,
        [
            "/bucket?encoding-type=url&list-type=2&prefix=p&start-after=s",
            "/bucket?continuation-token=t%2B1&encoding-type=url&list-type=2&prefix=p",
            "/bucket?continuation-token=t2&encoding-type=url&list-type=2&prefix=p",
        ]
    );
}

#[tokio::test]
async fn a_truncated_page_without_a_token_is_an_error() {
    let truncated = (
        "200 OK",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>".to_owned(),
    );
    let (s3, _) = respond_with(vec![page(&["a"], Some("t")), truncated]).await;
    let error = keys(&s3).await.unwrap_err();
    assert!(
        error.to_string().contains("truncated but has no token"),
        "{error}"
    );
}

#[tokio::test]
async fn a_failed_page_is_not_an_end() {
    let responses = vec![page(&["a"], Some("t")), slow_down(), slow_down()];
    let (s3, _) = respond_with(responses).await;
    let mut pages = s3.list_objects_v2("bucket").pages();
    assert_eq!(pages.next_page().await.unwrap().unwrap().contents.len(), 1);
    for _ in 0..2 {
        assert_eq!(
            pages.next_page().await.unwrap_err().code(),
            Some("SlowDown")
        );
    }
}

/// For any period, after any number of pages.
#[tokio::test]
async fn a_repeated_token_is_an_error() {
    for (lead, period) in [(0, 1), (0, 2), (3, 1), (2, 5), (7, 3)] {
        let token = |step: usize| {
            let step = if step < lead {
                step
            } else {
                lead + (step - lead) % period
            };
            format!("t{step}")
        };
        let responses = (0..200)
            .map(|step| page(&["a"], Some(&token(step))))
            .collect();
        let (s3, requests) = respond_with(responses).await;
        let error = keys(&s3).await.unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{error}");
        assert!(
            error.to_string().contains("ListObjectsV2 bucket: ")
                && error.to_string().contains("the listing loops"),
            "{error}"
        );
        let requested = requests.lock().unwrap().len();
        assert!(
            requested <= 4 * (lead + period) + 2,
            "{requested} pages for a period of {period}"
        );
    }
}
