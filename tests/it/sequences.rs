//! Several requests that are one call: all pages of a listing, and removing any number of objects. On scripted servers.

use std::sync::{Arc, Mutex};

use slim_s3::{Client, Error, ObjectIdentifier};

use crate::support::server::{self, Received, client};
use crate::support::verifier::verify;

/// A server that answers one request after the other with these, status line and body; the requests that came.
async fn play(answers: Vec<(&'static str, String)>) -> (Client, Arc<Mutex<Vec<Received>>>) {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (kept, answers) = (requests.clone(), Arc::new(Mutex::new(answers.into_iter())));
    let address = server::serve(move |mut connection| {
        let (kept, answers) = (kept.clone(), answers.clone());
        async move {
            while let Some(request) = connection.request().await {
                verify(&request);
                kept.lock().unwrap().push(request);
                let answer = answers.lock().unwrap().next();
                let (head, body) = answer.expect("one request more than there are answers");
                connection.answer(head, &body).await;
            }
        }
    })
    .await;
    (client(address), requests)
}

fn page(keys: &[&str], token: Option<&str>) -> (&'static str, String) {
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
    use futures_util::TryStreamExt;
    let objects = s3
        .list_objects_v2("bucket")
        .prefix("p")
        .start_after("s")
        .objects();
    objects.map_ok(|object| object.key).try_collect().await
}

#[tokio::test]
async fn all_pages() {
    // An empty page is not the last.
    let answers = vec![
        page(&["a", "b"], Some("t+1")),
        page(&[], Some("t2")),
        page(&["c"], None),
    ];
    let (s3, requests) = play(answers).await;
    assert_eq!(keys(&s3).await.unwrap(), ["a", "b", "c"]);
    let targets: Vec<String> = requests
        .lock()
        .unwrap()
        .iter()
        .map(|request| request.target.clone())
        .collect();
    // The start is said once: stores disagree on what it means beside a token.
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
async fn a_listing_is_never_short_without_a_word() {
    let truncated = (
        "200 OK",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>".to_owned(),
    );
    let (s3, _) = play(vec![page(&["a"], Some("t")), truncated]).await;
    let error = keys(&s3).await.unwrap_err();
    assert!(
        error.to_string().contains("truncated and has no token"),
        "{error}"
    );

    let refused = (
        "503 Slow Down",
        "<Error><Code>SlowDown</Code></Error>".to_owned(),
    );
    let (s3, _) = play(vec![page(&["a"], Some("t")), refused]).await;
    let mut pages = s3.list_objects_v2("bucket").pages();
    assert_eq!(pages.next_page().await.unwrap().unwrap().contents.len(), 1);
    assert_eq!(
        pages.next_page().await.unwrap_err().code(),
        Some("SlowDown")
    );
    assert_eq!(pages.next_page().await.unwrap(), None);
}

/// Circles of every length end in an error, however long the way into them is.
#[tokio::test]
async fn a_listing_that_goes_in_circles() {
    for (way, circle) in [(0, 1), (0, 2), (3, 1), (2, 5), (7, 3)] {
        let token = |step: usize| {
            let step = if step < way {
                step
            } else {
                way + (step - way) % circle
            };
            format!("t{step}")
        };
        let answers = (0..200)
            .map(|step| page(&["a"], Some(&token(step))))
            .collect();
        let (s3, requests) = play(answers).await;
        let error = keys(&s3).await.unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{error}");
        assert!(
            error.to_string().contains("ListObjectsV2 bucket: ")
                && error.to_string().contains("goes in circles"),
            "{error}"
        );
        let asked = requests.lock().unwrap().len();
        assert!(
            asked <= 4 * (way + circle) + 2,
            "{asked} pages for a circle of {circle}"
        );
    }
}

fn deleted(keys: impl IntoIterator<Item = usize>) -> (&'static str, String) {
    let deleted: String = keys
        .into_iter()
        .map(|key| format!("<Deleted><Key>key{key}</Key></Deleted>"))
        .collect();
    ("200 OK", format!("<DeleteResult>{deleted}</DeleteResult>"))
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("key{number}")).collect()
}

#[tokio::test]
async fn more_objects_than_one_request_takes() {
    let (s3, requests) = play(vec![deleted(0..1000), deleted(1000..2000), deleted([2000])]).await;
    let call = s3.delete_objects("bucket", names(2001));
    let outcome = call
        .header("x-amz-expected-bucket-owner", "1")
        .send()
        .await
        .unwrap();
    assert_eq!((outcome.deleted.len(), outcome.errors.len()), (2001, 0));
    let requests = requests.lock().unwrap();
    let counts: Vec<usize> = requests
        .iter()
        .map(|request| {
            String::from_utf8_lossy(&request.body)
                .matches("<Object>")
                .count()
        })
        .collect();
    assert_eq!(counts, [1000, 1000, 1]);
    for request in requests.iter() {
        assert_eq!(request.header("x-amz-expected-bucket-owner"), Some("1"));
        assert!(request.header("content-md5").is_some());
    }
}

/// Each object has a result: what the answer does not mention is not taken for removed.
#[tokio::test]
async fn results_for_each_object() {
    let answer = "<DeleteResult><Deleted></Deleted><Deleted><Key>key0</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted>\
        <Error><Key>key1</Key><Code>AccessDenied</Code><Message>No.</Message></Error></DeleteResult>";
    let (s3, _) = play(vec![("200 OK", answer.to_owned())]).await;
    let outcome = s3.delete_objects("bucket", names(3)).send().await.unwrap();
    assert_eq!(outcome.deleted.len(), 1);
    assert_eq!(
        (
            outcome.deleted[0].key.as_str(),
            outcome.deleted[0].delete_marker
        ),
        ("key0", true)
    );
    assert_eq!(
        outcome.deleted[0].delete_marker_version_id.as_deref(),
        Some("m")
    );
    let errors: Vec<(&str, &str)> = outcome
        .errors
        .iter()
        .map(|error| (error.key.as_str(), error.code.as_str()))
        .collect();
    assert_eq!(errors, [("key1", "AccessDenied"), ("key2", "Unconfirmed")]);
}

/// A version is another thing than the object, and than another version.
#[tokio::test]
async fn results_for_each_version() {
    let answer = "<DeleteResult><Deleted><Key>k</Key><VersionId>v1</VersionId></Deleted><Deleted><Key>n</Key><VersionId>null</VersionId></Deleted></DeleteResult>";
    let (s3, _) = play(vec![("200 OK", answer.to_owned())]).await;
    let objects = [
        ObjectIdentifier::from(("k", "v1")),
        ("k", "v2").into(),
        "k".into(),
        "n".into(),
    ];
    let outcome = s3.delete_objects("bucket", objects).send().await.unwrap();
    let errors: Vec<_> = outcome
        .errors
        .iter()
        .map(|error| (error.key.as_str(), error.version_id.as_deref()))
        .collect();
    assert_eq!(errors, [("k", Some("v2")), ("k", None)]);
}

/// In a document, too, stores follow such keys to other objects.
#[tokio::test]
async fn keys_that_are_others_are_not_removed() {
    for key in ["/lead", "x/../y", "./z", ""] {
        let (s3, requests) = play(vec![]).await;
        let error = s3
            .delete_objects("bucket", ["good", key])
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        let error = s3
            .copy_object("bucket", "k", "bucket", key)
            .send()
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Invalid(invalid) if invalid.field == "copy source"),
            "{error}"
        );
        let batch = s3
            .delete_objects_batch("bucket", [key])
            .send()
            .await
            .unwrap_err();
        assert!(matches!(batch, Error::Invalid(_)), "{batch}");
        assert!(requests.lock().unwrap().is_empty());
    }
}

