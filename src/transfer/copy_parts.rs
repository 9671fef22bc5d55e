//! The parts of a copy, as requests that copy them.

use std::ops::Range;

use futures_util::stream;

use crate::etag::ETag;
use crate::operation::CompletedPart;
use crate::transfer::multipart::{Multipart, Parts, Sending};
use crate::transfer::request_options::{Step, names, with_options};
use crate::transfer::source_object::SourceObject;

/// The parts of the source. Each is copied by a request of its own.
pub(super) fn copied_parts<'a>(
    multipart: &'a Multipart,
    source: &'a SourceObject<'a>,
    etag: &'a ETag,
) -> Parts<'a> {
    let size = multipart.size.unwrap_or_default();
    let part_size = multipart.plan.part_size;
    let starts = (0..multipart.max_parts).map(move |index| u64::from(index) * part_size);
    let starts = starts.take_while(move |start| *start < size);
    let parts = (1..).zip(starts).map(move |(part_number, start)| {
        let end = start.saturating_add(part_size).min(size);
        Ok(copy_part(multipart, source, etag, part_number, start..end))
    });
    Box::pin(stream::iter(parts))
}

fn copy_part<'a>(
    multipart: &'a Multipart,
    source: &'a SourceObject<'a>,
    etag: &'a ETag,
    part_number: u32,
    range: Range<u64>,
) -> Sending<'a> {
    Box::pin(async move {
        let Multipart {
            client,
            request,
            upload_id,
            listener,
            ..
        } = multipart;
        let (bucket, key) = names(request);
        let name = source.name.clone();
        let copy = client.upload_part_copy(bucket, key, upload_id, part_number, name);
        let mut copy = source.add_to_part(copy, etag);
        let size = range.end - range.start;
        // AWS rejects ranges of a source below 5 MiB.
        if multipart.size != Some(size) {
            copy = copy.source_range(range.start..=range.end - 1);
        }
        let mut copy = with_options(copy, Step::Part, request);
        copy.request.on_retry = listener.on_retry(Some(part_number));
        let copied = copy.send().await.map_err(|mut error| {
            // The store may have the part, but a part is not an object.
            error.context_mut().outcome_unknown = false;
            error
        });
        let etag = copied?.etag;
        multipart.count(part_number, size);
        Ok(CompletedPart { part_number, etag })
    })
}
