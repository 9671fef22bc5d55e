//! The ranges of a download: what is requested, and what the responses must have in common.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::call::Call;
use crate::error::Error;
use crate::etag::ETag;
use crate::operation::{GetObject, GetObjectOutput};
use crate::request::Request;
use crate::response::body::ResponseBody;
#[cfg(feature = "checksums")]
use crate::transfer::download_checksum::DownloadChecksum;
use crate::transfer::event::{Listener, TransferEvent};
use crate::transfer::request_options::names;

/// The object to download, and the options of its requests.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) get: Call<GetObject>,
    pub(super) part_size: u64,
    pub(super) concurrency: usize,
    pub(super) listener: Listener,
    /// How many bytes were written.
    pub(super) written: Mutex<u64>,
    /// How the object is verified.
    #[cfg(feature = "checksums")]
    pub(super) checksum: Option<DownloadChecksum>,
}

/// What all responses must have in common.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Object {
    pub(super) etag: Option<ETag>,
    /// `None` if the store does not return it: then the object is read in one piece.
    pub(super) size: Option<u64>,
    pub(super) version_id: Option<String>,
}

/// A download whose first response has begun.
pub(super) struct Begun {
    pub(super) object: Object,
    /// The bytes of the body. The end is `u64::MAX` if the size is not known.
    pub(super) range: Range<u64>,
    pub(super) body: ResponseBody,
}

