//! DeleteBucket: deletes an empty bucket.

use http::Method;

use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Deletes an empty bucket: [`Client::delete_bucket`].
#[derive(Debug)]
#[non_exhaustive]
pub struct DeleteBucket;

/// A successful response, which has no content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteBucketOutput {}

impl Client {
    /// Deletes a bucket, which must be empty.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// s3.delete_bucket("photos").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. The code is `BucketNotEmpty` while the bucket holds an object or a version of one.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html>
    pub fn delete_bucket(&self, bucket: &str) -> Call<DeleteBucket> {
        Call::new(self, Request::bucket(Method::DELETE, bucket), DeleteBucket)
    }
}

impl Operation for DeleteBucket {
    type Output = DeleteBucketOutput;
    const SPEC: OperationSpec =
        OperationSpec::new("DeleteBucket", Effect::Deletes).bucket_lifecycle();

    fn parse(response: Response) -> Result<DeleteBucketOutput, Error> {
        response.expect_empty()?;
        Ok(DeleteBucketOutput {})
    }
}
