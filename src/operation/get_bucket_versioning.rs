//! GetBucketVersioning: tells whether a bucket keeps the versions of its objects.

use http::Method;

use super::shared::versioning_status::VersioningStatus;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Tells whether a bucket keeps versions: [`Client::get_bucket_versioning`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GetBucketVersioning;

impl Client {
    /// Tells whether a bucket keeps the versions of its objects; `None` if it never did.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// match s3.get_bucket_versioning("photos").send().await? {
    ///     Some(status) => println!("versioning is {status:?}"),
    ///     None => println!("no versions"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; `NotImplemented` from stores that keep no versions.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html>
    pub fn get_bucket_versioning(&self, bucket: &str) -> Call<GetBucketVersioning> {
        let request = Request::bucket(Method::GET, bucket).with_query("versioning", "");
        Call::new(self, request, GetBucketVersioning)
    }
}

impl Operation for GetBucketVersioning {
    type Output = Option<VersioningStatus>;
    const SPEC: OperationSpec = OperationSpec::new("GetBucketVersioning", Effect::Reads);

    fn parse(response: Response) -> Result<Option<VersioningStatus>, Error> {
        match response
            .xml("VersioningConfiguration")?
            .optional_text("Status")
        {
            None => Ok(None),
            Some("Enabled") => Ok(Some(VersioningStatus::Enabled)),
            Some("Suspended") => Ok(Some(VersioningStatus::Suspended)),
            Some(other) => Err(response.malformed(format!("the status {other:?} is not known"))),
        }
    }
}
