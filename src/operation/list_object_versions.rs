//! ListObjectVersions: lists the versions of a bucket's objects.

use std::time::SystemTime;

use http::Method;

use super::shared::options::ListsKeys;
use super::shared::owner::Owner;
use super::shared::paginated::{NextPage, Paginated};
use super::shared::url_encoding::{KeyDecoder, with_encoding};
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
    /// The versions, ordered by key and then from the newest to the oldest.
    pub versions: Vec<ObjectVersion>,
    /// The delete markers, in the same order.
    pub delete_markers: Vec<DeleteMarker>,
    /// With a delimiter: the common prefixes of keys, each ending with the delimiter.
    pub common_prefixes: Vec<String>,
    /// Whether there are more pages.
    pub is_truncated: bool,
    /// The key at which the next page continues. Set if and only if `is_truncated` is true.
    pub next_key_marker: Option<String>,
    /// The version of that key at which the next page continues.
    pub next_version_id_marker: Option<String>,
}

/// A version in a listing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ObjectVersion {
    /// The key.
    pub key: String,
    /// The version ID; `null` for an object that was stored without versioning.
    pub version_id: String,
    /// Whether this is the current version.
    pub is_latest: bool,
    /// The size in bytes.
    pub size: u64,
    /// The ETag.
    pub etag: Option<ETag>,
    /// When the version was stored.
    pub last_modified: Option<SystemTime>,
    /// The storage class, if the store returns it.
    pub storage_class: Option<String>,
    /// The owner, if the store returns it.
    pub owner: Option<Owner>,
}

/// A delete marker in a listing. It hides an object but keeps its versions.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteMarker {
    /// The key.
    pub key: String,
    /// The version ID of the marker.
    pub version_id: String,
    /// Whether the marker is the current version.
    pub is_latest: bool,
    /// When the marker was created.
    pub last_modified: Option<SystemTime>,
    /// The owner, if the store returns it.
    pub owner: Option<Owner>,
}

impl Client {
    /// Lists the versions and delete markers of a bucket's objects, up to 1,000 per page.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let list = s3.list_object_versions("photos").prefix("cat.jpg").send().await?;
    /// for version in list.versions {
    ///     println!("{} {} bytes", version.version_id, version.size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Malformed`] if the listing is truncated without a marker for the next
    /// page.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
    pub fn list_object_versions(&self, bucket: &str) -> Call<ListObjectVersions> {
        let request = Request::bucket(Method::GET, bucket).with_query("versions", "");
        Call::new(self, with_encoding(self, request), ListObjectVersions)
    }
}

/// Options of ListObjectVersions.
impl Call<ListObjectVersions> {
    /// The maximum number of versions, delete markers and common prefixes per page, up to 1,000.
    pub fn max_keys(self, max_keys: u32) -> Call<ListObjectVersions> {
        self.query("max-keys", &max_keys.to_string())
    }

    /// Continues after the page that returned this marker. All other options must be the same as for that page.
    pub fn key_marker(self, key: &str) -> Call<ListObjectVersions> {
        self.query("key-marker", key)
    }

    /// Continues after this version of the key in [`key_marker`](Call::key_marker).
    pub fn version_id_marker(self, version_id: &str) -> Call<ListObjectVersions> {
        self.query("version-id-marker", version_id)
    }
}

impl Operation for ListObjectVersions {
    type Output = ListObjectVersionsOutput;
    const SPEC: OperationSpec = OperationSpec::new("ListObjectVersions", Effect::Reads);

    fn parse(response: Response) -> Result<ListObjectVersionsOutput, Error> {
        let list = response.xml("ListVersionsResult")?;
        // S3Mock sends a `ListBucketResult` of versions. A store that ignores `?versions` sends one of objects, or an empty one.
        let has = |name: &str| list.children(name).next().is_some();
        let is_alias = list.name() == "ListBucketResult";
        if has("Contents") || (is_alias && !has("Version") && !has("DeleteMarker")) {
            let problem = "expected versions, got a listing of objects";
            return Err(response.malformed(problem.to_owned()));
        }
        let decoder = KeyDecoder::new(&list)?;
        let version = |element: &Element| {
            Ok(ObjectVersion {
                key: decoder.decode(element.text("Key")?)?,
                version_id: element.text("VersionId")?.to_owned(),
                is_latest: element.flag("IsLatest")?,
                size: element.number("Size")?,
                etag: ETag::in_element(element)?,
                last_modified: element.optional_text("LastModified")?.and_then(parse_iso),
                storage_class: element.optional_text("StorageClass")?.map(str::to_owned),
                owner: Owner::of(element)?,
            })
        };
        let marker = |element: &Element| {
            Ok(DeleteMarker {
                key: decoder.decode(element.text("Key")?)?,
                version_id: element.text("VersionId")?.to_owned(),
                is_latest: element.flag("IsLatest")?,
                last_modified: element.optional_text("LastModified")?.and_then(parse_iso),
                owner: Owner::of(element)?,
            })
        };
        let is_truncated = list.is_truncated()?;
        let next = |name: &str| Ok(list.optional_text(name)?.filter(|_| is_truncated));
        let next_key_marker = next("NextKeyMarker")?
            .map(|key| decoder.decode(key))
            .transpose()?;
        if is_truncated && next_key_marker.is_none() {
            let problem = "the listing is truncated but has no marker for the next page";
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
            next_version_id_marker: next("NextVersionIdMarker")?.map(str::to_owned),
        })
    }
}

impl ListsKeys for ListObjectVersions {}

impl Paginated for ListObjectVersions {
    fn next_page(page: &ListObjectVersionsOutput) -> Option<NextPage> {
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
