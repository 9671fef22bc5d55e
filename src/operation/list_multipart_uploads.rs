//! ListMultipartUploads: lists the open uploads of a bucket.

use std::time::SystemTime;

use http::Method;

use super::shared::options::ListsKeys;
use super::shared::owner::Owner;
use super::shared::paginated::{NextPage, Paginated};
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
    /// The uploads, ordered by key and then by the time they were created.
    pub uploads: Vec<MultipartUpload>,
    /// With a delimiter: the common prefixes of keys, each ending with the delimiter.
    pub common_prefixes: Vec<String>,
    /// Whether there are more pages.
    pub is_truncated: bool,
    /// The key at which the next page continues.
    pub next_key_marker: Option<String>,
    /// The upload of that key at which the next page continues.
    pub next_upload_id_marker: Option<String>,
}

/// An open upload: neither completed nor aborted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct MultipartUpload {
    /// The key of the future object.
    pub key: String,
    /// The upload ID.
    pub upload_id: String,
    /// When the upload was created.
    pub initiated: Option<SystemTime>,
    /// The storage class of the future object, if the store returns it.
    pub storage_class: Option<String>,
    /// The owner, if the store returns it.
    pub owner: Option<Owner>,
}

impl Client {
    /// Lists the open uploads of a bucket, up to 1,000 per page. Each occupies storage until it is completed or aborted.
    ///
    /// Without a prefix, MinIO lists only the uploads created since it started, and also some that no longer exist, because
    /// their completion was interrupted. With a prefix, it lists only those whose key equals it.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// for upload in s3.list_multipart_uploads("films").send().await?.uploads {
    ///     let abort = s3.abort_multipart_upload("films", &upload.key, &upload.upload_id);
    ///     abort.send().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Malformed`] if the listing is truncated without a marker for the next
    /// page. Stores that cannot list uploads return `NotImplemented`.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>
    pub fn list_multipart_uploads(&self, bucket: &str) -> Call<ListMultipartUploads> {
        // Not URL-encoded, unlike other listings: Ceph would encode the keys without saying so.
        let request = Request::bucket(Method::GET, bucket).with_query("uploads", "");
        Call::new(self, request, ListMultipartUploads)
    }
}

/// Options of ListMultipartUploads.
impl Call<ListMultipartUploads> {
    /// The maximum number of uploads per page, up to 1,000.
    pub fn max_uploads(self, max_uploads: u32) -> Call<ListMultipartUploads> {
        self.query("max-uploads", &max_uploads.to_string())
    }

    /// Requests URL-encoded keys, for keys with characters that XML cannot express. Ceph returns such keys encoded.
    #[doc(alias = "EncodingType")]
    pub fn url_encoded(self) -> Call<ListMultipartUploads> {
        self.query("encoding-type", "url")
    }

    /// Continues after the page that returned this marker. All other options must be the same as for that page.
    pub fn key_marker(self, key: &str) -> Call<ListMultipartUploads> {
        self.query("key-marker", key)
    }

    /// Continues after this upload of the key in [`key_marker`](Call::key_marker).
    pub fn upload_id_marker(self, upload_id: &str) -> Call<ListMultipartUploads> {
        self.query("upload-id-marker", upload_id)
    }
}

impl Operation for ListMultipartUploads {
    type Output = ListMultipartUploadsOutput;
    const SPEC: OperationSpec = OperationSpec::new("ListMultipartUploads", Effect::Reads);

    fn parse(response: Response) -> Result<ListMultipartUploadsOutput, Error> {
        let list = response.xml("ListMultipartUploadsResult")?;
        let decoder = KeyDecoder::new(&list)?;
        let upload = |element: &Element| {
            Ok(MultipartUpload {
                key: decoder.decode(element.text("Key")?)?,
                upload_id: element.text("UploadId")?.to_owned(),
                initiated: element.optional_text("Initiated")?.and_then(parse_iso),
                storage_class: element.optional_text("StorageClass")?.map(str::to_owned),
                owner: Owner::of(element)?,
            })
        };
        let uploads: Vec<MultipartUpload> = list
            .children("Upload")
            .map(upload)
            .collect::<Result<_, Error>>()?;
        let is_truncated = list.is_truncated()?;
        let next = |name: &str| Ok(list.optional_text(name)?.filter(|_| is_truncated));
        let mut next_key_marker = next("NextKeyMarker")?
            .map(|key| decoder.decode(key))
            .transpose()?;
        let mut next_upload_id_marker = next("NextUploadIdMarker")?.map(str::to_owned);
        // MinIO leaves the key empty if the uploads of one key were requested, and Swift both. The markers are the last upload's.
        if is_truncated && next_key_marker.is_none() && next_upload_id_marker.is_none() {
            let Some(last) = uploads.last() else {
                let problem = "the listing is truncated but has no marker for the next page";
                return Err(response.malformed(problem.to_owned()));
            };
            next_key_marker = Some(last.key.clone());
            next_upload_id_marker = Some(last.upload_id.clone());
        }
        Ok(ListMultipartUploadsOutput {
            uploads,
            common_prefixes: decoder.common_prefixes(&list)?,
            is_truncated,
            next_key_marker,
            next_upload_id_marker,
        })
    }
}

impl ListsKeys for ListMultipartUploads {}

impl Paginated for ListMultipartUploads {
    fn next_page(page: &ListMultipartUploadsOutput) -> Option<NextPage> {
        // One of the markers may be missing, as `parse` explains.
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
