//! Checksums of what is stored: provided by the caller or computed by the client, and verified by the store.

#[cfg(feature = "checksums")]
use http::HeaderMap;

#[cfg(feature = "checksums")]
use crate::body::checksum::ComputedChecksum;
use crate::call::Call;
#[cfg(feature = "checksums")]
use crate::checksum::Checksum;
use crate::checksum::{ChecksumAlgorithm, is_checksum};
#[cfg(all(feature = "checksums", feature = "reqwest"))]
use crate::client::builder::ClientBuilder;
use crate::error::Error;
use crate::request::Request;
#[cfg(feature = "checksums")]
use crate::response::Response;

/// Operations whose body is content to store: PutObject and UploadPart.
pub trait SendsContent {}

/// Checksums of the content.
impl<O: SendsContent> Call<O> {
    /// A checksum of the content, in base64, which the store verifies and keeps with the object.
    ///
    /// The store has verified it only if the response echoes it. By default the client computes and sends no
    /// checksum, because many stores reject or ignore these headers. With the feature `checksums`, `compute_checksum`
    /// computes it. A request has one checksum: the last call replaces an earlier one of the same algorithm, and another
    /// algorithm is [`Error::Invalid`](crate::Error::Invalid). Stores accept that of a part if CreateMultipartUpload has
    /// declared its algorithm in `x-amz-checksum-algorithm`.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::ChecksumAlgorithm;
    ///
    /// let call = s3.put_object("photos", "note.txt", "hello");
    /// call.checksum(ChecksumAlgorithm::Crc32, "NhCmhg==").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ChecksumCRC32")]
    #[doc(alias = "ChecksumSHA256")]
    pub fn checksum(mut self, algorithm: ChecksumAlgorithm, base64: &str) -> Call<O> {
        #[cfg(feature = "checksums")]
        {
            self.request.checksums.confirm = Some(confirm);
        }
        self.request.set_header(algorithm.header(), base64);
        self
    }
}

/// Checksums that the client computes.
#[cfg(feature = "checksums")]
impl<O: SendsContent> Call<O> {
    /// Computes this checksum of the body, and sends it: the store verifies it and keeps it with the object.
    ///
    /// It is computed once, before the first attempt, of bytes or of a file, which is read once more for it, and sent in a
    /// header. That of a stream is computed while the stream is sent, and follows it as a [trailer](crate::PayloadHash::StreamingTrailer),
    /// signed over http, unless the store's [`Dialect`](crate::Dialect) does not support that, and unsigned over https. A header with
    /// another checksum is [`Error::Invalid`], and so is a stream if the store does not support chunks. The last call replaces an
    /// earlier one.
    ///
    /// A store that finds another checksum rejects the request. The output has the checksum if the store confirms that it has verified it:
    /// some stores ignore it.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::ChecksumAlgorithm;
    ///
    /// let call = s3.put_object("photos", "note.txt", "hello");
    /// let note = call.compute_checksum(ChecksumAlgorithm::Crc64Nvme).send().await?;
    /// match note.checksum {
    ///     Some(checksum) => println!("verified: {}", checksum.value),
    ///     None => println!("stored, but the store has not confirmed the checksum"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ChecksumAlgorithm")]
    // Inlined, so that only the algorithm of a constant is linked.
    #[inline(always)]
    pub fn compute_checksum(mut self, algorithm: ChecksumAlgorithm) -> Call<O> {
        self.request.computed = Some(ComputedChecksum::new(algorithm));
        self.request.checksums.confirm = Some(confirm);
        self
    }
}

