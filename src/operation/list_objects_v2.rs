//! ListObjectsV2: lists the objects of a bucket.

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

/// Lists the objects of a bucket, one page at a time: [`Client::list_objects_v2`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ListObjectsV2;

/// One page of objects.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListObjectsV2Output {
    /// The objects, on most stores ordered by the bytes of their keys.
    pub contents: Vec<Object>,
    /// With a delimiter: the common prefixes of keys, each ending with the delimiter.
    pub common_prefixes: Vec<String>,
    /// Whether there are more pages. A page can be empty without being the last one.
    pub is_truncated: bool,
    /// The token for the next page. Set if and only if `is_truncated` is true.
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
    /// When the object was stored.
    pub last_modified: Option<SystemTime>,
    /// The storage class, if the store returns it.
    pub storage_class: Option<String>,
    /// The owner, if the store returns it: see [`fetch_owner`](Call::fetch_owner).
    pub owner: Option<Owner>,
}

impl Client {
    /// Lists the objects of a bucket, up to 1,000 per page. `pages()` and `objects()` follow the pages for you.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let page = s3.list_objects_v2("photos").prefix("2026/").send().await?;
    /// for object in &page.contents {
    ///     println!("{:>12} {}", object.size, object.key);
    /// }
    ///
    /// // All pages:
    /// let mut pages = s3.list_objects_v2("photos").prefix("2026/").pages();
    /// while let Some(page) = pages.next_page().await? {
    ///     println!("{} more objects", page.contents.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Malformed`] if the listing is truncated without a token for the next
    /// page.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
    pub fn list_objects_v2(&self, bucket: &str) -> Call<ListObjectsV2> {
        // URL-encoded where the store supports it, because XML cannot express every character of a key.
        let request = Request::bucket(Method::GET, bucket).with_query("list-type", "2");
        Call::new(self, with_encoding(self, request), ListObjectsV2)
    }
}

/// Options of ListObjectsV2.
impl Call<ListObjectsV2> {
    /// The maximum number of objects and common prefixes per page, up to 1,000.
    pub fn max_keys(self, max_keys: u32) -> Call<ListObjectsV2> {
        self.query("max-keys", &max_keys.to_string())
    }

    /// Continues after the page that returned this token. All other options must be the same as for that page.
    pub fn continuation_token(self, token: &str) -> Call<ListObjectsV2> {
        self.query("continuation-token", token)
    }

    /// Requests the owner of each object.
    pub fn fetch_owner(self) -> Call<ListObjectsV2> {
        self.query("fetch-owner", "true")
    }

    /// Lists only keys after this one. For the first page only: stores disagree on its meaning together with a token.
    pub fn start_after(self, key: &str) -> Call<ListObjectsV2> {
        self.query("start-after", key)
    }
}

impl Operation for ListObjectsV2 {
    type Output = ListObjectsV2Output;
    const SPEC: OperationSpec = OperationSpec::new("ListObjectsV2", Effect::Reads);

    fn parse(response: Response) -> Result<ListObjectsV2Output, Error> {
        let list = response.xml("ListBucketResult")?;
        let decoder = KeyDecoder::new(&list)?;
        let object = |element: &Element| {
            Ok(Object {
                key: decoder.decode(element.text("Key")?)?,
                size: element.number("Size")?,
                etag: ETag::in_element(element)?,
                last_modified: element.optional_text("LastModified")?.and_then(parse_iso),
                storage_class: element.optional_text("StorageClass")?.map(str::to_owned),
                owner: Owner::of(element)?,
            })
        };
        let is_truncated = list.is_truncated()?;
        // gofakes3 also sends a token with the last page.
        let token = list
            .optional_text("NextContinuationToken")?
            .filter(|_| is_truncated);
        if is_truncated && token.is_none() {
            let problem = "the listing is truncated but has no token for the next page";
            return Err(response.malformed(problem.to_owned()));
        }
        let contents: Vec<Object> = list
            .children("Contents")
            .map(object)
            .collect::<Result<_, Error>>()?;
        let common_prefixes = decoder.common_prefixes(&list)?;
        let count = contents.len() + common_prefixes.len();
        if let Some(key_count) = list.optional_text("KeyCount")?
            && key_count
                .trim()
                .parse()
                .is_ok_and(|key_count: usize| key_count > count)
        {
            return Err(response.malformed(format!(
                "the listing has a KeyCount of {key_count} but {count} keys"
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
    fn next_page(page: &ListObjectsV2Output) -> Option<NextPage> {
        let token = page.next_continuation_token.clone()?;
        // Stores disagree on the meaning of `start-after` together with a token.
        Some(vec![
            ("continuation-token", Some(token)),
            ("start-after", None),
        ])
    }

    fn is_empty(page: &ListObjectsV2Output) -> bool {
        page.contents.is_empty() && page.common_prefixes.is_empty()
    }
}
