//! ListObjectsV2: one page of a bucket's keys.

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

/// Lists a bucket's keys, one page at a time: [`Client::list_objects_v2`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ListObjectsV2;

/// One page of a listing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListObjectsV2Output {
    /// The objects, sorted by their keys' bytes on most stores.
    pub contents: Vec<Object>,
    /// With a delimiter: the beginnings, up to and with the delimiter, of the keys that are rolled up.
    pub common_prefixes: Vec<String>,
    /// Whether there are more pages. A page can be empty and not be the last.
    pub is_truncated: bool,
    /// Where the next page begins; there is one if and only if `is_truncated`.
    pub next_continuation_token: Option<String>,
}

/// An object in a listing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Object {
    /// The key.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
    /// The ETag.
    pub etag: Option<ETag>,
    /// When it was stored.
    pub last_modified: Option<SystemTime>,
    /// The storage class, if the store says it.
    pub storage_class: Option<String>,
    /// Whose it is, if the store says it: see [`fetch_owner`](Call::fetch_owner).
    pub owner: Option<Owner>,
}

impl Client {
    /// Lists the keys of a bucket: one page, of at most 1,000.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let mut page = s3.list_objects_v2("photos").prefix("2026/").send().await?;
    /// loop {
    ///     for object in &page.contents {
    ///         println!("{:>12} {}", object.size, object.key);
    ///     }
    ///     let Some(token) = &page.next_continuation_token else { break };
    ///     page = s3.list_objects_v2("photos").prefix("2026/").continuation_token(token).send().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; [`Error::Malformed`] if a listing is truncated and does not say where it goes on.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
    pub fn list_objects_v2(&self, bucket: &str) -> Call<ListObjectsV2> {
        // Keys come url-encoded where the store can do it: XML cannot express all characters that keys may have.
        let request = Request::bucket(Method::GET, bucket)
            .with_query("list-type", "2")
            .with_query("encoding-type", "url");
        Call::new(self, request, ListObjectsV2)
    }
}

impl Call<ListObjectsV2> {
    /// At most so many keys and common prefixes; stores cap it at 1,000.
    pub fn max_keys(self, max_keys: u32) -> Call<ListObjectsV2> {
        self.query("max-keys", &max_keys.to_string())
    }

    /// Goes on where a page ended. Everything else must be as in the call for that page.
    pub fn continuation_token(self, token: &str) -> Call<ListObjectsV2> {
        self.query("continuation-token", token)
    }

    /// Asks whose the objects are.
    pub fn fetch_owner(self) -> Call<ListObjectsV2> {
        self.query("fetch-owner", "true")
    }

    /// Only keys behind this one. For the first page: stores disagree on what it means beside a token.
    pub fn start_after(self, key: &str) -> Call<ListObjectsV2> {
        self.query("start-after", key)
    }
}

impl Operation for ListObjectsV2 {
    type Output = ListObjectsV2Output;
    const SPEC: OperationSpec = OperationSpec::new("ListObjectsV2", Effect::Reads);

    fn parse(response: Response) -> Result<ListObjectsV2Output, Error> {
        let list = response.xml("ListBucketResult")?;
        let decoder = KeyDecoder::new(&list);
        let object = |element: &Element| {
            Ok(Object {
                key: decoder.decode(element.text("Key")?),
                size: element.number("Size")?,
                etag: element.optional_text("ETag").map(ETag::from),
                last_modified: element.optional_text("LastModified").and_then(parse_iso),
                storage_class: element.optional_text("StorageClass").map(str::to_owned),
                owner: Owner::of(element),
            })
        };
        let is_truncated = list.is_truncated()?;
        let token = list.optional_text("NextContinuationToken");
        match (is_truncated, token) {
            (true, None) => {
                return Err(response.malformed(
                    "the listing is truncated and has no token to go on with".to_owned(),
                ));
            }
            (false, Some(_)) => {
                return Err(response.malformed(
                    "the listing is not truncated and has a token to go on with".to_owned(),
                ));
            }
            _ => {}
        }
        let contents: Vec<Object> = list
            .children("Contents")
            .map(object)
            .collect::<Result<_, Error>>()?;
        let common_prefixes = decoder.common_prefixes(&list)?;
        let count = contents.len() + common_prefixes.len();
        if let Some(said) = list.optional_text("KeyCount")
            && said.trim().parse().is_ok_and(|said: usize| said > count)
        {
            return Err(response.malformed(format!(
                "the listing says that it has {said} keys, and has {count}"
            )));
        }
        Ok(ListObjectsV2Output {
            contents,
            common_prefixes,
            is_truncated,
            next_continuation_token: token.map(str::to_owned),
        })
    }
}

impl ListsKeys for ListObjectsV2 {}

impl Paginated for ListObjectsV2 {
    fn next_page(page: &ListObjectsV2Output) -> Option<Vec<(&'static str, Option<String>)>> {
        let token = page.next_continuation_token.clone()?;
        // Stores disagree on what `start-after` means beside a token.
        Some(vec![
            ("continuation-token", Some(token)),
            ("start-after", None),
        ])
    }

    fn is_empty(page: &ListObjectsV2Output) -> bool {
        page.contents.is_empty() && page.common_prefixes.is_empty()
    }
}
