//! PutBucketVersioning: enables or suspends the versioning of a bucket.

use http::Method;

use super::shared::versioning_status::VersioningStatus;
use super::shared::xml_body::set_xml_body;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::xml::Writer;

/// Enables or suspends versioning: [`Client::put_bucket_versioning`].
#[derive(Debug)]
#[non_exhaustive]
pub struct PutBucketVersioning;

/// A successful response, which has no content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PutBucketVersioningOutput {}

impl Client {
    /// Enables or suspends the versioning of a bucket.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::VersioningStatus;
    ///
    /// s3.put_bucket_versioning("photos", VersioningStatus::Enabled).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. Stores that do not support versioning return `NotImplemented`.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>
    pub fn put_bucket_versioning(
        &self,
        bucket: &str,
        status: VersioningStatus,
    ) -> Call<PutBucketVersioning> {
        let mut request = Request::bucket(Method::PUT, bucket).with_query("versioning", "");
        let mut document = Writer::new("VersioningConfiguration");
        // Both statuses are valid in XML.
        let _ = document.text("Status", status.as_str());
        set_xml_body(&mut request, document);
        Call::new(self, request, PutBucketVersioning)
    }
}

impl Operation for PutBucketVersioning {
    type Output = PutBucketVersioningOutput;
    const SPEC: OperationSpec = OperationSpec::new("PutBucketVersioning", Effect::Writes);

    fn parse(response: Response) -> Result<PutBucketVersioningOutput, Error> {
        response.expect_empty()?;
        Ok(PutBucketVersioningOutput {})
    }
}