/// Checksums of all objects.
#[cfg(all(feature = "checksums", feature = "reqwest"))]
impl ClientBuilder {
    /// Computes this checksum of each object that `put_object` or an upload stores, unless the call chooses a checksum itself:
    /// [`Call::compute_checksum`].
    ///
    /// It does not apply to single parts, copies, presigned URLs and requests that are only signed; nor to streams, if the store
    /// does not support chunks.
    ///
    /// ```no_run
    /// use slim_s3::operation::ChecksumAlgorithm;
    ///
    /// # async fn example() -> Result<(), slim_s3::Error> {
    /// let builder = slim_s3::ClientBuilder::from_env()?;
    /// let s3 = builder.compute_checksums(ChecksumAlgorithm::Crc32).build()?;
    /// let note = s3.put_object("photos", "note.txt", "hello").send().await?;
    /// assert!(note.checksum.is_some(), "the store ignores checksums");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html>
    #[doc(alias = "request_checksum_calculation")]
    // Inlined, so that only the algorithm of a constant is linked.
    #[inline(always)]
    pub fn compute_checksums(mut self, algorithm: ChecksumAlgorithm) -> ClientBuilder {
        self.defaults.computed = Some(ComputedChecksum::new(algorithm));
        self.defaults.checksums.confirm = Some(confirm);
        self
    }

    /// Verifies each object that `get_object` or a download returns with its checksum, if the store has one:
    /// `Call::verify_checksum` and `Download::verify_checksum`, which sends one more request. Ranges are not verified.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), slim_s3::Error> {
    /// let s3 = slim_s3::ClientBuilder::from_env()?.verify_checksums().build()?;
    /// let cat = s3.get_object("photos", "cat.jpg").send().await?;
    /// println!("{:?}", cat.verification);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html>
    #[doc(alias = "response_checksum_validation")]
    pub fn verify_checksums(mut self) -> ClientBuilder {
        self.defaults.checksums.verify = Some(|algorithm| algorithm.start()());
        self
    }
}

/// The checksum that was sent, if the response confirms it. Another value is an error: something else was stored.
#[cfg(feature = "checksums")]
pub(crate) fn confirmed(request: &Request, response: &Response) -> Result<Option<Checksum>, Error> {
    let Some(confirm) = request.checksums.confirm else {
        return Ok(None);
    };
    confirm(
        request.computed.as_ref(),
        &request.headers,
        response.headers(),
    )
    .map_err(|problem| response.malformed(problem))
}

#[cfg(feature = "checksums")]
fn confirm(
    computed: Option<&ComputedChecksum>,
    sent: &[(String, String)],
    got: &HeaderMap,
) -> Result<Option<Checksum>, String> {
    for algorithm in ChecksumAlgorithm::ALL {
        let name = algorithm.header();
        let mut sent = sent.iter();
        let value = match computed {
            Some(computed) if computed.algorithm == algorithm => computed.value(),
            _ => sent.find_map(|(known, value)| (known == name).then_some(value.trim())),
        };
        let Some((value, got)) = value.zip(got.get(name)) else {
            continue;
        };
        // That of the caller is not compared without this feature either.
        if got != value && computed.is_none() {
            return Ok(None);
        }
        if got != value {
            return Err(format!(
                "sent {name} {value}, but the store returned {got:?}"
            ));
        }
        let value = value.to_owned();
        return Ok(Some(Checksum { algorithm, value }));
    }
    Ok(None)
}

#[cfg(feature = "checksums")]
impl Request {
    /// Rejects an algorithm whose checksums of parts do not show that of the object.
    pub(crate) fn check_full_object(&mut self, algorithm: ChecksumAlgorithm) {
        if algorithm.polynomial().is_none() {
            self.defer_error(
                "checksum",
                format!(
                    "{} of an object does not follow from its parts",
                    algorithm.name()
                ),
                "use a CRC, or a composite checksum",
            );
        }
    }
}

/// Whether a header is about the request's content: a checksum, or Content-MD5.
pub(crate) fn covers_content(header: &str) -> bool {
    header.eq_ignore_ascii_case("content-md5") || is_checksum(header)
}

/// Rejects checksums on a request without content.
pub(crate) fn check_no_checksum(request: &Request) -> Result<(), Error> {
    let mut headers = request.headers.iter();
    match headers.find(|(name, _)| covers_content(name)) {
        Some((name, _)) => Err(Error::invalid(
            &format!("header {name}"),
            "this request has no content to verify",
            "leave it out",
        )),
        None => Ok(()),
    }
}
