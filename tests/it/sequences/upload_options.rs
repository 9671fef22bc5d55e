//! Each option of an upload is sent with the requests that take it. The table stands in docs/multipart.md too.

use std::time::SystemTime;

use slim_s3::{Encryption, Upload};

use crate::support::script::{
    ok, play, reject, response, tiny_parts, upload_completed, upload_created,
};

const CREATE: u8 = 1;
const PART: u8 = 2;
const COMPLETE: u8 = 4;
/// AbortMultipartUpload and ListParts.
const ABORT: u8 = 8;
const ALL: u8 = CREATE | PART | COMPLETE | ABORT;

type Set = fn(Upload) -> Upload;

/// An option, one of its headers, and the requests that send it. PutObject sends them all.
fn options() -> Vec<(Set, &'static str, u8)> {
    vec![
        (|upload| upload.content_type("a/b"), "content-type", CREATE),
        (
            |upload| upload.content_disposition("inline"),
            "content-disposition",
            CREATE,
        ),
        (
            |upload| upload.content_encoding("gzip"),
            "content-encoding",
            CREATE,
        ),
        (
            |upload| upload.content_language("en"),
            "content-language",
            CREATE,
        ),
        (
            |upload| upload.cache_control("no-store"),
            "cache-control",
            CREATE,
        ),
        (
            |upload| upload.expires(SystemTime::UNIX_EPOCH),
            "expires",
            CREATE,
        ),
        (
            |upload| upload.metadata("name", "value"),
            "x-amz-meta-name",
            CREATE,
        ),
        (|upload| upload.tag("key", "value"), "x-amz-tagging", CREATE),
        (
            |upload| upload.storage_class("STANDARD_IA"),
            "x-amz-storage-class",
            CREATE,
        ),
        (|upload| upload.acl("private"), "x-amz-acl", CREATE),
        (
            |upload| upload.encryption(Encryption::S3),
            "x-amz-server-side-encryption",
            CREATE,
        ),
        (
            // Its key is sent only over https: live::encryption.
            |upload| upload.header("x-amz-server-side-encryption-customer-algorithm", "AES256"),
            "x-amz-server-side-encryption-customer-algorithm",
            CREATE | PART | COMPLETE,
        ),
        (|upload| upload.if_match("etag"), "if-match", COMPLETE),
        (
            |upload| upload.if_none_match("*"),
            "if-none-match",
            COMPLETE,
        ),
        (
            |upload| upload.header("x-amz-expected-bucket-owner", "123456789012"),
            "x-amz-expected-bucket-owner",
            ALL,
        ),
        (
            |upload| upload.header("x-amz-request-payer", "requester"),
            "x-amz-request-payer",
            ALL,
        ),
        (
            |upload| upload.header("x-amz-object-lock-mode", "GOVERNANCE"),
            "x-amz-object-lock-mode",
            CREATE,
        ),
    ]
}

async fn requests_with(set: Set, name: &str, fails: bool) -> u8 {
    let aborted = response("204 No Content", "");
    let scripts = if fails {
        vec![
            upload_created(),
            ok(),
            reject(400, "InvalidPart"),
            aborted,
            reject(404, "NoSuchUpload"),
        ]
    } else {
        let encrypted = "x-amz-server-side-encryption-customer-algorithm: AES256";
        let part = response(&format!("200 OK\r\netag: e\r\n{encrypted}"), "");
        vec![upload_created(), part, upload_completed(), ok()]
    };
    let server = play(scripts).await;
    let upload = server
        .client()
        .upload("bucket", "key", "data")
        .part_limits(tiny_parts())
        .threshold(1);
    // A response that does not confirm the encryption is an error after all requests.
    let _ = set(upload).send().await;
    let mut found = 0;
    for request in server.requests() {
        let step = match request.method.as_str() {
            "POST" if request.target.contains("uploads") => CREATE,
            "PUT" => PART,
            "POST" => COMPLETE,
            "DELETE" | "GET" => ABORT,
            _ => 0,
        };
        // CompleteMultipartUpload has a body of its own.
        let sent = request.header(name);
        if sent.is_some_and(|value| value != "application/xml") {
            found |= step;
        }
    }
    found
}

#[tokio::test]
async fn every_option_is_sent_with_the_requests_that_take_it() {
    for (set, name, expected) in options() {
        let sent = requests_with(set, name, false).await | requests_with(set, name, true).await;
        assert_eq!(sent, expected, "{name}");
    }
}

#[tokio::test]
async fn a_single_put_sends_every_option() {
    for (set, name, _) in options() {
        let server = play([ok()]).await;
        let upload = server.client().upload("bucket", "key", "data");
        let _ = set(upload).send().await;
        assert!(server.requests()[0].header(name).is_some(), "{name}");
    }
}

#[test]
fn the_table_in_the_documentation_lists_every_option() {
    let page = include_str!("../../../docs/multipart.md");
    let (_, table) = page.split_once("| option | ").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    for (_, name, requests) in options() {
        let name = name
            .strip_prefix("x-amz-meta-")
            .map_or(name, |_| "x-amz-meta-*");
        let row = table.lines().find(|row| row.contains(&format!("`{name}`")));
        let row = row.unwrap_or_else(|| panic!("{name} is missing"));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let marks: Vec<bool> = cells[3..8].iter().map(|cell| *cell == "yes").collect();
        let expected: Vec<bool> = [CREATE, PART, COMPLETE, ABORT]
            .iter()
            .map(|step| requests & step != 0)
            .collect();
        assert!(marks[0], "{name}");
        assert_eq!(marks[1..], expected, "{name}");
    }
}
