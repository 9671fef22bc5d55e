//! The calls that explain.

use std::time::Duration;

use super::{ChunkedBody, Explanation};
use crate::call::presign::{Early, lifetime};
use crate::call::signed::Authentication;
use crate::call::{Call, Operation, length_on_the_wire, may_have_body, payload_hash};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::sigv4::{AmzDate, PayloadHash};

impl<O: Operation> Call<O> {
    /// Shows how the request is signed at the time `at`. Nothing is sent.
    ///
    /// The [`Explanation`] has every intermediate, and prints as text, JSON or a page.
    ///
    /// ```
    /// # use slim_s3::{Client, Credentials};
    /// # let s3 = Client::builder()
    /// #     .endpoint("http://127.0.0.1:9000")
    /// #     .credentials(Credentials::new("AK", "SK"))
    /// #     .build()?;
    /// let explanation = s3.get_object("photos", "cat.jpg").explain(s3.now())?;
    /// println!("{explanation}");
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`sign`](Call::sign).
    pub fn explain(&self, at: AmzDate) -> Result<Explanation, Error> {
        let signed = self.sign_request(at, payload_hash)?;
        let hash = signed.canonical_request().payload_hash;
        Ok(Explanation::of_signed(
            signed,
            content_length(&self.request, hash),
        ))
    }

    /// Shows how the URL of [`presign`](Call::presign) is signed. Nothing is sent.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use slim_s3::{Client, Credentials};
    /// # let s3 = Client::builder()
    /// #     .endpoint("http://127.0.0.1:9000")
    /// #     .credentials(Credentials::new("AK", "SK"))
    /// #     .build()?;
    /// let call = s3.get_object("photos", "cat.jpg");
    /// let explanation = call.explain_presigned(s3.now(), Duration::from_secs(60))?;
    /// let request = explanation.canonical_request();
    /// assert!(request.query.to_string().contains("&X-Amz-Expires=60&"));
    /// println!("{explanation}");
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`presign`](Call::presign).
    pub fn explain_presigned(&self, at: AmzDate, expires: Duration) -> Result<Explanation, Error> {
        let presign = || {
            O::check_request(&self.request)?;
            let (client, credentials) = (&self.client, self.client.fixed_credentials()?);
            let (credentials, early) = (credentials.as_deref(), Early::Refused);
            let presigned =
                client.presign(&O::SPEC, &self.request, at, expires, credentials, early)?;
            // What the query has: whole seconds.
            let expires = match credentials {
                Some(credentials) => lifetime(credentials, at, expires, early)?.into(),
                None => 0,
            };
            Ok((presigned, Duration::from_secs(expires)))
        };
        let (presigned, expires) = presign().map_err(|error| self.in_context(error))?;
        Ok(Explanation::of_presigned(presigned, expires))
    }

    /// Shows how the request and each chunk are signed if the body, which is in memory, is sent in chunks as that of a stream
    /// is. Nothing is sent.
    ///
    /// A [`payload_hash`](Call::payload_hash) chooses the form; the default is [`PayloadHash::Streaming`], or
    /// [`PayloadHash::StreamingTrailer`] with a checksum that the client computes. [`chunk_size`](Call::chunk_size) sets the size.
    ///
    /// ```
    /// # use slim_s3::{Client, Credentials};
    /// # let s3 = Client::builder()
    /// #     .endpoint("http://127.0.0.1:9000")
    /// #     .credentials(Credentials::new("AK", "SK"))
    /// #     .build()?;
    /// let put = s3.put_object("photos", "cat.jpg", vec![b'a'; 20_000]);
    /// let explanation = put.chunk_size(8 << 10).explain_chunked(s3.now())?;
    /// let chunks = explanation.chunks().unwrap().chunks();
    /// let lengths: Vec<usize> = chunks.iter().map(|chunk| chunk.length).collect();
    /// assert_eq!(lengths, [8192, 8192, 3616, 0]);
    /// println!("{explanation}");
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if an argument is invalid, the body is not in memory, or the client is anonymous.
    pub fn explain_chunked(&self, at: AmzDate) -> Result<Explanation, Error> {
        let signed = self.sign_request(at, chunked_hash)?;
        let hash = signed.canonical_request().payload_hash;
        let body = self.request.body.as_bytes().cloned().unwrap_or_default();
        let trailer = trailer(&self.request, hash);
        let trailers = trailer.as_slice();
        let size = self.request.chunk_size;
        let chunks = match &signed.authentication {
            Authentication::Signed {
                signing,
                chunk_key: Some(key),
            } => {
                let (scope, seed) = (&signing.string_to_sign.scope, &signing.signature);
                ChunkedBody::signed(key.clone(), scope, seed, &body, size, trailers)
            }
            _ => ChunkedBody::unsigned(&body, size, trailers),
        };
        let length = content_length(&self.request, hash);
        Ok(Explanation::of_signed(signed, length).with_chunks(chunks))
    }
}

fn content_length(request: &Request, hash: PayloadHash) -> Option<u64> {
    may_have_body(request).then(|| length_on_the_wire(request, hash))
}

fn chunked_hash(_: &Client, request: &Request) -> Result<PayloadHash, Error> {
    #[cfg(feature = "checksums")]
    let has_trailer = request.computed.is_some();
    #[cfg(not(feature = "checksums"))]
    let has_trailer = false;
    match (request.payload_hash, request.body.as_bytes()) {
        (_, None) => Err(Error::invalid(
            "body",
            "not in memory, and signing its chunks would consume it",
            "pass bytes: they are explained as those of a stream",
        )),
        (Some(hash), _) if !hash.is_chunked() => Err(Error::invalid(
            "payload hash",
            "not for a body in chunks",
            "leave payload_hash out, or set one of those that is_chunked lists",
        )),
        (Some(hash), _) => Ok(hash),
        (None, _) if has_trailer => Ok(PayloadHash::StreamingTrailer),
        (None, _) => Ok(PayloadHash::Streaming),
    }
}

/// The checksum that was computed, if it follows the body.
#[cfg(feature = "checksums")]
fn trailer(request: &Request, hash: PayloadHash) -> Option<(&'static str, &str)> {
    request.trailer(hash)?;
    let computed = request.computed.as_ref()?;
    Some((computed.algorithm.header(), computed.value()?))
}

#[cfg(not(feature = "checksums"))]
fn trailer(_: &Request, _: PayloadHash) -> Option<(&'static str, &str)> {
    None
}
