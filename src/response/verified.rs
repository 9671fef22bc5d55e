//! The content of an object, compared with the checksum that the store returns.

#[cfg(feature = "reqwest")]
use bytes::Bytes;
#[cfg(feature = "reqwest")]
use futures_util::{StreamExt, stream};
use http::{HeaderMap, StatusCode};

use super::Response;
use crate::checksum::{Checksum, ChecksumAlgorithm, Running, Verification};
use crate::crypto::base64;
use crate::error::Error;
#[cfg(feature = "reqwest")]
use crate::response::body::{Chunks, ResponseBody};

/// The checksum of the whole content in the headers of GetObject or HeadObject, or the reason why it is missing.
pub(crate) fn whole_checksum(headers: &HeaderMap) -> Result<Checksum, Verification> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text("x-amz-checksum-type");
    let is_composite = kind.is_some_and(|kind| kind != "FULL_OBJECT");
    // Garage before 2.5 returns a composite checksum without its type and the number of parts.
    let is_in_parts = text("etag").is_some_and(|etag| etag.contains('-'));
    let may_be_composite = kind.is_none() && is_in_parts;
    let mut verification = Verification::NoChecksum;
    for algorithm in ChecksumAlgorithm::ALL {
        let Some(value) = text(algorithm.header()) else {
            continue;
        };
        let is_full = algorithm == ChecksumAlgorithm::Crc64Nvme;
        // The number of parts follows a hyphen, which is not in the alphabet of base64.
        if is_composite || value.contains('-') || (may_be_composite && !is_full) {
            verification = Verification::Composite;
            continue;
        }
        let value = value.to_owned();
        return Ok(Checksum { algorithm, value });
    }
    Err(verification)
}

/// Compares a digest with the expected checksum.
pub(crate) fn compare(expected: &Checksum, digest: &[u8]) -> Result<(), Error> {
    let value = base64(digest);
    if value == expected.value {
        return Ok(());
    }
    let problem = format!(
        "the content has the {} checksum {value}, but the store returned {:?}",
        expected.algorithm.name(),
        expected.value
    );
    Err(Error::malformed(problem, None))
}

/// Lets the body of a response end with an error, before its last bytes, unless it has the checksum in the headers. A body that
/// is in memory is compared now.
pub(crate) fn verified(
    response: Response,
    start: fn(ChecksumAlgorithm) -> Box<dyn Running>,
) -> Result<(Response, Verification), Error> {
    if response.status() == StatusCode::PARTIAL_CONTENT {
        return Ok((response, Verification::Range));
    }
    let expected = match whole_checksum(response.headers()) {
        Ok(expected) => expected,
        Err(verification) => return Ok((response, verification)),
    };
    let algorithm = expected.algorithm;
    let mut running = start(algorithm);
    if let Some(bytes) = response.body.buffered() {
        running.update(bytes);
        compare(&expected, &running.finish())?;
        return Ok((response, Verification::Verified(algorithm)));
    }
    #[cfg(feature = "reqwest")]
    let response = response.map_body(|body| verified_body(body, running, expected));
    Ok((response, Verification::Verified(algorithm)))
}

#[cfg(feature = "reqwest")]
fn verified_body(
    body: ResponseBody,
    running: Box<dyn Running>,
    expected: Checksum,
) -> ResponseBody {
    body.map_chunks(|chunks, context| {
        let body = VerifiedBody {
            chunks,
            state: State::Reading(running, Bytes::new()),
            expected,
        };
        let context = context.clone();
        Box::pin(stream::unfold(
            (body, context),
            async |(mut body, context)| {
                let chunk = body.chunk().await;
                let chunk = chunk.map_err(|error| error.with_context(&context));
                Some((chunk, (body, context)))
            },
        ))
    })
}

/// A body that holds its last chunk back until the checksum of all bytes is compared.
///
/// A reader that counts the bytes, and stops after the last one, would otherwise never see that they are wrong.
#[cfg(feature = "reqwest")]
struct VerifiedBody {
    chunks: Chunks,
    state: State,
    expected: Checksum,
}

#[cfg(feature = "reqwest")]
enum State {
    /// The checksum of the bytes so far, and the last chunk of them.
    Reading(Box<dyn Running>, Bytes),
    /// The digest of all bytes. It is compared again whenever the body is read: an error repeats.
    Ended(Vec<u8>),
}

#[cfg(feature = "reqwest")]
impl VerifiedBody {
    /// The next chunk; `None` at the end, and after it. An error repeats.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let (running, held) = match &mut self.state {
                State::Reading(running, held) => (running, held),
                State::Ended(digest) => return compare(&self.expected, digest).map(|()| None),
            };
            if let Some(chunk) = self.chunks.next().await.transpose()?.flatten() {
                running.update(&chunk);
                let before = std::mem::replace(held, chunk);
                if !before.is_empty() {
                    return Ok(Some(before));
                }
                continue;
            }
            let ended = State::Ended(Vec::new());
            let State::Reading(running, held) = std::mem::replace(&mut self.state, ended) else {
                return Ok(None);
            };
            let digest = running.finish();
            let compared = compare(&self.expected, &digest);
            self.state = State::Ended(digest);
            compared?;
            if !held.is_empty() {
                return Ok(Some(held));
            }
        }
    }
}
