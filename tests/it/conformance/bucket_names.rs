//! Bucket names in paths and in host names.

use slim_s3::operation::Target;
use slim_s3::sigv4::{Slash, uri_encode};
use slim_s3::{Addressing, Error};

use super::{builder, rows, url};
use crate::support::fixtures::text;

/// The server decides which names are valid; the client only rejects those that would change where a request goes.
#[test]
fn a_bucket_name_never_changes_where_a_request_goes() {
    const REJECTED: [&str; 13] = [
        "bucket/004",
        "bucket/051",
        "bucket/052",
        "bucket/053",
        "bucket/054",
        "bucket/055",
        "bucket/056",
        "bucket/057",
        "bucket/058",
        "bucket/060",
        "bucket/061",
        "bucket/062",
        "bucket/063",
    ];
    let host = "store.example";
    let with_style = |style| {
        builder("https://store.example")
            .addressing(style)
            .build()
            .unwrap()
    };
    let (path, virtual_hosted) = (
        with_style(Addressing::Path),
        with_style(Addressing::VirtualHosted),
    );
    for row in rows("bucket_names.jsonl", 64, &[]) {
        let (id, name) = (text(&row, "id"), text(&row, "name"));
        let target = || Target::Bucket(name.to_owned());
        match url(&path, target()) {
            Ok(url) => {
                assert!(!REJECTED.contains(&id), "{id}: {url}");
                let expected = format!("/{}", uri_encode(name, Slash::Encode));
                assert_eq!(
                    (url.host(), url.path()),
                    (Some(host), expected.as_str()),
                    "{id}"
                );
                assert_eq!(url.query(), None, "{id}");
            }
            Err(error) => {
                assert!(matches!(error, Error::Invalid(_)), "{id}: {error}");
                assert!(REJECTED.contains(&id), "{id}: {error}");
                assert!(
                    row["aws_valid"] == false && row["relaxed_valid"] != true,
                    "{id}"
                );
            }
        }
        match url(&virtual_hosted, target()) {
            Ok(url) => {
                assert_eq!(row["dns_label"], true, "{id}: {url}");
                let expected = format!("{name}.{host}");
                assert_eq!(
                    (url.host(), url.path()),
                    (Some(expected.as_str()), "/"),
                    "{id}"
                );
            }
            Err(error) => assert_eq!(row["dns_label"], false, "{id}: {error}"),
        }
    }
}
