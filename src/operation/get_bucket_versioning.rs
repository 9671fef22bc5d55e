//! GetBucketVersioning: returns whether a bucket keeps the versions of its objects.

use http::Method;

use super::shared::versioning_status::VersioningStatus;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Returns the versioning status of a bucket: [`Client::get_bucket_versioning`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GetBucketVersioning;

/// The versioning of a bucket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct GetBucketVersioningOutput {
    /// The status; `None` if versioning was never enabled.
    pub status: Option<VersioningStatus>,
}

impl Client {
    /// Returns whether a bucket keeps the versions of its objects.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// match s3.get_bucket_versioning("photos").send().await?.status {
    ///     Some(status) => println!("versioning is {status:?}"),
    ///     None => println!("versioning was never enabled"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. Stores that do not support versioning return `NotImplemented`.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html>
    pub fn get_bucket_versioning(&self, bucket: &str) -> Call<GetBucketVersioning> {
        let request = Request::bucket(Method::GET, bucket).with_query("versioning", "");
        Call::new(self, request, GetBucketVersioning)
    }
}

impl Operation for GetBucketVersioning {
    type Output = GetBucketVersioningOutput;
    const SPEC: OperationSpec = OperationSpec::new("GetBucketVersioning", Effect::Reads);

    fn parse(response: Response) -> Result<GetBucketVersioningOutput, Error> {
        let configuration = response.xml("VersioningConfiguration")?;
        // Otherwise its status would be overlooked.
        if configuration.child("VersioningConfiguration")?.is_some() {
            let problem = format!("<VersioningConfiguration> in <{}>", configuration.name());
            return Err(response.malformed(problem));
        }
        let status = match configuration.optional_text("Status")? {
            None => None,
            Some("Enabled") => Some(VersioningStatus::Enabled),
            Some("Suspended") => Some(VersioningStatus::Suspended),
            Some(other) => {
                return Err(response.malformed(format!("unknown versioning status {other:?}")));
            }
        };
        Ok(GetBucketVersioningOutput { status })
    }
}
