//! Deleting any number of objects.

use slim_s3::Error;
use slim_s3::operation::ObjectIdentifier;

use super::{Response, respond_with, slow_down};
use crate::support::server::assert_invalid;

fn deleted(keys: impl IntoIterator<Item = usize>) -> Response {
    let deleted: String = keys
        .into_iter()
        .map(|key| format!("<Deleted><Key>key{key}</Key></Deleted>"))
        .collect();
    ("200 OK", format!("<DeleteResult>{deleted}</DeleteResult>"))
}

fn numbered_keys(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("key{number}")).collect()
}

#[tokio::test]
async fn more_than_1000_objects_take_several_requests() {
    let (s3, requests) =
        respond_with(vec![deleted(0..1000), deleted(1000..2000), deleted([2000])]).await;
    let call = s3.delete_many("bucket", numbered_keys(2001));
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

#[tokio::test]
async fn an_object_missing_from_the_response_is_unconfirmed() {
    let response = "<DeleteResult><Deleted></Deleted><Deleted><Key>key0</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted>\
        <Error><Key>key1</Key><Code>AccessDenied</Code><Message>No.</Message></Error></DeleteResult>";
    let (s3, _) = respond_with(vec![("200 OK", response.to_owned())]).await;
    let outcome = s3
        .delete_many("bucket", numbered_keys(3))
        .send()
        .await
        .unwrap();
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

#[tokio::test]
async fn versions_are_confirmed_one_by_one() {
    let response = "<DeleteResult><Deleted><Key>k</Key><VersionId>v1</VersionId></Deleted><Deleted><Key>n</Key><VersionId>null</VersionId></Deleted></DeleteResult>";
    let (s3, _) = respond_with(vec![("200 OK", response.to_owned())]).await;
    let objects = [
        ObjectIdentifier::from(("k", "v1")),
        ("k", "v2").into(),
        "k".into(),
        "n".into(),
    ];
    let outcome = s3.delete_many("bucket", objects).send().await.unwrap();
    let errors: Vec<_> = outcome
        .errors
        .iter()
        .map(|error| (error.key.as_str(), error.version_id.as_deref()))
        .collect();
    assert_eq!(errors, [("k", Some("v2")), ("k", None)]);
}

/// Stores resolve such keys to other objects, even in an XML body.
#[tokio::test]
async fn keys_that_name_other_objects_are_rejected() {
    for key in ["/lead", "x/../y", "./z", ""] {
        let (s3, requests) = respond_with(vec![]).await;
        let error = s3
            .delete_many("bucket", ["good", key])
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        let error = s3
            .copy_object("bucket", "k", ("bucket", key))
            .send()
            .await
            .unwrap_err();
        assert_invalid(&error, "copy source");
        let batch = s3.delete_objects("bucket", [key]).send().await.unwrap_err();
        assert!(matches!(batch, Error::Invalid(_)), "{batch}");
        assert!(requests.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_rejected_key_does_not_stop_the_others() {
    let rejected = (
        "400 Bad Request",
        "<Error><Code>XMinioInvalidObjectName</Code></Error>".to_owned(),
    );
    let (s3, requests) = respond_with(vec![
        rejected,
        ("204 No Content", String::new()),
        ("204 No Content", String::new()),
    ])
    .await;
    let objects = [
        // The control character forces a request for each.
        ObjectIdentifier::from("bad\u{1}"),
        "good\u{1}".into(),
        ("plain", "v\u{1}").into(),
    ];
    let outcome = s3.delete_many("bucket", objects).send().await.unwrap();
    assert_eq!(
        (outcome.deleted.len(), outcome.errors[0].code.as_str()),
        (2, "XMinioInvalidObjectName")
    );
    assert_eq!(
        requests.lock().unwrap()[2].target,
        "/bucket/plain?versionId=v%01"
    );
}

#[tokio::test]
async fn a_failed_request_keeps_the_results_of_the_others() {
    let (s3, _) = respond_with(vec![deleted(0..1000), slow_down(), deleted([2000])]).await;
    let outcome = s3
        .delete_many("bucket", numbered_keys(2001))
        .send()
        .await
        .unwrap();
    assert_eq!((outcome.deleted.len(), outcome.errors.len()), (1001, 1000));
    assert!(outcome.errors.iter().all(|error| error.code == "SlowDown"));

    let (s3, _) = respond_with(vec![slow_down()]).await;
    let error = s3
        .delete_many("bucket", numbered_keys(1001))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("SlowDown"));
}

#[tokio::test]
async fn a_key_that_xml_cannot_express_is_deleted_by_url() {
    let (s3, requests) = respond_with(vec![deleted([0]), ("204 No Content", String::new())]).await;
    let outcome = s3
        .delete_many("bucket", ["a\u{1}b", "key0"])
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
async fn an_empty_or_invalid_list_sends_nothing() {
    let (s3, requests) = respond_with(vec![]).await;
    let none: [&str; 0] = [];
    let outcome = s3.delete_many("bucket", none).send().await.unwrap();
    assert!(outcome.deleted.is_empty() && outcome.errors.is_empty());
    let error = s3
        .delete_many("bucket", ["a", ""])
        .send()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    assert!(requests.lock().unwrap().is_empty());
}

/// Garage returns the version that it deleted, although none was requested.
#[tokio::test]
async fn an_object_is_confirmed_by_its_key_if_no_version_was_requested() {
    let body = "<DeleteResult><Deleted><Key>a</Key><VersionId>f3f3</VersionId></Deleted><Deleted><Key>b</Key><VersionId>other</VersionId></Deleted></DeleteResult>";
    let (s3, _) = respond_with(vec![("200 OK", body.to_owned())]).await;
    let objects = [
        ObjectIdentifier::from("a"),
        ObjectIdentifier::from(("b", "v1")),
    ];
    let output = s3.delete_many("bucket", objects).send().await.unwrap();
    let unconfirmed: Vec<_> = output.errors.iter().map(|error| &error.key).collect();
    assert_eq!(unconfirmed, ["b"]);
}
