//! CompleteMultipartUpload: joins the parts of an upload into an object.

#[cfg(feature = "checksums")]
use http::HeaderMap;
use http::Method;

use super::shared::encryption::TakesCustomerKey;
use super::shared::follow_up::head_of;
use super::shared::options::Conditional;
use crate::call::{Call, Effect, FollowUp, Operation, OperationSpec};
#[cfg(feature = "checksums")]
use crate::checksum::{Checksum, ChecksumAlgorithm};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;
use crate::xml::{Element, Writer};

/// Joins the parts of an upload into an object: [`Client::complete_multipart_upload`].
#[derive(Debug)]
#[non_exhaustive]
pub struct CompleteMultipartUpload;

/// An uploaded part.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)]
pub struct CompletedPart {
    /// The part number.
    pub part_number: u32,
    /// The ETag that the store returned for the part.
    pub etag: ETag,
}

/// The completed object.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CompleteMultipartUploadOutput {
    /// The object's ETag: on most stores the [composite](ETag::composite) one. If the store does not return it, as some
    /// versions of Ceph, `send` asks for it with HeadObject, and if that fails, computes the composite one.
    /// `None` if that is not possible either.
    pub etag: Option<ETag>,
    /// The version ID, if the bucket is versioned.
    pub version_id: Option<String>,
    /// The checksums of the object that the store returns, composite or of its content, if the request lists those of the parts.
    #[cfg(feature = "checksums")]
    pub checksums: Vec<Checksum>,
}

impl Client {
    /// Joins the parts of an upload into an object. Requires the number and ETag of every part, in ascending
    /// order.
    ///
    /// The list is checked before it is sent, because a store may build a wrong object from a wrong list: MinIO
    /// accepts a part number that is listed twice, and repeats the part in the object. The server may work for
    /// minutes before it responds.
    ///
    /// ```no_run
    /// # use slim_s3::{Client, ETag, Error};
    /// # async fn example(s3: Client, upload_id: &str, etag: ETag) -> Result<(), Error> {
    /// use slim_s3::operation::CompletedPart;
    ///
    /// let parts = [CompletedPart { part_number: 1, etag }];
    /// s3.complete_multipart_upload("films", "cat.mp4", upload_id, &parts).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. If a response is lost, the call is retried. A store that has already completed
    /// the upload then returns `NoSuchUpload`, so the [outcome is unknown](Error::is_outcome_unknown): check the
    /// object with HeadObject.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    pub fn complete_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        parts: &[CompletedPart],
    ) -> Call<CompleteMultipartUpload> {
        let mut request =
            Request::object(Method::POST, bucket, key).with_query("uploadId", upload_id);
        let mut document = Writer::new("CompleteMultipartUpload");
        let mut previous = 0;
        for CompletedPart { part_number, etag } in parts {
            if *part_number <= previous || *part_number > 10_000 {
                request.defer_error(
                    "parts",
                    format!("part {part_number} follows part {previous}"),
                    "list each part once, in ascending order, from 1 to 10,000",
                );
            }
            previous = *part_number;
            document.open("Part");
            let is_text = document.text("ETag", &etag.to_string()).is_ok();
            if !is_text || etag.as_str().is_empty() {
                request.defer_error(
                    "parts",
                    format!(
                        "the ETag of part {part_number} is empty or contains a control character"
                    ),
                    "use the ETags that the store returned",
                );
            }
            // Digits are always valid in XML.
            let _ = document.text("PartNumber", &part_number.to_string());
            document.close();
        }
        if parts.is_empty() {
            request.defer_error(
                "parts",
                "the list is empty",
                "upload at least one part, which may be empty, or abort the upload",
            );
        }
        request.body = document.finish().into();
        Call::new(self, request, CompleteMultipartUpload).header("content-type", "application/xml")
    }
}

#[cfg(feature = "checksums")]
impl Call<CompleteMultipartUpload> {
    /// Adds the checksums of parts, in base64 and in any order, to the list. Stores require them if CreateMultipartUpload has
    /// [declared](Call::declare_checksum) the algorithm. That of a part that is not in the list is [`Error::Invalid`].
    pub fn part_checksums<S: AsRef<str>>(
        mut self,
        algorithm: ChecksumAlgorithm,
        checksums: impl IntoIterator<Item = (u32, S)>,
    ) -> Call<CompleteMultipartUpload> {
        const END: &str = "</Part>";
        self.request.checksums.collect = Some(collect);
        let mut sorted: Vec<(u32, S)> = Vec::new();
        for (number, checksum) in checksums {
            let position = sorted.partition_point(|(other, _)| *other < number);
            sorted.insert(position, (number, checksum));
        }
        let body = std::mem::take(&mut self.request.body);
        let bytes = body.as_bytes().map_or(&[][..], |bytes| bytes);
        let list = String::from_utf8_lossy(bytes);
        let mut checksums = sorted.into_iter().peekable();
        let mut with_checksums = String::with_capacity(2 * list.len());
        for part in list.split_inclusive(END) {
            let number = part
                .rsplit_once("<PartNumber>")
                .and_then(|(_, rest)| rest.split('<').next()?.parse::<u32>().ok());
            let Some((part, number)) = part.strip_suffix(END).zip(number) else {
                with_checksums.push_str(part);
                continue;
            };
            with_checksums.push_str(part);
            // The list is in ascending order too.
            if let Some((_, checksum)) = checksums.next_if(|(other, _)| *other == number) {
                let (name, value) = (algorithm.name(), checksum.as_ref());
                if value.bytes().any(|byte| !is_base64(byte)) {
                    self.request.defer_error(
                        "checksum",
                        format!("that of part {number} is not base64"),
                        "use those that were sent with the parts",
                    );
                }
                with_checksums.push_str(&format!("<Checksum{name}>{value}</Checksum{name}>"));
            }
            with_checksums.push_str(END);
        }
        if let Some((number, _)) = checksums.next() {
            self.request.defer_error(
                "checksum",
                format!("part {number} is not in the list of parts, or has two checksums"),
                "pass one checksum for each part of the list",
            );
        }
        self.request.body = with_checksums.into();
        self
    }
}