/// One that the store refuses does not end the others.
#[tokio::test]
async fn odd_keys_among_others() {
    let refused = (
        "400 Bad Request",
        "<Error><Code>XMinioInvalidObjectName</Code></Error>".to_owned(),
    );
    let (s3, requests) = play(vec![
        refused,
        ("204 No Content", String::new()),
        ("204 No Content", String::new()),
    ])
    .await;
    let odd = [
        ObjectIdentifier::from("bad\u{1}"),
        "good\u{1}".into(),
        ("plain", "v\u{1}").into(),
    ];
    let outcome = s3.delete_objects("bucket", odd).send().await.unwrap();
    assert_eq!(
        (outcome.deleted.len(), outcome.errors[0].code.as_str()),
        (2, "XMinioInvalidObjectName")
    );
    assert_eq!(
        requests.lock().unwrap()[2].target,
        "/bucket/plain?versionId=v%01"
    );
}

/// What is done is told, also when a later request fails.
#[tokio::test]
async fn a_request_that_fails_among_others() {
    let refused = || {
        (
            "503 Slow Down",
            "<Error><Code>SlowDown</Code></Error>".to_owned(),
        )
    };
    let (s3, _) = play(vec![deleted(0..1000), refused(), deleted([2000])]).await;
    let outcome = s3
        .delete_objects("bucket", names(2001))
        .send()
        .await
        .unwrap();
    assert_eq!((outcome.deleted.len(), outcome.errors.len()), (1001, 1000));
    assert!(outcome.errors.iter().all(|error| error.code == "SlowDown"));

    let (s3, _) = play(vec![refused()]).await;
    let error = s3
        .delete_objects("bucket", names(1001))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("SlowDown"));
}

/// A key that no document can carry is removed by its URL.
#[tokio::test]
async fn keys_that_xml_cannot_express() {
    let (s3, requests) = play(vec![deleted([0]), ("204 No Content", String::new())]).await;
    let outcome = s3
        .delete_objects("bucket", ["a\u{1}b", "key0"])
        .send()
        .await
        .unwrap();
    assert_eq!((outcome.deleted.len(), outcome.errors.len()), (2, 0));
    let requests = requests.lock().unwrap();
    assert_eq!(
        (requests[1].method.as_str(), requests[1].target.as_str()),
        ("DELETE", "/bucket/a%01b")
    );
}

#[tokio::test]
async fn nothing_to_remove() {
    let (s3, requests) = play(vec![]).await;
    let none: [&str; 0] = [];
    let outcome = s3.delete_objects("bucket", none).send().await.unwrap();
    assert!(outcome.deleted.is_empty() && outcome.errors.is_empty());
    let error = s3
        .delete_objects("bucket", ["a", ""])
        .send()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    assert!(requests.lock().unwrap().is_empty());
}
