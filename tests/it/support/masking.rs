//! Compares recordings by masking what differs between them.

use super::exchange::SEPARATOR;

/// Masks the values that differ in each recording: dates, signatures, IDs that the store generates, and hashes of
/// bodies that contain them. Sorts headers, tags and deleted objects, which some stores return in any order, and joins chunks.
pub fn normalised(exchange: &str) -> String {
    const HEADERS: [&str; 17] = [
        "authorization",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-date",
        "date",
        "last-modified",
        "x-amz-request-id",
        "x-amz-id-2",
        "x-amzn-requestid",
        "x-openstack-request-id",
        "x-trans-id",
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
    let is_chunked = headers
        .iter()
        .any(|header| header.eq_ignore_ascii_case("transfer-encoding: chunked"));
    let body = if is_chunked {
        joined_chunks(body)
    } else {
        body.to_owned()
    };
    let masked_body = ELEMENTS.iter().fold(body.clone(), |body, element| {
        masked(&body, &format!("<{element}>"), &['<'])
    });
    if masked_body != body {
        // The masked values may differ in length.
        headers.retain(|header| !header.to_ascii_lowercase().starts_with("content-length:"));
    }
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
    let text = sorted(&text, "<Tag>", "</Tag>", "</TagSet>");
    sorted(&text, "<Deleted>", "</Deleted>", "</DeleteResult>")
}

/// The content of a chunked body.
fn joined_chunks(body: &str) -> String {
    let (mut content, mut rest) = (String::new(), body);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let (chunk, after) = after.split_at(size);
        content.push_str(chunk);
        rest = after.strip_prefix("\r\n").unwrap_or_default();
    }
    content
}

/// Sorts the elements from the first `begin` to `after`, each of which ends with `end`.
fn sorted(text: &str, begin: &str, end: &str, after: &str) -> String {
    let Some(start) = text.find(begin) else {
        return text.to_owned();
    };
    let (before, rest) = text.split_at(start);
    let (elements, after) = rest.split_at(rest.find(after).unwrap());
    let mut elements: Vec<&str> = elements.split_inclusive(end).collect();
    elements.sort_unstable();
    format!("{before}{}{after}", elements.concat())
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
