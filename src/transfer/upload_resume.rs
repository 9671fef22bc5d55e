//! Going on with an upload that an earlier call, perhaps of another process, has left at the store.

use futures_util::StreamExt;

use super::abort::is_gone;
use super::event::TransferEvent;
use super::parts::{BoxResultFuture, PartSource};
use super::request_options::{Step, names, with_options};
use crate::body::blocking::hash_pieces;
use crate::body::file::BoxFuture;
use crate::body::{Body, Content};
use crate::call::Call;
use crate::crypto::{Md5Stream, hex};
use crate::error::{Error, ResumeToken};
use crate::etag::ETag;
use crate::operation::{ListPartsOutput, Part, PutObject};

/// The request to resume an upload. It holds the function that does it, so that a program that does not resume does not link
/// it.
pub(super) struct Resume {
    pub(super) token: String,
    /// Whether an upload that cannot be resumed starts over.
    pub(super) or_restart: bool,
    pub(super) find: Find,
}

type Find = for<'a> fn(
    &'a Resume,
    &'a Call<PutObject>,
    &'a dyn PartSource,
    Option<u64>,
    Option<ChecksumKind>,
) -> BoxResultFuture<'a, Option<Stored>>;

/// The algorithm of an upload's checksums and the type of the object's, as ListParts returns them.
pub(super) type ChecksumKind = (&'static str, &'static str);

/// An earlier upload, and the parts that the store lists.
pub(super) struct Stored {
    pub(super) upload_id: String,
    pub(super) part_size: u64,
    /// In the order of their numbers.
    pub(super) parts: Vec<Part>,
    md5: for<'a> fn(&'a Body) -> BoxFuture<'a, Option<[u8; 16]>>,
}

impl Stored {
    /// The parts that may be used again, of data of `size` bytes. The numbers are the store's, so they may be anything.
    pub(super) fn resumed(&self, size: Option<u64>) -> TransferEvent {
        let (mut parts, mut bytes, mut after) = (0_u32, 0_u64, 0);
        for part in &self.parts {
            if part.part_number > after && part.size <= self.part_size {
                after = part.part_number;
                parts = parts.saturating_add(1);
                bytes = bytes.saturating_add(part.size);
            }
        }
        let bytes = size.map_or(bytes, |size| bytes.min(size));
        TransferEvent::Resumed { parts, bytes }
    }

    /// The ETag of the stored part, if it has the size and the MD5 of `body`.
    pub(super) async fn etag_of(&self, part_number: u32, body: &Body) -> Option<ETag> {
        let mut parts = self.parts.iter();
        let part = parts.find(|part| part.part_number == part_number)?;
        let etag = part.etag.clone().filter(|_| part.size == body.len())?;
        // The ETag of an encrypted part is no MD5. Such a part is sent again.
        let digest = (self.md5)(body).await?;
        etag.as_str()
            .eq_ignore_ascii_case(&hex(&digest))
            .then_some(etag)
    }
}

/// Looks for the upload of the token. `None` if it is to start over; the earlier upload has then been aborted.
pub(super) fn find<'a>(
    resume: &'a Resume,
    put: &'a Call<PutObject>,
    source: &'a dyn PartSource,
    part_size: Option<u64>,
    checksum: Option<ChecksumKind>,
) -> BoxResultFuture<'a, Option<Stored>> {
    let (length, modified) = (source.length(), source.modified());
    Box::pin(async move {
        let token: ResumeToken = resume.token.parse()?;
        let (bucket, key) = names(&put.request);
        if (token.bucket.as_str(), token.key.as_str()) != (bucket, key) {
            return Err(rejected(
                format!("it is that of {}/{}", token.bucket, token.key),
                "resume the upload of the same object",
            ));
        }
        let (client, upload_id) = (&put.client, token.upload_id.as_str());
        let problem = match difference(&token, length, modified, part_size) {
            Some(problem) => problem,
            None => match parts_of(&token, put).await? {
                Some((stored, first)) => match other_checksum(&first, checksum) {
                    Some(problem) => problem,
                    None => return Ok(Some(stored)),
                },
                None => "the upload no longer exists: it was completed or aborted".to_owned(),
            },
        };
        if !resume.or_restart {
            return Err(rejected(
                problem,
                "upload without it, or use resume_or_restart",
            ));
        }
        let abort = client.abort_multipart_upload(bucket, key, upload_id);
        match with_options(abort, Step::Abort, &put.request).send().await {
            Err(error) if !is_gone(&error) => Err(error),
            _ => Ok(None),
        }
    })
}