impl Source {
    pub(super) fn check(&self) -> Result<(), Error> {
        let headers = &self.get.request.headers;
        let has_range = headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("range"));
        let (field, problem, remedy) = if self.concurrency == 0 {
            ("concurrency", "0 ranges at a time", "use at least 1")
        } else if self.part_size == 0 {
            ("part size", "0 bytes", "use at least 1")
        } else if has_range {
            (
                "header range",
                "a download reads the whole object",
                "use get_object for a range",
            )
        } else {
            return self.get.request.check();
        };
        Err(Error::invalid(field, problem, remedy))
    }

    /// Requests the first range. It shows the size of the object, and the ETag that the others depend on.
    ///
    /// An object that is empty has no range, and is requested whole. So is one without an ETag, because its ranges could be
    /// those of two objects, and one without a size.
    pub(super) async fn begin(&self) -> Result<Begun, Error> {
        let first = self.request(None, 1).range(..self.part_size).send().await;
        let first = match first {
            Err(error) if error.status().is_some_and(|status| status.as_u16() == 416) => {
                return self.begin_whole().await;
            }
            first => first?,
        };
        let (size, end) = match first.content_range {
            Some(range) => (range.total, Some(range.last + 1)),
            None => (first.content_length, first.content_length),
        };
        let is_whole = first.content_range.is_none() || (size.is_some() && size == end);
        if !is_whole && (first.etag.is_none() || size.is_none()) {
            return self.begin_whole().await;
        }
        Ok(begun(first, size, 0..end.unwrap_or(u64::MAX)))
    }

    async fn begin_whole(&self) -> Result<Begun, Error> {
        let whole = self.request(None, 1).send().await?;
        let size = whole.content_length;
        Ok(begun(whole, size, 0..size.unwrap_or(u64::MAX)))
    }

    /// Requests a range of the object that an earlier response was about.
    pub(super) async fn fetch(
        &self,
        object: &Object,
        range: Range<u64>,
    ) -> Result<ResponseBody, Error> {
        let number = self.number(&range);
        let call = self.request(object.etag.as_ref(), number).range(range);
        let part = call.send().await?;
        let size = part.content_range.and_then(|range| range.total);
        let size = size.or(part.content_length.filter(|_| part.content_range.is_none()));
        if part.etag != object.etag || size != object.size {
            return Err(replaced(object, part.etag.as_ref(), size));
        }
        Ok(part.body)
    }

    /// A GetObject with the options of the download. The ETag replaces a condition of the caller's, which the first response met.
    fn request(&self, etag: Option<&ETag>, number: u32) -> Call<GetObject> {
        let Request { headers, query, .. } = &self.get.request;
        let (bucket, key) = names(&self.get.request);
        let mut call = self.get.client.get_object(bucket, key);
        for (name, value) in headers {
            if etag.is_none() || !name.starts_with("if-") {
                call = call.header(name, value);
            }
        }
        for (name, value) in query {
            call = call.query(name, value);
        }
        call.request.retry = self.get.request.retry;
        call.request.on_retry = self.listener.on_retry(Some(number));
        match etag {
            Some(etag) => call.if_match(etag.clone()),
            None => call,
        }
    }

    /// The gap without what the first response contains, in ranges of the part size.
    pub(super) fn split(&self, gaps: Vec<Range<u64>>) -> impl Iterator<Item = Range<u64>> + Send {
        let part_size = self.part_size;
        gaps.into_iter().flat_map(move |gap| {
            let mut start = gap.start;
            std::iter::from_fn(move || {
                let end = start.saturating_add(part_size).min(gap.end);
                let range = start..end;
                start = end;
                (!range.is_empty()).then_some(range)
            })
        })
    }

    fn number(&self, range: &Range<u64>) -> u32 {
        u32::try_from(range.start / self.part_size)
            .map_or(u32::MAX, |index| index.saturating_add(1))
    }

    pub(super) fn tell_started(&self, object: &Object) {
        self.listener.tell(|| TransferEvent::Started {
            size: object.size,
            part_size: self.part_size,
            parts: object.size.map(|size| {
                let parts = size.div_ceil(self.part_size).max(1);
                u32::try_from(parts).unwrap_or(u32::MAX)
            }),
            ceiling: object.size.unwrap_or(u64::MAX),
        });
    }

    /// Tells how many bytes an earlier download has left.
    pub(super) fn tell_resumed(&self, done: &[Range<u64>]) {
        let lengths = || done.iter().map(|range| range.end - range.start);
        let bytes = lengths().sum();
        *self.written() = bytes;
        self.listener.tell(|| {
            let parts: u64 = lengths()
                .map(|length| length.div_ceil(self.part_size))
                .sum();
            let parts = u32::try_from(parts).unwrap_or(u32::MAX);
            TransferEvent::Resumed { parts, bytes }
        });
    }

    /// Counts bytes that were written.
    pub(super) fn advance(&self, count: u64, object: &Object) {
        let bytes = {
            let mut written = self.written();
            *written += count;
            *written
        };
        let size = object.size;
        self.listener
            .tell(|| TransferEvent::Progress { bytes, size });
    }

    pub(super) fn tell_part_done(&self, range: &Range<u64>, length: u64) {
        self.listener.tell(|| TransferEvent::PartDone {
            part_number: self.number(range),
            size: length,
        });
    }

    pub(super) fn tell_finished(&self, bytes: u64) {
        self.listener.tell(|| TransferEvent::Finished { bytes });
    }

    /// The number of bytes that were written, which is the size at the end.
    pub(super) fn total(&self) -> u64 {
        *self.written()
    }

    fn written(&self) -> std::sync::MutexGuard<'_, u64> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn begun(first: GetObjectOutput, size: Option<u64>, range: Range<u64>) -> Begun {
    Begun {
        object: Object {
            etag: first.etag,
            size,
            version_id: first.version_id,
        },
        range,
        body: first.body,
    }
}

#[cold]
pub(super) fn replaced(object: &Object, etag: Option<&ETag>, size: Option<u64>) -> Error {
    let describe = |etag: Option<&ETag>, size: Option<u64>| {
        let etag = etag.map_or("none".to_owned(), ETag::to_string);
        let size = size.map_or("an unknown size".to_owned(), |size| format!("{size} bytes"));
        format!("the ETag {etag} and {size}")
    };
    let expected = describe(object.etag.as_ref(), object.size);
    let got = describe(etag, size);
    let problem =
        format!("the object was replaced during the download: expected {expected}, got {got}");
    Error::malformed(problem, None)
}

/// Checks that a chunk, or the end, is where the range says. Returns the position after it.
pub(super) fn advance(
    position: u64,
    chunk: Option<usize>,
    range: &Range<u64>,
) -> Result<u64, Error> {
    let problem = match chunk {
        Some(length) => match position.checked_add(length as u64) {
            Some(next) if next <= range.end => return Ok(next),
            _ => format!("the body continued after byte {}", range.end),
        },
        None if position == range.end || range.end == u64::MAX => return Ok(position),
        None => format!("the body ended at byte {position} instead of {}", range.end),
    };
    Err(Error::malformed(problem, None))
}
