//! The record of a download that can be resumed: which ranges of which object the part file has.
//!
//! It is a text file of lines. A line is added when a range is on the disk. A process that is killed leaves at most one line
//! without its end, which does not count. A record with any other damage is of no use, and the download starts over.

use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::etag::ETag;
use crate::request::Request;
use crate::response::number;
use crate::sigv4::PayloadHash;
use crate::transfer::ranges::Object;
use crate::transfer::request_options::names;

const FIRST_LINE: &str = "slim-s3 download 1";

/// The first part of the names of all files beside the target. From a hash, because the target's name may be as long as names
/// can be.
pub(super) fn prefix(target: &Path) -> String {
    let name = target.file_name().unwrap_or(OsStr::new(""));
    let hash = PayloadHash::of(name.as_encoded_bytes()).to_string();
    format!(".slim-s3-{}", hash.get(..16).unwrap_or_default())
}

/// The path of the record.
pub(super) fn path(target: &Path) -> PathBuf {
    target.with_file_name(format!("{}.resume", prefix(target)))
}

/// What an earlier download has left.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Kept {
    pub(super) object: Object,
    /// The file name of the part file.
    pub(super) part: String,
    done: Vec<Range<u64>>,
    size: u64,
}

impl Kept {
    /// Reads a record; `None` if it is damaged, or of another object.
    pub(super) fn parse(text: &str, request: &Request, target: &Path) -> Option<Kept> {
        // The last line has no end if the process was killed while it wrote it.
        let (text, _) = text.rsplit_once('\n')?;
        let mut lines = text.split('\n');
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        if field("slim-s3")? != FIRST_LINE.strip_prefix("slim-s3 ")?
            || field("object")? != identity(request)
        {
            return None;
        }
        let part = field("part")?.to_owned();
        // A record must not name any other file.
        let hash = part.strip_prefix(&prefix(target))?.strip_suffix(".part")?;
        if !hash
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        {
            return None;
        }
        let etag = ETag::received(field("etag")?)?;
        let size = number(field("size")?.as_bytes())?;
        let version_id = Some(field("version")?.to_owned()).filter(|id| !id.is_empty());
        let mut done = Vec::new();
        for line in lines {
            let (start, end) = line.strip_prefix("done ")?.split_once(' ')?;
            let range = number(start.as_bytes())?..number(end.as_bytes())?;
            if range.is_empty() || range.end > size {
                return None;
            }
            done.push(range);
        }
        let object = Object {
            etag: Some(etag),
            size: Some(size),
            version_id,
        };
        Some(Kept {
            object,
            part,
            done: merged(done),
            size,
        })
    }

    /// The ranges that the part file has, in order. If it has all, the last byte counts as missing, because its response shows
    /// whether the object is still the same.
    pub(super) fn done(&self) -> Vec<Range<u64>> {
        let mut done = self.done.clone();
        if let [all] = done.as_mut_slice()
            && *all == (0..self.size)
        {
            all.end -= 1;
        }
        done
    }

    /// The size that the part file has at least.
    pub(super) fn length(&self) -> u64 {
        self.done.last().map_or(0, |range| range.end)
    }

    /// The ranges that are missing, in order.
    pub(super) fn missing(&self) -> Vec<Range<u64>> {
        let mut missing = Vec::new();
        let mut position = 0;
        for range in self
            .done()
            .into_iter()
            .chain(std::iter::once(self.size..self.size))
        {
            if position < range.start {
                missing.push(position..range.start);
            }
            position = range.end;
        }
        missing
    }
}

/// Sorted, and without overlaps: two processes may have downloaded the same range.
fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The lines that a record begins with; `None` if the object cannot be recognised later.
pub(super) fn first_lines(request: &Request, object: &Object, part: &str) -> Option<String> {
    let Object {
        etag: Some(etag),
        size: Some(size),
        version_id,
    } = object
    else {
        return None;
    };
    let version_id = version_id.as_deref().unwrap_or_default();
    Some(format!(
        "{FIRST_LINE}\nobject {}\npart {part}\netag {}\nsize {size}\nversion {version_id}\n",
        identity(request),
        etag.as_str(),
    ))
}

/// The line of a range that is on the disk.
pub(super) fn done_line(range: &Range<u64>) -> String {
    format!("done {} {}\n", range.start, range.end)
}

/// The bucket, key and version, as a hash: keys may contain line ends.
fn identity(request: &Request) -> String {
    let (bucket, key) = names(request);
    let version = request.query_value("versionId").unwrap_or_default();
    PayloadHash::of(format!("{bucket}\n{version}\n{key}").as_bytes()).to_string()
}
