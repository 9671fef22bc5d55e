//! Rejected signatures: a wrong key, clock or region, and a proxy that changes something on the way. versitygw quotes what it
//! has signed, so the error names the cause. MinIO and s3s-fs quote nothing, so the diagnosis finds it by probes.

use std::time::{Duration, SystemTime};

use slim_s3::diagnosis::ProbeKind;
use slim_s3::mismatch::{Cause, PathChange};
use slim_s3::operation::PutObject;
use slim_s3::{
    Body, Call, Client, ClientBuilder, Credentials, Diagnosis, Error, Operation, PayloadHash,
    RetryPolicy,
};

use super::{assert_missing, list};
use crate::support::live::{self, Store, builder, store, with_bucket};
use crate::support::proxy::{Fault, Proxy};

/// A call that is rejected in these tests.
fn put(s3: &Client, bucket: &str, key: &str) -> Call<PutObject> {
    let put = s3.put_object(bucket, key, "data");
    put.metadata("name", "one").metadata("other", "two")
}

/// The error of the call, and the cause that it names.
async fn rejection(call: Call<PutObject>) -> (Error, Cause) {
    let error = call.send().await.unwrap_err();
    let mismatch = error.signature_mismatch();
    let mismatch = mismatch.unwrap_or_else(|| panic!("no mismatch: {error}"));
    println!("{error}\n{mismatch}");
    assert_documented(&mismatch.to_string());
    (error, mismatch.cause().clone())
}

/// The diagnosis of a call. On s3s-fs, `GET /` fails if another test deletes its bucket meanwhile.
async fn diagnosis_of<O: Operation>(s3: &Client, call: impl Fn() -> Call<O>) -> Diagnosis {
    for _ in 0..9 {
        match s3.diagnose(call()).await {
            Err(error) if store() == Store::S3sFs && error.code() == Some("InternalError") => {}
            diagnosis => return diagnosis.unwrap(),
        }
    }
    s3.diagnose(call()).await.unwrap()
}

/// What the diagnosis finds, and whether it is certain.
async fn diagnosed(s3: &Client, call: impl Fn() -> Call<PutObject>) -> (Option<Cause>, bool) {
    let diagnosis = diagnosis_of(s3, call).await;
    println!("{diagnosis}");
    assert_documented(&diagnosis.to_string());
    // The call and up to four probes.
    assert!((1..=5).contains(&diagnosis.probes.len()), "{diagnosis}");
    assert_eq!(diagnosis.probes[0].kind, ProbeKind::Call);
    (diagnosis.cause, diagnosis.is_certain)
}

/// Asserts that docs/errors.md has the lines of a report that are about the cause.
fn assert_documented(report: &str) {
    if live::is_https() || store() == Store::S3sFs {
        // The document shows the others.
        return;
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    let document = std::fs::read_to_string(path).unwrap();
    let starts = ["cause", "remedy", "first", "no difference", "probe"];
    for line in report.lines().map(without_values) {
        let is_change = matches!(line.get(3..5), Some(" -" | " +"));
        if is_change || starts.iter().any(|start| line.starts_with(start)) {
            // The byte depends on the length of the bucket's name.
            let kept = |line: &str| line.split(", byte ").next().unwrap_or_default().to_owned();
            let is_shown = document.lines().any(|shown| kept(shown) == kept(&line));
            assert!(is_shown, "docs/errors.md lacks {line:?}");
        }
    }
}

/// A line with the values in it that differ between runs replaced: names of buckets, ports, hashes and seconds.
fn without_values(line: &str) -> String {
    let word = |word: &str| {
        let is_hash = word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (start, port) = word.rsplit_once(':').unwrap_or((word, ""));
        if is_hash {
            "…".to_owned()
        } else if start.ends_with("127.0.0.1") && !port.is_empty() {
            format!("{start}:9000")
        } else if word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_digit()) {
            "1200".to_owned()
        } else {
            let segments = word
                .split('/')
                .map(|segment| match segment.starts_with("slim-s3-") {
                    true => "photos",
                    false => segment,
                });
            segments.collect::<Vec<_>>().join("/")
        }
    };
    let words = line.split(' ').map(word);
    words.collect::<Vec<_>>().join(" ")
}

