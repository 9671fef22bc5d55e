//! Listings that are returned in pages.

use crate::call::Operation;

/// How the request for the next page differs from that for the current one: the query parameters to set, or to remove if
/// the value is `None`.
pub type NextPage = Vec<(&'static str, Option<String>)>;

/// An operation that returns a listing in pages. Implement it for your own listings to use `pages()` with them.
///
/// ```
/// use slim_s3::operation::{Effect, NextPage, OperationSpec, Paginated};
/// use slim_s3::{Error, Operation, Response};
///
/// /// ListObjects, version 1.
/// #[derive(Debug)]
/// struct ListObjects;
///
/// #[derive(Debug)]
/// struct ListObjectsOutput {
///     keys: Vec<String>,
///     next_marker: Option<String>,
/// }
///
/// impl Operation for ListObjects {
///     type Output = ListObjectsOutput;
///     const SPEC: OperationSpec = OperationSpec::new("ListObjects", Effect::Reads);
///
///     fn parse(response: Response) -> Result<ListObjectsOutput, Error> {
///         let list = response.xml("ListBucketResult")?;
///         let mut keys = Vec::new();
///         for object in list.children("Contents") {
///             keys.push(object.text("Key")?.to_owned());
///         }
///         let is_truncated = list.flag("IsTruncated")?;
///         let next_marker = keys.last().cloned().filter(|_| is_truncated);
///         Ok(ListObjectsOutput { keys, next_marker })
///     }
/// }
///
/// impl Paginated for ListObjects {
///     fn next_page(page: &Self::Output) -> Option<NextPage> {
///         let marker = page.next_marker.clone()?;
///         Some(vec![("marker", Some(marker))])
///     }
///
///     fn is_empty(page: &Self::Output) -> bool {
///         page.keys.is_empty()
///     }
/// }
/// ```
pub trait Paginated: Operation {
    /// How the request for the next page differs from the one for this page; `None` on the last page.
    ///
    /// [`parse`](Operation::parse) must return an error for a truncated page without a marker, so that a listing
    /// never ends early without notice.
    fn next_page(page: &Self::Output) -> Option<NextPage>;

    /// Whether a page has no entries. Such a page need not be the last one.
    fn is_empty(page: &Self::Output) -> bool;
}
