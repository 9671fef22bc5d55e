//! Going on with an upload that an earlier call, perhaps of another process, has left at the store.

use futures_util::StreamExt;

use super::abort::is_gone;
use super::parts::{BoxResultFuture, PartSource};
use super::request_options::{Step, names, with_options};
use crate::body::blocking::blocking;
use crate::body::file::BoxFuture;
use crate::body::{Body, Content};
use crate::call::Call;
use crate::crypto::{Md5Stream, hex, md5};
use crate::error::{Error, ResumeToken};
use crate::etag::ETag;
use crate::operation::{Part, PutObject};

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
) -> BoxResultFuture<'a, Option<Stored>>;

/// An earlier upload, and the parts that the store lists.
pub(super) struct Stored {
    pub(super) upload_id: String,
    pub(super) part_size: u64,
    /// In the order of their numbers.
    pub(super) parts: Vec<Part>,
    md5: for<'a> fn(&'a Body) -> BoxFuture<'a, Option<[u8; 16]>>,
}

impl Stored {
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
                Some(stored) => return Ok(Some(stored)),
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

/// The parts that the store has; `None` if it does not have the upload.
async fn parts_of(token: &ResumeToken, put: &Call<PutObject>) -> Result<Option<Stored>, Error> {
    let (bucket, key) = names(&put.request);
    let list = put.client.list_parts(bucket, key, &token.upload_id);
    let mut pages = with_options(list, Step::Abort, &put.request).pages();
    let mut parts = Vec::new();
    loop {
        match pages.next_page().await {
            Ok(Some(page)) => parts.extend(page.parts),
            Ok(None) => {
                return Ok(Some(Stored {
                    upload_id: token.upload_id.clone(),
                    part_size: token.part_size,
                    parts,
                    md5: md5_of,
                }));
            }
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
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
                let bytes = bytes.clone();
                blocking(move || md5(&bytes)).await.ok()
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