/// The parts that the store has, and the first page of their list; `None` if it does not have the upload.
async fn parts_of(
    token: &ResumeToken,
    put: &Call<PutObject>,
) -> Result<Option<(Stored, ListPartsOutput)>, Error> {
    let (bucket, key) = names(&put.request);
    let list = put.client.list_parts(bucket, key, &token.upload_id);
    let mut pages = with_options(list, Step::Abort, &put.request).pages();
    let (mut parts, mut first) = (Vec::new(), None);
    loop {
        match pages.next_page().await {
            Ok(Some(mut page)) => {
                parts.append(&mut page.parts);
                first.get_or_insert(page);
            }
            Ok(None) => {
                let stored = Stored {
                    upload_id: token.upload_id.clone(),
                    part_size: token.part_size,
                    parts,
                    md5: md5_of,
                };
                return Ok(Some((stored, first.unwrap_or_default())));
            }
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

/// In what the checksums of the earlier upload differ from those of this one. The store would reject the parts, or their list.
fn other_checksum(before: &ListPartsOutput, now: Option<ChecksumKind>) -> Option<String> {
    let algorithm = before.checksum_algorithm.as_deref();
    let differs = match (algorithm, now) {
        // AWS computes this one itself, of every object without another.
        (Some("CRC64NVME"), None) | (None, _) => false,
        (Some(_), None) => true,
        (Some(before_algorithm), Some((algorithm, kind))) => {
            let before_kind = before.checksum_type.as_deref().unwrap_or(kind);
            (before_algorithm, before_kind) != (algorithm, kind)
        }
    };
    differs.then(|| {
        let text = |kind: Option<&str>, algorithm: &str| {
            format!("{} {algorithm}", kind.unwrap_or_default())
        };
        let before = text(
            before.checksum_type.as_deref(),
            algorithm.unwrap_or_default(),
        );
        let now = now.map_or("none".to_owned(), |(algorithm, kind)| {
            text(Some(kind), algorithm)
        });
        format!(
            "it was begun with the checksum {}, and this upload computes {now}",
            before.trim_start()
        )
    })
}

/// In what the data or the part size differ from those of the token.
fn difference(
    token: &ResumeToken,
    length: Option<u64>,
    modified: Option<u128>,
    part_size: Option<u64>,
) -> Option<String> {
    if let Some((before, now)) = token.size.zip(length)
        && before != now
    {
        return Some(format!("the data had {before} bytes, and has {now}"));
    }
    if token.modified.is_some() && modified.is_some() && token.modified != modified {
        return Some("the file was modified since".to_owned());
    }
    match part_size {
        Some(size) if size != token.part_size => Some(format!(
            "its parts have {} bytes, but part_size is {size}",
            token.part_size
        )),
        _ => None,
    }
}

#[cold]
pub(super) fn rejected(problem: String, remedy: &str) -> Error {
    Error::invalid("resume token", problem, remedy)
}

pub(super) fn md5_of(body: &Body) -> BoxFuture<'_, Option<[u8; 16]>> {
    Box::pin(async move {
        match &body.0 {
            Content::Bytes(bytes) => {
                let hashed = hash_pieces(bytes, Md5Stream::default(), Md5Stream::update).await;
                Some(hashed.ok()?.finish())
            }
            Content::Source(source) => {
                let (mut hash, mut chunks) = (Md5Stream::default(), source.open()?);
                while let Some(chunk) = chunks.next().await {
                    // Sending the part reports the failure.
                    hash.update(&chunk.ok()?);
                }
                Some(hash.finish())
            }
            Content::Unusable(_) => None,
        }
    })
}
