//! Compares recordings by masking what differs between them.

use super::exchange::SEPARATOR;

/// Masks the values that differ in each recording: dates, signatures, IDs that the store generates, and hashes of
/// bodies that contain them. Sorts headers and tags, because versitygw returns them in any order.
pub fn normalised(exchange: &str) -> String {
    const HEADERS: [&str; 14] = [
        "authorization",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-date",
        "date",
        "last-modified",
        "x-amz-request-id",
        "x-amz-id-2",
        "x-amz-version-id",
        "x-amz-copy-source-version-id",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "if-modified-since",
        "host",
    ];
    const ELEMENTS: [&str; 18] = [
        "RequestId",
        "HostId",
        "LastModified",
        "CreationDate",
        "Initiated",
        "UploadId",
        "VersionId",
        "DeleteMarkerVersionId",
        "NextVersionIdMarker",
        "NextUploadIdMarker",
        "UploadIdMarker",
        "StringToSign",
        "StringToSignBytes",
        "SignatureProvided",
        "CanonicalRequest",
        "CanonicalRequestBytes",
        "ContinuationToken",
        "NextContinuationToken",
    ];
    const PARAMETERS: [&str; 3] = ["uploadId=", "versionId=", "continuation-token="];
    let (request, response) = exchange.split_once(SEPARATOR).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let (status, headers) = head.split_once("\r\n").unwrap();
    let mut headers: Vec<&str> = headers.split("\r\n").collect();
    headers.sort_by_key(|header| header.to_ascii_lowercase());
    let exchange = format!(
        "{request}{SEPARATOR}{status}\r\n{}\r\n\r\n{body}",
        headers.join("\r\n")
    );
    let mut text = String::new();
    for line in exchange.split_inclusive('\n') {
        let name = line
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if HEADERS.contains(&name.as_str()) {
            text.push_str(&format!("{name}: *\r\n"));
        } else if line.contains(";chunk-signature=") {
            text.push_str(&format!(
                "{};chunk-signature=*\r\n",
                line.split(';').next().unwrap()
            ));
        } else {
            text.push_str(line);
        }
    }
    for element in ELEMENTS {
        text = masked(&text, &format!("<{element}>"), &['<']);
    }
    for parameter in PARAMETERS {
        text = masked(&text, parameter, &['&', ' ']);
    }
    sorted_tags(&text)
}

fn sorted_tags(text: &str) -> String {
    let Some((before, rest)) = text.split_once("<TagSet>") else {
        return text.to_owned();
    };
    let (tags, after) = rest.split_once("</TagSet>").unwrap();
    let mut tags: Vec<&str> = tags.split_inclusive("</Tag>").collect();
    tags.sort_unstable();
    format!("{before}<TagSet>{}</TagSet>{after}", tags.concat())
}

/// Replaces the text between each `begin` and the next of `ends` by a star.
fn masked(text: &str, begin: &str, ends: &[char]) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        let (before, after) = rest.split_at(at + begin.len());
        result.push_str(before);
        result.push('*');
        rest = &after[after.find(ends).unwrap_or(after.len())..];
    }
    result + rest
}
