//! ListObjectVersions: one page of the versions of a bucket's objects.

use std::time::SystemTime;

use http::Method;

use super::shared::options::ListsKeys;
use super::shared::owner::Owner;
use super::shared::paginated::Paginated;
use super::shared::url_encoding::KeyDecoder;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;
use crate::timestamp::parse_iso;
use crate::xml::Element;

/// Lists the versions of a bucket's objects, one page at a time: [`Client::list_object_versions`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ListObjectVersions;

/// One page of versions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListObjectVersionsOutput {
    /// The versions, by key and, for one key, the newest first.
    pub versions: Vec<ObjectVersion>,
    /// The delete markers, in the same order.
    pub delete_markers: Vec<DeleteMarker>,
    /// With a delimiter: the beginnings, up to and with the delimiter, of the keys that are rolled up.
    pub common_prefixes: Vec<String>,
    /// Whether there are more pages.
    pub is_truncated: bool,
    /// Where the next page begins; there is one if and only if `is_truncated`.
    pub next_key_marker: Option<String>,
    /// At which version of that key the next page begins.
    pub next_version_id_marker: Option<String>,
}

/// A version in a listing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ObjectVersion {
    /// The key.
    pub key: String,
    /// The version's name; `null` for what was stored while the bucket kept no versions.
    pub version_id: String,
    /// Whether it is the current one.
    pub is_latest: bool,
    /// The size in bytes.
    pub size: u64,
    /// The ETag.
    pub etag: Option<ETag>,
    /// When it was stored.
    pub last_modified: Option<SystemTime>,
    /// The storage class, if the store says it.
    pub storage_class: Option<String>,
    /// Whose it is, if the store says it.
    pub owner: Option<Owner>,
}

/// A delete marker in a listing: what hides an object whose versions are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteMarker {
    /// The key.
    pub key: String,
    /// The marker's own name.
    pub version_id: String,
    /// Whether it is in front of all versions.
    pub is_latest: bool,
    /// When it was put there.
    pub last_modified: Option<SystemTime>,
    /// Whose it is, if the store says it.
    pub owner: Option<Owner>,
}

impl Client {
    /// Lists the versions of a bucket's objects, and their delete markers: one page, of at most 1,000.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// for version in s3.list_object_versions("photos").prefix("cat.jpg").send().await?.versions {
    ///     println!("{} {} bytes", version.version_id, version.size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; [`Error::Malformed`] if a listing is truncated and does not say where it goes on.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
    pub fn list_object_versions(&self, bucket: &str) -> Call<ListObjectVersions> {
        let request = Request::bucket(Method::GET, bucket)
            .with_query("versions", "")
            .with_query("encoding-type", "url");
        Call::new(self, request, ListObjectVersions)
    }
}

impl Call<ListObjectVersions> {
    /// At most so many versions, markers and common prefixes; stores cap it at 1,000.
    pub fn max_keys(self, max_keys: u32) -> Call<ListObjectVersions> {
        self.query("max-keys", &max_keys.to_string())
    }

    /// Goes on where a page ended. Everything else must be as in the call for that page.
    pub fn key_marker(self, key: &str) -> Call<ListObjectVersions> {
        self.query("key-marker", key)
    }

    /// Goes on behind this version of the key in [`key_marker`](Call::key_marker).
    pub fn version_id_marker(self, version_id: &str) -> Call<ListObjectVersions> {
        self.query("version-id-marker", version_id)
    }
}

impl Operation for ListObjectVersions {
    type Output = ListObjectVersionsOutput;
    const SPEC: OperationSpec = OperationSpec::new("ListObjectVersions", Effect::Reads);

    fn parse(response: Response) -> Result<ListObjectVersionsOutput, Error> {
        let list = response.xml("ListVersionsResult")?;
        let decoder = KeyDecoder::new(&list);
        let version = |element: &Element| {
            Ok(ObjectVersion {
                key: decoder.decode(element.text("Key")?),
                version_id: element.text("VersionId")?.to_owned(),
                is_latest: element.flag("IsLatest"),
                size: element.number("Size")?,
                etag: element.optional_text("ETag").map(ETag::from),
                last_modified: element.optional_text("LastModified").and_then(parse_iso),
                storage_class: element.optional_text("StorageClass").map(str::to_owned),
                owner: Owner::of(element),
            })
        };
        let marker = |element: &Element| {
            Ok(DeleteMarker {
                key: decoder.decode(element.text("Key")?),
                version_id: element.text("VersionId")?.to_owned(),
                is_latest: element.flag("IsLatest"),
                last_modified: element.optional_text("LastModified").and_then(parse_iso),
                owner: Owner::of(element),
            })
        };
        let is_truncated = list.is_truncated()?;
        let next = |name: &str| list.optional_text(name).filter(|_| is_truncated);
        let next_key_marker = next("NextKeyMarker").map(|key| decoder.decode(key));
        if is_truncated && next_key_marker.is_none() {
            let problem = "the listing is truncated and has no marker to go on with";
            return Err(response.malformed(problem.to_owned()));
        }
        Ok(ListObjectVersionsOutput {
            versions: list
                .children("Version")
                .map(version)
                .collect::<Result<_, Error>>()?,
            delete_markers: list
                .children("DeleteMarker")
                .map(marker)
                .collect::<Result<_, Error>>()?,
            common_prefixes: decoder.common_prefixes(&list)?,
            is_truncated,
            next_key_marker,
            next_version_id_marker: next("NextVersionIdMarker").map(str::to_owned),
        })
    }
}

impl ListsKeys for ListObjectVersions {}

impl Paginated for ListObjectVersions {
    fn next_page(page: &ListObjectVersionsOutput) -> Option<Vec<(&'static str, Option<String>)>> {
        let key = page.next_key_marker.clone()?;
        Some(vec![
            ("key-marker", Some(key)),
            ("version-id-marker", page.next_version_id_marker.clone()),
        ])
    }

    fn is_empty(page: &ListObjectVersionsOutput) -> bool {
        page.versions.is_empty()
            && page.delete_markers.is_empty()
            && page.common_prefixes.is_empty()
    }
}
