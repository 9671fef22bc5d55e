//! The region, and how a URL may name the bucket.

use http::Method;

use super::connection::{list_one, shows_cause, variant};
use super::examination::Examination;
use super::report::Verdict;
use super::settings::other_addressing;
use super::verdict::verdict_of;
use crate::client::endpoint::Addressing;
use crate::error::{Error, TransportKind, escaped};

/// A region that no store has.
const NO_REGION: &str = "slim-s3-doctor-1";

pub(super) async fn check(exam: &mut Examination) {
    check_region(exam).await;
    check_addressing(exam, "path_style", Addressing::Path).await;
    check_addressing(exam, "virtual_host", Addressing::VirtualHosted).await;
    // A store that ignores the host would take the key for the bucket: PutObject would be CreateBucket.
    if let Some(style) = other_addressing(exam) {
        exam.client = variant(exam, |inner| inner.addressing = style);
    }
}

async fn check_region(exam: &mut Examination) {
    const NAME: &str = "region";
    if exam.credentials.is_none() {
        exam.row(NAME, Verdict::Skipped, "requests are anonymous");
        return;
    }
    let head = exam.ask(exam.bucket_request(Method::HEAD, &[])).await.ok();
    let stated = head.and_then(|head| head.header_string("x-amz-bucket-region"));
    let client = variant(exam, |inner| {
        let endpoint = inner.endpoint.clone();
        inner.endpoint = endpoint.with_region(NO_REGION.to_owned());
    });
    let other = exam.ask_as(&client, list_one(exam)).await;
    let own = exam.own_client.region().to_owned();
    let used = exam.client.region().to_owned();
    let named = match stated {
        Some(stated) if stated != used => {
            format!("; the bucket is in {}", escaped(&stated, 40))
        }
        _ => String::new(),
    };
    let (verdict, detail) = match other {
        _ if own != used => (
            Verdict::Differs,
            format!("the store expects {used}, and the client was built with {own}"),
        ),
        Ok(_) => (
            Verdict::Ignored,
            format!("any region is accepted, such as {used}"),
        ),
        Err(error) if error.service().is_some() && shows_cause(exam, &error) => (
            Verdict::Supported,
            format!("{used}; another one is rejected: {}", error.cause()),
        ),
        Err(error) if error.service().is_some() => (Verdict::Unknown, error.cause()),
        Err(error) => verdict_of(&error),
    };
    exam.row(NAME, verdict, detail + &named);
}

async fn check_addressing(exam: &mut Examination, name: &'static str, addressing: Addressing) {
    let client = variant(exam, |inner| inner.addressing = addressing);
    let sent = exam.ask_as(&client, list_one(exam)).await;
    match sent {
        // A server that ignores the host sees a request for the list of buckets.
        Ok(response) => match response.xml("ListBucketResult") {
            Ok(_) => exam.row(name, Verdict::Supported, "names the bucket"),
            Err(error) => {
                let detail = format!("does not name the bucket: {}", error.cause());
                exam.row(name, Verdict::Ignored, detail);
            }
        },
        Err(Error::Invalid(_)) => {
            let detail = "the host is an IP address, or the bucket's name does not fit";
            exam.row(name, Verdict::Skipped, detail);
        }
        Err(Error::Transport(error)) if error.kind == TransportKind::Connect => {
            let which = match addressing {
                Addressing::VirtualHosted => "that begins with the bucket's name",
                _ => "without the bucket's name",
            };
            let detail = format!("the host {which} cannot be reached");
            exam.row(name, Verdict::Refused, detail);
        }
        Err(error) => exam.failed(name, &error),
    }
}
