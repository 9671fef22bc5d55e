//! Hostile responses: too long, too deep, endless, contradictory. Each call fails promptly, with a typed error and in
//! bounded memory. None is reported as a success, and no listing is silently empty or short.

mod bodies;
mod documents;
mod heads;
mod messages;
mod smuggling;
mod unexpected;

use std::time::{Duration, Instant};

use slim_s3::{Client, Error, RetryPolicy};

use crate::support::script::{Script, one_part, play, response};
use crate::support::server::all_timeouts;

/// The call that receives the response.
#[derive(Clone, Copy, Debug)]
enum Operation {
    ListObjectsV2,
    PutObject,
    HeadObject,
    GetObject,
    CompleteMultipartUpload,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ErrorKind {
    Transport,
    Service,
    Malformed,
}

/// Makes the call and prints its output.
async fn call(client: &Client, operation: Operation) -> Result<String, Error> {
    match operation {
        Operation::ListObjectsV2 => client
            .list_objects_v2("bucket")
            .send()
            .await
            .map(|page| format!("{page:?}")),
        Operation::PutObject => client
            .put_object("bucket", "key", "data")
            .send()
            .await
            .map(|put| format!("{put:?}")),
        Operation::HeadObject => client
            .head_object("bucket", "key")
            .send()
            .await
            .map(|head| format!("{head:?}")),
        Operation::GetObject => {
            let object = client.get_object("bucket", "key").send().await?;
            object.body.bytes().await.map(|bytes| format!("{bytes:?}"))
        }
        Operation::CompleteMultipartUpload => {
            let complete = client.complete_multipart_upload("bucket", "key", "id", &one_part());
            complete
                .send()
                .await
                .map(|complete| format!("{complete:?}"))
        }
    }
}

/// Asserts that the call fails as expected within 10 s, and that its error prints on one line of bounded length.
async fn assert_fails(
    name: &str,
    operation: Operation,
    script: Script,
    expected_kind: ErrorKind,
    expected_message: &str,
) {
    let server = play([script]).await;
    let client = server
        .builder()
        .timeouts(all_timeouts(Duration::from_secs(3)))
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let start = Instant::now();
    let error = match call(&client, operation).await {
        Err(error) => error,
        Ok(output) => panic!("{name}: succeeded: {output}"),
    };
    let found = match &error {
        Error::Transport(_) => ErrorKind::Transport,
        Error::Service(_) => ErrorKind::Service,
        Error::Malformed(_) => ErrorKind::Malformed,
        _ => panic!("{name}: {error}"),
    };
    let text = error.to_string();
    assert_eq!(found, expected_kind, "{name}: {text}");
    assert!(text.contains(expected_message), "{name}: {text}");
    for text in [text, format!("{error:?}"), format!("{error:#?}")] {
        assert!(text.len() < 6000, "{name}: {} bytes", text.len());
        assert!(!text.chars().any(char::is_control), "{name}: {text:?}");
    }
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{name}: {:?}",
        start.elapsed()
    );
}

fn success(body: impl AsRef<[u8]>) -> Script {
    response("200 OK", body)
}

/// The shortest complete listing that contains `inner`.
fn listing(inner: &str) -> String {
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{inner}</ListBucketResult>")
}
