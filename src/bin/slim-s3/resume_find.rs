//! `put --resume`: which upload to go on with. If no file remembers it, it may still be at the store.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use md5::{Digest, Md5};
use slim_s3::Error;
use slim_s3::error::ResumeToken;
use slim_s3::operation::Part;

use crate::failure::Failure;
use crate::resume_state::ResumeState;
use crate::session::Session;
use crate::url::Location;

/// Smaller files are not uploaded in parts.
const THRESHOLD: u64 = 8 << 20;
/// The minimum of S3. Smaller parts are not ours.
const MIN_PART: u64 = 5 << 20;
/// How many uploads of the same key are looked at, the newest first.
const MAX_UPLOADS: usize = 10;

/// An upload that a later run can go on with, and the earlier one that this run goes on with.
pub struct Resumed {
    pub state: ResumeState,
    pub token: Option<ResumeToken>,
}

impl Resumed {
    /// The upload of `source` to `target`, with parts of this size if one is given.
    pub async fn of(
        session: &Session,
        source: &Path,
        target: &Location,
        part_size: Option<u64>,
    ) -> Result<Resumed, Failure> {
        let state = ResumeState::of(source, target, &session.client.endpoint_url())?;
        let remembered = state.load();
        if remembered.is_some() {
            let token = remembered;
            return Ok(Resumed { state, token });
        }
        // If the store does not list uploads, the file is uploaded from the start.
        let find = async {
            Ok(find(session, source, target, part_size)
                .await
                .ok()
                .flatten())
        };
        let token = session.interrupt.or(Box::pin(find)).await?;
        if let Some(token) = &token
            && let Err(error) = state.save(token)
        {
            session.output.warn(&format!(
                "--resume: the upload cannot be remembered: {error}"
            ));
        }
        Ok(Resumed { state, token })
    }
}

/// The newest unfinished upload of the key whose parts fit the file.
async fn find(
    session: &Session,
    source: &Path,
    target: &Location,
    part_size: Option<u64>,
) -> Result<Option<ResumeToken>, Error> {
    let Location { bucket, key } = target;
    let size = source.metadata().map_or(0, |metadata| metadata.len());
    if size < THRESHOLD {
        return Ok(None);
    }
    let client = &session.client;
    let mut uploads = Vec::new();
    let mut pages = client.list_multipart_uploads(bucket).prefix(key).pages();
    while let Some(page) = pages.next_page().await? {
        let same = page.uploads.into_iter().filter(|upload| upload.key == *key);
        uploads.extend(same);
    }
    uploads.sort_by_key(|upload| std::cmp::Reverse(upload.initiated));
    for upload in uploads.into_iter().take(MAX_UPLOADS) {
        let id = upload.upload_id;
        let mut parts = Vec::new();
        let mut pages = client.list_parts(bucket, key, &id).pages();
        while let Some(page) = pages.next_page().await? {
            parts.extend(page.parts);
        }
        let fitting = size_of_parts(&parts, size)
            .filter(|found| part_size.is_none_or(|wanted| wanted == *found));
        let Some(part_size) = fitting else {
            continue;
        };
        // Someone else may be uploading another file. The library compares the other parts.
        if let Some(first) = parts.first()
            && is_of_file(first, source.to_owned(), part_size).await
        {
            return Ok(Some(ResumeToken::new(bucket, key, &id, part_size)));
        }
    }
    Ok(None)
}

/// The size of all parts but the last, if these can be parts of a file of `size` bytes.
fn size_of_parts(parts: &[Part], size: u64) -> Option<u64> {
    let part_size = parts.iter().map(|part| part.size).max()?;
    let fits = parts.iter().all(|part| {
        let start = u64::from(part.part_number.saturating_sub(1)).checked_mul(part_size);
        let left = start.and_then(|start| size.checked_sub(start));
        left.is_some_and(|left| part.size == left.min(part_size))
    });
    (fits && part_size >= MIN_PART).then_some(part_size)
}

/// Whether the part has the MD5 of its place in the file.
async fn is_of_file(part: &Part, path: std::path::PathBuf, part_size: u64) -> bool {
    let start = u64::from(part.part_number.saturating_sub(1)) * part_size;
    let size = part.size;
    let hash = tokio::task::spawn_blocking(move || -> io::Result<String> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(start))?;
        let (mut rest, mut hash) = (file.take(size), Md5::new());
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = rest.read(&mut buffer)?;
            if count == 0 {
                return Ok(hex::encode(hash.finalize()));
            }
            hash.update(buffer.get(..count).unwrap_or_default());
        }
    });
    let etag = part.etag.as_ref().map(|etag| etag.as_str());
    match (hash.await, etag) {
        (Ok(Ok(hash)), Some(etag)) => etag.eq_ignore_ascii_case(&hash),
        _ => false,
    }
}
