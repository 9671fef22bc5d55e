//! The source of a copy: what the store returns about it, and what a copy in parts carries over from it. CopyObject does that by
//! itself.

use http::Method;

use crate::call::{Call, Operation};
use crate::client::Client;
use crate::client::dialect::Dialect;
use crate::error::Error;
use crate::etag::ETag;
use crate::operation::shared::object_options::{append_tag, is_metadata};
use crate::operation::{CopySource, HeadObjectOutput, Tag, UploadPartCopy};
use crate::request::Request;

/// The object that is copied.
pub(super) struct SourceObject<'a> {
    pub(super) client: &'a Client,
    pub(super) name: &'a CopySource,
    /// CopyObject with the options of the caller.
    pub(super) copy: &'a Request,
}

const IF_MATCH: &str = "x-amz-copy-source-if-match";
const OWNER: &str = "x-amz-source-expected-bucket-owner";

/// How the headers of a copy begin that all requests about its source take, and how they begin there.
const OF_SOURCE: &[(&str, &str)] = &[
    (OWNER, "x-amz-expected-bucket-owner"),
    ("x-amz-request-payer", "x-amz-request-payer"),
];
/// Those that only HeadObject takes.
const OF_HEAD: &[(&str, &str)] = &[
    ("x-amz-copy-source-if-", "if-"),
    (
        "x-amz-copy-source-server-side-encryption-",
        "x-amz-server-side-encryption-",
    ),
];

impl SourceObject<'_> {
    /// HeadObject. Some stores ignore its condition, so the ETag is compared with that of the caller.
    pub(super) async fn head(&self) -> Result<HeadObjectOutput, Error> {
        let CopySource { bucket, key, .. } = self.name;
        let mut head = self.client.head_object(bucket, key);
        self.add_options(&mut head.request, OF_SOURCE);
        self.add_options(&mut head.request, OF_HEAD);
        let head = head.send().await?;
        match self.copy.header(IF_MATCH).map(ETag::from) {
            Some(given) if given.as_str() != "*" => check_etag(&given, head.etag.as_ref())?,
            _ => {}
        }
        Ok(head)
    }

    /// Fails if the object has been replaced. Some stores ignore conditions on the source of a part.
    pub(super) async fn check_unchanged(&self, etag: &ETag) -> Result<(), Error> {
        // A version never changes.
        if self.name.version_id.is_some() {
            return Ok(());
        }
        check_etag(etag, self.head().await?.etag.as_ref())
    }

    /// The object to create in parts: its options are those of the caller, and what CopyObject would carry over.
    pub(super) async fn target(&self, head: &HeadObjectOutput) -> Result<Request, Error> {
        let mut target = Request::new(Method::PUT, self.copy.target.clone());
        target.retry = self.copy.retry;
        target.on_retry = self.copy.on_retry.clone();
        for (name, value) in &self.copy.headers {
            let is_about_source = name.starts_with("x-amz-copy-source") || name == OWNER;
            if !is_about_source && !name.ends_with("-directive") {
                target.set_header(name, value);
            }
        }
        if self.copy.header("x-amz-metadata-directive") != Some("REPLACE") {
            carry_metadata(head, &mut target)?;
        }
        if self.copy.header("x-amz-tagging-directive") != Some("REPLACE") {
            for Tag { key, value } in self.tags(head).await? {
                append_tag(&mut target, &key, &value);
            }
        }
        Ok(target)
    }

    /// Adds what a part takes: the headers about the source, and the condition that it is still the same.
    pub(super) fn add_to_part(
        &self,
        mut part: Call<UploadPartCopy>,
        etag: &ETag,
    ) -> Call<UploadPartCopy> {
        for (name, value) in &self.copy.headers {
            if name.starts_with("x-amz-copy-source") || name == OWNER {
                part.request.set_header(name, value);
            }
        }
        let dialect = &self.client.inner.dialect;
        add_condition(dialect, UploadPartCopy::SPEC.name, &mut part.request, etag);
        part
    }

    async fn tags(&self, head: &HeadObjectOutput) -> Result<Vec<Tag>, Error> {
        let count = head.headers.get("x-amz-tagging-count");
        if count.is_some_and(|count| count == "0") {
            return Ok(Vec::new());
        }
        let CopySource { bucket, key, .. } = self.name;
        let mut tagging = self.client.get_object_tagging(bucket, key);
        self.add_options(&mut tagging.request, OF_SOURCE);
        match tagging.send().await {
            Ok(tagging) => Ok(tagging.tag_set),
            // Most stores return no count, and AWS none to those who may not read the tags.
            Err(error) if count.is_none() && has_no_tags(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Adds the headers of the copy that begin as in `kinds`, the version, and how to retry.
    fn add_options(&self, request: &mut Request, kinds: &[(&str, &str)]) {
        for (name, value) in &self.copy.headers {
            for (start, other) in kinds {
                if let Some(rest) = name.strip_prefix(start) {
                    request.set_header(&[other, rest].concat(), value);
                }
            }
        }
        if let Some(version_id) = &self.name.version_id {
            request.set_query("versionId", version_id);
        }
        request.retry = self.copy.retry;
        request.on_retry = self.copy.on_retry.clone();
    }
}

/// Adds the condition that the source still has the ETag, unless the caller has set one or the store is known to ignore it.
pub(super) fn add_condition(
    dialect: &Dialect,
    operation: &str,
    request: &mut Request,
    etag: &ETag,
) {
    if request.header(IF_MATCH).is_none_or(|given| given == "*") {
        request.set_header(IF_MATCH, &etag.to_condition());
        if dialect.check_conditions(operation, request).is_err() {
            request.headers.retain(|(name, _)| name != IF_MATCH);
        }
    }
}

fn check_etag(expected: &ETag, actual: Option<&ETag>) -> Result<(), Error> {
    if actual == Some(expected) {
        return Ok(());
    }
    let actual = actual.map_or("none".to_owned(), ETag::to_string);
    let problem = format!("the source was replaced: expected the ETag {expected}, got {actual}");
    Err(Error::malformed(problem, None))
}

/// Whether the store does not support tags, or the object has none.
fn has_no_tags(error: &Error) -> bool {
    let status = error.status().map(|status| status.as_u16());
    matches!(status, Some(405 | 501))
        || matches!(error.code(), Some("NoSuchTagSet" | "NoSuchTagSetError"))
}

/// Adds the object's metadata to the options of its copy.
fn carry_metadata(head: &HeadObjectOutput, target: &mut Request) -> Result<(), Error> {
    // The number of entries that no header can express.
    if head.headers.contains_key("x-amz-missing-meta") {
        return Err(not_carried("the store does not return all entries"));
    }
    for (name, value) in &head.headers {
        let name = name.as_str();
        if !is_metadata(name) || name == "content-encoding" {
            continue;
        }
        match value.to_str() {
            Ok(value) if !value.trim().is_empty() => target.append_header(name, ',', value),
            Ok(_) if !name.starts_with("x-amz-meta-") => {}
            _ => {
                let problem = format!("the value of {name} is empty or not ASCII");
                return Err(not_carried(&problem));
            }
        }
    }
    // Without `aws-chunked`.
    if let Some(encoding) = &head.content_encoding {
        target.set_header("content-encoding", encoding);
    }
    Ok(())
}

#[cold]
fn not_carried(problem: &str) -> Error {
    Error::invalid(
        "metadata of the source",
        format!("{problem}, so a copy in parts cannot keep it"),
        "call replace_metadata, and set everything that the copy needs",
    )
}
