//! Deletes what the checks have stored.
//!
//! Only keys that begin with the examination's own prefix are deleted, whatever a listing returns.

use std::time::Duration;

use http::{Method, StatusCode};

use super::examination::Examination;
use super::keys::list;
use crate::error::Error;
use crate::http::within;
use crate::request::Request;

/// For about 25 requests.
const LIMIT: Duration = Duration::from_secs(60);
/// After a cancellation, for which somebody waits.
const CANCELLED_LIMIT: Duration = Duration::from_secs(20);

/// A request that was cancelled may still take effect.
const DELAY: Duration = Duration::from_millis(300);

/// Returns what could not be deleted.
pub(super) async fn clean_up(exam: &mut Examination, was_cancelled: bool) -> Vec<String> {
    if exam.made.keys.is_empty() {
        return Vec::new();
    }
    exam.ignores_limit = true;
    let mut left = Vec::new();
    // Without a response in time, all that has not been deleted is left.
    let limit = if was_cancelled {
        CANCELLED_LIMIT
    } else {
        LIMIT
    };
    let is_done = within(limit, delete_all(exam, was_cancelled, &mut left)).await;
    if is_done.is_none() && left.is_empty() {
        left = remaining(exam);
    }
    left
}

async fn delete_all(exam: &mut Examination, was_cancelled: bool, left: &mut Vec<String>) {
    let rounds = if was_cancelled { 2 } else { 1 };
    for round in 1..=3 {
        if was_cancelled || round > 1 {
            tokio::time::sleep(DELAY).await;
        }
        find_uploads(exam).await;
        abort_uploads(exam).await;
        delete_objects(exam).await;
        // What a listing shows is deleted in the next round. A key that it does not show, and whose DELETE has failed, is one that
        // the store does not support.
        if let Ok(listed) = own_keys(exam).await {
            if !exam.made.has_versions {
                exam.made.keys.clear();
            }
            for key in listed {
                exam.note_key(&key);
            }
        }
        *left = remaining(exam);
        if left.is_empty() && round >= rounds {
            return;
        }
    }
}

fn remaining(exam: &Examination) -> Vec<String> {
    let made = &exam.made;
    let uploads = made.uploads.iter();
    let uploads = uploads.map(|(key, id)| format!("{key} (upload ID {id})"));
    let pending = made.pending_upload.iter();
    let pending = pending.map(|key| format!("{key} (an upload of unknown ID)"));
    made.keys
        .iter()
        .cloned()
        .chain(uploads)
        .chain(pending)
        .collect()
}

/// Whether this examination has written the key. A store that drops leading slashes lists it without.
fn is_own(exam: &Examination, key: &str) -> bool {
    key.trim_start_matches('/').starts_with(&exam.prefix)
}

/// The prefixes that find all keys.
fn prefixes(exam: &Examination) -> [String; 2] {
    [exam.prefix.clone(), format!("/{}", exam.prefix)]
}

/// The keys that are listed.
async fn own_keys(exam: &mut Examination) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for prefix in prefixes(exam) {
        let listed = list(exam, &prefix).await?;
        found.extend(listed.into_iter().filter(|key| is_own(exam, key)));
    }
    Ok(found)
}

/// Looks for uploads whose ID was in a response that was lost.
async fn find_uploads(exam: &mut Examination) {
    for key in exam.made.upload_keys.clone() {
        let query = [("uploads", ""), ("prefix", key.as_str())];
        let sent = exam.ask(exam.bucket_request(Method::GET, &query)).await;
        let document = sent.and_then(|response| response.xml("ListMultipartUploadsResult"));
        let Ok(document) = document else { continue };
        exam.made.pending_upload.take_if(|pending| *pending == key);
        for upload in document.children("Upload") {
            let (Ok(listed), Ok(id)) = (upload.text("Key"), upload.text("UploadId")) else {
                continue;
            };
            let found = (listed.to_owned(), id.to_owned());
            if listed == key && !exam.made.uploads.contains(&found) {
                exam.made.uploads.push(found);
            }
        }
    }
}

async fn abort_uploads(exam: &mut Examination) {
    for (key, id) in exam.made.uploads.clone() {
        let request = exam.object_request(Method::DELETE, &key, &[]);
        if is_gone(exam, request.with_query("uploadId", &id)).await {
            exam.made.uploads.retain(|(_, known)| *known != id);
        }
    }
}

async fn delete_objects(exam: &mut Examination) {
    if exam.made.has_versions && delete_versions(exam).await.is_ok() {
        return;
    }
    for key in exam.made.keys.clone() {
        let request = exam.object_request(Method::DELETE, &key, &[]);
        if is_gone(exam, request).await {
            exam.made.keys.retain(|known| *known != key);
        }
    }
}

/// Deletes every version and every delete marker: deleting the object would add one.
async fn delete_versions(exam: &mut Examination) -> Result<(), Error> {
    let mut versions = Vec::new();
    for prefix in prefixes(exam) {
        let query = [("versions", ""), ("prefix", prefix.as_str())];
        let response = exam.ask(exam.bucket_request(Method::GET, &query)).await?;
        let document = response.xml("ListVersionsResult")?;
        for name in ["Version", "DeleteMarker"] {
            for version in document.children(name) {
                let key = version.text("Key")?.to_owned();
                versions.push((key, version.text("VersionId")?.to_owned()));
            }
        }
    }
    let mut kept = Vec::new();
    for (key, version) in versions {
        if !is_own(exam, &key) {
            continue;
        }
        let request = exam.object_request(Method::DELETE, &key, &[]);
        if !is_gone(exam, request.with_query("versionId", &version)).await {
            kept.push(key);
        }
    }
    exam.made.keys = kept;
    Ok(())
}

/// Sends a DELETE, and returns whether its target does not exist any more.
async fn is_gone(exam: &mut Examination, request: Request) -> bool {
    match exam.ask(request).await {
        Ok(_) => true,
        Err(error) => error.status() == Some(StatusCode::NOT_FOUND),
    }
}
