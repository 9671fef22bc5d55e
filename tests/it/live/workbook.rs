//! The requests of docs/signing/workbook.md, sent to the store with its keys, its region and the time of the test.

use std::time::SystemTime;

use slim_s3::xml::Element;
use slim_s3::{AmzDate, Client};

use super::presigned::run_curl;
use crate::support::live::{Store, endpoint, is_minio, keys, region, store, with_bucket};
use crate::support::server::Received;
use crate::support::workbook::{ACCESS_KEY_ID, Exercise, exercises, signature, with_signature};

/// The exercises for this store, with their signatures made anew.
fn live_exercises(bucket: &str) -> Vec<Exercise> {
    let date = AmzDate::from(SystemTime::now()).to_string();
    let (id, secret) = keys();
    let endpoint = endpoint();
    let (_, host) = endpoint.split_once("://").unwrap();
    let name = host.split(':').next().unwrap();
    let replace = |text: &str| {
        text.replace("store.example:9000", host)
            .replace("store.example", name)
            .replace("20260102T030405Z", &date)
            .replace("20260102", &date[..8])
            .replace(ACCESS_KEY_ID, &id)
            .replace("us-east-1", &region())
            .replace("photos", bucket)
    };
    let mut exercises = exercises(replace);
    for exercise in &mut exercises {
        let wrong = exercise.wrong_signature(&secret);
        exercise.request = with_signature(exercise.request.clone(), &wrong);
        let right = exercise.right_signature(&secret);
        exercise.corrected = with_signature(exercise.corrected.clone(), &right);
        assert_ne!(signature(&exercise.request), signature(&exercise.corrected));
    }
    exercises
}

/// Sends a request as it stands. Status and body of the response.
fn send(request: &Received) -> (u16, String) {
    let endpoint = endpoint();
    let (scheme, host) = endpoint.split_once("://").unwrap();
    let mut line = format!(
        "curl --globoff --path-as-is --request {} --data-binary @- --header 'Content-Type:'",
        request.method
    );
    let is_sent = |name: &str| name != "Content-Length";
    for (name, value) in request.headers.iter().filter(|(name, _)| is_sent(name)) {
        line += &format!(" --header '{name}: {value}'");
    }
    line += &format!(" '{scheme}://{host}{}'", request.target);
    let (status, body) = run_curl(&line, &request.body);
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// The objects that the corrected requests read.
async fn prepare(s3: &Client, bucket: &str) {
    for key in [
        "cat.jpg",
        "2026/cat.jpg",
        "dog.jpg",
        "bird.jpg",
        "mouse.jpg",
    ] {
        let put = s3.put_object(bucket, key, "a picture");
        put.send().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_store_accepts_the_corrected_requests_of_the_workbook() {
    with_bucket(|s3, bucket| async move {
        prepare(&s3, &bucket).await;
        for exercise in live_exercises(&bucket) {
            let (status, body) = send(&exercise.corrected);
            assert_eq!(status, 200, "exercise {}: {body}", exercise.number);
        }
    })
    .await;
}

/// Nine exercises are for versitygw, and one for MinIO. Other stores reject the requests in other words.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_store_rejects_the_broken_requests_as_the_workbook_shows() {
    with_bucket(|s3, bucket| async move {
        prepare(&s3, &bucket).await;
        let (name, expected) = match store() {
            Store::Versitygw => ("versitygw", 9),
            Store::Minio if is_minio() => ("MinIO", 1),
            _ => ("", 0),
        };
        let exercises = live_exercises(&bucket).into_iter();
        let own: Vec<Exercise> = exercises
            .filter(|exercise| exercise.store == name)
            .collect();
        assert_eq!(own.len(), expected);
        for exercise in own {
            let (status, body) = send(&exercise.request);
            assert_eq!(status, exercise.status, "{}: {body}", exercise.number);
            let error = Element::parse(body.as_bytes()).unwrap();
            for (name, text) in &exercise.response {
                let actual = error.optional_text(name).unwrap();
                assert_eq!(actual, Some(text.as_str()), "{}: {body}", exercise.number);
            }
        }
    })
    .await;
}
