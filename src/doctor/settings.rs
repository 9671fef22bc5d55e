//! The settings that suit a store, as code and as environment variables.

use super::examination::Examination;
use super::report::Verdict;
use crate::client::Client;
use crate::client::dialect::Dialect;
use crate::client::endpoint::Addressing;
use crate::request::Target;

/// The dialects of stores that name themselves in the header `Server`, with the names of their constants.
const NAMED: [(&str, &str, Dialect); 2] = [
    ("MinIO", "MINIO", Dialect::MINIO),
    ("VERSITYGW", "VERSITYGW", Dialect::VERSITYGW),
];

/// The conditions that the checks can find to be ignored, as [`Dialect::ignored_conditions`] names them.
const CONDITIONS: [(&str, &str, &str); 5] = [
    ("put_if_none_match", "PutObject", "if-none-match"),
    ("put_if_match", "PutObject", "if-match"),
    ("complete_if_none_match", "CompleteMultipartUpload", "if-"),
    ("copy_if_none_match", "CopyObject", "if-"),
    ("delete_if_match", "DeleteObject", "if-"),
];

/// The code of a client: the settings that differ from the defaults.
pub(super) fn builder_code(exam: &Examination, endpoint: &str) -> String {
    let client = &exam.client;
    let mut dialect = Vec::new();
    let mut setters = Vec::new();
    let is_known = *client.inner.endpoint.dialect != Dialect::DEFAULT;
    match named_dialect(exam) {
        Some(name) => setters.push(format!("dialect(Dialect::{name})")),
        None if !is_known => dialect = dialect_fields(exam),
        None => {}
    }
    if !client.is_aws() {
        setters.insert(0, format!("endpoint({endpoint:?})"));
    }
    let index = setters.len().min(1);
    setters.insert(index, format!("region({:?})", client.region()));
    if let Some(style) = addressing(exam) {
        setters.push(format!("addressing(Addressing::{style})"));
    }
    setters.push(match exam.credentials {
        Some(_) => "credentials(Credentials::new(access_key_id, secret_access_key))".to_owned(),
        None => "anonymous()".to_owned(),
    });
    let mut code = String::new();
    if !dialect.is_empty() {
        code += "let mut dialect = Dialect::default();\n";
        for field in dialect {
            code += &format!("dialect.{field};\n");
        }
        setters.insert(index + 1, "dialect(dialect)".to_owned());
    }
    code += "let s3 = Client::builder()\n";
    for setter in setters {
        code += &format!("    .{setter}\n");
    }
    code + "    .build()?;\n"
}

/// The variables without the keys, which the report must not contain.
pub(super) fn environment(exam: &Examination, endpoint: &str) -> Vec<(&'static str, String)> {
    let region = ("AWS_REGION", exam.client.region().to_owned());
    if exam.client.is_aws() {
        return vec![region];
    }
    vec![("AWS_ENDPOINT_URL_S3", endpoint.to_owned()), region]
}

/// The constant of the store that the server says it is, unless a check has found otherwise.
fn named_dialect(exam: &Examination) -> Option<&'static str> {
    let server = exam.server.as_deref()?;
    let (_, name, dialect) = NAMED.iter().find(|(known, ..)| server == *known)?;
    let has = |(check, operation, header): &(&str, &str, &str)| {
        let mut ignored = dialect.ignored_conditions.iter();
        let is_listed =
            ignored.any(|(known, start)| known == operation && header.starts_with(start));
        exam.verdict(check) != Some(Verdict::Ignored) || is_listed
    };
    let is_confirmed = CONDITIONS.iter().all(has) && other_fields(exam).is_empty();
    is_confirmed.then_some(*name)
}

/// The fields of a dialect that differ from the default, as assignments.
fn dialect_fields(exam: &Examination) -> Vec<String> {
    let mut fields = Vec::new();
    let conditions = CONDITIONS.iter();
    let ignored: Vec<String> = conditions
        .filter(|(check, ..)| exam.verdict(check) == Some(Verdict::Ignored))
        .map(|(_, operation, header)| format!("    ({operation:?}, {header:?}),\n"))
        .collect();
    if !ignored.is_empty() {
        fields.push(format!("ignored_conditions = &[\n{}]", ignored.concat()));
    }
    fields.extend(other_fields(exam).into_iter().map(str::to_owned));
    fields
}

fn other_fields(exam: &Examination) -> Vec<&'static str> {
    let mut fields = Vec::new();
    if exam.verdict("leading_slash") == Some(Verdict::Supported) {
        fields.push("keeps_leading_slashes = true");
    }
    if matches!(
        exam.verdict("aws_chunked"),
        Some(Verdict::Refused | Verdict::Ignored)
    ) {
        fields.push("signed_chunks = false");
    }
    if exam.lists_raw_keys {
        fields.push("encodes_listings = false");
    }
    fields
}

/// The style to use in place of the client's own, if that does not name the bucket and the other one does.
pub(super) fn other_addressing(exam: &Examination) -> Option<Addressing> {
    let works = |name| exam.verdict(name) == Some(Verdict::Supported);
    let client = &exam.own_client;
    let is_in_host = match client.inner.addressing {
        Addressing::Auto => client.is_aws(),
        Addressing::Path => false,
        Addressing::VirtualHosted => true,
    };
    match (works("path_style"), works("virtual_host")) {
        (true, false) if is_in_host => Some(Addressing::Path),
        (false, true) if !is_in_host => Some(Addressing::VirtualHosted),
        _ => None,
    }
}

/// The addressing to set, if it is not what a client does by itself.
fn addressing(exam: &Examination) -> Option<&'static str> {
    let other = other_addressing(exam);
    match other.unwrap_or(exam.own_client.inner.addressing) {
        Addressing::VirtualHosted => Some("VirtualHosted"),
        Addressing::Path if other.is_some() || exam.client.is_aws() => Some("Path"),
        _ => None,
    }
}

/// The endpoint as a URL, without a slash at the end.
pub(super) fn endpoint_url(client: &Client) -> String {
    let located = client
        .inner
        .endpoint
        .locate(&Target::Service, Addressing::Path);
    located.map_or_else(
        |error| error.cause(),
        |url| {
            let path = url.path.trim_end_matches('/');
            format!("{}://{}{path}", url.scheme, url.host)
        },
    )
}
