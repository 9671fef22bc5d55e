//! HeadBucket: tells whether a bucket is there.

use http::Method;

use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Tells whether a bucket is there: [`Client::head_bucket`].
#[derive(Debug)]
#[non_exhaustive]
pub struct HeadBucket;

/// What a store says about a bucket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HeadBucketOutput {
    /// The bucket's region, if the store says it.
    pub region: Option<String>,
}

impl Client {
    /// Tells whether a bucket is there and may be used.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// match s3.head_bucket("photos").send().await {
    ///     Ok(bucket) => println!("there, in {:?}", bucket.region),
    ///     Err(error) if error.is_not_found() => println!("not there"),
    ///     // A bucket in another region: the error names it.
    ///     Err(error) => println!("{error}; its region: {:?}", error.region()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; [`is_not_found`](Error::is_not_found) if there is no such bucket. Refusals of HEAD
    /// have no code of their own: [`code_is_inferred`](crate::ServiceError::code_is_inferred).
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
    pub fn head_bucket(&self, bucket: &str) -> Call<HeadBucket> {
        Call::new(self, Request::bucket(Method::HEAD, bucket), HeadBucket)
    }
}

impl Operation for HeadBucket {
    type Output = HeadBucketOutput;
    const SPEC: OperationSpec = OperationSpec::new("HeadBucket", Effect::Reads);

    fn parse(response: Response) -> Result<HeadBucketOutput, Error> {
        Ok(HeadBucketOutput {
            region: response.header_string("x-amz-bucket-region"),
        })
    }
}
