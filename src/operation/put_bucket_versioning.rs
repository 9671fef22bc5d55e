//! PutBucketVersioning: makes a bucket keep the versions of its objects, or stop doing so.

use http::Method;

use super::shared::versioning_status::VersioningStatus;
use super::shared::xml_body::set_xml_body;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::xml::Writer;

/// Makes a bucket keep versions, or stop doing so: [`Client::put_bucket_versioning`].
#[derive(Debug)]
#[non_exhaustive]
pub struct PutBucketVersioning;

impl Client {
    /// Makes a bucket keep the versions of its objects, or stop doing so.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// s3.put_bucket_versioning("photos", slim_s3::operation::VersioningStatus::Enabled).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; `NotImplemented` from stores that keep no versions.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>
    pub fn put_bucket_versioning(
        &self,
        bucket: &str,
        status: VersioningStatus,
    ) -> Call<PutBucketVersioning> {
        let mut request = Request::bucket(Method::PUT, bucket).with_query("versioning", "");
        let mut document = Writer::new("VersioningConfiguration");
        // The two words have no character that XML cannot express.
        let _ = document.text("Status", status.as_str());
        set_xml_body(&mut request, document);
        Call::new(self, request, PutBucketVersioning)
    }
}

impl Operation for PutBucketVersioning {
    type Output = ();
    const SPEC: OperationSpec = OperationSpec::new("PutBucketVersioning", Effect::Writes);

    fn parse(response: Response) -> Result<(), Error> {
        response.expect_empty()
    }
}