#[cfg(feature = "checksums")]
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

impl CompleteMultipartUpload {
    /// Settles as [`Operation::settle`] does. If `is_known`, the object that was found is that of these parts, whatever its ETag.
    pub(crate) fn settle_with(
        request: &Request,
        parsed: Result<CompleteMultipartUploadOutput, Error>,
        found: Result<Response, Error>,
        is_known: bool,
    ) -> Result<CompleteMultipartUploadOutput, Error> {
        let head = found.ok();
        let etag = head.as_ref().and_then(|head| head.etag().ok().flatten());
        let expected = composite_etag(request);
        match (parsed, head) {
            (Ok(completed), _) => Ok(CompleteMultipartUploadOutput {
                etag: etag.or(expected),
                ..completed
            }),
            // Only an object of these parts has the ETag that follows from them. But it does not show whether a condition was
            // met: it may have been there before.
            (Err(_), Some(head))
                if etag.is_some() && (is_known || etag == expected) && !is_conditional(request) =>
            {
                Ok(CompleteMultipartUploadOutput {
                    etag,
                    version_id: head.header_string("x-amz-version-id"),
                    #[cfg(feature = "checksums")]
                    checksums: match request.checksums.collect {
                        Some(collect) => collect(None, head.headers()),
                        None => Vec::new(),
                    },
                })
            }
            (error, _) => error,
        }
    }
}

/// The checksums in the result, or in the headers.
#[cfg(feature = "checksums")]
fn collect(result: Option<&Element>, headers: &HeaderMap) -> Vec<Checksum> {
    let mut checksums = Vec::new();
    for algorithm in ChecksumAlgorithm::ALL {
        let name = ["Checksum", algorithm.name()].concat();
        let element = result.and_then(|result| result.optional_text(&name).ok()?);
        let header = headers.get(algorithm.header());
        if let Some(value) = element.or_else(|| header?.to_str().ok()) {
            let value = value.to_owned();
            checksums.push(Checksum { algorithm, value });
        }
    }
    checksums
}

impl Operation for CompleteMultipartUpload {
    type Output = CompleteMultipartUploadOutput;
    const SPEC: OperationSpec =
        OperationSpec::new("CompleteMultipartUpload", Effect::Completes).slow_response();

    fn follow_up(
        request: &Request,
        parsed: &Result<CompleteMultipartUploadOutput, Error>,
    ) -> Option<FollowUp> {
        let is_open = match parsed {
            Ok(completed) => completed.etag.is_none(),
            // Ceph sends a garbled response for an object that is stored. A truncated response is retried.
            Err(Error::Malformed(error)) => error.is_garbled && !error.is_truncated,
            Err(_) => false,
        };
        let version_id = parsed
            .as_ref()
            .ok()
            .and_then(|done| done.version_id.as_deref());
        is_open.then(|| head_of(request, version_id))
    }

    fn settle(
        request: &Request,
        parsed: Result<CompleteMultipartUploadOutput, Error>,
        found: Result<Response, Error>,
    ) -> Result<CompleteMultipartUploadOutput, Error> {
        CompleteMultipartUpload::settle_with(request, parsed, found, false)
    }

    fn parse(response: Response) -> Result<CompleteMultipartUploadOutput, Error> {
        read(&response).map(|(completed, _)| completed)
    }

    #[cfg(feature = "checksums")]
    fn parse_for(
        request: &Request,
        response: Response,
    ) -> Result<CompleteMultipartUploadOutput, Error> {
        let (mut completed, result) = read(&response)?;
        if let Some(collect) = request.checksums.collect {
            completed.checksums = collect(Some(&result), response.headers());
        }
        Ok(completed)
    }
}

/// Also returns the document.
fn read(response: &Response) -> Result<(CompleteMultipartUploadOutput, Element), Error> {
    let result = response.xml("CompleteMultipartUploadResult")?;
    let etag = ETag::in_element(&result)?.or(response.etag()?);
    // Without an ETag, as from Ceph, the object's name shows the success.
    if etag.is_none() && result.optional_text("Key")?.is_none() {
        let problem = "neither <ETag> nor <Key> in <CompleteMultipartUploadResult>";
        return Err(response.malformed(problem.to_owned()));
    }
    let completed = CompleteMultipartUploadOutput {
        etag,
        version_id: response.header_string("x-amz-version-id"),
        #[cfg(feature = "checksums")]
        checksums: Vec::new(),
    };
    Ok((completed, result))
}

fn is_conditional(request: &Request) -> bool {
    request
        .headers
        .iter()
        .any(|(name, _)| name.starts_with("if-"))
}

/// The ETag that most stores give to the object of the parts that the request lists.
fn composite_etag(request: &Request) -> Option<ETag> {
    let list = Element::parse(request.body.as_bytes()?).ok()?;
    let etags = list
        .children("Part")
        .map(|part| ETag::in_element(part).ok().flatten());
    ETag::composite(&etags.collect::<Option<Vec<ETag>>>()?)
}

impl Conditional for CompleteMultipartUpload {}
impl TakesCustomerKey for CompleteMultipartUpload {}
