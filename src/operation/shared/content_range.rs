//! Ranges: whether a response contains the bytes that were requested.

use http::StatusCode;

use crate::error::Error;
use crate::request::Request;
use crate::response::{Response, number};

/// The position of a response's bytes in the object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ContentRange {
    /// The position of the first byte, counted from 0.
    pub first: u64,
    /// The position of the last byte, which is included.
    pub last: u64,
    /// The size of the whole object in bytes; `None` if the store does not return it.
    pub total: Option<u64>,
}

impl ContentRange {
    /// Parses `bytes 0-9/443`, or `bytes 0-9/*`.
    pub(crate) fn parse(text: &str) -> Option<ContentRange> {
        let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first.as_bytes())?, number(last.as_bytes())?);
        let total = match total {
            "*" => None,
            total => Some(number(total.as_bytes())?),
        };
        // The length must not overflow either.
        let is_valid = first <= last && last < total.unwrap_or(u64::MAX);
        is_valid.then_some(ContentRange { first, last, total })
    }

    /// The whole of an object that is not empty.
    fn whole(length: u64) -> Option<ContentRange> {
        Some(ContentRange {
            first: 0,
            last: length.checked_sub(1)?,
            total: Some(length),
        })
    }

    /// Whether these are the bytes that `range` requests: `bytes=0-9`, `bytes=5-` or `bytes=-5`.
    fn satisfies(self, range: &str) -> bool {
        let Some((first, last)) = range
            .strip_prefix("bytes=")
            .and_then(|range| range.split_once('-'))
        else {
            return false;
        };
        // Without a total, the object may end anywhere.
        let end = self.total.map_or(self.last, |total| total - 1);
        let requested = match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) => (first, last.min(end)),
            (Ok(first), Err(_)) if last.is_empty() => (first, end),
            (Err(_), Ok(count)) if first.is_empty() => ((end + 1).saturating_sub(count), end),
            _ => return false,
        };
        requested == (self.first, self.last)
    }
}

/// Rejects a response with bytes other than those requested. Some stores ignore ranges and send the whole object,
/// and a part of an object must never be mistaken for the whole.
pub(crate) fn check(request: &Request, response: &Response) -> Result<(), Error> {
    let range = request.header("range").map(str::trim);
    let is_part = request.query.iter().any(|(name, _)| name == "partNumber");
    let header = response.unambiguous_header("content-range")?;
    let content_range = header.and_then(ContentRange::parse);
    let length = response.content_length()?;
    let is_right = match (range, response.status()) {
        // An empty object is one empty part.
        (None, StatusCode::OK) => !is_part || length == Some(0),
        (None, StatusCode::PARTIAL_CONTENT) if is_part => {
            content_range.is_none_or(|range| has_length(range, length))
        }
        (Some(range), StatusCode::PARTIAL_CONTENT) => match content_range {
            Some(content_range) => {
                content_range.satisfies(range) && has_length(content_range, length)
            }
            // MinIO's response for the last bytes of an empty object: `bytes 0--1/0`.
            None => {
                length == Some(0)
                    && range.starts_with("bytes=-")
                    && header.is_some_and(|header| header.ends_with("/0"))
            }
        },
        // The whole object, if that is what the range requests.
        (Some(range), StatusCode::OK) => match length {
            Some(0) => range.starts_with("bytes=-"),
            Some(length) => ContentRange::whole(length).is_some_and(|whole| whole.satisfies(range)),
            None => range == "bytes=0-",
        },
        _ => false,
    };
    if is_right {
        return Ok(());
    }
    let requested = match range {
        Some(range) => range,
        None if is_part => "one part",
        None => "the whole object",
    };
    let got = header.unwrap_or("no content-range");
    Err(response.malformed(format!(
        "requested {requested}, got {} with {got}",
        response.status().as_u16()
    )))
}

/// Without a length, the end of the body is marked by its chunked encoding.
fn has_length(range: ContentRange, length: Option<u64>) -> bool {
    length.is_none_or(|length| length == range.last - range.first + 1)
}
