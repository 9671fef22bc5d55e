//! ListMultipartUploads: one page of the uploads that were begun and neither completed nor aborted.

use std::time::SystemTime;

use http::Method;

use super::shared::options::ListsKeys;
use super::shared::owner::Owner;
use super::shared::paginated::Paginated;
use super::shared::url_encoding::KeyDecoder;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::timestamp::parse_iso;
use crate::xml::Element;

/// Lists open uploads, one page at a time: [`Client::list_multipart_uploads`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ListMultipartUploads;

/// One page of open uploads.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListMultipartUploadsOutput {
    /// The uploads, by key and, for one key, by the time they were begun.
    pub uploads: Vec<MultipartUpload>,
    /// With a delimiter: the beginnings, up to and with the delimiter, of the keys that are rolled up.
    pub common_prefixes: Vec<String>,
    /// Whether there are more pages.
    pub is_truncated: bool,
    /// Where the next page begins.
    pub next_key_marker: Option<String>,
    /// At which upload of that key the next page begins.
    pub next_upload_id_marker: Option<String>,
}

/// An upload that is neither completed nor aborted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct MultipartUpload {
    /// The key of the object to be.
    pub key: String,
    /// The upload's ID.
    pub upload_id: String,
    /// When it was begun.
    pub initiated: Option<SystemTime>,
    /// The storage class of the object to be, if the store says it.
    pub storage_class: Option<String>,
    /// Whose it is, if the store says it.
    pub owner: Option<Owner>,
}

impl Client {
    /// Lists the uploads that were begun and neither completed nor aborted: one page, of at most 1,000. Their parts take
    /// room until they are aborted.
    ///
    /// MinIO lists all only of those since it was started, and with a prefix only those whose key is just that.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// for upload in s3.list_multipart_uploads("films").send().await?.uploads {
    ///     s3.abort_multipart_upload("films", &upload.key, &upload.upload_id).send().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; `NotImplemented` from stores that do not list them.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>
    pub fn list_multipart_uploads(&self, bucket: &str) -> Call<ListMultipartUploads> {
        let request = Request::bucket(Method::GET, bucket)
            .with_query("uploads", "")
            .with_query("encoding-type", "url");
        Call::new(self, request, ListMultipartUploads)
    }
}

impl Call<ListMultipartUploads> {
    /// At most so many uploads; stores cap it at 1,000.
    pub fn max_uploads(self, max_uploads: u32) -> Call<ListMultipartUploads> {
        self.query("max-uploads", &max_uploads.to_string())
    }

    /// Goes on where a page ended. Everything else must be as in the call for that page.
    pub fn key_marker(self, key: &str) -> Call<ListMultipartUploads> {
        self.query("key-marker", key)
    }

    /// Goes on behind this upload of the key in [`key_marker`](Call::key_marker).
    pub fn upload_id_marker(self, upload_id: &str) -> Call<ListMultipartUploads> {
        self.query("upload-id-marker", upload_id)
    }
}

impl Operation for ListMultipartUploads {
    type Output = ListMultipartUploadsOutput;
    const SPEC: OperationSpec = OperationSpec::new("ListMultipartUploads", Effect::Reads);

    fn parse(response: Response) -> Result<ListMultipartUploadsOutput, Error> {
        let list = response.xml("ListMultipartUploadsResult")?;
        let decoder = KeyDecoder::new(&list);
        let upload = |element: &Element| {
            Ok(MultipartUpload {
                key: decoder.decode(element.text("Key")?),
                upload_id: element.text("UploadId")?.to_owned(),
                initiated: element.optional_text("Initiated").and_then(parse_iso),
                storage_class: element.optional_text("StorageClass").map(str::to_owned),
                owner: Owner::of(element),
            })
        };
        let is_truncated = list.is_truncated()?;
        let next = |name: &str| list.optional_text(name).filter(|_| is_truncated);
        let (next_key_marker, next_upload_id_marker) =
            (next("NextKeyMarker"), next("NextUploadIdMarker"));
        // MinIO leaves the key empty where all uploads of a page belong to the one key that was asked for.
        if is_truncated && next_key_marker.is_none() && next_upload_id_marker.is_none() {
            let problem = "the listing is truncated and has no marker to go on with";
            return Err(response.malformed(problem.to_owned()));
        }
        Ok(ListMultipartUploadsOutput {
            uploads: list
                .children("Upload")
                .map(upload)
                .collect::<Result<_, Error>>()?,
            common_prefixes: decoder.common_prefixes(&list)?,
            is_truncated,
            next_key_marker: next_key_marker.map(|key| decoder.decode(key)),
            next_upload_id_marker: next_upload_id_marker.map(str::to_owned),
        })
    }
}

impl ListsKeys for ListMultipartUploads {}

impl Paginated for ListMultipartUploads {
    fn next_page(page: &ListMultipartUploadsOutput) -> Option<Vec<(&'static str, Option<String>)>> {
        // One of them may be missing, as `parse` explains.
        page.is_truncated.then(|| {
            vec![
                ("key-marker", page.next_key_marker.clone()),
                ("upload-id-marker", page.next_upload_id_marker.clone()),
            ]
        })
    }

    fn is_empty(page: &ListMultipartUploadsOutput) -> bool {
        page.uploads.is_empty() && page.common_prefixes.is_empty()
    }
}