/// Asserts that the store names the cause if it quotes what it has signed, that the diagnosis finds it in any case, and that
/// nothing was written.
async fn assert_found(through: &Client, bucket: &str, key: &str, expected: Cause) {
    let (_, named) = rejection(put(through, bucket, key)).await;
    if store() == Store::Versitygw {
        assert_eq!(named, expected);
    } else {
        assert_eq!(named, Cause::Unknown);
    }
    let found = diagnosed(through, || put(through, bucket, key)).await;
    assert_eq!(found, (Some(expected), true));
    let objects = list(&builder().build().unwrap(), bucket).await;
    assert!(objects.is_empty(), "{objects:?}");
}

/// A client whose requests a proxy edits.
fn edited(edit: fn(&str) -> String) -> (Proxy, Client) {
    let proxy = Proxy::new(move |_| Fault::EditHead(edit));
    let s3 = proxy.client();
    (proxy, s3)
}

fn keys(id: &str, secret: &str) -> ClientBuilder {
    builder().credentials(Credentials::new(id, secret))
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_wrong_secret_is_found() {
    with_bucket(|_, bucket| async move {
        let (id, _) = live::keys();
        let s3 = keys(&id, "wrong secret").build().unwrap();
        let (error, named) = rejection(put(&s3, &bucket, "key")).await;
        let diagnosis = diagnosis_of(&s3, || put(&s3, &bucket, "key")).await;
        println!("{diagnosis}");
        assert_eq!(diagnosis.cause, Some(Cause::WrongSecret));
        assert_eq!(
            diagnosis.key_pair,
            Some("the secret access key contains a space")
        );
        if store() == Store::Versitygw {
            assert_eq!(named, Cause::WrongSecret);
            let words = "; the store has signed the same text: the secret access key is not the one of this access key ID (";
            assert!(error.to_string().contains(words), "{error}");
            assert!(diagnosis.is_certain && diagnosis.probes.len() == 1);
        } else {
            // A host that nobody can guess would look the same.
            assert_eq!(named, Cause::Unknown);
            let kinds: Vec<_> = diagnosis.probes.iter().map(|probe| &probe.kind).collect();
            assert!(
                matches!(
                    kinds[..],
                    [
                        ProbeKind::Call,
                        ProbeKind::Bare,
                        ProbeKind::SignedHost(_),
                        ProbeKind::Anonymous
                    ]
                ),
                "{kinds:?}"
            );
            assert!(!diagnosis.is_certain);
        }
        for text in [error.to_string(), diagnosis.to_string(), format!("{diagnosis:?}")] {
            assert!(!text.contains("wrong secret"), "{text}");
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_unknown_access_key_is_found() {
    with_bucket(|_, bucket| async move {
        let s3 = keys("UNKNOWN", "secret").build().unwrap();
        let (_, named) = rejection(put(&s3, &bucket, "key")).await;
        assert_eq!(named, Cause::UnknownAccessKey);
        let found = diagnosed(&s3, || put(&s3, &bucket, "key")).await;
        assert_eq!(found, (Some(Cause::UnknownAccessKey), true));
    })
    .await;
}

/// MinIO without a region accepts every one.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_wrong_region_is_found() {
    with_bucket(|_, bucket| async move {
        let s3 = builder().region("ap-south-2").build().unwrap();
        let ignores_regions = match store() {
            Store::Minio => !live::is_https(),
            Store::Versitygw => false,
            Store::S3sFs => true,
        };
        if ignores_regions {
            put(&s3, &bucket, "key").send().await.unwrap();
            let found = diagnosed(&s3, || put(&s3, &bucket, "key")).await;
            assert_eq!(found, (None, true));
            return;
        }
        let expected = Cause::WrongRegion {
            signed: "ap-south-2".into(),
            expected: Some(live::region()),
        };
        let (_, named) = rejection(put(&s3, &bucket, "key")).await;
        assert_eq!(named, expected);
        let found = diagnosed(&s3, || put(&s3, &bucket, "key")).await;
        assert_eq!(found, (Some(expected), true));
    })
    .await;
}

/// A client with retries corrects its clock, so these have none. The diagnosis corrects nothing.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_clock_that_is_wrong_by_20_minutes_is_found() {
    with_bucket(|_, bucket| async move {
        const SKEW: Duration = Duration::from_secs(1200);
        for is_slow in [true, false] {
            let wrong = move || {
                let now = SystemTime::now();
                if is_slow { now - SKEW } else { now + SKEW }
            };
            let with_clock = builder().clock(wrong).retry(RetryPolicy::none());
            let s3 = with_clock.build().unwrap();
            let seconds = |cause: &Cause| match cause {
                Cause::ClockSkew { seconds } => seconds.unwrap(),
                other => panic!("{other}"),
            };
            let expected = if is_slow { -1205..=-1195 } else { 1195..=1205 };
            let diagnosis = diagnosis_of(&s3, || put(&s3, &bucket, "key")).await;
            println!("{diagnosis}");
            assert!(expected.contains(&seconds(&diagnosis.cause.unwrap())));
            assert!(expected.contains(&diagnosis.clock_offset.unwrap()));
            let (error, named) = rejection(put(&s3, &bucket, "key")).await;
            assert!(expected.contains(&seconds(&named)), "{named}");
            let direction = if is_slow { "behind" } else { "ahead of" };
            let words = format!(" s {direction} the store's clock");
            assert!(error.to_string().contains(&words), "{error}");
        }
    })
    .await;
}

/// The correction of the clock relies on the `Date`. If a proxy sends its own, which is as wrong as the client's, the error remains.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_wrong_clock_is_found_although_the_date_agrees_with_it() {
    with_bucket(|_, bucket| async move {
        let date = "Fri, 02 Jan 2026 03:04:05 GMT".to_owned();
        let proxy = Proxy::new(move |_| Fault::SetHeader("date", date.clone()));
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let s3 = proxy.builder().clock(move || then).build().unwrap();
        let (error, named) = rejection(put(&s3, &bucket, "key")).await;
        assert_eq!(error.code(), Some("RequestTimeTooSkewed"), "{error}");
        let Cause::ClockSkew { seconds } = named else {
            panic!("{named}");
        };
        if store() == Store::Versitygw {
            // Its document has the time, too.
            assert!(seconds.unwrap() < -86_400);
        } else {
            assert_eq!(seconds, None);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_header_that_is_edited_is_found() {
    with_bucket(|_, bucket| async move {
        let (_proxy, s3) =
            edited(|head| head.replace("x-amz-meta-name: one", "x-amz-meta-name: One"));
        let name = "x-amz-meta-name".to_owned();
        assert_found(&s3, &bucket, "key", Cause::Header { name }).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_path_that_is_decoded_is_found() {
    with_bucket(|_, bucket| async move {
        let (_proxy, s3) = edited(|head| head.replacen("%2520", "%20", 1));
        let change = PathChange::Decoded;
        assert_found(&s3, &bucket, "a%20b", Cause::Path { change }).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_path_that_is_encoded_twice_is_found() {
    with_bucket(|_, bucket| async move {
        let (_proxy, s3) = edited(|head| head.replacen("/a%20b", "/a%2520b", 1));
        let change = PathChange::EncodedTwice;
        assert_found(&s3, &bucket, "a b", Cause::Path { change }).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_path_that_is_normalised_is_found() {
    with_bucket(|_, bucket| async move {
        let (_proxy, s3) = edited(|head| head.replacen("/a//b", "/a/b", 1));
        let change = PathChange::Normalized;
        assert_found(&s3, &bucket, "a//b", Cause::Path { change }).await;
    })
    .await;
}

/// Stores sort the query before they sign it.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_query_that_is_reordered_does_no_harm() {
    with_bucket(|s3, bucket| async move {
        put(&s3, &bucket, "key").send().await.unwrap();
        let (proxy, through) = edited(|head| {
            let (path, rest) = head.split_once('?').unwrap();
            let (query, rest) = rest.split_once(' ').unwrap();
            let reversed: Vec<&str> = query.split('&').rev().collect();
            assert!(reversed.len() > 1, "{query}");
            format!("{path}?{} {rest}", reversed.join("&"))
        });
        let list = || through.list_objects_v2(&bucket).max_keys(1);
        assert_eq!(list().send().await.unwrap().contents.len(), 1);
        let diagnosis = diagnosis_of(&through, list).await;
        assert_eq!((diagnosis.cause, diagnosis.probes.len()), (None, 1));
        assert_eq!(proxy.faults(), 2);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_parameter_that_is_removed_is_found() {
    with_bucket(|_, bucket| async move {
        let (_proxy, s3) = edited(|head| head.replacen("?x-id=PutObject", "", 1));
        let put = || put(&s3, &bucket, "key").query("x-id", "PutObject");
        let expected = Cause::Query {
            parameter: Some("x-id".into()),
        };
        let (_, named) = rejection(put()).await;
        if store() == Store::Versitygw {
            assert_eq!(named, expected);
        } else {
            assert_eq!(named, Cause::Unknown);
        }
        assert_eq!(diagnosed(&s3, put).await, (Some(expected), true));
    })
    .await;
}

/// The error names it; the diagnosis sends no body.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_body_that_is_changed_is_found() {
    with_bucket(|s3, bucket| async move {
        let proxy = Proxy::new(|_| Fault::EditBody(|body| body.make_ascii_uppercase()));
        let call = put(&proxy.client(), &bucket, "key");
        if store() == Store::S3sFs {
            // It reports an internal error.
            assert_eq!(call.send().await.unwrap_err().code(), Some("InternalError"));
            return;
        }
        let (error, named) = rejection(call).await;
        assert_eq!(named, Cause::Body);
        let words = "the body was changed after it was hashed (";
        assert!(error.to_string().contains(words), "{error}");
        assert_missing(&s3, &bucket, "key").await;
    })
    .await;
}

/// A store checks the signature of the request first, and those of the chunks as they arrive. Which of them it rejects, only a
/// quote tells.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_chunk_that_is_changed_is_found() {
    with_bucket(|s3, bucket| async move {
        let proxy = Proxy::new(|request| match request.head.starts_with("PUT") {
            // Within the data of the second chunk.
            true => Fault::EditBody(|body| body[100_000] ^= 1),
            false => Fault::None,
        });
        let through = proxy.client();
        let call = || {
            let data = vec![b'a'; 200_000];
            let body = Body::reader(200_000, std::io::Cursor::new(data));
            let put = through.put_object(&bucket, "key", body);
            put.payload_hash(PayloadHash::Streaming)
        };
        if store() == Store::S3sFs {
            // As for any changed body.
            let error = call().send().await.unwrap_err();
            assert_eq!(error.code(), Some("InternalError"));
            return;
        }
        let (error, named) = rejection(call()).await;
        let expected = match store() == Store::Versitygw {
            true => Cause::Body,
            false => Cause::Unknown,
        };
        assert_eq!(named, expected);
        let line = error.to_string();
        assert!(!line.contains("the store has signed"), "{line}");
        let words = "; the body was changed after it was signed (";
        assert_eq!(line.contains(words), named == Cause::Body, "{line}");
        // The diagnosis sends no chunks.
        assert_eq!(diagnosed(&through, call).await, (None, true));
        assert_missing(&s3, &bucket, "key").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_host_without_its_port_is_found() {
    with_bucket(|_, bucket| async move {
        let (_proxy, s3) = edited(|head| {
            let lines = head.split("\r\n").map(|line| match line.split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("host") => {
                    format!("{name}: {}", value.rsplit_once(':').unwrap().0)
                }
                _ => line.to_owned(),
            });
            lines.collect::<Vec<_>>().join("\r\n")
        });
        let received = Some("127.0.0.1".to_owned());
        assert_found(&s3, &bucket, "key", Cause::Host { received }).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_authorization_that_is_removed_is_found() {
    with_bucket(|_, bucket| async move {
        let (_proxy, s3) = edited(|head| {
            let lines = head.split("\r\n");
            let lines =
                lines.filter(|line| !line.to_ascii_lowercase().starts_with("authorization:"));
            lines.collect::<Vec<_>>().join("\r\n")
        });
        let error = put(&s3, &bucket, "key").send().await.unwrap_err();
        assert!(error.signature_mismatch().is_none(), "{error}");
        let found = diagnosed(&s3, || put(&s3, &bucket, "key")).await;
        assert_eq!(found, (Some(Cause::Authorization), false));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_accepted_signature_has_no_cause() {
    with_bucket(|s3, bucket| async move {
        let diagnosis = diagnosis_of(&s3, || put(&s3, &bucket, "key")).await;
        println!("{diagnosis}");
        assert_eq!((diagnosis.cause, diagnosis.probes.len()), (None, 1));
        // The call was a put, and was not sent.
        assert_missing(&s3, &bucket, "key").await;
    })
    .await;
}
